"""The ticker ends what took too long: leases that nobody renewed, and waits for a worker that never came."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import DateTimeField, ExpressionWrapper, F

from engine import clock
from engine.actors import ENGINE
from engine.errors import Conflict, NotFound
from engine.jobs import attempts
from engine.jobs.failing import Failure, fail_with
from engine.jobs.leasing import suspects
from engine.jobs.leasing.asking import OURS
from engine.models import AttemptOutcome, Job, JobStatus, JobTypeSettings

MAX_CRASHES = 3
"""Attempts at one job that may end with the death of a worker of ours; the last of them raises an incident, however many retries
are left: such a job kills its workers.
"""


def expire_leases(*, limit: int = 100) -> int:
    """Use up the attempts of jobs whose lease has ended; returns how many leases did. Several processes may run this at once.

    A worker of ours leases a few jobs and runs one after the other. When it dies while it holds more than one, all of these become
    suspects: they are ready again, and each is run alone. A job that ends its worker then has used up an attempt.
    """
    now = clock.now()
    overdue = list(Job.objects.filter(status=JobStatus.ACTIVATED, lease_until__lt=now).order_by("lease_until")[:limit])
    for job in overdue:
        is_own = job.leased_by == OURS
        if not (is_own and suspects.give_back(job, expired_before=now)):
            _fail_if_still(job, _expired(job, is_own=is_own, now=now))
    return len(overdue)


def _expired(job: Job, *, is_own: bool, now: datetime) -> Failure:
    message = (
        f"Expected an answer of worker '{job.worker}' within its lease, found none: attempt {job.attempt} is used up."
    )
    left = max(0, job.retries - 1)
    before = attempts.crashes_of(job) if is_own and left > 0 else 0
    if before + 1 >= MAX_CRASHES:
        left = 0
        message += f" So did {before} before: it kills its workers, or hangs, and is tried no more."
    return Failure(
        message=message,
        retries=left,
        backoff=0.0,
        outcome=AttemptOutcome.LEASE_EXPIRED,
        attempt=job.attempt,
        expired_before=now,
    )


def expire_waits(*, limit: int = 100) -> int:
    """Raise incidents for jobs that no worker has taken within their time; returns how many. Several processes may run this at
    once.
    """
    overdue = _waiting_too_long(limit=limit)
    for job in overdue:
        message = (
            f"Expected a worker to take the job of type '{job.type}' within {job.wait_timeout:g} seconds, none did. See that "
            "workers for this type run and keep up, then resolve this incident."
        )
        _fail_if_still(job, Failure(message=message, retries=0, outcome=None, waiting_after=job.attempt))
    return len(overdue)


def _waiting_too_long(*, limit: int) -> list[Job]:
    """Find ready jobs, of types that are not suspended, that nobody has taken within their `wait_timeout`."""
    now = clock.now()
    late = ExpressionWrapper(F("available_at") + F("wait_timeout") * timedelta(seconds=1), output_field=DateTimeField())
    suspended = JobTypeSettings.objects.filter(suspended_at__isnull=False).values("type")
    rows = Job.objects.filter(
        status=JobStatus.CREATED, on_hold=False, wait_timeout__isnull=False, available_at__lt=now
    ).exclude(type__in=suspended)
    return list(rows.annotate(late=late).filter(late__lt=now).order_by("available_at")[:limit])


def _fail_if_still(job: Job, failure: Failure) -> None:
    """Fail the job; do nothing if somebody has answered, renewed, taken or expired it since."""
    try:
        fail_with(job, failure, by=ENGINE)
    except (Conflict, NotFound):
        return
