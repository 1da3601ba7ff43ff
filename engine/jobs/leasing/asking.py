"""A worker that leases jobs says who it is, for how long, and which kinds it wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine import clock
from engine.errors import InvalidArgument
from engine.models import JobKind

FOR_WORKERS = tuple(kind for kind in JobKind if kind is not JobKind.SCRIPT)
"""Job workers may have these kinds of jobs; scripts are run by the engine."""
OURS = ""
"""A lease of this user is that of a worker of ours: no user has an empty name. Our workers run the jobs that they lease one after the
other."""
MAX_LEASE = 7 * 24 * 3_600.0
"""Seconds of a lease, or of a wait after a failure, at most; a request for more is refused."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A worker asks for a lease of so many seconds, on jobs of these kinds, by the rights of the user `by`.

    `for_timeout` ends the lease with the job's own time-out, where it has a shorter one. Jobs that are leased together have the same
    `now`, by which they are found together again.
    """

    worker: str
    lease: float
    by: str = OURS
    kinds: Sequence[JobKind] = FOR_WORKERS
    for_timeout: bool = False
    now: datetime = field(default_factory=lambda: clock.now())

    @property
    def until(self) -> datetime:
        """Return the end of the lease, for a job without a time-out of its own."""
        return self.now + timedelta(seconds=self.lease)


def check_lease(lease: float) -> None:
    """Raise InvalidArgument unless the lease is longer than nothing and no longer than `MAX_LEASE`."""
    if not 0 < lease <= MAX_LEASE:
        raise InvalidArgument(f"Expected a timeout above 0 and of at most {MAX_LEASE:.0f} seconds, found {lease}.")
