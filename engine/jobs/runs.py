"""Running jobs with the handlers of this installation, in a worker process.

The handler runs outside of any transaction. While it runs, a thread renews the lease, up to the handler's timeout: a process
that dies loses its jobs within one lease, and one that hangs within its timeout.
"""

from __future__ import annotations

import logging
import mmap
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from django.db.utils import InterfaceError, OperationalError
from opentelemetry.trace import SpanKind

from engine import clock, doorbell, exact_json, handlers, jobs
from engine.actors import ENGINE
from engine.bpmn.job_headers import JobSettings
from engine.errors import Conflict, EngineError, NotFound
from engine.failpoints import failpoint
from engine.handlers import BpmnError, Handler, JobContext, LeaseLostError, MissingVariableError, backoff
from engine.jobs import LeaseNext, leases, script_runs
from engine.jobs.lease_keeper import LeaseKeeper, TimeLimit
from engine.jobs.leases import ActivatedJob, Leased
from engine.models import Job, JobKind
from engine.observability import log_context, metrics, tracing
from engine.transition.carriers import SCRIPT_JOB_TYPE
from engine.transition.job_rows import NewJob

logger = logging.getLogger(__name__)
T = TypeVar("T")

_DRAIN = 20.0
"""Seconds that one ring of the doorbell keeps a worker busy, at most; another ring goes on."""
_BATCH = 32
"""Jobs that a worker leases at once while it drains, at most; it renews the leases of those that wait for their turn. Twice as many cost
no less, half as many a third more of the processor; so many handlers at most run again when a worker dies."""
_AHEAD = 0.2
"""Seconds of work that a worker leases at once, by the pace of its last jobs: slow ones are left to other workers."""
_HELD = 0.1
"""Seconds that results wait at most for those of the next jobs, to be saved with them in one commit."""


_ending = mmap.mmap(-1, 1)
"""Shared with the pool's processes, which are forked: 1 when their worker was asked to end."""


def run(queue: str, key: int | None = None) -> int:
    """Run the job `key` if it is still ready, then further ready jobs of the queue, for a while. Returns how many.

    What was found to be done is saved together, and in the same commit the next jobs are leased.
    """
    done = 0
    worker = f"{leases.OWN_WORKER}{socket.gethostname()}:{os.getpid()}"
    types = _types_of(queue)
    deadline = time.monotonic() + _DRAIN
    left: list[NewJob] = []

    def lease(opened: Sequence[NewJob] = ()) -> list[Leased]:
        left[:] = opened
        if not types or _ending[0] or time.monotonic() >= deadline:
            return []
        asked = leases.Asked(worker, _lease(), kinds=tuple(JobKind))
        return leases.claim_or_adopt(types, opened, asked, limit=_pace.jobs_ahead())

    found: list[Leased] = []
    if key is not None:
        job = leases.claim_one(key, worker=worker, lease=_lease())
        found = [Leased(job)] if job is not None else []
    found = found or lease()
    while found:
        done += len(found)
        found = _run_leased(found, then=lease)
        if not found and left:  # it could only be claimed, and has its row now
            found = lease()
    if types and (_ending[0] or time.monotonic() >= deadline):
        doorbell.ring_queue(queue)
    return done


class _Pace:
    """How long the jobs of this process take, the last ones above all."""

    def __init__(self) -> None:
        self._seconds = _AHEAD / 4

    def ran(self, seconds: float) -> None:
        self._seconds += 0.3 * (seconds - self._seconds)

    def jobs_ahead(self) -> int:
        return max(1, min(_BATCH, int(_AHEAD / max(self._seconds, 0.001))))


_pace = _Pace()


def end_soon() -> None:
    """This worker was asked to end: its processes finish the jobs that they hold, and take no further ones."""
    _ending[0] = 1


def _lease() -> float:
    """Seconds without a renewal after which a job of ours is given to another worker."""
    return float(settings.STEPWELL_JOB_LEASE)


def _types_of(queue: str) -> list[str]:
    types = [*handlers.by_type(), SCRIPT_JOB_TYPE]
    return [job_type for job_type in types if doorbell.queue_of(job_type) == queue]


def _run_leased(found: list[Leased], *, then: LeaseNext) -> list[Leased]:
    """Run leased jobs one after the other, renewing the leases of all; returns what `then` has leased next."""
    results = _Results()
    with _keeper.holding([each.job for each in found]):
        for activated in leases.with_handlers_variables(found):
            begun = time.perf_counter()
            _run_one(activated, results)
            _pace.ran(time.perf_counter() - begun)
        return results.save(then=then)


class _Results:
    """What handlers have returned, held for a moment so that one commit saves many.

    A handler that takes longer than expected does not hold up the results of those before it: after a while a thread saves them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: list[tuple[Job, jobs.Completion]] = []
        self._timer: threading.Timer | None = None

    def hold(self, job: Job, variables: Mapping[str, Any]) -> None:
        completion = jobs.Completion(job.key, job.instance_id, job.attempt, variables, tracing.current_context())
        with self._lock:
            self._held.append((job, completion))
            if self._timer is None:
                self._timer = threading.Timer(_HELD, self._save_in_thread)
                self._timer.daemon = True
                self._timer.start()

    def save(self, *, then: LeaseNext) -> list[Leased]:
        """Save what is held and lease what `then` leases, in one commit; returns that."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:  # waits for the thread, if it is just saving
            held, self._held = self._held, []
            if not held:
                return then(())
            found = self._save(held, then=then)
            return then(()) if found is None else found

    def _save_in_thread(self) -> None:
        try:
            with self._lock:
                held, self._held, self._timer = self._held, [], None
                if held:
                    self._save(held, then=None)
        finally:
            connection.close()

    def _save(self, held: list[tuple[Job, jobs.Completion]], *, then: LeaseNext | None) -> list[Leased] | None:
        """None: they were saved one by one, and nothing was leased."""
        completions = [completion for _, completion in held]
        try:
            found, late = _through_a_restart(lambda: jobs.complete_together(completions, then=then))
        except (OperationalError, InterfaceError):
            logger.exception("%s answers could not be saved; they are tried again when their leases end", len(held))
            _give_back_connection()
            return []
        except Exception:
            logger.warning("%s answers could not be saved together; each is saved by itself", len(held), exc_info=True)
            for job, completion in held:
                _complete_alone(job, completion)
            return None
        finally:
            for job, _ in held:
                _keeper.release(job)
        for key in late:
            logger.info("The answer to job %s came too late: it has ended, or was given to another worker", key)
        return found


def _through_a_restart(save: Callable[[], T]) -> T:
    """A database that is just restarted is asked again, for a while shorter than a lease: what handlers did is not to be done
    twice for that. A commit whose answer was lost is no harm: its jobs are found gone."""
    until = time.monotonic() + min(5.0, _lease() / 2)
    while True:
        try:
            return save()
        except (OperationalError, InterfaceError):
            if time.monotonic() > until:
                raise
            _give_back_connection()
            time.sleep(0.2)


def _complete_alone(job: Job, completion: jobs.Completion) -> None:
    try:
        jobs.complete(job.key, completion.variables, by=ENGINE, attempt=job.attempt)
    except (Conflict, NotFound) as late:
        logger.info("The answer to job %s came too late: %s", job.key, late)
    except (OperationalError, InterfaceError):
        logger.exception("The answer to job %s could not be saved; it is tried again when its lease ends", job.key)
        _give_back_connection()


def _run_one(activated: ActivatedJob, results: _Results) -> None:
    """Run the handler and give its answer. Nothing that a handler does stops the worker; what was lost comes again by lease."""
    job = activated.job
    ids = {
        "processInstanceKey": str(job.instance_id),
        "elementId": job.element_id,
        "jobKey": str(job.key),
        "jobType": job.type,
    }
    label = metrics.job_type_label(job.type)
    metrics.JOB_WAIT_SECONDS.labels(label).observe(_waited(job))
    with (
        log_context.bound(**ids),
        tracing.span(f"job {job.type}", kind=SpanKind.CONSUMER, parent=job.trace_context, attributes=ids),
    ):
        _answer(activated, label, results)


def _waited(job: Job) -> float:
    """Seconds from when the job was ready to its lease."""
    return max(0.0, (job.activated_at - job.available_at).total_seconds()) if job.activated_at else 0.0


def _answer(activated: ActivatedJob, label: str, results: _Results) -> None:
    job = activated.job
    begun = time.perf_counter()
    outcome = "lost"
    try:
        outcome = _run_script(job) if job.kind == JobKind.SCRIPT else _run_handler(activated, results)
    except (Conflict, NotFound) as late:
        logger.info("The answer to job %s came too late: %s", job.key, late)
    except (OperationalError, InterfaceError):
        logger.exception("The answer to job %s could not be saved; it is tried again when its lease ends", job.key)
        _give_back_connection()
    finally:
        metrics.JOB_RUN_SECONDS.labels(label, outcome).observe(time.perf_counter() - begun)
        if outcome != "completed" or job.kind == JobKind.SCRIPT:
            _keeper.release(job)


def _run_handler(activated: ActivatedJob, results: _Results) -> str:
    """Returns how it ended: completed, error, failed or lost."""
    job = activated.job
    handler = handlers.settings_of(job.type)
    told = backoff.settings_in(job.headers)
    limit = TimeLimit(
        job,
        _keeper,
        timeout=job.timeout or handler.timeout,
        heartbeat_timeout=told.heartbeat_timeout or handler.heartbeat_timeout,
    )
    begun = time.perf_counter()

    def heartbeat(details: Any) -> None:
        limit.beat()
        if not handler.transactional:  # its transaction would hide the details, and hold the row that the keeper renews
            _heartbeat(job, details)

    context = JobContext(
        key=job.key,
        type=job.type,
        attempt=job.attempt,
        instance_key=job.instance_id,
        process_id=job.process_id,
        element_id=job.element_id,
        headers=job.headers,
        details=job.details,
        send_heartbeat=heartbeat,
    )

    def call() -> Mapping[str, Any] | None:
        with limit:
            result = handlers.call(handler, activated.variables, context)
        if result is not None and not isinstance(result, Mapping):
            raise TypeError(
                f"Expected the handler of '{job.type}' to return an object of variables or nothing, "
                f"found {type(result).__name__}."
            )
        return result

    def failed(error: Exception) -> str:
        tracing.failed(f"{type(error).__name__}: {error}")
        jobs.fail(
            job.key,
            by=ENGINE,
            message=f"{type(error).__name__}: {error}"[:2_000],
            stack_trace=_trace(error),
            retries=0 if _is_final(error, handler, told) else None,
            attempt=job.attempt,
            given=activated.variables,
            started_at=clock.now() - timedelta(seconds=time.perf_counter() - begun),
        )
        return "failed"

    _give_back_connection()  # the handler may take long
    failpoint("job_runs.before_handler")
    try:
        if handler.transactional:
            jobs.complete_with(job.key, call, by=ENGINE, attempt=job.attempt)
            _keeper.release(job)
            return "completed"
        result = call()
    except BpmnError as error:
        jobs.throw_error(
            job.key, error.code, message=error.message, variables=error.variables, by=ENGINE, attempt=job.attempt
        )
        return "error"
    except LeaseLostError:
        return "lost"
    except (Conflict, NotFound, OperationalError, InterfaceError) as error:
        if handler.transactional:  # the answer's, not the handler's
            raise
        return failed(error)
    except Exception as error:
        return failed(error)
    failpoint("job_runs.after_handler")
    try:
        variables = exact_json.checked_variables(result)
    except EngineError as error:  # a result that is no JSON, or too large
        return failed(error)
    results.hold(job, variables)
    return "completed"


def _is_final(error: Exception, handler: Handler, told: JobSettings) -> bool:
    """Whether trying again changes nothing."""
    if isinstance(error, (MissingVariableError, EngineError, *handler.non_retryable)):
        return True
    return any(kind.__name__ in told.non_retryable for kind in type(error).__mro__)


def _run_script(job: Job) -> str:
    try:
        script_runs.run(job)
    except (Conflict, NotFound):
        raise
    except Exception as error:  # the sandbox itself: the script is tried again
        message = f"{type(error).__name__}: {error}"
        jobs.fail(job.key, by=ENGINE, message=message, stack_trace=_trace(error), backoff=1.0, attempt=job.attempt)
        return "failed"
    return "completed"


def _heartbeat(job: Job, details: Any) -> None:
    if not jobs.heartbeat(job.key, attempt=job.attempt, lease=_lease(), details=details):
        raise LeaseLostError(f"Job {job.key} was given to someone else, or its element has ended.")


def _give_back_connection() -> None:
    if not connection.in_atomic_block:
        connection.close()


def _trace(error: BaseException) -> str:
    """Without our own frames above the handler."""
    return "".join(traceback.format_exception(error))[-20_000:]


_keeper = LeaseKeeper(_lease)
