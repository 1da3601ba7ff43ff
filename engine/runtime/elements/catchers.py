"""Errors and escalations go outward from the element that throws them to the event that catches them (10.4.6 and 13.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.bpmn.model import ErrorEvent, EscalationEvent, FlowNode
from engine.runtime import effects, history
from engine.runtime.elements import events
from engine.runtime.machine import Machine
from engine.runtime.state import ElementInstance
from engine.runtime.state.memory import ScopeMemory

ErrorCatcher = tuple[ElementInstance, FlowNode, ErrorEvent]


def _catchers(m: Machine, thrower: ElementInstance) -> Iterator[tuple[ElementInstance, list[FlowNode]]]:
    """Yield, from the thrower outward, the events that could catch at each level, with the element instance to which they belong.

    What an event sub-process throws is for the others of its scope, not for itself; while one that interrupts is running, the
    scope has no further handler, and what it throws goes outward (10.4.6, 13.4.4).
    """
    element = thrower
    while True:
        parent = None if element.scope is None else m.state.elements[element.scope]
        inner_of_body = parent is not None and parent.is_body
        if not inner_of_body:
            boundaries = [m.nodes[each] for each in m.node_of(element).boundary_events]
            yield element, boundaries
        if parent is None:
            return
        scope = parent.memory_if(ScopeMemory)
        if scope is not None and not scope.interrupted:
            starts = [
                m.nodes[start]
                for child in m.node_of(parent).event_sub_processes
                if child != element.node
                for start in m.nodes[child].start_events
            ]
            yield parent, starts
        element = parent


def _match(
    m: Machine,
    owner: ElementInstance,
    candidates: list[FlowNode],
    kind: type[ErrorEvent] | type[EscalationEvent],
    code: str,
) -> tuple[FlowNode, ErrorEvent | EscalationEvent] | None:
    """Find the catcher of exactly this code, else one that catches all."""
    catch_all = None
    for node in candidates:
        for event in node.events:
            if not isinstance(event, kind):
                continue
            if event.code is None:
                catch_all = catch_all or (node, event)
            elif m.text(event.code, owner, "the code") == code:
                return node, event
    return catch_all


def error_catcher(m: Machine, thrower: ElementInstance, code: str) -> ErrorCatcher | None:
    """Return the nearest event that catches the error, with the element instance to which it belongs. When this raises Trouble,
    nothing has changed yet.
    """
    for owner, candidates in _catchers(m, thrower):
        found = _match(m, owner, candidates, ErrorEvent, code)
        if found is not None:
            node, event = found
            assert isinstance(event, ErrorEvent)
            return owner, node, event
    return None


def throw_error(m: Machine, thrower: ElementInstance, code: str, message: str, variables: Mapping[str, Any]) -> bool:
    """Interrupt the nearest enclosing activity that catches the error; False when nothing does."""
    catcher = error_catcher(m, thrower, code)
    if catcher is None:
        m.facts.append(history.ErrorThrown(thrower.key, thrower.node, code, None))
        return False
    owner, node, event = catcher
    m.facts.append(history.ErrorThrown(thrower.key, thrower.node, code, node.id))
    given = dict(variables)
    if event.code_variable:
        given[event.code_variable] = code
    if event.message_variable:
        given[event.message_variable] = message
    events.fire(m, owner, node, given)
    return True


def escalate(m: Machine, thrower: ElementInstance, code: str, variables: Mapping[str, Any]) -> None:
    """Bring an escalation to the nearest catcher; one that nothing catches is passed to the caller, and all goes on."""
    for owner, candidates in _catchers(m, thrower):
        found = _match(m, owner, candidates, EscalationEvent, code)
        if found is None:
            continue
        node, event = found
        m.facts.append(history.Escalated(thrower.key, thrower.node, code, node.id))
        given = dict(variables)
        if event.code_variable:
            given[event.code_variable] = code
        events.fire(m, owner, node, given)
        return
    m.facts.append(history.Escalated(thrower.key, thrower.node, code, None))
    if m.state.called:
        m.effects.append(effects.EscalateToParent(code, variables))
