"""Job workers activate jobs: they lease ready ones, perhaps after waiting for some, and get a token for each lease."""

from __future__ import annotations

import time
from collections.abc import Iterable

from engine import long_polls
from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument
from engine.jobs.leasing import activated, claiming
from engine.jobs.leasing.activated import ActivatedJob
from engine.jobs.leasing.asking import check_lease
from engine.models import Job

MAX_ACTIVATED = 1_000
"""One activation leases this many jobs at most. A request for more is refused."""
_POLL = 0.15
"""An activation that waits looks again after this many seconds."""


def activate(
    type: str,
    *,
    worker: str,
    max_jobs: int,
    lease: float,
    by: Actor,
    fetch_variables: Iterable[str] | None = None,
    wait: float = 0.0,
) -> list[ActivatedJob]:
    """Lease up to `max_jobs` ready jobs of a type for `lease` seconds; those of higher priority and the older ones first.

    With `wait` it looks again for that many seconds while there is none. Requires a worker's permission.
    """
    by.require_worker("activate jobs")
    if not 1 <= max_jobs <= MAX_ACTIVATED:
        raise InvalidArgument(f"Expected 1 to {MAX_ACTIVATED} as the number of jobs to activate, found {max_jobs}.")
    check_lease(lease)
    deadline = time.monotonic() + wait
    while True:
        found = claiming.claim([type], worker=worker, limit=max_jobs, lease=lease, by=by.username, for_timeout=True)
        if found or not long_polls.rest(_POLL, until=deadline):
            return activated.with_variables(found, fetch=fetch_variables)


def lease_token(job: Job) -> str:
    """Name one activation of a job, by its key and attempt. An answer that brings this text counts while that attempt runs."""
    return f"{job.key}-{job.attempt}"


def attempt_of(token: str, key: int) -> int:
    """Read the attempt out of a lease token of the job `key`. Raises Conflict for any other text."""
    of_job, _, attempt = token.rpartition("-")
    if of_job != str(key) or not attempt.isascii() or not attempt.isdecimal() or len(attempt) > 9:
        raise Conflict(f"Expected the 'jobLeaseToken' of an activation of job {key}, found '{token[:100]}'.")
    return int(attempt)
