"""`manage.py demo_users` makes people to try Stepwell with, in a database that has none."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management import BaseCommand, CommandError
from django.db import transaction

from engine.actors import MODELERS, OPERATORS

PEOPLE: dict[str, tuple[str, tuple[str, ...]]] = {
    "admin": ("Ada Admin", (MODELERS, OPERATORS)),
    "alice": ("Alice Archer", ("managers", MODELERS, OPERATORS)),
    "bob": ("Bob Baker", ("sales", "warehouse")),
    "carol": ("Carol Cooper", ("accounting",)),
}


class Command(BaseCommand):
    help = "Make the users admin, alice, bob and carol with their names as passwords; only in a database without users."

    def handle(self, *_: Any, **__: Any) -> None:
        if User.objects.exists():
            raise CommandError(
                "Expected a database without users: the demo users have passwords that everyone knows. Nothing was changed."
            )
        with transaction.atomic():
            for username, (name, groups) in PEOPLE.items():
                self._make(username, name, groups)
        self.stdout.write(
            "Demo users, each with the own name as password; change or delete them before others can log in:"
        )
        for username, (_name, groups) in PEOPLE.items():
            what = "administrator" if username == "admin" else ", ".join(groups)
            self.stdout.write(f"  {username} / {username}  ({what})")

    def _make(self, username: str, name: str, groups: tuple[str, ...]) -> None:
        first, _, last = name.partition(" ")
        is_admin = username == "admin"
        user = User.objects.create_user(
            username,
            f"{username}@example.org",
            username,
            first_name=first,
            last_name=last,
            is_staff=is_admin,
            is_superuser=is_admin,
        )
        user.groups.set([Group.objects.get_or_create(name=group)[0] for group in groups])
