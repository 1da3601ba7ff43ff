"""This is the engine's one clock. Timers, leases and the journal ask it, and nobody asks the system."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection

from engine.actors import Actor
from engine.errors import Conflict, PermissionDenied

_READ = "SELECT pinned_at, pinned_at + (clock_timestamp() - set_at), runs FROM engine_testclock WHERE id = 1"


def now() -> datetime:
    """Return the present time, aware and in UTC. With STEPWELL_TEST_CLOCK it is the time that tests have set, shared by all processes
    through the database."""
    if not settings.STEPWELL_TEST_CLOCK:
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        row = cursor.fetchone()
    if row is None:
        return datetime.now(UTC)
    pinned, running, runs = row
    moment: datetime = running if runs else pinned
    return moment.astimezone(UTC)


def pin(moment: datetime, *, by: Actor) -> None:
    """A tester puts the clock to `moment`, from which it goes on. Raises PermissionDenied without STEPWELL_TEST_CLOCK, and for who is
    no administrator."""
    _require_tester(by)
    set_time(moment)


def unpin(*, by: Actor) -> None:
    """A tester gives the engine the system's time back. Raises as `pin` does."""
    _require_tester(by)
    reset()


def set_time(moment: datetime, *, runs: bool = True) -> None:
    """Put the clock to `moment`; it goes on from there unless `runs` is False. Raises Conflict without STEPWELL_TEST_CLOCK."""
    _require_test_clock()
    if moment.tzinfo is None:
        raise ValueError("Expected an aware time, found one without an offset.")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO engine_testclock (id, pinned_at, set_at, runs) VALUES (1, %s, clock_timestamp(), %s)"
            " ON CONFLICT (id) DO UPDATE"
            " SET pinned_at = excluded.pinned_at, set_at = excluded.set_at, runs = excluded.runs",
            [moment, runs],
        )


def advance(by: timedelta) -> datetime:
    """Move the clock on and return its new time."""
    _require_test_clock()
    moment = now() + by
    set_time(moment)
    return moment


def reset() -> None:
    """Go back to the system's time."""
    _require_test_clock()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM engine_testclock")


def _require_test_clock() -> None:
    if not settings.STEPWELL_TEST_CLOCK:
        raise Conflict("Expected STEPWELL_TEST_CLOCK=1, without which the engine's clock cannot be moved.")


def _require_tester(by: Actor) -> None:
    if not settings.STEPWELL_TEST_CLOCK:
        raise PermissionDenied("Expected STEPWELL_TEST_CLOCK=1, without which the engine's clock cannot be moved.")
    by.require_admin("move the clock")
