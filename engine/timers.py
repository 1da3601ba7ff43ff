"""Firing timers. Called by the ticker."""

from __future__ import annotations

from django.db import connection, transaction

from engine import clock, instance_rows, starts, sweeper
from engine.actors import ENGINE
from engine.failpoints import failpoint
from engine.runtime import inputs

BATCH = 500


def fire_due(*, limit: int = BATCH) -> int:
    """Fire timers that are due, the longest overdue first, and advance their instances; returns how many.

    Several may run at once: each takes rows that no other has in hand.
    """
    with transaction.atomic(durable=True):
        fired = _take_due(limit)
        instance_rows.enqueue(
            ((instance, inputs.TimerFired(key)) for key, instance in fired), by=ENGINE.username, now=clock.now()
        )
        failpoint("timers.before_commit")
    failpoint("timers.after_commit")
    started = starts.fire_due(limit=limit)
    sweeper.advance_all([*dict.fromkeys(instance for _, instance in fired), *started])
    return len(fired) + len(started)


def _take_due(limit: int) -> list[tuple[int, int]]:
    """Keys and instances of due timers, whose rows are deleted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH due AS MATERIALIZED (SELECT key FROM engine_timer WHERE due_at <= %s AND instance_key IS NOT NULL"
            "   ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)"
            " DELETE FROM engine_timer WHERE key IN (SELECT key FROM due) RETURNING due_at, key, instance_key",
            [clock.now(), limit],
        )
        return [(key, instance) for _, key, instance in sorted(cursor.fetchall())]
