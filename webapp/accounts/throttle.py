"""The throttle slows down the guessing of passwords. Failures are rows, so that all web processes count together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from webapp.accounts.models import FailedLogin

WINDOW = timedelta(minutes=5)
MOST_PER_USERNAME = 10
MOST_PER_ADDRESS = 50
_LONGEST = 150


def seconds_to_wait(username: str, address: str) -> int:
    """Return the seconds until another attempt is allowed; 0 when it is allowed now."""
    now = datetime.now(UTC)
    recent = FailedLogin.objects.filter(at__gt=now - WINDOW)
    for rows, most in (
        (recent.filter(username=username[:_LONGEST], address=address), MOST_PER_USERNAME),
        (recent.filter(address=address), MOST_PER_ADDRESS),
    ):
        times = list(rows.order_by("-at").values_list("at", flat=True)[:most])
        if len(times) == most:
            return max(1, int((times[-1] + WINDOW - now).total_seconds()))
    return 0


def note_failure(username: str, address: str) -> None:
    now = datetime.now(UTC)
    FailedLogin.objects.filter(at__lte=now - WINDOW).delete()
    FailedLogin.objects.create(username=username[:_LONGEST], address=address, at=now)


def forget(username: str, address: str) -> None:
    """Forget the failures of a user, after a login that succeeded."""
    FailedLogin.objects.filter(username=username[:_LONGEST], address=address).delete()
