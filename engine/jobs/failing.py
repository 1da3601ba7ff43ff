"""An attempt at a job fails: the job is ready again after a wait or, when no attempts are left, raises an incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """The job is ready again after so many seconds. None: after the diagram's or the handler's wait."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    """These are written into the job's element, in the same commit."""
    outcome: AttemptOutcome | None = AttemptOutcome.FAILED
    """How the attempt ended. None: there was no attempt."""
    given: Mapping[str, Any] | None = None
    """The variables that the attempt was given. None: those that its element sees."""
    started_at: datetime | None = None
    """When the attempt began. None: when the job was leased."""
    attempt: int | None = None
    """The attempt that must be the job's present one. None: any may be."""
    expired_before: datetime | None = None
    """Its lease must have ended before. None: no matter."""
    waiting_after: int | None = None
    """The job must wait for a worker, after this attempt. None: it must be as `open_jobs.answerable` says."""


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
    """Say that an attempt failed. `retries` are those left (None: one less than before); at 0 an incident is raised, else the job is
    ready again after `backoff` seconds (None: the diagram's or the handler's waits). The record of the attempt keeps the
    variables that it was `given` (None: those that its element sees) and when it `started_at` (None: when it was leased). `variables`
    are written into the job's element in the same commit. Raises NotFound for a job that is not open any more, Conflict for one that
    `by` may not answer; then nothing is written."""
    by.require_worker_or_operator("fail jobs")
    if retries is not None and retries < 0:
        raise InvalidArgument(f"Expected a number of retries from 0 on, found {retries}.")
    if backoff is not None and not 0 <= backoff <= MAX_LEASE:
        raise InvalidArgument(f"Expected a back-off of 0 to {MAX_LEASE:.0f} seconds, found {backoff}.")
    written = exact_json.checked_variables(variables)
    job = open_jobs.require(key)
    failure = Failure(
        message=message,
        stack_trace=stack_trace,
        retries=max(0, job.retries - 1) if retries is None else retries,
        backoff=backoff,
        variables=written,
        given=given,
        started_at=started_at,
        attempt=attempt,
    )
    fail_with(job, failure, by=by)


def fail_with(job: Job, failure: Failure, *, by: Actor) -> None:
    """Carry a failure out: with attempts left and no variables the job's row alone changes, else its instance learns of it. Raises
    NotFound and Conflict when the row is not as the failure says, or not the actor's."""
    failpoint("jobs.before_fail")
    item = _told_to_the_instance(job, failure)
    if item is not None:
        advance.deliver(job.instance_id, item, by=by.username, guard=lambda: _change_row(job.key, failure, by=by))
        return
    with transaction.atomic(durable=True):
        _change_row(job.key, failure, by=by)
        failpoint("jobs.before_failed")
    failpoint("jobs.after_failed")


def _told_to_the_instance(job: Job, failure: Failure) -> inputs.Input | None:
    if failure.retries > 0:
        return (
            inputs.VariablesSet(job.element_instance_key, failure.variables, local=True) if failure.variables else None
        )
    if job.kind == JobKind.SCRIPT:
        return inputs.ScriptFailed(job.key, failure.message, failure.stack_trace)
    message = failure.message or "The job has no attempts left."
    return inputs.JobFailed(job.key, message, failure.stack_trace, failure.variables)


def _change_row(key: int, failure: Failure, *, by: Actor) -> bool:
    """In a transaction: record the attempt and change the job's row, which stays locked; returns True."""
    now = clock.now()
    job = _rows(key, failure, by=by).select_for_update().first()
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
        leased_by=job.leased_by if failure.outcome is AttemptOutcome.LEASE_EXPIRED else None,
        error_message=failure.message,
        available_at=now + timedelta(seconds=_wait(job, failure)) if failure.retries > 0 else F("available_at"),
    )
    return True


def _rows(key: int, failure: Failure, *, by: Actor) -> QuerySet[Job]:
    """Choose the job's row, if it is as the failure says and `by` may answer it."""
    if failure.waiting_after is not None:
        return Job.objects.filter(key=key, attempt=failure.waiting_after, status=JobStatus.CREATED)
    rows = open_jobs.answerable(key, by=by, attempt=failure.attempt)
    if failure.expired_before is not None:
        rows = rows.filter(lease_until__lt=failure.expired_before)
    return rows


def _wait(job: Job, failure: Failure) -> float:
    """Return the seconds until the job is ready again."""
    if failure.backoff is not None:
        return failure.backoff
    backoff = handlers.settings_of(job.type).backoff.with_headers(settings_in(job.headers))
    return backoff.wait(max(1, job.attempt), fixed=job.backoff)
