"""An attempt at a job fails: the job is ready again after a wait or, when no attempts are left, raises an incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from engine import clock, exact_json, handlers
from engine.actors import Actor
from engine.errors import InvalidArgument
from engine.failpoints import failpoint
from engine.handlers.backoff import settings_in
from engine.jobs import attempts, open_jobs
from engine.jobs.leasing.asking import MAX_LEASE
from engine.models import AttemptOutcome, Job, JobKind, JobStatus
from engine.runtime import inputs
from engine.transition import advance


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failure says why an attempt failed and what follows, and how the job's row must look for the failure to count."""

    message: str
    stack_trace: str = ""
    retries: int
    """Attempts that the job has left; at 0 an incident is raised."""
    backoff: float | None = None
    """Seconds until the job is ready again. None: those of the diagram or the handler."""
    outcome: AttemptOutcome | None = AttemptOutcome.FAILED
    """How the attempt ended. None: there was no attempt."""
    given: Mapping[str, Any] | None = None
    """The variables that the attempt was given. None: those that its element sees."""
    started_at: datetime | None = None
    """When the attempt began. None: when the job was leased."""
    attempt: int | None = None
    """The attempt that must be the job's present one. None: any may be."""
    expired_before: datetime | None = None
    """The time before which the lease must have ended. None: it does not matter."""
    only_waiting: bool = False
    """True when the failure counts only if no worker has taken the job since."""


def fail(
    key: int,
    *,
    by: Actor,
    message: str = "",
    stack_trace: str = "",
    retries: int | None = None,
    backoff: float | None = None,
    variables: Mapping[str, Any] | None = None,
    attempt: int | None = None,
    given: Mapping[str, Any] | None = None,
    started_at: datetime | None = None,
) -> None:
    """Fail an attempt. `retries` are the attempts left (None: one less than before). At 0 an incident is raised; else the job is
    ready again after `backoff` seconds (None: the waits of the diagram or the handler).

    The record of the attempt keeps the variables that it was `given` (None: those that its element sees) and when it `started_at`
    (None: when it was leased).
    """
    by.require_worker("fail jobs")
    if retries is not None and retries < 0:
        raise InvalidArgument(f"Expected a number of retries from 0 on, found {retries}.")
    if backoff is not None and not 0 <= backoff <= MAX_LEASE:
        raise InvalidArgument(f"Expected a back-off of 0 to {MAX_LEASE:.0f} seconds, found {backoff}.")
    written = exact_json.checked_variables(variables)
    job = open_jobs.require(key)
    if written:
        item = inputs.VariablesSet(job.element_instance_key, written, local=True)
        advance.deliver(job.instance_id, item, by=by.username)
    failure = Failure(
        message=message,
        stack_trace=stack_trace,
        retries=max(0, job.retries - 1) if retries is None else retries,
        backoff=backoff,
        given=given,
        started_at=started_at,
        attempt=attempt,
    )
    fail_with(job, failure, by=by)


def fail_with(job: Job, failure: Failure, *, by: Actor) -> None:
    """Carry a failure out: while attempts are left, only the job's row changes; otherwise its instance takes the failure up.

    Raises NotFound and Conflict when the row is not as the failure expects.
    """
    failpoint("jobs.before_fail")
    if failure.retries == 0:
        advance.deliver(
            job.instance_id, _last_failure(job, failure), by=by.username, guard=lambda: _change_row(job.key, failure)
        )
        return
    with transaction.atomic(durable=True):
        _change_row(job.key, failure)
        failpoint("jobs.before_failed")
    failpoint("jobs.after_failed")


def _last_failure(job: Job, failure: Failure) -> inputs.Input:
    if job.kind == JobKind.SCRIPT:
        return inputs.ScriptFailed(job.key, failure.message, failure.stack_trace)
    return inputs.JobFailed(job.key, failure.message or "The job has no attempts left.", failure.stack_trace)


def _change_row(key: int, failure: Failure) -> bool:
    """Record the attempt and change the job's row, inside a transaction that keeps the row locked. Returns True."""
    now = clock.now()
    job = _rows(key, failure).select_for_update().first()
    if job is None:
        raise open_jobs.gone(key, "fail")
    if failure.outcome is not None:
        attempts.record(
            job,
            failure.outcome,
            message=failure.message,
            stack_trace=failure.stack_trace,
            given=failure.given,
            started_at=failure.started_at,
            ended_at=now,
        )
    Job.objects.filter(key=key).update(
        status=JobStatus.CREATED if failure.retries > 0 else JobStatus.FAILED,
        retries=failure.retries,
        lease_until=None,
        error_message=failure.message,
        available_at=now + timedelta(seconds=_wait(job, failure)) if failure.retries > 0 else F("available_at"),
    )
    return True


def _rows(key: int, failure: Failure) -> QuerySet[Job]:
    """Return a query for the job's row, if it is as the failure expects."""
    rows = Job.objects.filter(key=key)
    if failure.attempt is None:
        rows = rows.exclude(status=JobStatus.FAILED)
    else:
        status = JobStatus.CREATED if failure.only_waiting else JobStatus.ACTIVATED
        rows = rows.filter(attempt=failure.attempt, status=status)
    if failure.expired_before is not None:
        rows = rows.filter(lease_until__lt=failure.expired_before)
    return rows


def _wait(job: Job, failure: Failure) -> float:
    """Return the seconds until the job is ready again."""
    if failure.backoff is not None:
        return failure.backoff
    backoff = handlers.settings_of(job.type).backoff.with_headers(settings_in(job.headers))
    return backoff.wait(max(1, job.attempt), fixed=job.backoff)
