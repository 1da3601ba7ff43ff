"""The commands that are disturbed, by name, with arguments that fit into JSON: a process of its own runs them, and so does the client
who got no answer. And the handlers of the engine's own workers, who write every run down."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

from engine import failpoints, handlers, incidents, instances, jobs, messages, retention, timers, user_tasks
from engine.batch_operations import working_off
from engine.handlers import JobContext
from engine.jobs import running
from engine.messages import signals
from engine.retention import deletion
from engine.transition import advance
from engine.upkeep import sweeper
from tests.engine.worlds import ADMIN, ALICE, WORKER

QUEUE = "stepwell"
WORK, TRANSACTIONAL, OUTSIDE, LIMITED = "place-work", "place-transactional", "outside", "outside-limited"
"""Types of jobs: of our workers, of a handler that writes into this database, of a worker over the API, and with a limit."""


def register_handlers() -> None:
    handlers.handler(WORK, backoff=0.1)(_work)
    handlers.handler(TRANSACTIONAL, backoff=0.1, transactional=True)(_write)


def _work(job: JobContext) -> dict[str, Any]:
    """One line a run, in one write, so that the lines of several processes do not mix."""
    with (Path(os.environ["ACCEPTANCE_FOLDER"]) / "effects").open("a") as log:
        log.write(f"{job.instance_key} {job.element_id} {job.idempotency_key}\n")
    return {"done": 1}


def _write(job: JobContext) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO acceptance_ledger (job_key) VALUES (%s)", [job.key])
    return {"done": 1}


def _advance_by_a_broken_step(key: int) -> None:
    failpoints.arm("advance.before_step=raise")
    try:
        advance.advance(key)
    finally:
        failpoints.disarm()


COMMANDS: dict[str, Callable[..., object]] = {
    "start": lambda process_id, token: instances.start(
        process_id, variables={"order": token}, by=ALICE, idempotency_key=token
    ),
    "claim_limited": lambda: jobs.activate(LIMITED, worker="w", max_jobs=1, lease=60, by=WORKER),
    "complete_job": lambda key, token: jobs.complete(key, {"done": 1}, by=WORKER, idempotency_key=token),
    "fail_job": lambda key: jobs.fail(key, retries=0, message="no", by=WORKER),
    "throw_error": lambda key: jobs.throw_error(key, "DECLINED", by=WORKER),
    "resolve": lambda key: incidents.resolve(key, by=WORKER),
    "run_jobs": lambda: running.run(QUEUE),
    "expire_leases": jobs.expire_leases,
    "fire_timers": timers.fire_due,
    "publish": lambda name, token: messages.publish(
        name, correlation_key=token, variables={"paid": 1}, ttl=60, by=WORKER, idempotency_key=token
    ),
    "publish_with_id": lambda name, token: messages.publish(
        name, correlation_key=token, variables={"paid": 1}, ttl=60, message_id=token, by=WORKER
    ),
    "broadcast": lambda name, token: signals.broadcast(name, by=WORKER),
    "claim_user_task": lambda key: user_tasks.claim(key, by=ALICE),
    "complete_user_task": lambda key, token: user_tasks.complete(key, {"done": 1}, by=ALICE, idempotency_key=token),
    "migrate": lambda key, target: instances.migrate(key, target=target, mapping={}, by=WORKER),
    "cancel": lambda key: instances.cancel(key, by=WORKER),
    "ring_for_jobs": sweeper.ring_for_jobs,
    "advance_forgotten": sweeper.advance_forgotten,
    "remove_orphans": sweeper.remove_orphans,
    "start_waiting_messages": sweeper.start_waiting_messages,
    "work_off": working_off.run,
    "delete": lambda key: deletion.delete(key, by=ADMIN),
    "retain": retention.sweep,
    "advance_by_a_broken_step": _advance_by_a_broken_step,
}
