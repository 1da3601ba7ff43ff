"""Commands on jobs: for job workers over the API, and for the engine's own workers.

A job is leased to one worker at a time. `attempt` numbers its activations: an answer that names another attempt than the
running one is refused, so that a worker which slept beyond its lease cannot speak for its successor. An expired lease uses
up an attempt, and the third that a worker of ours leaves behind is the last: such a job kills its workers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import F, Value
from django.db.models.functions import Least

from engine import clock, exact_json, handlers, long_polls
from engine.actors import ENGINE, Actor
from engine.errors import Conflict, EngineError, InvalidArgument, NotFound
from engine.failpoints import failpoint
from engine.handlers.backoff import settings_in
from engine.jobs import leases
from engine.jobs.leases import ActivatedJob, Leased
from engine.models import AttemptOutcome, Job, JobAttempt, JobKind, JobStatus
from engine.runtime import inputs, user_task_values
from engine.transition import advance, idempotency, job_rows
from engine.transition.job_rows import NewJob

MAX_ACTIVATED = 1_000
MAX_LEASE = 7 * 24 * 3_600.0
"""Seconds."""
MAX_CRASHES = 3
"""Attempts at one job that may end with the death of a worker of ours, however many retries it has."""
_POLL = 0.15
"""Seconds between two looks of a waiting activation."""
_SHOWN_INPUT = 2_000
"""Characters of a variable's JSON that the record of an attempt keeps."""


# --- activation ----------------------------------------------------------------------------------------------------------


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
    if not 0 < lease <= MAX_LEASE:
        raise InvalidArgument(f"Expected a timeout above 0 and of at most {MAX_LEASE:.0f} seconds, found {lease}.")
    deadline = time.monotonic() + wait
    while True:
        found = leases.claim([type], worker=worker, limit=max_jobs, lease=lease, for_timeout=True)
        if found or not long_polls.rest(_POLL, until=deadline):
            return leases.with_variables(found, fetch=fetch_variables)


def lease_token(job: Job) -> str:
    """Names one activation of a job."""
    return f"{job.key}-{job.attempt}"


def attempt_of(token: str, key: int) -> int:
    """The attempt that a token of the job `key` names. Raises Conflict for any other text."""
    of_job, _, attempt = token.rpartition("-")
    if of_job != str(key) or not attempt.isascii() or not attempt.isdecimal() or len(attempt) > 9:
        raise Conflict(f"Expected the 'jobLeaseToken' of an activation of job {key}, found '{token[:100]}'.")
    return int(attempt)


# --- answers -------------------------------------------------------------------------------------------------------------


def complete(
    key: int,
    variables: Mapping[str, Any] | None = None,
    *,
    by: Actor,
    result: Mapping[str, Any] | None = None,
    attempt: int | None = None,
    idempotency_key: str | None = None,
) -> None:
    """The job is done; `variables` go to its element. `result` is a task listener's: `denied`, `deniedReason`, `corrections`.
    Raises NotFound and Conflict for one that is not open any more, InvalidArgument for a result that cannot be read."""
    by.require_worker("complete jobs")
    given = exact_json.checked_variables(variables)
    said = _checked_result(key, result or {})

    def guard() -> bool:
        arguments = {"key": key, "variables": given} | ({"result": said} if said else {})
        if idempotency.recall(idempotency_key, command="complete job", arguments=arguments, by=by) is not None:
            return False
        take_out(key, attempt=attempt, doing="complete")
        idempotency.remember(idempotency_key, {}, by=by)
        return True

    instance_key = _instance_of(key, unless_recalled=guard if idempotency_key else None)
    if instance_key is not None:
        failpoint("jobs.before_complete")
        advance.deliver(instance_key, inputs.JobCompleted(key, given, said), by=by.username, guard=guard)


def instance_of(key: int) -> int | None:
    """Key of the instance of an open job; None when it is not open any more."""
    return Job.objects.filter(key=key).values_list("instance_id", flat=True).first()


def _checked_result(key: int, result: Mapping[str, Any]) -> dict[str, Any]:
    """Only a task listener may deny and correct; that of a creation may not deny it."""
    denied, corrections = result.get("denied"), result.get("corrections")
    if not denied and not corrections:
        return {}
    if not isinstance(denied, bool | None) or not isinstance(corrections, dict | None):
        raise InvalidArgument("Expected true or false in 'denied' and an object in 'corrections' of the result.")
    try:
        user_task_values.corrections(corrections or {})
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"Expected corrections that can be read: {error}.") from error
    job = Job.objects.filter(key=key).first()
    if job is not None and (
        job.kind != JobKind.TASK_LISTENER or (denied and job.listener_event in ("creating", "canceling"))
    ):
        raise InvalidArgument(f"Expected no denial and no correction from this job ({job.kind} {job.listener_event}).")
    reason = str(result.get("deniedReason") or "")
    return {"denied": True, "deniedReason": reason} if denied else {"corrections": dict(corrections or {})}


@dataclass(frozen=True, slots=True)
class Completion:
    """A result that a worker of ours has for a job that it leases. `trace_context` is that of the handler's run."""

    key: int
    instance_key: int
    attempt: int
    variables: Mapping[str, Any]
    trace_context: str = ""


LeaseNext = Callable[[Sequence[NewJob]], list[Leased]]
"""Leases the next jobs, also of those that the transaction is about to open: `job_leases.claim_or_adopt`."""


def complete_together(
    completions: Sequence[Completion], *, then: LeaseNext | None = None
) -> tuple[list[Leased], set[int]]:
    """Complete jobs and lease the next ones by `then`, all in one commit; returns the leased jobs, and the keys of those
    completions that came too late. Expects variables that `exact_json.checked_variables` returned.

    When anything breaks nothing has happened: complete each job by itself then.
    """
    leased: list[Leased] = []
    late: set[int] = set()

    def take_out_all() -> list[advance.Delivery]:
        taken = job_rows.take_out([(each.key, each.attempt) for each in completions])
        late.clear()
        late.update(each.key for each in completions if each.key not in taken)
        return [
            advance.Delivery(
                each.instance_key,
                inputs.JobCompleted(each.key, each.variables),
                ENGINE.username,
                each.trace_context,
            )
            for each in completions
            if each.key in taken
        ]

    def lease(opened: Sequence[NewJob]) -> set[int]:
        leased[:] = [] if then is None else then(opened)
        return {each.job.key for each in leased}

    failpoint("jobs.before_complete")
    advance.deliver_together(take_out_all, lease=lease)
    return leased, late


def complete_with(key: int, work: Callable[[], Mapping[str, Any] | None], *, by: Actor, attempt: int) -> None:
    """Run `work` and complete the job with what it returns, in one transaction: what it writes into this database is there exactly
    when the job is completed. It comes again, after a rollback, when the transaction has to; what it raises comes through."""

    def item() -> inputs.Input:
        try:
            return inputs.JobCompleted(key, exact_json.checked_variables(work()))
        except OperationalError:
            raise
        except Exception as error:
            raise _WorkFailed(error) from error

    def guard() -> bool:
        return take_out(key, attempt=attempt, doing="complete")

    try:
        advance.deliver(require(key).instance_id, item, by=by.username, guard=guard)
    except _WorkFailed as failure:
        raise failure.error from failure.error.__cause__


class _WorkFailed(EngineError):  # noqa: N818 - carries an exception past those that a step may raise
    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def throw_error(
    key: int,
    code: str,
    *,
    by: Actor,
    message: str = "",
    variables: Mapping[str, Any] | None = None,
    attempt: int | None = None,
) -> None:
    """The job ends in a BPMN error, which the nearest error event with `code` catches; uncaught it is an incident."""
    by.require_worker("throw errors for jobs")
    if not code:
        raise InvalidArgument("Expected an error code that is not empty.")
    item = inputs.JobErrorThrown(key, code, message, exact_json.checked_variables(variables))
    instance_key = require(key).instance_id
    advance.deliver(
        instance_key, item, by=by.username, guard=lambda: take_out(key, attempt=attempt, doing="throw an error for")
    )


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
    """An attempt failed. `retries` are those left (None: one less than before); at 0 an incident is raised, else the job is
    ready again after `backoff` seconds (None: the diagram's or the handler's waits). The record of the attempt keeps the
    variables that it was `given` (None: those that its element sees) and when it `started_at` (None: when it was leased)."""
    by.require_worker("fail jobs")
    if retries is not None and retries < 0:
        raise InvalidArgument(f"Expected a number of retries from 0 on, found {retries}.")
    if backoff is not None and not 0 <= backoff <= MAX_LEASE:
        raise InvalidArgument(f"Expected a back-off of 0 to {MAX_LEASE:.0f} seconds, found {backoff}.")
    written = exact_json.checked_variables(variables)
    job = require(key)
    left = max(0, job.retries - 1) if retries is None else retries
    if written:
        advance.deliver(
            job.instance_id, inputs.VariablesSet(job.element_instance_key, written, local=True), by=by.username
        )
    failure = _Failure(left, message, stack_trace, backoff=backoff, attempt=attempt, given=given, started_at=started_at)
    _fail_with(job, failure, by=by)


@dataclass(frozen=True, kw_only=True)
class _Failure:
    left: int = field(kw_only=False)
    message: str = field(kw_only=False)
    stack_trace: str = field(default="", kw_only=False)
    backoff: float | None = None
    attempt: int | None = None
    outcome: AttemptOutcome | None = AttemptOutcome.FAILED
    """Of the attempt; None: there was none."""
    given: Mapping[str, Any] | None = None
    started_at: datetime | None = None
    expired_before: datetime | None = None
    """The lease must have ended before."""
    only_waiting: bool = False
    """Nobody may have taken the job since."""


def _fail_with(job: Job, failure: _Failure, *, by: Actor) -> None:
    def guard() -> bool:
        _fail_attempt(job.key, failure)
        return True

    failpoint("jobs.before_fail")
    if failure.left > 0:
        with transaction.atomic(durable=True):
            guard()
            failpoint("jobs.before_failed")
        failpoint("jobs.after_failed")
        return

    message = failure.message
    item: inputs.Input = inputs.JobFailed(job.key, message or "The job has no attempts left.", failure.stack_trace)
    if job.kind == JobKind.SCRIPT:
        item = inputs.ScriptFailed(job.key, message, failure.stack_trace)
    advance.deliver(job.instance_id, item, by=by.username, guard=guard)


def update(
    key: int,
    *,
    by: Actor,
    retries: int | None = None,
    lease: float | None = None,
    priority: int | None = None,
) -> None:
    """Change the attempts left, the lease (seconds from now, of a leased job) or the priority."""
    by.require_worker("change jobs")
    if retries is not None and retries < 1:
        raise InvalidArgument(f"Expected a number of retries from 1 on, found {retries}.")
    if lease is not None and not 0 < lease <= MAX_LEASE:
        raise InvalidArgument(f"Expected a timeout above 0 and of at most {MAX_LEASE:.0f} seconds, found {lease}.")
    require(key)
    changes: dict[str, Any] = {}
    if retries is not None:
        changes["retries"] = retries
    if priority is not None:
        changes["priority"] = priority
    rows = Job.objects.filter(key=key)
    if lease is not None:
        rows = rows.filter(status=JobStatus.ACTIVATED)
        until: Any = clock.now() + timedelta(seconds=lease)
        end_of_attempt = F("activated_at") + F("timeout") * timedelta(seconds=1)
        changes["lease_until"] = Least(
            Value(until), end_of_attempt
        )  # a job without a time-out of its own has none: null
    if changes and rows.update(**changes) != 1:
        raise _gone(key, "change the timeout of")


def heartbeat(key: int, *, attempt: int, lease: float, details: Any = None, by: Actor = ENGINE) -> bool:
    """Renew the lease and keep `details`, if there are any. False: the lease is lost."""
    by.require_worker("renew leases")
    changes: dict[str, Any] = {"lease_until": clock.now() + timedelta(seconds=lease)}
    if details is not None:
        changes["details"] = exact_json.checked(details, what="the details of a heartbeat")
    return Job.objects.filter(key=key, status=JobStatus.ACTIVATED, attempt=attempt).update(**changes) == 1


def expire_leases(*, limit: int = 100) -> int:
    """Use up the attempts of jobs whose lease has ended; returns how many leases did. Several may run at once.

    A worker of ours leases a few jobs and runs one after the other. When it dies with more than one, all are suspects: they are
    ready again, each to be run alone, and one that ends its worker then has used up an attempt.
    """
    now = clock.now()
    overdue = list(Job.objects.filter(status=JobStatus.ACTIVATED, lease_until__lt=now).order_by("lease_until")[:limit])
    for job in overdue:
        is_own = job.worker.startswith(leases.OWN_WORKER)
        if is_own and leases.give_back_suspects(job, expired_before=now):
            continue
        message = f"Expected an answer of worker '{job.worker}' within its lease, found none: attempt {job.attempt} is used up."
        left = max(0, job.retries - 1)
        if is_own and left > 0:
            crashes = 1 + JobAttempt.objects.filter(job_key=job.key, outcome=AttemptOutcome.LEASE_EXPIRED).count()
            if crashes >= MAX_CRASHES:
                left = 0
                message += f" So did {crashes - 1} before: it kills its workers, or hangs, and is tried no more."
        failure = _Failure(
            left,
            message,
            backoff=0.0,
            attempt=job.attempt,
            outcome=AttemptOutcome.LEASE_EXPIRED,
            expired_before=now,
        )
        try:
            _fail_with(job, failure, by=ENGINE)
        except (Conflict, NotFound):
            continue  # it was answered, renewed or expired by someone else since
    return len(overdue)


def expire_waits(*, limit: int = 100) -> int:
    """Raise incidents for jobs that no worker has taken within their time; returns how many. Several may run at once."""
    overdue = leases.waiting_too_long(limit=limit)
    for job in overdue:
        message = (
            f"Expected a worker to take the job of type '{job.type}' within {job.wait_timeout:g} seconds, none did. See that "
            "workers for this type run and keep up, then resolve this incident."
        )
        try:
            _fail_with(job, _Failure(0, message, attempt=job.attempt, outcome=None, only_waiting=True), by=ENGINE)
        except (Conflict, NotFound):
            continue
    return len(overdue)


# --- rows ----------------------------------------------------------------------------------------------------------------


def require(key: int) -> Job:
    job = Job.objects.filter(key=key).first()
    if job is None:
        raise NotFound(f"Expected an open job with the key {key}, found none: it never was, or has ended.")
    return job


def _instance_of(key: int, *, unless_recalled: Any = None) -> int | None:
    """None when the job has ended by this very request, sent before."""
    job = Job.objects.filter(key=key).only("instance_id").first()
    if job is not None:
        return job.instance_id
    if unless_recalled is not None:
        with transaction.atomic(durable=True):
            if not unless_recalled():
                return None
    raise NotFound(f"Expected an open job with the key {key}, found none: it never was, or has ended.")


def take_out(key: int, *, attempt: int | None, doing: str) -> bool:
    """Delete the row of a job that is answered. Without `attempt` also one whose lease has ended and nobody else has."""
    rows = Job.objects.filter(key=key)
    if attempt is None:
        rows = rows.filter(status__in=[JobStatus.ACTIVATED, JobStatus.CREATED])
    else:
        rows = rows.filter(status=JobStatus.ACTIVATED, attempt=attempt)
    deleted, _ = rows.delete()
    if not deleted:
        raise _gone(key, doing)
    return True


def _gone(key: int, doing: str) -> NotFound | Conflict:
    job = Job.objects.filter(key=key).first()
    if job is None:
        return NotFound(f"Expected an open job with the key {key} to {doing}, found none: it has ended.")
    return Conflict(
        f"Expected job {key} to be leased by the caller to {doing} it; its state is {job.status}, attempt {job.attempt}."
    )


def _fail_attempt(key: int, failure: _Failure) -> None:
    """Inside a transaction: one guarded UPDATE, and a row for the attempt."""
    now = clock.now()
    rows = Job.objects.select_for_update().filter(key=key)
    if failure.attempt is None:
        rows = rows.exclude(status=JobStatus.FAILED)
    else:
        status = JobStatus.CREATED if failure.only_waiting else JobStatus.ACTIVATED
        rows = rows.filter(attempt=failure.attempt, status=status)
    if failure.expired_before is not None:
        rows = rows.filter(lease_until__lt=failure.expired_before)
    job = rows.first()
    if job is None:
        raise _gone(key, "fail")
    if failure.outcome is not None:
        _record_attempt(job, failure, failure.outcome, now=now)
    wait = failure.backoff
    if wait is None:
        backoff = handlers.settings_of(job.type).backoff.with_headers(settings_in(job.headers))
        wait = backoff.wait(max(1, job.attempt), fixed=job.backoff)
    Job.objects.filter(key=key).update(
        status=JobStatus.CREATED if failure.left > 0 else JobStatus.FAILED,
        retries=failure.left,
        lease_until=None,
        error_message=failure.message,
        available_at=now + timedelta(seconds=wait) if failure.left > 0 else F("available_at"),
    )


def _record_attempt(job: Job, failure: _Failure, outcome: AttemptOutcome, *, now: datetime) -> None:
    given = failure.given
    if given is None and job.kind == JobKind.SCRIPT:
        given = (job.payload or {}).get("variables")
    if given is None:
        [activated] = leases.with_variables([job], fetch=None)
        given = activated.variables
    attempt = JobAttempt(
        job_key=job.key,
        instance_key=job.instance_id,
        element_id=job.element_id,
        attempt=job.attempt,
        worker=job.worker,
        started_at=failure.started_at or job.activated_at,
        ended_at=now,
        message=failure.message,
        stack_trace=failure.stack_trace,
        outcome=outcome,
        inputs={name: _shown(value) for name, value in given.items()},
    )
    JobAttempt.objects.bulk_create([attempt], ignore_conflicts=True)


def _shown(value: Any) -> Any:
    text = exact_json.encode_text(value)
    return value if len(text) <= _SHOWN_INPUT else f"{text[:_SHOWN_INPUT]}… ({len(text)} characters)"
