"""Job workers activate jobs: they lease ready ones and get a token for each lease."""

from __future__ import annotations

from collections.abc import Iterable

from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument
from engine.jobs.leasing import activated, claiming
from engine.jobs.leasing.activated import ActivatedJob
from engine.jobs.leasing.asking import check_lease
from engine.models import Job

MAX_ACTIVATED = 1_000
"""Jobs that one activation leases, at most; a request for more is refused."""


def activate(
    type: str,
    *,
    worker: str,
    max_jobs: int,
    lease: float,
    by: Actor,
    fetch_variables: Iterable[str] | None = None,
) -> list[ActivatedJob]:
    """Lease up to `max_jobs` ready jobs of a type for `lease` seconds; jobs of higher priority first, then older ones.

    Empty when there is none now: who waits for one asks again (`engine.queries.awaited`). Requires a worker's permission.
    """
    by.require_worker("activate jobs")
    if not 1 <= max_jobs <= MAX_ACTIVATED:
        raise InvalidArgument(f"Expected 1 to {MAX_ACTIVATED} as the number of jobs to activate, found {max_jobs}.")
    check_lease(lease)
    found = claiming.claim([type], worker=worker, limit=max_jobs, lease=lease, by=by.username, for_timeout=True)
    return activated.with_variables(found, fetch=fetch_variables)


def lease_token(job: Job) -> str:
    """Return the lease token of one activation of a job: a text of its key and attempt. An answer with this token counts while that
    attempt runs.
    """
    return f"{job.key}-{job.attempt}"


def attempt_of(token: str, key: int) -> int:
    """Read the attempt out of a lease token of the job `key`. Raises Conflict for any other text."""
    of_job, _, attempt = token.rpartition("-")
    if of_job != str(key) or not attempt.isascii() or not attempt.isdecimal() or len(attempt) > 9:
        raise Conflict(f"Expected the 'jobLeaseToken' of an activation of job {key}, found '{token[:100]}'.")
    return int(attempt)
