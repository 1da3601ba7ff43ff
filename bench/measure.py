"""What a measured block cost the database, and figures over many times."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Cost:
    seconds: float = 0.0
    wal_bytes: int = 0
    transactions: int = 0
    """Those that wrote something, savepoints included."""


@contextmanager
def cost() -> Iterator[Cost]:
    """Filled when the block ends. Whatever else writes to the database at the same time counts too."""
    found = Cost()
    lsn, transactions = _counters()
    began = time.perf_counter()
    yield found
    found.seconds = time.perf_counter() - began
    lsn_after, transactions_after = _counters()
    found.wal_bytes = lsn_after - lsn
    found.transactions = transactions_after - transactions


def _counters() -> tuple[int, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        )
        lsn, transactions = cursor.fetchone()
        return int(lsn), int(transactions)


def checkpoint() -> None:
    """So that what was written before does not fall into what is measured."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.02) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"It did not come within {seconds:g} s.")
        time.sleep(every)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
