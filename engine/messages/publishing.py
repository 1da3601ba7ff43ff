"""Commands on messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, connection, transaction

from engine import clock, exact_json
from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument, NotFound
from engine.failpoints import failpoint
from engine.models import Message, MessageCorrelated, ProcessInstance, StartKind, StartSubscription
from engine.postgres import keys, transactions
from engine.transition import advance, correlation, idempotency

MAX_TTL = 366 * 24 * 3_600.0
"""Seconds."""
MAX_NAME = 500


@dataclass(frozen=True, slots=True)
class Published:
    """`instances` were reached at once: those that waited, and those that were started."""

    key: int
    instances: tuple[int, ...]


def publish(
    name: str,
    *,
    correlation_key: str = "",
    variables: Mapping[str, Any] | None = None,
    ttl: float = 0.0,
    message_id: str = "",
    by: Actor,
    idempotency_key: str | None = None,
) -> Published:
    """Publish a message. It reaches one instance of each process at most: one that waits now, a new one where a process begins
    with it, or one that begins to wait within `ttl` seconds.

    Without a correlation key, the variables give it where a process that waits or begins says how (8.3.2). Raises Conflict for a
    `message_id` that a living message of this name and key has.
    """
    by.require_operator("publish messages")
    return _publish(
        name,
        correlation_key=correlation_key,
        variables=variables,
        ttl=ttl,
        message_id=message_id,
        by=by,
        idempotency_key=idempotency_key,
        must_reach=False,
    )


def correlate(
    name: str, *, correlation_key: str = "", variables: Mapping[str, Any] | None = None, by: Actor
) -> Published:
    """Bring a message to who waits for it now, or start an instance; it is not kept. Raises NotFound when nobody is reached."""
    by.require_operator("correlate messages")
    return _publish(
        name,
        correlation_key=correlation_key,
        variables=variables,
        ttl=0.0,
        message_id="",
        by=by,
        idempotency_key=None,
        must_reach=True,
    )


def start_waiting(*, limit: int = 100) -> list[int]:
    """Start instances for buffered messages that begin a process, where one of the same correlation key ran until now.

    Returns the new instances, to be advanced. Several may run at once.
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


def start_held(definition_key: int) -> list[int]:
    """Bring the messages that are kept to a version that was suspended when they came; returns whom they reached, to be advanced."""
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
    """Drop what still waits for an instance that has ended, and bring the messages among it to others; returns who has them."""

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
    """Delete messages whose time to live is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS MATERIALIZED (SELECT key FROM engine_message WHERE expires_at <= %s LIMIT %s"
            "   FOR UPDATE SKIP LOCKED),"
            " notes AS (DELETE FROM engine_messagecorrelated WHERE message_id IN (SELECT key FROM gone))"
            " DELETE FROM engine_message WHERE key IN (SELECT key FROM gone)",
            [clock.now(), limit],
        )
        return int(cursor.rowcount)


def _publish(
    name: str,
    *,
    correlation_key: str,
    variables: Mapping[str, Any] | None,
    ttl: float,
    message_id: str,
    by: Actor,
    idempotency_key: str | None,
    must_reach: bool,
) -> Published:
    given = exact_json.checked_variables(variables)
    _check(name, correlation_key=correlation_key, ttl=ttl, message_id=message_id)
    arguments = {"name": name, "key": correlation_key, "variables": given, "id": message_id}
    now = clock.now()
    correlation_key = correlation_key or correlation.key_of_payload(name, given, now=now)
    message = Message(
        key=keys.take_one(),
        name=name,
        correlation_key=correlation_key,
        message_id=message_id,
        variables=given,
        published_at=now,
        expires_at=now + timedelta(seconds=ttl),
        by=by.username,
    )

    def work() -> Published:
        answer = idempotency.recall(idempotency_key, command="publish message", arguments=arguments, by=by)
        if answer is not None:
            return Published(int(answer["key"]), tuple(answer["instances"]))
        correlation.lock([(name, correlation_key)])
        stored = ttl > 0
        if stored:
            _store(message)
        elif message_id:
            _require_new(message)
        failpoint("messages.before_deliver")
        reached = correlation.deliver(message, now=now, stored=stored)
        failpoint("messages.before_commit")
        if must_reach and not reached.all:
            raise NotFound(
                f"Expected an instance that waits for the message '{name}' with the correlation key '{correlation_key}', "
                "or a process that begins with it; found none."
            )
        published = Published(message.key, tuple(reached.all))
        idempotency.remember(idempotency_key, {"key": published.key, "instances": list(published.instances)}, by=by)
        return published

    failpoint("messages.before_publish")
    published = transactions.run(work)
    failpoint("messages.after_commit")
    advance.advance(*published.instances)
    return published


def _store(message: Message) -> None:
    _require_new(message)
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError as error:
        raise _known(message) from error


def _require_new(message: Message) -> None:
    """An expired one that was not swept away yet makes room."""
    if not message.message_id:
        return
    same = Message.objects.filter(
        name=message.name, correlation_key=message.correlation_key, message_id=message.message_id
    )
    same.filter(expires_at__lte=message.published_at).delete()
    if same.exists():
        raise _known(message)


def _known(message: Message) -> Conflict:
    return Conflict(
        f"Expected a new message id for the message '{message.name}', found '{message.message_id}', which was published before."
    )


def _check(name: str, *, correlation_key: str, ttl: float, message_id: str) -> None:
    if not name or len(name) > MAX_NAME:
        raise InvalidArgument(f"Expected a message name of 1 to {MAX_NAME} characters.")
    if not 0 <= ttl <= MAX_TTL:
        raise InvalidArgument(f"Expected a time to live of 0 to {MAX_TTL:.0f} seconds, found {ttl}.")
    for text, what in ((name, "name"), (correlation_key, "correlation key"), (message_id, "message id")):
        if "\x00" in text or len(text) > MAX_NAME:
            raise InvalidArgument(f"Expected a {what} of at most {MAX_NAME} characters, without NUL.")
