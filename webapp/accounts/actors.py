"""Each request is made by an actor, whom the engine's commands ask for."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import User
from rest_framework.request import Request

from engine.actors import Actor
from engine.postgres import statements
from webapp.accounts.tokens import Bearer


def actor_of(request: Request) -> Actor:
    """Return the actor of a request. Staff and superusers are administrators; a token makes its request one of a program."""
    user, bearer = cast(User, request.user), cast("Bearer | None", request.auth)
    return Actor(
        username=user.get_username(),
        groups=bearer.groups if bearer is not None else _groups_of(user),
        is_admin=user.is_superuser or user.is_staff,
        is_system=bearer is not None,
    )


def _groups_of(user: User) -> frozenset[str]:
    rows = statements.rows(
        "SELECT found.name FROM auth_group found JOIN auth_user_groups member ON member.group_id = found.id"
        " WHERE member.user_id = %s",
        [user.pk],
    )
    return frozenset(name for (name,) in rows)
