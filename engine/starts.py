"""What starts instances by itself: message, signal and timer start events of the newest version of each process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Max

from engine import clock, definitions, instance_rows, keys, transactions
from engine.actors import ENGINE
from engine.bpmn.model import ElementType, FlowNode, MessageEvent, ProcessModel, SignalEvent, TimerEvent
from engine.errors import InvalidArgument
from engine.models import DefinitionState, ProcessDefinition, StartKind, StartSubscription, Timer
from engine.runtime import inputs, timers
from engine.runtime.timers import TimerError

_CATCH_UP = 10_000
"""Missed firings of an endless cycle that are skipped at once."""


def replace(process_id: str, *, now: datetime) -> None:
    """Let the newest active version be the one that messages, signals and timers start; inside a transaction.

    A cycle that an older version had begun ends, so that two versions never fire side by side.
    """
    StartSubscription.objects.filter(process_id=process_id).delete()
    Timer.objects.filter(process_id=process_id, instance_key=None).delete()
    versions = ProcessDefinition.objects.filter(process_id=process_id, state=DefinitionState.ACTIVE)
    newest = versions.order_by("-version").first()
    if newest is None:
        return
    model = definitions.model_of(newest.key)
    StartSubscription.objects.bulk_create(
        StartSubscription(kind=kind, name=name, definition=newest, process_id=process_id, element_id=element_id)
        for kind, name, element_id in sorted(set(_subscriptions(model, now=now)))
    )
    is_first = ProcessDefinition.objects.filter(process_id=process_id).aggregate(top=Max("version"))["top"] == 1
    _open_timers(newest, model, now=now, is_first=is_first)


def fire_due(*, limit: int) -> list[int]:
    """Start an instance for each start timer that is due, and put a cycle's timer to its next time; returns the instances.

    Several may run at once: each takes rows that no other has in hand.
    """
    return transactions.run(lambda: _fire_due(limit))


def _fire_due(limit: int) -> list[int]:
    now = clock.now()
    due = Timer.objects.filter(instance_key=None, due_at__lte=now).order_by("due_at")
    born = []
    for timer in due.select_for_update(skip_locked=True)[:limit]:
        definition = ProcessDefinition.objects.get(key=timer.definition_key)
        instance = instance_rows.new_instance(definition, by=ENGINE.username, now=now)
        born.append((instance, inputs.Started(start_event=timer.element_id)))
        _put_on(timer, now=now)
    instance_rows.insert(born, by=ENGINE.username, now=now)
    return [instance.key for instance, _ in born]


def _put_on(timer: Timer, *, now: datetime) -> None:
    """To the next time of its cycle. Of an endless cycle the times that were missed count as this one."""
    cycle: dict[str, Any] = timer.schedule or {"text": "", "remaining": 0}
    following = timers.following(cycle["text"], timer.due_at, cycle["remaining"])
    for _ in range(_CATCH_UP):
        if following is None or following.remaining is not None or following.due > now:
            break
        following = timers.following(cycle["text"], following.due, None)
    if following is None:
        timer.delete()
        return
    timer.due_at = following.due
    timer.schedule = {"text": following.text, "remaining": following.remaining}
    timer.save(update_fields=["due_at", "schedule"])


def _open_timers(definition: ProcessDefinition, model: ProcessModel, *, now: datetime, is_first: bool) -> None:
    for node in _nodes(model, model.root.start_events):
        for event in node.events:
            if not isinstance(event, TimerEvent):
                continue
            try:
                schedule = timers.schedule(event.kind, event.expression.evaluate({}, now=now), now=now)
            except TimerError as error:
                raise InvalidArgument(
                    f"Expected a time at start event '{node.id}' of '{model.id}': {error}."
                ) from error
            timer = Timer(
                key=keys.take_one(),
                due_at=schedule.due,
                definition_key=definition.key,
                process_id=model.id,
                element_id=node.id,
                schedule={"text": schedule.text, "remaining": schedule.remaining} if schedule.text else None,
            )
            timer.save(force_insert=True)
            if schedule.due < now and not is_first:
                _put_on(timer, now=now)  # an older version has fired then


def _subscriptions(model: ProcessModel, *, now: datetime) -> Iterator[tuple[StartKind, str, str]]:
    """Kind, name and the element that starts: start events, and what instantiates without one (13.2)."""
    for node in _nodes(model, model.root.start_events):
        yield from _events_of(node, node.id, now=now)
    for node in _nodes(model, model.root.children):
        if not node.instantiate:
            continue
        if node.type is ElementType.EVENT_BASED_GATEWAY:
            for caught in _nodes(model, tuple(flow.target for flow in node.outgoing)):
                yield from _events_of(caught, caught.id, now=now)
        else:
            yield from _events_of(node, node.id, now=now)


def _events_of(node: FlowNode, element_id: str, *, now: datetime) -> Iterator[tuple[StartKind, str, str]]:
    if node.message is not None:
        yield StartKind.MESSAGE, str(node.message.name.evaluate({}, now=now)), element_id
    for event in node.events:
        if isinstance(event, MessageEvent):
            yield StartKind.MESSAGE, str(event.message.name.evaluate({}, now=now)), element_id
        elif isinstance(event, SignalEvent):
            yield StartKind.SIGNAL, str(event.signal.name.evaluate({}, now=now)), element_id


def _nodes(model: ProcessModel, ids: tuple[str, ...]) -> Iterator[FlowNode]:
    return (model.nodes[element_id] for element_id in ids)
