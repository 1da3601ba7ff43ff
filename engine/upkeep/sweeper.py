"""The sweeper finds what was forgotten: a ring that the broker lost, a worker that died, an advance that was cut off.

Everything here may run in several processes at once and at any time; each finds rows through a partial index and leaves alone
what another has in hand.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from engine import clock, doorbell, messages
from engine.failpoints import failpoint
from engine.models import IdempotencyKey
from engine.transition import advance, carriers, tries

GRACE = 1.0
"""A fresh row is left for so many seconds to the process that made it; afterwards the sweeper takes it up."""
IDEMPOTENCY_KEYS_LIVE = timedelta(days=7)
PATIENCE = 60.0
"""While workers are behind with their rings, a row is left to them for so many seconds."""
_RINGS = 8
"""A sweep rings so many times for one queue: each ring keeps a worker busy until the queue is empty."""


def ring_for_jobs() -> int:
    """Ring for ready jobs that nobody took: those whose ring was lost, and those whose back-off is over. Returns the rings."""
    types = carriers.own_job_types()
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT job.type, count(*) FROM engine_job job"
            " WHERE job.status = 'CREATED' AND NOT job.on_hold AND job.type = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM engine_jobtypesettings settings"
            "   WHERE settings.type = job.type AND settings.suspended_at IS NOT NULL)"
            " AND job.available_at <= %s - CASE WHEN job.attempt = 0 THEN interval '1 second' * %s ELSE interval '0' END"
            " GROUP BY job.type",
            [types, now, GRACE],
        )
        waiting = cursor.fetchall()
    failpoint("sweeper.before_ring")
    by_queue: dict[str, int] = {}
    for job_type, count in waiting:
        queue = doorbell.queue_of(job_type)
        by_queue[queue] = by_queue.get(queue, 0) + count
    for queue, count in by_queue.items():
        doorbell.ring_queue(queue, times=min(count, _RINGS))
    return sum(min(count, _RINGS) for count in by_queue.values())


def look_after_instances() -> int:
    """Advance instances whose inputs were forgotten. While rings wait for workers, most inputs only wait for their turn: then few
    instances are taken, whose inputs wait for long."""
    if doorbell.is_behind():
        return advance_forgotten(limit=50, older_than=PATIENCE)
    return advance_forgotten()


def advance_forgotten(*, limit: int = 200, older_than: float = GRACE) -> int:
    """Advance running instances whose pending inputs nobody took up in so many seconds. Returns how many were found."""
    found = _forgotten(clock.now() - timedelta(seconds=older_than), limit)
    failpoint("sweeper.before_advance")
    if len(found) <= advance.HERE or not doorbell.ring_instances(found, left=True):
        tries.advance_left(*found)
    return len(found)


def _forgotten(before: datetime, limit: int) -> list[int]:
    """Return instances with forgotten inputs; those with inputs that may have killed who took them up come last."""
    found: dict[int, None] = {}
    for was_tried in (False, True):
        if len(found) < limit:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT DISTINCT input.instance_key FROM engine_pendinginput input"
                    " JOIN engine_instancestate state ON state.instance_key = input.instance_key AND NOT state.suspended"
                    " WHERE input.incident_key IS NULL AND input.at < %s AND (input.tries > 0) = %s LIMIT %s",
                    [before, was_tried, limit - len(found)],
                )
                found |= dict.fromkeys(row[0] for row in cursor.fetchall())
    return list(found)


def remove_orphans(*, limit: int = 200) -> int:
    """Delete inputs that reached an instance after its end; messages among them may reach another. Returns the instances."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT instance_key FROM engine_pendinginput input WHERE at < %s AND NOT EXISTS"
            " (SELECT FROM engine_instancestate state WHERE state.instance_key = input.instance_key) LIMIT %s",
            [clock.now() - timedelta(seconds=GRACE), limit],
        )
        found = [row[0] for row in cursor.fetchall()]
    failpoint("sweeper.before_orphans")
    for key in found:
        reached = messages.give_back(key)
        failpoint("sweeper.after_orphans")
        advance.advance_all(reached)
    return len(found)


def start_waiting_messages() -> int:
    found = messages.start_waiting()
    failpoint("sweeper.before_advance")
    advance.advance_all(found)
    return len(found)


def forget_idempotency_keys() -> int:
    deleted, _ = IdempotencyKey.objects.filter(at__lt=clock.now() - IDEMPOTENCY_KEYS_LIVE).delete()
    return deleted
