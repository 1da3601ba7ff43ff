"""An element waits for events, and something happens when one occurs (10.4 and 13.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from engine.bpmn.expressions import Expression
from engine.bpmn.model import (
    ConditionalEvent,
    ElementType,
    EventDefinition,
    FlowNode,
    Message,
    MessageEvent,
    SignalEvent,
    TimerEvent,
)
from engine.runtime import correlating, effects, history
from engine.runtime.effects import IncidentType
from engine.runtime.elements import schedules
from engine.runtime.evaluating import Trouble, shown
from engine.runtime.machine import Machine
from engine.runtime.state import ElementInstance, Opened, OpenKind
from engine.runtime.state.memory import EventSubProcessMemory, ScopeMemory

# --- waiting -----------------------------------------------------------------------------------------------------------


def subscribe(m: Machine, owner: ElementInstance, node: FlowNode) -> None:
    """Open a subscription, timer or condition for each event definition of `node` (a catch, boundary or start event) on behalf of
    `owner`.
    """
    for index, event in enumerate(node.events):
        subscribe_one(m, owner, node, index, event)
    if node.message is not None:
        subscribe_message(m, owner, node, node.message)


def subscribe_one(m: Machine, owner: ElementInstance, node: FlowNode, index: int, event: EventDefinition) -> None:
    if isinstance(event, MessageEvent):
        subscribe_message(m, owner, node, event.message, index=index)
    elif isinstance(event, SignalEvent):
        name = m.text(event.signal.name, owner, f"the signal name of {shown(node)}")
        key = m.open(owner, OpenKind.SIGNAL, node=node.id, event=index, data=[name])
        m.effects.append(effects.OpenSignalSubscription(key, owner.key, node.id, name, _consumed(node)))
    elif isinstance(event, TimerEvent):
        value = m.raw(event.expression, owner, f"the {event.kind.value} of {shown(node)}")
        try:
            schedule = schedules.schedule(event.kind, value, now=m.now)
        except schedules.TimerError as error:
            raise Trouble(IncidentType.EXTRACT_VALUE_ERROR, f"{error} at {shown(node)}") from error
        open_timer(m, owner, node, index, schedule)
    elif isinstance(event, ConditionalEvent):
        m.open(owner, OpenKind.CONDITION, node=node.id, event=index, data=False)
        m.dirty = True


def subscribe_message(m: Machine, owner: ElementInstance, node: FlowNode, message: Message, *, index: int = 0) -> None:
    name = m.text(message.name, owner, f"the message name of {shown(node)}")
    key_text = correlating.key_of_awaited(m, owner, node, message)
    key = m.open(owner, OpenKind.MESSAGE, node=node.id, event=index)
    is_flow_end = node.id in m.model.message_flow_ends
    m.effects.append(
        effects.OpenMessageSubscription(key, owner.key, node.id, name, key_text, _consumed(node), is_flow_end)
    )


def open_timer(m: Machine, owner: ElementInstance, node: FlowNode, index: int, schedule: schedules.Schedule) -> None:
    data = [schedule.text, schedule.remaining, schedule.due.isoformat()] if schedule.text else None
    key = m.open(owner, OpenKind.TIMER, node=node.id, event=index, data=data)
    m.effects.append(effects.OpenTimer(key, owner.key, node.id, schedule.due, schedule.catches_up))


def _consumed(node: FlowNode) -> bool:
    """Return whether an occurrence uses the subscription up: a non-interrupting event waits on, for the next one."""
    return (
        node.interrupting
        or node.parallel_multiple
        or node.type not in (ElementType.BOUNDARY_EVENT, ElementType.START_EVENT)
    )


def subscribe_event_sub_processes(m: Machine, scope: ElementInstance, node: FlowNode) -> None:
    for child in node.event_sub_processes:
        for start in m.nodes[child].start_events:
            subscribe(m, scope, m.nodes[start])


def withdraw_event_sub_processes(m: Machine, scope: ElementInstance) -> None:
    starts = {start for child in m.node_of(scope).event_sub_processes for start in m.nodes[child].start_events}
    m.withdraw(scope, only_of=starts)


def subscribe_boundary_events(m: Machine, element: ElementInstance, node: FlowNode) -> None:
    for boundary in node.boundary_events:
        subscribe(m, element, m.nodes[boundary])


# --- occurring ---------------------------------------------------------------------------------------------------------


_AWAIT_THE_NEXT = frozenset({OpenKind.MESSAGE, OpenKind.SIGNAL, OpenKind.CONDITION})
"""The kinds that may stay open when they have occurred, for the next time. A timer is opened anew instead."""


def occur(m: Machine, key: int, variables: Mapping[str, Any]) -> None:
    """Let the event occur for which `key` was opened."""
    opened = m.state.open[key]
    node = m.nodes[opened.node]
    owner = m.state.elements[opened.element]
    if opened.kind not in _AWAIT_THE_NEXT or _consumed(node):
        m.close(key)
    if opened.kind is OpenKind.TIMER:
        _repeat(m, owner, node, opened)
    elif opened.kind is OpenKind.MESSAGE:
        correlating.remember_received(m, node, opened.event, variables)
    if node.parallel_multiple and not _all_occurred(owner, node, opened.event, variables):
        return
    if node.parallel_multiple:
        variables = _taken_together(owner, node)
    fire(m, owner, node, variables)


def broadcast(
    m: Machine, element: ElementInstance, name: str, variables: Mapping[str, Any], *, heard: Collection[int] = ()
) -> None:
    """Throw a signal to the world. Elements of this instance that wait for it hear it now, before anything else moves, since what
    it interrupts shall not go on; the world brings it to all others. `heard` are subscriptions that have had it already.
    """
    m.effects.append(effects.BroadcastSignal(m.state.next_key(), element.key, element.node, name, dict(variables)))
    for key in list(m.state.signals.get(name, ())):
        opened = m.state.open.get(key)
        if opened is None or key in heard:
            continue  # interrupted by one before it
        if _consumed(m.nodes[opened.node]):
            m.effects.append(effects.WithdrawSignalSubscription(key))
        occur(m, key, variables)


def _repeat(m: Machine, owner: ElementInstance, node: FlowNode, opened: Opened) -> None:
    if node.interrupting or opened.data is None or node.parallel_multiple:
        return
    text, remaining, due = opened.data
    following = schedules.after_firing(schedules.Schedule(datetime.fromisoformat(due), text, remaining), now=m.now)
    if following is not None:
        open_timer(m, owner, node, opened.event, following)


def _all_occurred(owner: ElementInstance, node: FlowNode, event: int, variables: Mapping[str, Any]) -> bool:
    """Note the occurrence and return whether all definitions of a parallel multiple event have occurred (10.4.3)."""
    if owner.memory.got is None:
        owner.memory.got = {}
    occurred, brought = owner.memory.got.setdefault(node.id, [[], {}])
    if event not in occurred:
        occurred.append(event)
    brought.update(variables)
    return len(occurred) == len(node.events)


def _taken_together(owner: ElementInstance, node: FlowNode) -> Mapping[str, Any]:
    """Take out the variables that all of them brought; from then on the event waits for all of them anew."""
    assert owner.memory.got is not None
    _, brought = owner.memory.got.pop(node.id)
    if not owner.memory.got:
        del owner.memory.got
    variables: Mapping[str, Any] = brought
    return variables


def fire(m: Machine, owner: ElementInstance, node: FlowNode, variables: Mapping[str, Any]) -> None:
    """Let the event `node` happen, for which `owner` waited."""
    if node.type is ElementType.BOUNDARY_EVENT:
        _fire_boundary(m, owner, node, variables)
    elif node.type is ElementType.START_EVENT:
        _fire_event_sub_process(m, owner, node, variables)
    elif owner.node != node.id:  # a member of an event-based gateway
        scope = m.scope_of(owner)
        gateway = m.node_of(owner)
        flows = [flow for flow in gateway.outgoing if flow.target == node.id]
        m.facts.append(history.ElementCompleted(owner.key, owner.node))
        m.remove(owner)
        m.facts.extend(history.FlowTaken(flow.id, scope.key) for flow in flows)
        pass_through(m, scope, node, variables)
    else:
        m.withdraw(owner, only_of={node.id})
        m.absorb(owner, variables)
        m.complete(owner)


def pass_through(m: Machine, scope: ElementInstance, node: FlowNode, variables: Mapping[str, Any]) -> ElementInstance:
    """Enter and leave an event that has just occurred."""
    element = m.create(node, scope)
    m.absorb(element, variables)
    m.complete(element)
    return element


def _fire_boundary(m: Machine, activity: ElementInstance, node: FlowNode, variables: Mapping[str, Any]) -> None:
    scope = m.scope_of(activity)
    if node.interrupting:
        m.terminate(activity)
        m.let_thrower_go_on(activity)
    elif node.parallel_multiple:
        subscribe(m, activity, node)
    pass_through(m, scope, node, variables)


def _fire_event_sub_process(m: Machine, scope: ElementInstance, start: FlowNode, variables: Mapping[str, Any]) -> None:
    """Begin an event sub-process; an interrupting one ends everything else in its scope, and no other event sub-process begins
    there any more; the boundary events of the scope still may end it all (10.3.4, 13.4.4)."""
    assert start.scope is not None
    if start.interrupting:
        m.clear(scope)
        withdraw_event_sub_processes(m, scope)
        scope.memory_as(ScopeMemory).interrupted = True
    elif start.parallel_multiple:
        subscribe(m, scope, start)
    begin_event_sub_process(m, scope, start, variables)


def begin_event_sub_process(
    m: Machine, scope: ElementInstance, start: FlowNode, variables: Mapping[str, Any]
) -> ElementInstance:
    assert start.scope is not None
    element = m.create(m.nodes[start.scope], scope)
    memory = element.memory_as(EventSubProcessMemory)
    memory.entered_by = start.id
    if variables:
        memory.given = dict(variables)
    m.activate(element)
    return element


def check_conditions(m: Machine) -> None:
    """Fire the conditional events whose condition has become true; false to true counts, not true again (10.4.5). An ad-hoc
    sub-process that rests is done when its completion condition has become true."""
    m.dirty = False
    for key in list(m.state.conditions):
        opened = m.state.open.get(key)
        if opened is None:
            continue
        node = m.nodes[opened.node]
        owner = m.state.elements[opened.element]
        try:
            now_true = m.holds(_watched_condition(node, opened.event), owner)
        except Trouble as trouble:
            m.facts.append(history.WarningRecorded(owner.key, node.id, trouble.message))
            now_true = False
        was_true, opened.data = opened.data, now_true
        if now_true and not was_true:
            if node.ad_hoc is not None:
                m.close(key)
                m.drain(owner)
            else:
                occur(m, key, {})
            m.dirty = True  # it takes effect before the others are looked at
            return


def _watched_condition(node: FlowNode, index: int) -> Expression | None:
    if node.ad_hoc is not None:
        return node.ad_hoc.completion_condition
    event = node.events[index]
    assert isinstance(event, ConditionalEvent)
    return event.condition
