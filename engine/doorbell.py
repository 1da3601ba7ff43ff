"""The doorbell is a Celery message that tells workers of work. Rows are the truth: a ring that is lost costs time only, for the sweeper
rings again."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from celery import current_app
from django.conf import settings

from engine.failpoints import failpoint
from engine.observability import metrics

logger = logging.getLogger(__name__)

RUN_JOBS = "engine.run_jobs"
ADVANCE_INSTANCES = "engine.advance_instances"
WORK_OFF_BATCH_OPERATIONS = "engine.work_off_batch_operations"

_EXPIRES = 60.0
"""A ring for jobs expires after so many seconds in the queue: the sweeper has rung since."""
_INSTANCES_EXPIRE = 600.0
"""A ring for instances expires after so many seconds in the queue. While such rings wait, the sweeper rings for few instances
(`is_behind`)."""
_SILENCE = 2.0
"""After a failure nobody tries to ring for so many seconds: with a dead broker each try costs half a second."""
_RINGS_PER_COMMIT = 16
_INSTANCES_PER_RING = 50

_silent_until = 0.0


def queue_of(job_type: str) -> str:
    """Return the Celery queue of a job type: that of the longest prefix in STEPWELL_JOB_QUEUES, else the common one."""
    for prefix, queue in settings.STEPWELL_JOB_QUEUES:
        if job_type.startswith(prefix):
            return str(queue)
    return str(settings.CELERY_TASK_DEFAULT_QUEUE)


def ring_jobs(jobs: Iterable[tuple[int, str]]) -> bool:
    """Ring for jobs, given as key and type, whose rows are committed. Beyond a few of a queue one ring stands for many: its worker
    drains the rest. So does a ring that still waits in the queue: who hears it begins to look after this."""
    by_queue: dict[str, list[int]] = {}
    for key, job_type in jobs:
        by_queue.setdefault(queue_of(job_type), []).append(key)
    heard = True
    for queue, keys in by_queue.items():
        if not _ring_waits(queue):
            for key in keys[:_RINGS_PER_COMMIT]:
                heard = _ring(RUN_JOBS, [queue, key], queue=queue) and heard
    return heard


def ring_queue(queue: str, *, times: int = 1) -> bool:
    """Ring for whatever is ready in `queue`, unless a ring waits there already."""
    return _ring_waits(queue) or all(_ring(RUN_JOBS, [queue, None], queue=queue) for _ in range(times))


def _ring_waits(queue: str) -> bool:
    """Say whether the newest message of the queue is a ring for jobs that no worker has heard yet, with more than half of its time left.

    All workers of the queue are busy then, for one that is free takes a message at once; and who hears that ring drains the queue.
    """
    if time.monotonic() < _silent_until:
        return False
    try:
        with current_app.producer_pool.acquire(block=True) as producer:
            client = getattr(producer.channel, "client", None)  # of Redis and Valkey; another broker is rung each time
            newest = None if client is None else client.lindex(queue, 0)
        headers = {} if newest is None else json.loads(newest)["headers"]
        if headers.get("task") != RUN_JOBS:
            return False
        left = datetime.fromisoformat(headers["expires"]) - datetime.now(UTC)
        return left.total_seconds() > _EXPIRES / 2
    except Exception as error:
        _unheard("a look at the queue", error)
        return False


def ring_instances(keys: Sequence[int], *, left: bool = False) -> bool:
    """Ring for instances with pending inputs. `left` says that a transaction has left these inputs behind."""
    queue = str(settings.CELERY_TASK_DEFAULT_QUEUE)
    heard = True
    for start in range(0, len(keys), _INSTANCES_PER_RING):
        some = list(keys[start : start + _INSTANCES_PER_RING])
        args: list[object] = [some, True] if left else [some]
        heard = _ring(ADVANCE_INSTANCES, args, queue=queue, expires=_INSTANCES_EXPIRE) and heard
    return heard


def is_behind() -> bool:
    """Say whether rings for instances may still wait in the common queue."""
    if time.monotonic() < _silent_until:
        return False
    try:
        with current_app.producer_pool.acquire(block=True) as producer:
            client = getattr(producer.channel, "client", None)
            return client is not None and client.llen(str(settings.CELERY_TASK_DEFAULT_QUEUE)) > 0
    except Exception as error:
        _unheard("a look at the queue", error)
        return False


def ring_batch_operations() -> bool:
    """Ring for batch operations that are not finished."""
    return _ring(WORK_OFF_BATCH_OPERATIONS, [], queue=str(settings.CELERY_TASK_DEFAULT_QUEUE))


def _ring(task: str, args: list[object], *, queue: str, expires: float = _EXPIRES) -> bool:
    """Publish, and say whether the broker took it. Never raises."""
    if time.monotonic() < _silent_until:
        return False
    failpoint("doorbell.before_ring")
    try:
        current_app.send_task(task, args=args, queue=queue, expires=expires, ignore_result=True)
    except Exception as error:
        _unheard(f"a ring for {task}", error)
        return False
    failpoint("doorbell.after_ring")
    return True


def _unheard(what: str, error: Exception) -> None:
    """Log whatever the broker's client has raised, and go on: the rows are safe, and the sweeper rings again."""
    global _silent_until
    _silent_until = time.monotonic() + _SILENCE
    metrics.RINGS_UNHEARD.inc()
    logger.warning("The broker did not take %s: %s", what, error)
