"""One leased job is run: the engine finds its handler, calls it within its time, and reports the result.

execute        metrics, log, trace; the border at which nothing that a handler does stops the worker
_prepared      the handler, its time limit and what it may know of its job
_called        call it: Returned, Saved, Threw, Broke or Lost
_reported      tell the instance, or leave a completion to be saved with others
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.db.utils import InterfaceError, OperationalError
from opentelemetry.trace import SpanKind

from engine import clock, exact_json, handlers
from engine.actors import ENGINE
from engine.bpmn.job_headers import JobSettings
from engine.errors import Conflict, EngineError, NotFound
from engine.failpoints import failpoint
from engine.handlers import BpmnError, Handler, JobContext, LeaseLostError, MissingVariableError, backoff
from engine.jobs.answering import complete_with, throw_error
from engine.jobs.answering_together import Completion
from engine.jobs.failing import fail
from engine.jobs.leasing.activated import ActivatedJob
from engine.jobs.running import heartbeats, script_execution
from engine.jobs.running.lease_renewer import LeaseRenewer
from engine.jobs.running.time_limit import TimeLimit
from engine.models import Job, JobKind
from engine.observability import log_context, metrics, tracing
from engine.postgres import transactions

logger = logging.getLogger(__name__)

_MESSAGE = 2_000
"""Characters that are kept of a failure's message; the rest is cut off."""
_TRACE = 20_000
"""Characters that are kept of a failure's stack trace, the last ones; the others are cut off."""
_OF_THE_ANSWER = (Conflict, NotFound, OperationalError, InterfaceError)
"""The errors that belong to the answer, not to the handler, where both are one transaction."""


class RunOutcome(StrEnum):
    """An outcome says how the run of a job ended; the metric of run times uses these texts."""

    COMPLETED = "completed"  # the handler returned; its job is completed, or about to be with others
    ERROR = "error"  # the handler threw a BPMN error
    FAILED = "failed"  # the handler, or the sandbox, broke
    LOST = "lost"  # the job is someone else's by now, or the answer could not be given


@dataclass(frozen=True, slots=True)
class _Run:
    """A run is over: it had this outcome, and left a completion that is still to be saved, or none."""

    outcome: RunOutcome
    completion: Completion | None = None


def execute(activated: ActivatedJob, renewer: LeaseRenewer) -> Completion | None:
    """Run the handler of a leased job and answer the job. Returns the completion that is to be saved with others, or None when the
    job is answered already or cannot be.

    A job that could not be answered is handed out again when its lease, which is renewed no more, has ended.
    """
    job = activated.job
    ids = {
        "processInstanceKey": str(job.instance_id),
        "elementId": job.element_id,
        "jobKey": str(job.key),
        "jobType": job.type,
    }
    label = metrics.job_type_label(job.type)
    metrics.JOB_WAIT_SECONDS.labels(label).observe(_waited(job))
    run = _Run(RunOutcome.LOST)
    with (
        log_context.bound(**ids),
        tracing.span(f"job {job.type}", kind=SpanKind.CONSUMER, parent=job.trace_context, attributes=ids),
    ):
        begun = time.perf_counter()
        try:
            run = _answered(activated, renewer)
        finally:
            metrics.JOB_RUN_SECONDS.labels(label, run.outcome).observe(time.perf_counter() - begun)
            if run.completion is None:
                renewer.release(job.key, job.attempt)
    return run.completion


def _waited(job: Job) -> float:
    """Return the seconds that the job was ready before it was leased."""
    return max(0.0, (job.activated_at - job.available_at).total_seconds()) if job.activated_at else 0.0


def _answered(activated: ActivatedJob, renewer: LeaseRenewer) -> _Run:
    job = activated.job
    try:
        return _run_script(job) if job.kind == JobKind.SCRIPT else _run_handler(activated, renewer)
    except (Conflict, NotFound) as late:
        logger.info("The answer to job %s came too late: %s", job.key, late)
    except (OperationalError, InterfaceError):
        logger.exception("The answer to job %s could not be saved; it is tried again when its lease ends", job.key)
        transactions.give_back_connection()
    return _Run(RunOutcome.LOST)


def _run_script(job: Job) -> _Run:
    try:
        script_execution.run(job)
    except (Conflict, NotFound, OperationalError, InterfaceError):  # its answer is late, or cannot be saved now
        raise
    except Exception as error:  # the sandbox itself: the script is tried again
        fail(job.key, by=ENGINE, message=_message(error), stack_trace=_trace(error), backoff=1.0, attempt=job.attempt)
        return _Run(RunOutcome.FAILED)
    return _Run(RunOutcome.COMPLETED)


def _run_handler(activated: ActivatedJob, renewer: LeaseRenewer) -> _Run:
    call = _prepared(activated, renewer)
    transactions.give_back_connection()  # the handler may take long
    failpoint("job_runs.before_handler")
    result = _called(call)
    return _reported(call, result)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of a handler for a job. `told` is what the task's headers say of the job."""

    activated: ActivatedJob
    handler: Handler
    told: JobSettings
    limit: TimeLimit
    context: JobContext
    begun: float

    def __call__(self) -> Mapping[str, Any] | None:
        """Run the handler's function within its time limit. Raises what it raises, and TypeError when it returns neither variables
        nor None.
        """
        with self.limit:
            returned = handlers.call(self.handler, self.activated.variables, self.context)
            return handlers.result_of(self.handler.type, returned)


def _prepared(activated: ActivatedJob, renewer: LeaseRenewer) -> _Call:
    job = activated.job
    handler = handlers.settings_of(job.type)
    told = backoff.settings_in(job.headers)
    limit = TimeLimit(
        job,
        renewer,
        timeout=job.timeout or handler.timeout,
        heartbeat_timeout=told.heartbeat_timeout or handler.heartbeat_timeout,
    )

    def send_heartbeat(details: Any) -> None:
        limit.beat()
        if not handler.transactional:  # its transaction would hide the details, and hold the row that is renewed
            heartbeats.renew(job, details)

    context = JobContext(
        key=job.key,
        type=job.type,
        attempt=job.attempt,
        instance_key=job.instance_id,
        process_id=job.process_id,
        element_id=job.element_id,
        headers=job.headers,
        details=job.details,
        send_heartbeat=send_heartbeat,
    )
    return _Call(activated, handler, told, limit, context, time.perf_counter())


# --- what a call came to -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Returned:
    """The handler has returned variables, which are still to be saved."""

    variables: dict[str, Any]


class _Saved:
    """The handler's own writes and the completion are committed."""


@dataclass(frozen=True, slots=True)
class _Threw:
    """The handler has raised a BPMN error."""

    error: BpmnError


@dataclass(frozen=True, slots=True)
class _Broke:
    """The handler has raised another exception, took too long, or returned values that cannot be kept."""

    error: Exception


class _Lost:
    """The handler has learned that its job is someone else's."""


_Result = _Returned | _Saved | _Threw | _Broke | _Lost


def _called(call: _Call) -> _Result:
    """Call the handler. Raises only errors of the answer, and only for a handler whose answer is part of its transaction."""
    job, is_transactional = call.activated.job, call.handler.transactional
    try:
        if not is_transactional:
            return _Returned(exact_json.checked_variables(call()))
        complete_with(job.key, call, by=ENGINE, attempt=job.attempt)
        return _Saved()
    except BpmnError as error:
        return _Threw(error)
    except LeaseLostError:
        return _Lost()
    except Exception as error:
        if is_transactional and isinstance(error, _OF_THE_ANSWER):
            raise
        return _Broke(error)


def _reported(call: _Call, result: _Result) -> _Run:
    job = call.activated.job
    match result:
        case _Returned(variables):
            failpoint("job_runs.after_handler")
            context = tracing.current_context()
            return _Run(RunOutcome.COMPLETED, Completion(job.key, job.instance_id, job.attempt, variables, context))
        case _Saved():
            return _Run(RunOutcome.COMPLETED)
        case _Threw(error):
            throw_error(
                job.key, error.code, message=error.message, variables=error.variables, by=ENGINE, attempt=job.attempt
            )
            return _Run(RunOutcome.ERROR)
        case _Broke(error):
            _fail(call, error)
            return _Run(RunOutcome.FAILED)
        case _Lost():
            return _Run(RunOutcome.LOST)


def _fail(call: _Call, error: Exception) -> None:
    job = call.activated.job
    tracing.failed(f"{type(error).__name__}: {error}")
    fail(
        job.key,
        by=ENGINE,
        message=_message(error),
        stack_trace=_trace(error),
        retries=0 if _is_final(error, call.handler, call.told) else None,
        attempt=job.attempt,
        given=call.activated.variables,
        started_at=clock.now() - timedelta(seconds=time.perf_counter() - call.begun),
    )


def _is_final(error: Exception, handler: Handler, told: JobSettings) -> bool:
    """Return whether a further attempt would fail in the same way."""
    if isinstance(error, (MissingVariableError, EngineError, *handler.non_retryable)):
        return True
    return any(kind.__name__ in told.non_retryable for kind in type(error).__mro__)


def _message(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_MESSAGE]


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-_TRACE:]
