"""A kept message waits, until its time to live is over, for an instance that comes to wait for it, or to start one that could not
start before.
"""

from __future__ import annotations

from functools import partial

from django.db import connection

from engine import clock
from engine.failpoints import failpoint
from engine.models import Message, MessageCorrelated, ProcessInstance, StartKind, StartSubscription
from engine.postgres import transactions
from engine.transition import correlation


def start_waiting(*, limit: int = 100) -> list[int]:
    """Start instances by kept messages for which an instance with the same correlation key ran until now.

    Looks at `limit` messages at most, and returns the keys of the instances, which the caller advances. Several processes may run
    this at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT message.key FROM engine_message message"
            " JOIN engine_startsubscription start ON start.kind = %s AND start.name = message.name"
            " JOIN engine_processdefinition definition ON definition.key = start.definition_id"
            "   AND definition.suspended_at IS NULL"
            " WHERE message.correlation_key <> '' AND message.expires_at > %s"
            " AND message.target_process_id IN ('', start.process_id)"
            " AND message.target_element_id IN ('', start.element_id)"
            " AND NOT EXISTS (SELECT FROM engine_messagecorrelated reached"
            "   WHERE reached.message_id = message.key AND reached.process_id = start.process_id)"
            " AND NOT EXISTS (SELECT FROM engine_processinstance instance"
            "   WHERE instance.process_id = start.process_id AND instance.status = 'ACTIVE'"
            "   AND instance.correlation_key = message.correlation_key)"
            " ORDER BY message.key LIMIT %s",
            [StartKind.MESSAGE, clock.now(), limit],
        )
        found = [row[0] for row in cursor.fetchall()]
    reached: list[int] = []
    failpoint("messages.before_start_waiting")
    for key in found:
        reached += transactions.run(partial(_deliver_again, key))
    return reached


def start_after_resume(definition_key: int) -> list[int]:
    """Deliver the messages that came while the version was suspended and are kept. Returns the keys of the instances that they
    reached, which the caller advances.
    """
    starting = StartSubscription.objects.filter(kind=StartKind.MESSAGE, definition_id=definition_key)
    process_ids = starting.values("process_id")
    kept = Message.objects.filter(name__in=starting.values("name"), expires_at__gt=clock.now())
    waiting = kept.exclude(key__in=MessageCorrelated.objects.filter(process_id__in=process_ids).values("message_id"))
    reached: list[int] = []
    for key in waiting.order_by("key").values_list("key", flat=True):
        reached += transactions.run(partial(_deliver_again, key))
    return reached


def _deliver_again(key: int) -> list[int]:
    message = Message.objects.filter(key=key).first()
    if message is None:
        return []
    correlation.lock([(message.name, message.correlation_key)])
    reached = correlation.deliver(message, now=clock.now(), stored=True).all
    failpoint("messages.before_delivered_again")
    return reached


def give_back(ended_instance_key: int) -> list[int]:
    """Drop what still waits for an instance that has ended, and give the messages among it to others. Returns the keys of the
    instances that have them now.
    """

    def work() -> list[int]:
        instance = ProcessInstance.objects.get(key=ended_instance_key)
        [late] = correlation.drop_pending([instance.key])
        correlation.lock(Message.objects.filter(key__in=late).values_list("name", "correlation_key"))
        reached: list[int] = []
        for key in late:
            message = correlation.take_back(key, process_id=instance.process_id, instance_key=instance.key)
            if message is not None:
                reached += correlation.deliver(message, now=clock.now(), stored=True).all
        failpoint("messages.before_given_back")
        return reached

    return transactions.run(work)


def expire(*, limit: int = 1_000) -> int:
    """Delete messages whose time to live is over, at most `limit`; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS MATERIALIZED (SELECT key FROM engine_message WHERE expires_at <= %s LIMIT %s"
            "   FOR UPDATE SKIP LOCKED),"
            " notes AS (DELETE FROM engine_messagecorrelated WHERE message_id IN (SELECT key FROM gone))"
            " DELETE FROM engine_message WHERE key IN (SELECT key FROM gone)",
            [clock.now(), limit],
        )
        return int(cursor.rowcount)
