"""A scope is the process itself or a sub-process of any kind; this module begins scopes, and says what follows when nothing in them
moves any more (10.2.5, 13.2).
"""

from __future__ import annotations

from typing import Any

from engine import feel
from engine.bpmn.model import ElementType, FlowNode
from engine.runtime import effects, history
from engine.runtime.effects import IncidentType
from engine.runtime.elements import compensation, events
from engine.runtime.evaluating import Trouble, shown
from engine.runtime.machine import Machine
from engine.runtime.relocation import places, placing
from engine.runtime.stages import Stage
from engine.runtime.state import ElementInstance, OpenKind
from engine.runtime.state.memory import AdHocMemory, CompensationMemory, EventSubProcessMemory, ProcessMemory

ACTIVITIES = frozenset(
    {
        ElementType.SUB_PROCESS,
        ElementType.TRANSACTION,
        ElementType.AD_HOC_SUB_PROCESS,
        ElementType.CALL_ACTIVITY,
        ElementType.TASK,
        ElementType.USER_TASK,
        ElementType.MANUAL_TASK,
        ElementType.SERVICE_TASK,
        ElementType.SCRIPT_TASK,
        ElementType.BUSINESS_RULE_TASK,
        ElementType.SEND_TASK,
        ElementType.RECEIVE_TASK,
    }
)


def begin(m: Machine, scope: ElementInstance) -> None:
    """Begin a scope: wait for the events of its event sub-processes, then let a token arrive at the start event or, without one, at
    all nodes that have no incoming flow (13.2.4). What was put into it by hand comes instead of them.
    """
    node = m.node_of(scope)
    events.subscribe_event_sub_processes(m, scope, node)
    if placing.put_planned(m, scope):
        return
    starts = [each for each in node.start_events if not m.nodes[each].events] or list(node.start_events[:1])
    for start in starts[:1] or _without_incoming(m, node):
        m.token(scope, start)
    m.drain(scope)


def begin_event_sub_process(m: Machine, scope: ElementInstance) -> None:
    """Begin an event sub-process by the event that occurred; one that an operator begins, by its first start event."""
    node = m.node_of(scope)
    events.subscribe_event_sub_processes(m, scope, node)
    if placing.put_planned(m, scope):
        return
    memory = scope.memory_as(EventSubProcessMemory)
    start = m.nodes[memory.entered_by or node.start_events[0]]
    if memory.entered_by is not None:
        del memory.entered_by
    given = memory.given or {}
    if memory.given is not None:
        del memory.given
    events.pass_through(m, scope, start, given)


def _without_incoming(m: Machine, node: FlowNode) -> list[str]:
    """List the nodes at which a scope without start event begins: not boundary events, handlers or event sub-processes."""
    return [
        child
        for child in node.children
        if not m.nodes[child].incoming
        and m.nodes[child].type not in (ElementType.BOUNDARY_EVENT, ElementType.EVENT_SUB_PROCESS)
        and not m.nodes[child].is_for_compensation
        and not _catches_link(m.nodes[child])
    ]


def _catches_link(node: FlowNode) -> bool:
    return node.type is ElementType.INTERMEDIATE_CATCH_EVENT


def drained(m: Machine, scope: ElementInstance) -> None:
    """Let a scope complete in which nothing moves or waits, unless something is still to be undone or to begin."""
    if scope.kids or scope.tokens:
        return
    memory = scope.memory
    if isinstance(memory, CompensationMemory) and memory.undo is not None:
        return
    if isinstance(memory, ProcessMemory) and memory.ending is not None:
        outcome, variables, code, message = memory.ending
        m.end(effects.Outcome(outcome), variables, code, message)
        return
    if isinstance(memory, CompensationMemory) and memory.cancelling:
        return
    if scope.type is ElementType.AD_HOC_SUB_PROCESS and not _is_ad_hoc_done(m, scope):
        return
    if not memory.completing:
        memory.completing = True
        events.withdraw_event_sub_processes(m, scope)
        m.complete(scope)


def end_process(m: Machine, root: ElementInstance) -> None:
    m.facts.append(history.ElementCompleted(root.key, root.node))
    m.remove(root)
    m.state.ended = effects.Outcome.COMPLETED
    m.effects.append(effects.EndInstance(effects.Outcome.COMPLETED, dict(root.variables or {})))


# --- ad-hoc sub-processes (10.2.5) -----------------------------------------------------------------------------------------


def begin_ad_hoc(m: Machine, scope: ElementInstance) -> None:
    """Begin the activities of an ad-hoc sub-process: all at once, or one after another where the ordering is sequential."""
    node = m.node_of(scope)
    events.subscribe_event_sub_processes(m, scope, node)
    if placing.put_planned(m, scope):
        return
    activate_in_ad_hoc(m, scope, [(each, {}) for each in _active_elements(m, scope, node)])


def _active_elements(m: Machine, scope: ElementInstance, node: FlowNode) -> list[str]:
    if node.ad_hoc is None or node.ad_hoc.active_elements is None:
        return _without_incoming(m, node)
    value = m.value(node.ad_hoc.active_elements, scope, "the active elements")
    if not isinstance(value, list) or any(each not in node.children for each in value):
        message = f"Expected the active elements of {shown(node)} to be a list of ids of its activities, got {feel.shown(value)}"
        raise Trouble(IncidentType.EXTRACT_VALUE_ERROR, message)
    try:
        for each in value:
            places.target(m.model, each)
    except places.PlaceError as error:
        raise Trouble(IncidentType.EXTRACT_VALUE_ERROR, str(error)) from error
    return value


def activate_in_ad_hoc(
    m: Machine, scope: ElementInstance, elements: list[tuple[str, dict[str, Any]]], *, cancel_remaining: bool = False
) -> None:
    """Begin these elements, each with variables of its own: at once, or each when nothing else runs."""
    memory = scope.memory_as(AdHocMemory)
    if cancel_remaining:
        _forget_todo(memory)
        m.clear(scope)
    watch_no_more(m, scope)
    ad_hoc = m.node_of(scope).ad_hoc
    if ad_hoc is None or not ad_hoc.sequential:
        for element_id, variables in elements:
            _enter(m, scope, element_id, variables)
    elif elements:
        memory.todo = memory.todo or []
        memory.todo.extend([element_id, variables] for element_id, variables in elements)
    m.drain(scope)


def watch_no_more(m: Machine, scope: ElementInstance) -> None:
    """Stop watching the completion condition of an ad-hoc sub-process that rested: something runs in it again."""
    for key in _watched(m, scope):
        m.close(key)


def _forget_todo(memory: AdHocMemory) -> None:
    if memory.todo is not None:
        del memory.todo


def _enter(m: Machine, scope: ElementInstance, element_id: str, variables: dict[str, Any]) -> None:
    node = m.nodes[element_id]
    element = m.create(node, scope, type_=None if node.loop is None else ElementType.MULTI_INSTANCE_BODY)
    for name, value in variables.items():
        m.write_local(element, name, value)
    m.activate(element)


def _is_ad_hoc_done(m: Machine, scope: ElementInstance) -> bool:
    """Return whether an ad-hoc sub-process is done, now that nothing runs in it. In a sequential one the next activity begins. One
    whose completion condition is false stays, and waits for elements to be activated or for variables by which the condition
    becomes true.
    """
    memory = scope.memory_as(AdHocMemory)
    if memory.todo:
        _enter(m, scope, *memory.todo.pop(0))
        if not memory.todo:
            del memory.todo
        return False
    ad_hoc = m.node_of(scope).ad_hoc
    if ad_hoc is None or ad_hoc.completion_condition is None or memory.enough:
        return True
    if m.holds(ad_hoc.completion_condition, scope):
        return True
    if not _watched(m, scope):
        m.open(scope, OpenKind.CONDITION, node=scope.node, data=False)
    return False


def _watched(m: Machine, scope: ElementInstance) -> list[int]:
    """Return the key of its watched completion condition, in a list; an empty list while it does not rest."""
    return [
        key
        for key in scope.open
        if m.state.open[key].kind is OpenKind.CONDITION and m.state.open[key].node == scope.node
    ]


def activity_in_ad_hoc_completed(m: Machine, scope: ElementInstance) -> None:
    """Evaluate the completion condition after an inner activity: it decides whether the rest is still wanted."""
    memory = scope.memory_as(AdHocMemory)
    ad_hoc = m.node_of(scope).ad_hoc
    if ad_hoc is None or ad_hoc.completion_condition is None or memory.enough:
        return
    if not m.holds(ad_hoc.completion_condition, scope):
        return
    memory.enough = True
    _forget_todo(memory)
    if ad_hoc.cancel_remaining_instances:
        m.clear(scope)
    m.drain(scope)


def undone(m: Machine, element: ElementInstance) -> None:
    """Let an element go on that has undone all that it had to compensate."""
    memory = element.memory_as(CompensationMemory)
    if memory.cancelling:
        compensation.cancelled(m, element)
    elif memory.stays:
        scope = m.scope_of(element)
        m.facts.append(history.ElementCompleted(element.key, element.node))
        m.remove(element)
        m.drain(scope)
    elif memory.undoing:
        m.complete(element)
    else:
        m.later(element, Stage.THROW)
