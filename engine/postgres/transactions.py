"""A database transaction is repeated when it and another have waited for each other (a deadlock)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from psycopg import errors as sql_errors

T = TypeVar("T")
ATTEMPTS = 5


def run(work: Callable[[], T]) -> T:
    """Run `work` in a transaction of its own, outermost and durable, and return what it returns.

    Of two transactions that wait for each other PostgreSQL ends one: that one comes again, so `work` must bear repetition.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(durable=True):
                return work()
        except OperationalError as error:
            ended = isinstance(error.__cause__, sql_errors.DeadlockDetected | sql_errors.SerializationFailure)
            if not ended or attempt == ATTEMPTS:
                raise
            time.sleep(0.01 * attempt)
    raise AssertionError("The loop above returns or raises.")


def give_back_connection() -> None:
    """Close this thread's connection, unless it is inside a transaction; the next statement opens one again."""
    if not connection.in_atomic_block:
        connection.close()
