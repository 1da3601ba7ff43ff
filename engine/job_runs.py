"""Running jobs with the handlers of this installation, in a worker process.

The handler runs outside of any transaction. While it runs, a thread renews the lease, up to the handler's timeout: a process
that dies loses its jobs within one lease, and one that hangs within its timeout.
"""

from __future__ import annotations

import logging
import mmap
import os
import signal
import socket
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.utils import InterfaceError, OperationalError
from opentelemetry.trace import SpanKind

from engine import doorbell, handlers, job_leases, jobs, log_context, metrics, script_runs, tracing
from engine.actors import ENGINE
from engine.effect_carriers import SCRIPT_JOB_TYPE
from engine.errors import Conflict, EngineError, NotFound
from engine.failpoints import failpoint
from engine.handlers import BpmnError, Handler, JobContext, LeaseLostError, MissingVariableError
from engine.models import Job, JobKind

logger = logging.getLogger(__name__)

_DRAIN = 20.0
"""Seconds that one ring of the doorbell keeps a worker busy, at most; another ring goes on."""
_BATCH = 8
"""Jobs that a worker leases at once while it drains; it renews the leases of those that wait for their turn."""


_ending = mmap.mmap(-1, 1)
"""Shared with the pool's processes, which are forked: 1 when their worker was asked to end."""


class HandlerTimeoutError(Exception):
    """The handler took longer than its timeout."""


def run(queue: str, key: int | None = None) -> int:
    """Run the job `key` if it is still ready, then further ready jobs of the queue, for a while. Returns how many."""
    done = 0
    worker = f"{socket.gethostname()}:{os.getpid()}"
    if key is not None:
        job = job_leases.claim_one(key, worker=worker, lease=_lease())
        if job is not None:
            _run_claimed([job])
            done += 1
    types = _types_of(queue)
    deadline = time.monotonic() + _DRAIN
    while types and not _ending[0] and time.monotonic() < deadline:
        found = job_leases.claim(types, worker=worker, limit=_BATCH, lease=_lease(), kinds=tuple(JobKind))
        if not found:
            return done
        _run_claimed(found)
        done += len(found)
    if types:
        doorbell.ring_queue(queue)
    return done


def end_soon() -> None:
    """This worker was asked to end: its processes finish the jobs that they hold, and take no further ones."""
    _ending[0] = 1


def _lease() -> float:
    """Seconds without a renewal after which a job of ours is given to another worker."""
    return float(settings.STEPWELL_JOB_LEASE)


def _types_of(queue: str) -> list[str]:
    types = [*handlers.registry(), SCRIPT_JOB_TYPE]
    return [job_type for job_type in types if doorbell.queue_of(job_type) == queue]


def _run_claimed(found: list[Job]) -> None:
    """Run leased jobs one after the other, renewing the leases of all."""
    with _keeper.holding(found):
        for job in found:
            _run_one(job)


def _run_one(job: Job) -> None:
    """Run the handler and give its answer. Nothing that a handler does stops the worker; what was lost comes again by lease."""
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
        _answer(job, label)


def _waited(job: Job) -> float:
    """Seconds from when the job was ready to its lease."""
    return max(0.0, (job.activated_at - job.available_at).total_seconds()) if job.activated_at else 0.0


def _answer(job: Job, label: str) -> None:
    begun = time.perf_counter()
    outcome = "lost"
    try:
        outcome = _run_script(job) if job.kind == JobKind.SCRIPT else _run_handler(job, handlers.settings_of(job.type))
    except (Conflict, NotFound) as late:
        logger.info("The answer to job %s came too late: %s", job.key, late)
    except (OperationalError, InterfaceError):
        logger.exception("The answer to job %s could not be saved; it is tried again when its lease ends", job.key)
        _give_back_connection()
    finally:
        metrics.JOB_RUN_SECONDS.labels(label, outcome).observe(time.perf_counter() - begun)
        _keeper.release(job)


def _run_handler(job: Job, handler: Handler) -> str:
    """Returns how it ended: completed, error, failed or lost."""
    [activated] = job_leases.with_variables([job], fetch=handler.fetch)
    timeout = job.timeout or handler.timeout
    context = JobContext(
        key=job.key,
        type=job.type,
        attempt=job.attempt,
        instance_key=job.instance_id,
        process_id=job.process_id,
        element_id=job.element_id,
        headers=job.headers,
        details=job.details,
        send_heartbeat=lambda details: _heartbeat(job, details),
    )
    _give_back_connection()  # the handler may take long
    failpoint("job_runs.before_handler")
    try:
        with _time_limit(job, timeout):
            result = handler.call(activated.variables, context)
        if result is not None and not isinstance(result, Mapping):
            raise TypeError(
                f"Expected the handler of '{job.type}' to return an object of variables or nothing, "
                f"found {type(result).__name__}."
            )
    except BpmnError as error:
        jobs.throw_error(
            job.key, error.code, message=error.message, variables=error.variables, by=ENGINE, attempt=job.attempt
        )
        return "error"
    except LeaseLostError:
        return "lost"
    except Exception as error:
        _fail(job, handler, error)
        return "failed"
    failpoint("job_runs.after_handler")
    try:
        jobs.complete(job.key, result, by=ENGINE, attempt=job.attempt)
    except (Conflict, NotFound):
        raise
    except EngineError as error:  # a result that is no JSON, or too large
        _fail(job, handler, error)
        return "failed"
    return "completed"


def _fail(job: Job, handler: Handler, error: Exception) -> None:
    tracing.failed(f"{type(error).__name__}: {error}")
    final = isinstance(error, (MissingVariableError, EngineError, *handler.non_retryable))
    jobs.fail(
        job.key,
        by=ENGINE,
        message=f"{type(error).__name__}: {error}"[:2_000],
        stack_trace=_trace(error),
        retries=0 if final else None,
        attempt=job.attempt,
    )


def _run_script(job: Job) -> str:
    try:
        script_runs.run(job)
    except (Conflict, NotFound):
        raise
    except Exception as error:  # the sandbox itself: the script is tried once more
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


@contextmanager
def _time_limit(job: Job, timeout: float) -> Iterator[None]:
    """Raise HandlerTimeoutError in the handler after `timeout` seconds, where signals reach it (the main thread of a process);
    elsewhere, and where the handler hangs outside of Python, the lease is not renewed any more."""
    _keeper.limit(job, timeout)
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        raise HandlerTimeoutError(f"Expected the handler of '{job.type}' to end within {timeout:g} seconds.")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, timeout)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _LeaseKeeper:
    """Renews the leases of the jobs that this process holds, from one thread that lives while there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[tuple[int, int], float | None] = {}
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()

    @contextmanager
    def holding(self, found: list[Job]) -> Iterator[None]:
        with self._lock:
            if self._pid != os.getpid():  # forked since: the thread did not come along
                self._until, self._thread, self._pid = {}, None, os.getpid()
            self._until.update({(job.key, job.attempt): None for job in found})
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew, name="lease keeper", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            for job in found:
                self.release(job)

    def limit(self, job: Job, timeout: float) -> None:
        with self._lock:
            self._until[(job.key, job.attempt)] = time.monotonic() + timeout

    def release(self, job: Job) -> None:
        with self._lock:
            self._until.pop((job.key, job.attempt), None)

    def _renew(self) -> None:
        while True:
            time.sleep(_lease() / 3)
            now = time.monotonic()
            with self._lock:
                held = [job for job, until in self._until.items() if until is None or until > now]
                if not self._until:
                    self._thread = None
                    return
            if not held:
                continue
            try:
                close_old_connections()
                job_leases.renew_leases(held, lease=_lease())
            except (OperationalError, InterfaceError):
                logger.warning("The leases of %s jobs could not be renewed", len(held), exc_info=True)
            finally:
                connection.close()


_keeper = _LeaseKeeper()
