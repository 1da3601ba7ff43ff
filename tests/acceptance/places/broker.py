"""The broker as it should be, and as it may be: it loses everything, or gives every message to two workers at the same time."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable
from functools import cache, partial

import redis
from django.db import connection

from engine import doorbell, workers
from tests.acceptance.places.commands import QUEUE

_HEARD = {
    doorbell.RUN_JOBS: workers.run_jobs,
    doorbell.ADVANCE_INSTANCES: workers.advance_instances,
    doorbell.WORK_OFF_BATCH_OPERATIONS: workers.work_off_batch_operations,
}


@cache
def _broker() -> redis.Redis:
    return redis.Redis.from_url(os.environ["BROKER_URL"].replace("redis+socket://", "unix://"))


def empty_broker() -> None:
    _broker().flushall()


def hear(*, twice: bool = False) -> None:
    """Take what the broker has until it has nothing, and do it as a worker does; or as two, who get each message at the same time."""
    while isinstance(raw := _broker().rpop(QUEUE), bytes):
        message = json.loads(raw)
        arguments, _, _ = json.loads(base64.b64decode(message["body"]))
        work = partial(_HEARD[message["headers"]["task"]], *arguments)
        at_once(work, work) if twice else work()


def at_once(*works: Callable[[], object]) -> None:
    errors: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors, errors
