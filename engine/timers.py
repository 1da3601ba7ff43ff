"""The ticker fires timers when they are due; an operator fires or reschedules one at once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from engine import clock
from engine.actors import ENGINE, Actor
from engine.errors import Conflict, NotFound
from engine.failpoints import failpoint
from engine.models import Timer
from engine.postgres import statements
from engine.runtime import inputs
from engine.transition import advance, starts
from engine.transition.rows import pending_inputs

BATCH = 500
"""Timers that one transaction fires, at most; the ticker comes again for the others."""


def fire_due(*, limit: int = BATCH) -> int:
    """Fire due timers, the longest overdue first, and advance their instances. Returns how many.

    Several processes may run this at once: each takes rows that no other has in hand.
    """
    failpoint("timers.before_fire")
    with transaction.atomic(durable=True):
        fired = _take_due(limit)
        pending_inputs.enqueue(
            ((instance, inputs.TimerFired(key)) for key, instance in fired), by=ENGINE.username, now=clock.now()
        )
        failpoint("timers.before_commit")
    failpoint("timers.after_commit")
    started = starts.fire_due(limit=limit)
    advance.advance_all([*dict.fromkeys(instance for _, instance in fired), *started])
    return len(fired) + len(started)


def trigger(key: int, *, by: Actor) -> None:
    """Fire an instance's timer now. Raises NotFound, and Conflict for one that starts a process."""
    by.require_operator("fire timers")
    timer = _of_an_instance(key)

    def guard() -> bool:
        if Timer.objects.filter(key=key, has_fired=False).delete()[0] == 0:
            raise NotFound(f"Expected the timer {key} to wait; it has fired, or its element has ended.")
        return True

    item = inputs.TimerFired(key)
    assert timer.instance_key is not None
    advance.order(timer.instance_key, item, by=by.username, guard=guard)


def reschedule(key: int, due_at: datetime, *, by: Actor) -> None:
    """Set another time for an instance's timer; the later times of a cycle stay. Raises NotFound, Conflict."""
    by.require_operator("change timers")
    timer = _of_an_instance(key)

    def guard() -> bool:
        if Timer.objects.filter(key=key, has_fired=False).update(due_at=due_at) == 0:
            raise NotFound(f"Expected the timer {key} to wait; it has fired, or its element has ended.")
        return True

    item = inputs.TimerRescheduled(key, due_at.isoformat())
    assert timer.instance_key is not None
    advance.order(timer.instance_key, item, by=by.username, guard=guard)


def _of_an_instance(key: int) -> Timer:
    timer = Timer.objects.filter(key=key, has_fired=False).first()
    if timer is None:
        raise NotFound(f"Expected a waiting timer with the key {key}, found none: it never was, or has fired.")
    if timer.instance_key is None:
        raise Conflict(f"Expected the timer of a process instance, found one that starts process '{timer.process_id}'.")
    return timer


def _take_due(limit: int) -> list[tuple[int, int]]:
    """Take due timers, the longest overdue first; return their keys and instances. Of one instance those wait that are due later than one
    that catches up: what that one's step opens comes before them. It keeps its row until then (`stepping`)."""
    found = statements.rows(
        "WITH due AS MATERIALIZED (SELECT key, catches_up FROM engine_timer timer"
        "   WHERE due_at <= %s AND instance_key IS NOT NULL AND NOT has_fired AND NOT EXISTS"
        "     (SELECT FROM engine_timer earlier WHERE earlier.instance_key = timer.instance_key AND earlier.catches_up"
        "       AND (earlier.due_at < timer.due_at OR earlier.has_fired))"
        "   ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED),"
        " gone AS (DELETE FROM engine_timer WHERE key IN (SELECT key FROM due WHERE NOT catches_up)"
        "   RETURNING due_at, key, instance_key),"
        " kept AS (UPDATE engine_timer SET has_fired = true WHERE key IN (SELECT key FROM due WHERE catches_up)"
        "   RETURNING due_at, key, instance_key)"
        " SELECT due_at, key, instance_key FROM gone UNION ALL SELECT due_at, key, instance_key FROM kept",
        [clock.now(), limit],
    )
    return [(key, instance) for _, key, instance in sorted(found)]
