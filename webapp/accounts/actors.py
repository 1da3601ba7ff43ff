"""Who a request is made by, as the engine's commands know them."""

from __future__ import annotations

from django.contrib.auth.models import User

from engine.actors import Actor


def actor_of(user: User, *, is_system: bool) -> Actor:
    """Staff and superusers are administrators; a token makes its request one of a program."""
    return Actor(
        username=user.get_username(),
        groups=frozenset(user.groups.values_list("name", flat=True)),
        is_admin=user.is_superuser or user.is_staff,
        is_system=is_system,
    )
