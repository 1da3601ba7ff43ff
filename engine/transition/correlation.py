"""This module brings messages and signals to those who wait for them. Its callers are inside a transaction; the commands are in
`engine/messages/`.

No message is lost between one who publishes and one who begins to wait: both take the advisory lock of the name and key (`lock`)
before they look for each other, and hold it until they commit. Whoever needs several locks takes them in one call, which sorts
them, so that two callers can never wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, Q, QuerySet

from engine import definitions, exact_json
from engine.models import (
    Message,
    MessageCorrelated,
    MessageSubscription,
    ProcessInstance,
    SignalSubscription,
    StartKind,
    StartSubscription,
)
from engine.postgres import locks, statements
from engine.postgres.locks import Lock
from engine.runtime import codec, correlating
from engine.runtime.correlating import Addressed, Awaiting, Fit
from engine.runtime.inputs import MessageArrived, SignalArrived
from engine.runtime.instantiation import Occurrence
from engine.runtime.instantiation import StartKind as RuntimeStartKind
from engine.transition.rows import instance_rows, pending_inputs
from engine.transition.starts import started_by

R = TypeVar("R", bound=Model)


@dataclass(slots=True)
class Reached:
    """The instances that a message or signal has reached: they have a new pending input, and are advanced after the commit."""

    instances: list[int] = field(default_factory=list)
    started: list[int] = field(default_factory=list)
    kept: bool = False
    """True when a parallel multiple start event keeps the message until its other triggers have occurred."""

    @property
    def all(self) -> list[int]:
        return self.instances + self.started


def lock(names: Iterable[tuple[str, str]]) -> None:
    """Lock these pairs of message name and correlation key until the transaction ends. A transaction calls this once."""
    locks.lock_all(Lock.MESSAGE, names)


def key_of_payload(name: str, variables: Mapping[str, Any], *, now: datetime) -> str:
    """Return the correlation key that the message's variables give, by the rules of a process that waits for the message or begins
    with it (8.3.2). Returns an empty text where no process has such a rule.
    """
    waiting = MessageSubscription.objects.filter(message_name=name, correlation_key__gt="")
    starting = StartSubscription.objects.filter(kind=StartKind.MESSAGE, name=name)
    asked = {
        *waiting.values_list("definition_key", flat=True).distinct(),
        *starting.values_list("definition_id", flat=True),
    }
    found = (
        correlating.key_of_payload(definitions.model_of(definition), name, variables, now=now)
        for definition in sorted(asked)
    )
    return next((key for key in found if key), "")


def deliver(message: Message, *, now: datetime, stored: bool) -> Reached:
    """Bring a message to one waiting instance of each process, or start one where a process begins with it.

    The caller holds the message's `lock`. `stored` says that the message has a row, for which its receivers are noted.
    """
    reached = Reached()
    had = set(message.correlated.values_list("process_id", flat=True)) if stored else set()
    for subscription in _receivers(message):
        if subscription.process_id not in had and _hand_over(message, subscription, now=now, stored=stored):
            had.add(subscription.process_id)
            reached.instances.append(subscription.instance_key)
    starts = _starting(StartKind.MESSAGE, message.name)
    for start in _at_target(starts, message).order_by("process_id", "element_id", "event_index"):
        if start.process_id not in had and _start(message, start, now=now, stored=stored, reached=reached):
            had.add(start.process_id)
    return reached


def _starting(kind: StartKind, name: str) -> QuerySet[StartSubscription]:
    """Return the subscriptions of start events for this message or signal, without those of suspended versions."""
    rows = StartSubscription.objects.filter(kind=kind, name=name, definition__suspended_at=None)
    return rows.select_related("definition")


def _at_target(rows: QuerySet[R], message: Message) -> QuerySet[R]:
    """Keep only the rows at the end of the message flow over which the message goes; keep all when it goes over none."""
    if message.target_process_id:
        rows = rows.filter(process_id=message.target_process_id)
    if message.target_element_id:
        rows = rows.filter(element_id=message.target_element_id)
    return rows


def _receivers(message: Message) -> list[MessageSubscription]:
    """Return the subscriptions that the message may go to, the oldest first. The SQL statement only narrows the choice down; the
    core decides.
    """
    with_key = Q(correlation_key=message.correlation_key)
    if message.target_process_id:
        with_key |= Q(flow_end=True, correlation_key="") if message.correlation_key else Q(flow_end=True)
    found = _at_target(MessageSubscription.objects.filter(with_key, message_name=message.name), message)
    rows = {row.key: row for row in found.order_by("key")}
    return [rows[each.key] for each in correlating.receivers(_addressed(message), map(_awaiting, rows.values()))]


def _addressed(message: Message) -> Addressed:
    return Addressed(message.name, message.correlation_key, message.target_process_id, message.target_element_id)


def _awaiting(row: MessageSubscription) -> Awaiting:
    return Awaiting(
        row.key,
        row.instance_key,
        row.process_id,
        row.element_id,
        row.message_name,
        row.correlation_key,
        row.flow_end,
    )


def deliver_buffered(subscriptions: Sequence[MessageSubscription], *, now: datetime) -> bool:
    """Bring kept messages to new subscriptions of one instance, and return whether it has a new pending input. The caller holds the
    subscriptions' `lock`.
    """
    if not subscriptions:
        return False
    process_id = subscriptions[0].process_id
    buffered = _buffered(subscriptions, now=now)
    if not buffered:
        return False
    had = set(
        MessageCorrelated.objects.filter(message__in=buffered, process_id=process_id).values_list(
            "message_id", flat=True
        )
    )
    found = False
    for subscription in subscriptions:
        for message in buffered:
            if message.key in had or not _fits(message, subscription):
                continue
            if not _hand_over(message, subscription, now=now, stored=True):
                break
            had.add(message.key)
            found = True
            if subscription.interrupting:
                break
    return found


def take_back(message_key: int, *, process_id: str, instance_key: int) -> Message | None:
    """Undo the delivery of a message that came too late for its receiver, so that another may get it."""
    undone, _ = MessageCorrelated.objects.filter(
        message_id=message_key, process_id=process_id, instance_key=instance_key
    ).delete()
    return Message.objects.filter(key=message_key).first() if undone else None


def drop_pending(instance_keys: Sequence[int]) -> list[list[int]]:
    """Delete the pending inputs of instances that end or have ended. Returns, for each instance, the keys of the messages among
    them, for `take_back`.
    """
    if not instance_keys:
        return []
    messages: dict[int, list[int]] = {key: [] for key in instance_keys}
    dropped = statements.rows(
        "DELETE FROM engine_pendinginput WHERE instance_key = ANY(%s::bigint[]) RETURNING instance_key, input::text",
        [list(instance_keys)],
    )
    for instance_key, text in dropped:
        item = codec.input_from_json(exact_json.decode(text))
        if isinstance(item, MessageArrived) and item.message is not None:
            messages[instance_key].append(item.message)
    return list(messages.values())


def broadcast(
    name: str, variables: Mapping[str, Any], *, by: str, now: datetime, thrower: int | None = None
) -> Reached:
    """Bring a signal to every instance that waits for it, and start an instance of every process that begins with it.

    The instance `thrower` is left out: it has taken the signal up in its own step.
    """
    reached = Reached()
    subscriptions = SignalSubscription.objects.filter(signal_name=name)
    if thrower is not None:
        subscriptions = subscriptions.exclude(instance_key=thrower)
    waiting = list(subscriptions.order_by("key").select_for_update())
    SignalSubscription.objects.filter(key__in=[each.key for each in waiting if each.interrupting]).delete()
    pending_inputs.enqueue(
        ((each.instance_key, SignalArrived(each.key, name, variables)) for each in waiting), by=by, now=now
    )
    reached.instances = list(dict.fromkeys(each.instance_key for each in waiting))
    starts = _starting(StartKind.SIGNAL, name)
    begun = []
    for start in starts.order_by("process_id", "element_id", "event_index"):
        occurrence = Occurrence(start.event_index, RuntimeStartKind.SIGNAL, variables=variables)
        new = started_by(start.definition, start.element_id, parts=start.parts, occurrence=occurrence, by=by, now=now)
        if new is not None:
            begun.append(new)
    instance_rows.insert(begun, by=by, now=now)
    reached.started = [instance.key for instance, _ in begun]
    return reached


def _fits(message: Message, subscription: MessageSubscription) -> bool:
    """Return whether the message may go to this open subscription. Reads other subscriptions only where they matter."""
    how = correlating.fit(_addressed(message), _awaiting(subscription))
    if how is Fit.LOOSE:
        return any(each.key == subscription.key for each in _receivers(message))
    return how is Fit.EXACT


def _buffered(subscriptions: Sequence[MessageSubscription], *, now: datetime) -> list[Message]:
    """Return unexpired messages that may fit one of these subscriptions of one instance; `_fits` decides which of them do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.key FROM engine_message m"
            " JOIN unnest(%s::text[], %s::text[], %s::bool[]) AS wanted(n, k, loose) ON m.name = wanted.n"
            "   AND (m.correlation_key = wanted.k"
            "     OR wanted.loose AND m.target_process_id <> '' AND '' IN (m.correlation_key, wanted.k))"
            " WHERE m.expires_at > %s AND m.target_process_id IN ('', %s) GROUP BY m.key ORDER BY m.key",
            [
                [each.message_name for each in subscriptions],
                [each.correlation_key for each in subscriptions],
                [each.flow_end for each in subscriptions],
                now,
                subscriptions[0].process_id,
            ],
        )
        found = [row[0] for row in cursor.fetchall()]
    return list(Message.objects.filter(key__in=found).order_by("key")) if found else []


def _hand_over(message: Message, subscription: MessageSubscription, *, now: datetime, stored: bool) -> bool:
    """Give the message to the subscriber. Returns False when the subscription was closed meanwhile."""
    if subscription.interrupting:
        closed, _ = MessageSubscription.objects.filter(key=subscription.key).delete()
        if not closed:
            return False
    arrived = MessageArrived(subscription.key, message.name, message.variables, message.key if stored else None)
    if not pending_inputs.enqueue_if_running(subscription.instance_key, arrived, by=message.by, now=now):
        return False
    if stored:
        _note(message, subscription.process_id, subscription.instance_key)
    return True


def _start(message: Message, start: StartSubscription, *, now: datetime, stored: bool, reached: Reached) -> bool:
    """Start an instance by the message. Returns False when an instance that was started with the same correlation key still runs:
    the message waits for its end.
    """
    key = message.correlation_key
    if key and _is_running(start.process_id, key):
        return False
    occurrence = Occurrence(start.event_index, RuntimeStartKind.MESSAGE, key, message.variables)
    new = started_by(
        start.definition, start.element_id, parts=start.parts, occurrence=occurrence, by=message.by, now=now
    )
    if new is None:
        reached.kept = True
    else:
        instance_rows.insert([new], by=message.by, now=now)
        reached.started.append(new[0].key)
    if stored:
        _note(message, start.process_id, 0 if new is None else new[0].key)
    return True


def _is_running(process_id: str, correlation_key: str) -> bool:
    """Return whether an instance with this correlation key runs, after waiting for transactions that are about to start one."""
    locks.lock(Lock.MESSAGE_START, process_id, correlation_key)
    running = ProcessInstance.objects.filter(process_id=process_id, correlation_key=correlation_key, ended_at=None)
    return running.exists()


def _note(message: Message, process_id: str, instance_key: int) -> None:
    MessageCorrelated.objects.create(message=message, process_id=process_id, instance_key=instance_key)
