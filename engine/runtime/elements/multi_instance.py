"""A multi-instance activity or a standard loop is a body around the instances of one activity (10.2.8, 10.2.9, 13.2.7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine import feel
from engine.bpmn.model import (
    ElementType,
    ErrorEvent,
    EscalationEvent,
    EventDefinition,
    FlowNode,
    MultiInstance,
    MultiInstanceBehavior,
    SignalEvent,
    StandardLoop,
)
from engine.runtime.effects import IncidentType
from engine.runtime.elements import catchers, events
from engine.runtime.evaluating import Trouble, shown
from engine.runtime.machine import Machine
from engine.runtime.state import ElementInstance
from engine.runtime.state.memory import BodyMemory

MAX_INSTANCES = 1_000_000
"""Instances of one multi-instance activity by a cardinality, at most; a greater cardinality raises an incident."""
_VARIABLE = re.compile(r"\s*=?\s*([^\W\d]\w*)(?:\.\w+)*\s*\Z")
"""A pattern for an output element that is a variable, or a path into one."""


def begin(m: Machine, body: ElementInstance) -> None:
    """Open the boundary events, work out how many instances there are, and start the first, or all."""
    node = m.node_of(body)
    loop = node.loop
    memory = body.memory_as(BodyMemory)
    memory.made = memory.done = memory.seen = memory.active = memory.total = 0
    if isinstance(loop, StandardLoop):
        _next_round(m, body, node, loop, first=True)
        return
    assert loop is not None
    items, total = _items(m, body, node, loop)
    memory.total = total
    if loop.output_collection:
        memory.out = [None] * total
    if total == 0:
        finish(m, body, loop)
    elif loop.sequential:
        if items is not None:
            memory.items = items
        _start(m, body, memory, node, None if items is None else items[0])
    else:
        for index in range(total):
            _start(m, body, memory, node, None if items is None else items[index])


def _items(m: Machine, body: ElementInstance, node: FlowNode, loop: MultiInstance) -> tuple[list[Any] | None, int]:
    if loop.collection is not None:
        value = m.value(loop.collection, body, "the collection")
        if not isinstance(value, list):
            message = f"Expected the collection of {shown(node)} to be a list, '{loop.collection.source}' gave {feel.shown(value)}"
            raise Trouble(IncidentType.EXTRACT_VALUE_ERROR, message)
        return value, len(value)
    assert loop.cardinality is not None
    value = m.value(loop.cardinality, body, "the loop cardinality")
    try:
        number = Decimal(str(value))
        total = int(number)
    except (ArithmeticError, ValueError):
        number, total = Decimal(-1), -1
    if isinstance(value, bool) or total != number or not 0 <= total <= MAX_INSTANCES:
        message = (
            f"Expected the loop cardinality of {shown(node)} to be a whole number from 0 to {MAX_INSTANCES}, "
            f"'{loop.cardinality.source}' gave {feel.shown(value)}"
        )
        raise Trouble(IncidentType.EXTRACT_VALUE_ERROR, message)
    return None, total


def _start(m: Machine, body: ElementInstance, memory: BodyMemory, node: FlowNode, item: Any) -> None:
    loop = node.loop
    memory.made += 1
    memory.active += 1
    inner = m.create(node, body)
    m.write_local(inner, "loopCounter", memory.made)
    if isinstance(loop, MultiInstance):
        if loop.element_variable:
            m.write_local(inner, loop.element_variable, item)
        result = None if loop.output_element is None else _VARIABLE.match(loop.output_element.source)
        if result is not None and result[1] not in (inner.variables or {}):
            m.write_local(inner, result[1], None)  # each has its own, as in Camunda 8: not what a sibling left
    m.activate(inner)


def instance_completed(m: Machine, body: ElementInstance, inner: ElementInstance) -> None:
    """Count a completed instance before it is removed, and keep its output."""
    node = m.node_of(body)
    loop = node.loop
    memory = body.memory_as(BodyMemory)
    if isinstance(loop, MultiInstance) and loop.output_element is not None and memory.out is not None:
        value = m.value(loop.output_element, inner, "the output element")
        memory.out[(inner.variables or {}).get("loopCounter", 1) - 1] = value
    if isinstance(loop, MultiInstance) and loop.completion_condition is not None:
        counters = _counters(memory, completed=memory.done + 1, active=memory.active - 1)
        if m.holds(loop.completion_condition, inner, extra=counters):
            memory.stop = True
    memory.done += 1
    memory.active -= 1


def after_instance(m: Machine, body: ElementInstance) -> None:
    """Throw the event that the behaviour asks for after a completed instance, then go on or finish.

    Instances that end at once are all gone before this is run for the first of them; it finishes the activity for them all.
    """
    node = m.node_of(body)
    loop = node.loop
    if isinstance(loop, StandardLoop):
        _next_round(m, body, node, loop, first=False)
        return
    assert loop is not None
    memory = body.memory_as(BodyMemory)
    _throw_behavior(m, body, memory, loop)
    if body.key not in m.state.elements or memory.finished:
        return
    if memory.stop:
        del memory.stop
        for kid in list(body.kids):
            m.terminate(m.state.elements[kid])
        finish(m, body, loop)
    elif memory.done == memory.total:
        finish(m, body, loop)
    elif loop.sequential:
        _start(m, body, memory, node, None if memory.items is None else memory.items[memory.made])


def finish(m: Machine, body: ElementInstance, loop: MultiInstance | StandardLoop) -> None:
    memory = body.memory_as(BodyMemory)
    if isinstance(loop, MultiInstance) and loop.output_collection:
        m.write(body, loop.output_collection, memory.out)
        del memory.out
    memory.finished = True
    m.complete(body)


def _counters(memory: BodyMemory, *, completed: int, active: int) -> Mapping[str, Any]:
    """Return the counters by the names of the standard and of Camunda 7 and 8."""
    return {
        "numberOfInstances": memory.total,
        "numberOfActiveInstances": active,
        "numberOfCompletedInstances": completed,
        "numberOfTerminatedInstances": 0,
        "nrOfInstances": memory.total,
        "nrOfActiveInstances": active,
        "nrOfCompletedInstances": completed,
    }


def _throw_behavior(m: Machine, body: ElementInstance, memory: BodyMemory, loop: MultiInstance) -> None:
    """Throw what the behaviour asks for. One: the first completed instance throws; None: each one does; Complex: each definition
    whose condition holds."""
    seen = (memory.done - 1 if memory.seen is None else memory.seen) + 1
    thrown: list[EventDefinition | None] = []
    if loop.behavior is MultiInstanceBehavior.COMPLEX:
        # All conditions are looked at before anything is counted or thrown: one that fails is tried again from the start.
        extra = _counters(memory, completed=seen, active=memory.active + memory.done - seen)
        thrown = [each.event for each in loop.complex_behaviors if m.holds(each.condition, body, extra=extra)]
    memory.seen = seen
    if loop.behavior is MultiInstanceBehavior.ONE and seen == 1:
        _throw(m, body, loop.one_behavior_event)
    elif loop.behavior is MultiInstanceBehavior.NONE:
        _throw(m, body, loop.none_behavior_event)
    for event in thrown:
        if body.key in m.state.elements:
            _throw(m, body, event)


def _throw(m: Machine, body: ElementInstance, event: EventDefinition | None) -> None:
    """Throw an implicit event: for the boundary events of the activity itself, before anybody else (10.2.8). A signal is heard by
    all others as well."""
    if isinstance(event, SignalEvent):
        name = m.text(event.signal.name, body, "the signal name")
        own = [
            key
            for key in m.state.signals.get(name, ())
            if key in body.open and m.nodes[m.state.open[key].node].type is ElementType.BOUNDARY_EVENT
        ]
        for key in own:
            _caught_by_own(m, body, m.nodes[m.state.open[key].node])
        events.broadcast(m, body, name, {}, heard=own)
    elif isinstance(event, EscalationEvent):
        catchers.escalate(m, body, "" if event.code is None else m.text(event.code, body, "the escalation code"), {})
    elif isinstance(event, ErrorEvent):
        catchers.throw_error(m, body, "" if event.code is None else m.text(event.code, body, "the error code"), "", {})


def _caught_by_own(m: Machine, body: ElementInstance, boundary: FlowNode) -> None:
    """Let the activity's own boundary event catch what a completing instance throws. An interrupting one cancels the instances that
    are left, but the completing one keeps its token, so that the activity completes as well.
    """
    if boundary.interrupting:
        body.memory_as(BodyMemory).stop = True
    events.pass_through(m, m.scope_of(body), boundary, {})


def _next_round(m: Machine, body: ElementInstance, node: FlowNode, loop: StandardLoop, *, first: bool) -> None:
    """Begin the next round of a standard loop, tested before each round or after it, or complete; never more rounds than its maximum."""
    memory = body.memory_as(BodyMemory)
    rounds = memory.made
    maximum = None if loop.maximum is None else int(loop.maximum.source)
    again = first and not loop.test_before
    if not again:
        again = loop.condition is None or m.holds(loop.condition, body, extra={"loopCounter": rounds})
    if again and (maximum is None or rounds < maximum):
        _start(m, body, memory, node, None)
    else:
        m.complete(body)
