"""Ringing Celery. Rows are the truth: a ring that is lost costs time only, for the sweeper rings again."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence

from celery import current_app
from django.conf import settings

from engine import metrics
from engine.failpoints import failpoint

logger = logging.getLogger(__name__)

RUN_JOBS = "engine.run_jobs"
ADVANCE_INSTANCES = "engine.advance_instances"
WORK_OFF_BATCH_OPERATIONS = "engine.work_off_batch_operations"

_EXPIRES = 60.0
"""Seconds after which a ring that nobody heard is worth nothing: the sweeper has rung since."""
_SILENCE = 2.0
"""Seconds without a try after a failure: a dead broker costs half a second a try."""
_RINGS_PER_COMMIT = 16
_INSTANCES_PER_RING = 50

_silent_until = 0.0


def queue_of(job_type: str) -> str:
    """The Celery queue of a job type: that of the longest prefix in STEPWELL_JOB_QUEUES, else the common one."""
    for prefix, queue in settings.STEPWELL_JOB_QUEUES:
        if job_type.startswith(prefix):
            return str(queue)
    return str(settings.CELERY_TASK_DEFAULT_QUEUE)


def ring_jobs(jobs: Iterable[tuple[int, str]]) -> bool:
    """Ring for jobs, given as key and type. Beyond a few of a queue one ring stands for many: its worker drains the rest."""
    by_queue: dict[str, list[int]] = {}
    for key, job_type in jobs:
        by_queue.setdefault(queue_of(job_type), []).append(key)
    heard = True
    for queue, keys in by_queue.items():
        for key in keys[:_RINGS_PER_COMMIT]:
            heard = _ring(RUN_JOBS, [queue, key], queue=queue) and heard
    return heard


def ring_queue(queue: str, *, times: int = 1) -> bool:
    """Ring for whatever is ready in `queue`."""
    return all(_ring(RUN_JOBS, [queue, None], queue=queue) for _ in range(times))


def ring_instances(keys: Sequence[int]) -> bool:
    """Ring for instances with pending inputs."""
    queue = str(settings.CELERY_TASK_DEFAULT_QUEUE)
    heard = True
    for start in range(0, len(keys), _INSTANCES_PER_RING):
        heard = _ring(ADVANCE_INSTANCES, [list(keys[start : start + _INSTANCES_PER_RING])], queue=queue) and heard
    return heard


def ring_batch_operations() -> bool:
    """Ring for batch operations that are not finished."""
    return _ring(WORK_OFF_BATCH_OPERATIONS, [], queue=str(settings.CELERY_TASK_DEFAULT_QUEUE))


def _ring(task: str, args: list[object], *, queue: str) -> bool:
    """Publish, and say whether the broker took it. Never raises."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    failpoint("doorbell.before_ring")
    try:
        current_app.send_task(task, args=args, queue=queue, expires=_EXPIRES, ignore_result=True)
    except Exception as error:
        # whatever the broker's client raises: the rows are safe, and the sweeper rings again
        _silent_until = time.monotonic() + _SILENCE
        metrics.RINGS_UNHEARD.inc()
        logger.warning("The broker did not take a ring for %s: %s", task, error)
        return False
    failpoint("doorbell.after_ring")
    return True
