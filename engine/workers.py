"""Celery calls these tasks. Each parses its arguments and calls one command."""

from __future__ import annotations

from celery import shared_task

from engine import doorbell
from engine.batch_operations import working_off
from engine.jobs import running
from engine.transition import advance, tries


@shared_task(name=doorbell.RUN_JOBS)
def run_jobs(queue: str, key: int | None = None) -> None:
    running.run(queue, key)


@shared_task(name=doorbell.ADVANCE_INSTANCES)
def advance_instances(keys: list[int], left: bool = False) -> None:
    (tries.advance_left if left else advance.advance)(*keys)


@shared_task(name=doorbell.WORK_OFF_BATCH_OPERATIONS)
def work_off_batch_operations() -> None:
    working_off.run()
