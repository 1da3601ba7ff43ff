"""`manage.py api_token USERNAME` makes a token for a program; the last line of the output is the token."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError

from webapp.accounts import tokens


class Command(BaseCommand):
    help = "Make a bearer token for programs that act for a user. It is shown once; the last line is the token alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="manage.py", help="what the token is for (default: %(default)s)")

    def handle(self, *_: Any, username: str, name: str, **__: Any) -> None:
        users = get_user_model()
        user = users._default_manager.filter(**{users.USERNAME_FIELD: username}).first()
        if user is None:
            known = ", ".join(users._default_manager.values_list(users.USERNAME_FIELD, flat=True)[:20]) or "none"
            raise CommandError(f"Expected the name of a user, found '{username}'. There are: {known}.")
        self.stdout.write(tokens.issue(user, name))
