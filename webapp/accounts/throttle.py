"""The throttle slows the guessing of passwords down. Attempts are rows, so that all web processes count together; each is counted before
its password is looked at, so that many at once are no more than one after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from engine.postgres import locks
from engine.postgres.locks import Lock
from webapp.accounts.models import FailedLogin

WINDOW = timedelta(minutes=5)
MOST_PER_USERNAME = 10
MOST_PER_ADDRESS = 50
_LONGEST = 150


def begin(username: str, address: str, *, is_shared: bool) -> int:
    """Count an attempt and return 0, or return the seconds until another one is allowed. An address that is shared, as a proxy's is,
    has no limit of its own: whoever guesses behind it would lock out all others."""
    now = datetime.now(UTC)
    with transaction.atomic():
        # who comes at the same time from there waits for this transaction, and sees its row
        locks.lock(Lock.LOGIN_ADDRESS, address)
        FailedLogin.objects.filter(at__lte=now - WINDOW).delete()
        from_there = FailedLogin.objects.filter(address=address)
        wait = _wait(from_there.filter(username=username[:_LONGEST]), MOST_PER_USERNAME, now=now)
        if not is_shared:
            wait = max(wait, _wait(from_there, MOST_PER_ADDRESS, now=now))
        if not wait:
            FailedLogin.objects.create(username=username[:_LONGEST], address=address, at=now)
        return wait


def _wait(attempts: QuerySet[FailedLogin], most: int, *, now: datetime) -> int:
    times = list(attempts.order_by("-at").values_list("at", flat=True)[:most])
    return max(1, int((times[-1] + WINDOW - now).total_seconds())) if len(times) == most else 0


def forget(username: str, address: str) -> None:
    """Forget the attempts of a user, after a login that succeeded."""
    FailedLogin.objects.filter(username=username[:_LONGEST], address=address).delete()
