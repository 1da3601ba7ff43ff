"""A throw or end event does what its definitions say when a token comes to it (10.4.4 and 13.4.5)."""

from __future__ import annotations

from typing import Any

from engine.bpmn.model import (
    CancelEvent,
    CompensationEvent,
    ElementType,
    ErrorEvent,
    EscalationEvent,
    EventDefinition,
    FlowNode,
    LinkEvent,
    Message,
    MessageEvent,
    SignalEvent,
    TerminateEvent,
)
from engine.runtime import correlating, effects, history
from engine.runtime.elements import catchers, compensation, events
from engine.runtime.elements.jobs import open_job
from engine.runtime.evaluating import Trouble
from engine.runtime.machine import Machine
from engine.runtime.stages import Stage
from engine.runtime.state import ElementInstance, visible_variables
from engine.runtime.state.memory import ThrowMemory


def throw_all(m: Machine, element: ElementInstance) -> None:
    """Throw the definitions from the first that is left, one after another; go on when all are thrown.

    A definition that takes time (a job that sends the message, compensation) comes back here when it is done.
    """
    node = m.node_of(element)
    ordered = sorted(node.events, key=_rank)
    memory = element.memory_as(ThrowMemory)
    if memory.thrown is None:
        memory.thrown = 0
    while memory.thrown < len(ordered):
        event = ordered[memory.thrown]
        if isinstance(event, SignalEvent) and m.queue:
            m.signalling.append(element.key)
            return
        memory.thrown += 1
        try:
            waits = not throw(m, element, node, event)
        except Trouble:
            memory.thrown -= 1  # resolving the incident throws it, and what came before it not again
            raise
        if waits:
            return
        if element.key not in m.state.elements:
            return  # the event has interrupted what it was in
    m.complete(element)


def _rank(event: EventDefinition) -> int:
    """Return the order of a definition in a multiple event, which throws all that it has (10.4.4): first what lets the scope go on,
    last what ends it.
    """
    return 2 if isinstance(event, ErrorEvent | CancelEvent | TerminateEvent) else isinstance(event, EscalationEvent)


def throw(m: Machine, element: ElementInstance, node: FlowNode, event: EventDefinition) -> bool:
    """Throw one definition. Returns False when the event waits, or what follows is already decided."""
    if isinstance(event, MessageEvent):
        return _send(m, element, node, event.message)
    if isinstance(event, SignalEvent):
        name = m.text(event.signal.name, element, "the signal name")
        events.broadcast(m, element, name, dict(element.variables or {}))
        return True
    if isinstance(event, EscalationEvent):
        code = "" if event.code is None else m.text(event.code, element, "the escalation code")
        catchers.escalate(m, element, code, dict(element.variables or {}))
        return True
    if isinstance(event, ErrorEvent):
        _throw_error(m, element, event)
        return False
    if isinstance(event, CompensationEvent):
        return compensation.throw(m, element, event)
    if isinstance(event, TerminateEvent):
        _terminate_scope(m, element)
        return False
    if isinstance(event, CancelEvent):
        compensation.cancel_transaction(m, element)
        return False
    return True


def _send(m: Machine, element: ElementInstance, node: FlowNode, message: Message) -> bool:
    if node.job is not None:
        open_job(m, element, node.job)
        return False
    publish(m, element, node, message)
    return True


def publish(m: Machine, element: ElementInstance, node: FlowNode, message: Message) -> None:
    name = m.text(message.name, element, "the message name")
    variables = dict(element.variables or {}) if node.inputs else visible_variables(m.state, element.key)
    key_text = correlating.key_of_thrown(m, element, message, variables)
    target = m.model.message_flows.get(node.id)
    m.effects.append(
        effects.PublishMessage(
            m.state.next_key(),
            element.key,
            node.id,
            name,
            key_text,
            variables,
            target_process=None if target is None else target.process_id,
            target_element=None if target is None else target.element_id,
        )
    )


def _throw_error(m: Machine, element: ElementInstance, event: ErrorEvent) -> None:
    """Throw an error; one that nothing catches ends the whole instance (13.4.6)."""
    code = "" if event.code is None else m.text(event.code, element, "the error code")
    catchers.error_catcher(m, element, code)  # its Trouble is this event's, which can throw again
    variables = dict(element.variables or {})
    scope = m.scope_of(element)
    m.facts.append(history.ElementCompleted(element.key, element.node))
    m.remove(element)
    if not catchers.throw_error(m, element, code, "", variables):
        end_by_error(m, code, "", variables)
    elif scope.key in m.state.elements:
        m.drain(scope)


def end_by_error(m: Machine, code: str, message: str, variables: dict[str, Any]) -> None:
    root = m.root
    held = dict(root.variables or {}) | variables
    m.end(effects.Outcome.ERROR, held, code, message)


def _terminate_scope(m: Machine, element: ElementInstance) -> None:
    """End the scope that the event is in, and that scope alone, without throwing anything (10.4.4)."""
    scope = m.scope_of(element)
    m.facts.append(history.ElementCompleted(element.key, element.node))
    m.remove(element)
    m.clear(scope)
    m.later(scope, Stage.DRAINED)


def link_target(m: Machine, node: FlowNode) -> str | None:
    """Find the catching link event of the same name in the same scope."""
    if node.type is not ElementType.INTERMEDIATE_THROW_EVENT or node.scope is None:
        return None
    names = {event.name for event in node.events if isinstance(event, LinkEvent)}
    for sibling in m.nodes[node.scope].children if names else ():
        other = m.nodes[sibling]
        if other.type is ElementType.INTERMEDIATE_CATCH_EVENT and any(
            isinstance(event, LinkEvent) and event.name in names for event in other.events
        ):
            return other.id
    return None
