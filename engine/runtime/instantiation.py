"""An instance may be started by an event, and begins there (10.4.2, 10.5.6, 13.2, 13.4.1).

Those who keep the triggers share this module: the shell keeps them in rows, the engine of the tests in lists. They say that a
trigger has occurred; this module decides what follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine import feel
from engine.bpmn.model import (
    ConditionalEvent,
    ElementType,
    EventDefinition,
    FlowNode,
    Message,
    MessageEvent,
    ProcessModel,
    SignalEvent,
    TimerEvent,
)
from engine.runtime import correlating, history
from engine.runtime.effects import IncidentType
from engine.runtime.elements import events, schedules, subprocesses
from engine.runtime.evaluating import Trouble
from engine.runtime.inputs import Started
from engine.runtime.machine import Machine
from engine.runtime.relocation import places, placing
from engine.runtime.state import ElementInstance
from engine.runtime.state.memory import ProcessMemory


class StartKind(StrEnum):
    MESSAGE = "MESSAGE"
    SIGNAL = "SIGNAL"
    TIMER = "TIMER"
    CONDITION = "CONDITION"


@dataclass(frozen=True, slots=True)
class StartTrigger:
    """A start trigger is an event that starts an instance at `element_id`; when `parts` is more than 1, so many different ones
    start it together.

    `index` is its place among the event definitions of the element, `name` that of its message or signal.
    """

    element_id: str
    kind: StartKind
    index: int = 0
    parts: int = 1
    name: str = ""
    event: EventDefinition | None = field(default=None, compare=False)

    def schedule(self, *, now: datetime) -> schedules.Schedule:
        """Return the schedule of a timer's trigger. Raises TimerError."""
        assert isinstance(self.event, TimerEvent)
        return schedules.schedule(self.event.kind, self.event.expression.evaluate({}, now=now), now=now)

    def opening(self, *, now: datetime, is_first: bool) -> schedules.Schedule | None:
        """Return the schedule of a timer whose version is deployed now; None where nothing is left. Raises TimerError.

        With the first version of a process a time that is past fires at once. With a later version it has fired already, and a
        cycle goes on to its next time.
        """
        found = self.schedule(now=now)
        return found if is_first or found.due >= now else schedules.after_start(found, now=now)

    def holds(self, variables: Mapping[str, Any], *, now: datetime) -> bool:
        """Return whether a condition is true of these variables; anything but true, a failure included, is not."""
        assert isinstance(self.event, ConditionalEvent)
        try:
            return self.event.condition.evaluate(variables, now=now) is True
        except feel.FeelError:
            return False


def triggers_of(model: ProcessModel, *, now: datetime) -> tuple[StartTrigger, ...]:
    """Return all triggers that start instances of the process: events of its start events, of receive tasks and of event-based
    gateways without incoming flow that instantiate. A process that is not executable has none.
    """
    if not model.is_executable:
        return ()
    return tuple(trigger for node in _starting_nodes(model) for trigger in _triggers(node, now=now))


def _starting_nodes(model: ProcessModel) -> Iterator[FlowNode]:
    for start in model.root.start_events:
        yield model.nodes[start]
    for node in (model.nodes[child] for child in model.root.children):
        if node.instantiate and node.type is ElementType.EVENT_BASED_GATEWAY:
            yield from (model.nodes[flow.target] for flow in node.outgoing)
        elif node.instantiate:
            yield node


def _triggers(node: FlowNode, *, now: datetime) -> Iterator[StartTrigger]:
    parts = len(node.events) if node.parallel_multiple else 1

    def by_message(message: Message, index: int) -> StartTrigger:
        name = str(message.name.evaluate({}, now=now))
        return StartTrigger(node.id, StartKind.MESSAGE, index, parts, name)

    if node.message is not None:
        yield by_message(node.message, 0)
    for index, event in enumerate(node.events):
        if isinstance(event, MessageEvent):
            yield by_message(event.message, index)
        elif isinstance(event, SignalEvent):
            name = str(event.signal.name.evaluate({}, now=now))
            yield StartTrigger(node.id, StartKind.SIGNAL, index, parts, name)
        elif isinstance(event, TimerEvent):
            yield StartTrigger(node.id, StartKind.TIMER, index, parts, event=event)
        elif isinstance(event, ConditionalEvent):
            yield StartTrigger(node.id, StartKind.CONDITION, index, parts, event=event)


# --- parallel multiple start events ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An occurrence is a trigger of a parallel multiple start event that has occurred and waits for the others."""

    index: int
    kind: StartKind
    correlation_key: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The result of gathering an occurrence. `is_kept` says whether it is kept, as the last of those that wait. `places` are those
    among them that start an instance together, None while one is missing.
    """

    is_kept: bool
    places: tuple[int, ...] | None


def gather(waiting: Sequence[Occurrence], new: Occurrence, *, parts: int) -> Gathered:
    """Return what follows from an occurrence beside those that wait already, the oldest first. Every message is kept. Of a signal,
    a time or a condition that occurs again before the others came, one occurrence is kept.
    """
    is_kept = new.kind is StartKind.MESSAGE or all(each.index != new.index for each in waiting)
    return Gathered(is_kept, _together([*waiting, new] if is_kept else waiting, parts))


def is_awaited(occurrence: Occurrence, element_id: str, triggers: Sequence[StartTrigger]) -> bool:
    """Return whether an occurrence at a start event still counts, now that these are the triggers of the process."""
    place = (element_id, occurrence.index, occurrence.kind)
    return any(each.parts > 1 and (each.element_id, each.index, each.kind) == place for each in triggers)


def started(element_id: str, occurrences: Sequence[Occurrence]) -> Started:
    """Return the first input of the instance that these start together: their variables, and the key of one of them."""
    variables: dict[str, Any] = {}
    for each in occurrences:
        variables.update(each.variables)
    key = next((each.correlation_key for each in occurrences if each.correlation_key), "")
    return Started(variables, start_event=element_id, correlation_key=key)


def _together(waiting: Sequence[Occurrence], parts: int) -> tuple[int, ...] | None:
    """Return the places of those in `waiting`, the oldest first, that start an instance together; None while one is missing.

    Each of the `parts` has occurred, and messages with a correlation key have all the same one.
    """
    for key in dict.fromkeys(
        each.correlation_key for each in sorted(waiting, key=lambda each: not each.correlation_key)
    ):
        found: dict[int, int] = {}
        for place, each in enumerate(waiting):
            if each.correlation_key in ("", key):
                found.setdefault(each.index, place)
        if len(found) == parts:
            return tuple(sorted(found.values()))
    return None


# --- the beginning of an instance --------------------------------------------------------------------------------------------


def begin(m: Machine, root: ElementInstance) -> None:
    """Enter the process as its `Started` says: at an event that occurred, before some elements, or at its none start event."""
    memory = root.memory_as(ProcessMemory)
    start, before, key = memory.begin or [None, [], ""]
    try:
        placed = placing.plan_start(m.model, before) if before else []
    except places.PlaceError as error:  # the command refuses that
        raise Trouble(IncidentType.UNKNOWN, str(error)) from error
    if memory.begin is not None:
        del memory.begin
    if key:
        memory.correlation_key = key
    if not before and start is None:
        subprocesses.begin(m, root)
        return
    events.subscribe_event_sub_processes(m, root, m.node_of(root))
    placing.put(m, root, placed)
    if start is not None:
        _begin_at(m, root, m.nodes[start])
    m.drain(root)


def _begin_at(m: Machine, root: ElementInstance, node: FlowNode) -> None:
    """Begin at an event that occurred. An event-based gateway has been started by one of its events: an exclusive one waits for no
    other, a parallel one for all others. Where several gateways start the process, one event of each of them has to come (10.5.6,
    13.4.1).
    """
    correlating.remember_start(m, root, node)
    gateway = next((m.nodes[flow.source] for flow in node.incoming if m.nodes[flow.source].instantiate), None)
    if gateway is None:
        events.pass_through(m, root, node, {})
        return
    element = m.create(gateway, root)
    m.facts.append(history.ElementCompleted(element.key, element.node))
    m.remove(element)
    for flow in gateway.outgoing:
        if flow.target == node.id:
            m.facts.append(history.FlowTaken(flow.id, root.key))
        elif gateway.parallel_event_gateway:
            m.take(root, [flow])
    events.pass_through(m, root, node, {})
    for child in m.node_of(root).children:
        other = m.nodes[child]
        if other.instantiate and other.type is ElementType.EVENT_BASED_GATEWAY and other.id != gateway.id:
            m.token(root, other.id)
