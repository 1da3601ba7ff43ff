"""Bearer tokens of systems."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User

from webapp.accounts.models import Token

PREFIX = "stepwell_"
"""Makes a token that has got into a log or a repository easy to find."""
_NOTE_USE_EVERY = timedelta(minutes=5)


def issue(user: User, name: str) -> str:
    """A new token; it is shown this once and cannot be read again."""
    token = PREFIX + secrets.token_urlsafe(32)
    Token.objects.create(user=user, name=name, digest=_digest(token), created_at=datetime.now(UTC))
    return token


def find(token: str) -> Token | None:
    """The token's row, with its user; None for an unknown or revoked one, or one of a user who may not log in."""
    found = Token.objects.select_related("user").filter(digest=_digest(token), revoked_at__isnull=True).first()
    if found is None or not found.user.is_active:
        return None
    now = datetime.now(UTC)
    if found.last_used_at is None or now - found.last_used_at > _NOTE_USE_EVERY:  # not a write per request
        Token.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def revoke(token: Token) -> None:
    Token.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=datetime.now(UTC))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
