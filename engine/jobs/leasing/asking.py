"""A worker that leases jobs says who it is, for how long, and which kinds it wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine import clock
from engine.errors import InvalidArgument
from engine.models import JobKind

FOR_WORKERS = tuple(kind for kind in JobKind if kind is not JobKind.SCRIPT)
"""The kinds of jobs that job workers may have; scripts are run by the engine."""
OWN_WORKER = "stepwell@"
"""The text with which the names of our own workers begin. They run the jobs that they lease one after the other."""
MAX_LEASE = 7 * 24 * 3_600.0
"""Seconds of a lease, or of a wait after a failure, at most; a request for more is refused."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A worker's request for leases of `lease` seconds on jobs of these kinds.

    `for_timeout` ends the lease with the job's own time-out where that is shorter. Jobs that are leased together have the same
    `now`, by which they are found together again.
    """

    worker: str
    lease: float
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
