"""Programs log in by bearer tokens."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import DEFAULT_DB_ALIAS

from engine.postgres import statements
from webapp.accounts.models import Token

logger = logging.getLogger(__name__)

PREFIX = "stepwell_"
"""The text with which every token begins, so that one which has got into a log or a repository is easy to find."""
_NOTE_USE_EVERY = timedelta(minutes=5)


def issue(user: User, name: str) -> str:
    """Make a token for a user and return it: it is shown this once and cannot be read again."""
    token = PREFIX + secrets.token_urlsafe(32)
    Token.objects.create(user=user, name=name, digest=_digest(token), created_at=datetime.now(UTC))
    logger.info("Token %r issued for %r", name, user.get_username())
    return token


@dataclass(frozen=True, slots=True)
class Bearer:
    """A bearer is the user for whom a request with a valid token is made, with the names of their groups."""

    user: User
    groups: frozenset[str]


def find(token: str) -> Bearer | None:
    """Return the bearer of a token; None for an unknown or revoked one, or one of a user who may not log in. Each request asks the
    database again, in one statement.
    """
    rows = statements.rows(_FIND, [_digest(token)])
    if not rows:
        return None
    key, last_used_at, groups, *values = rows[0]
    now = datetime.now(UTC)
    if last_used_at is None or now - last_used_at > _NOTE_USE_EVERY:  # not a write per request
        Token.objects.filter(pk=key).update(last_used_at=now)
    return Bearer(_user(dict(zip(_USER, values, strict=True))), frozenset(groups))


def _user(known: Mapping[str, Any]) -> User:
    """Return a user of whom only this is known; other fields are read when somebody asks for them."""
    names = [
        each.attname for each in User._meta.concrete_fields if each.attname in known
    ]  # in the order that from_db takes
    return User.from_db(DEFAULT_DB_ALIAS, names, [known[name] for name in names])


_USER = ("id", "username", "first_name", "last_name", "email", "is_staff", "is_active", "is_superuser")
_FIND = """
SELECT token.id, token.last_used_at,
    ARRAY(SELECT found.name FROM auth_group found JOIN auth_user_groups member ON member.group_id = found.id
        WHERE member.user_id = account.id),
    account.id, account.username, account.first_name, account.last_name, account.email, account.is_staff, account.is_active,
    account.is_superuser
FROM accounts_token token JOIN auth_user account ON account.id = token.user_id
WHERE token.digest = %s AND token.revoked_at IS NULL AND account.is_active
"""


def revoke(token: Token) -> None:
    Token.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=datetime.now(UTC))
    logger.info("Token %r of %r revoked", token.name, token.user.get_username())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
