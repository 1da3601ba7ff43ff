"""Compensation undoes what completed activities leave behind, last completed first (10.7 and 13.5.5).

What can be undone is kept as records (`state.memory.Record`) in the scope of the activity.
"""

from __future__ import annotations

from engine.bpmn.model import CancelEvent, CompensationEvent, ElementType, FlowNode
from engine.runtime import history
from engine.runtime.elements import events
from engine.runtime.machine import Machine
from engine.runtime.stages import Stage
from engine.runtime.state import ElementInstance
from engine.runtime.state.memory import CompensationMemory, Record


def record(m: Machine, element: ElementInstance, node: FlowNode) -> None:
    """Keep what a completed activity needs to be compensated, if it can be."""
    if element.is_body or element.scope is None:
        return  # the instances of a multi-instance activity have left their own records
    own = element.memory
    if node.is_for_compensation or own.undoes_for is not None:
        return
    inside = (own.records or []) if isinstance(own, CompensationMemory) else []
    if node.compensation_handler is None and not inside and _event_sub_process(m, node) is None:
        return
    scope = m.scope_of(element)
    if scope.is_body:
        scope = m.scope_of(scope)
    kept: Record = {"n": node.id, "h": node.compensation_handler, "v": dict(element.variables or {}), "r": inside}
    memory = scope.memory_as(CompensationMemory)
    if memory.records is None:
        memory.records = []
    memory.records.append(kept)


def throw(m: Machine, element: ElementInstance, event: CompensationEvent) -> bool:
    """Compensate the scope of the throwing event, or one activity of it. False: it waits until all is undone.

    An event sub-process compensates what completed in the scope that it belongs to, as well as in itself. Where the throwing
    event need not wait, a second instance of it stays for the compensation, and the first goes on.
    """
    scope = m.scope_of(element)
    chosen: list[Record] = []
    if scope.type is ElementType.EVENT_SUB_PROCESS:
        chosen += _taken(m.scope_of(scope), event.activity)
    chosen += _taken(scope, event.activity)
    if not chosen:
        return True
    if event.wait_for_completion:
        element.memory_as(CompensationMemory).undo = chosen
        undo_next(m, element)
        return False
    stays = m.create(m.node_of(element), m.scope_of(element))
    memory = stays.memory_as(CompensationMemory)
    memory.undo = chosen
    memory.stays = True
    undo_next(m, stays)
    return True


def _taken(scope: ElementInstance, activity: str | None) -> list[Record]:
    """Take the records of one activity, or all, out of a scope."""
    memory = scope.memory_as(CompensationMemory)
    records = memory.take_records()
    kept = [each for each in records if activity is not None and each["n"] != activity]
    if kept:
        memory.records = kept
    return [each for each in records if activity is None or each["n"] == activity]


def undo_next(m: Machine, element: ElementInstance) -> None:
    """Start the handler of the last record that is left; when none is left, let the thrower go on."""
    memory = element.memory_if(CompensationMemory)
    if memory is None or memory.undo is None:
        return
    if not memory.undo:
        del memory.undo
        m.later(element, Stage.UNDONE)
        return
    _start(m, element, memory.undo.pop())


def _start(m: Machine, thrower: ElementInstance, kept: Record) -> None:
    scope = _host(m, thrower)
    node = m.nodes[kept["h"] or kept["n"]]
    is_looped = kept["h"] is not None and node.loop is not None
    handler = m.create(node, scope, type_=ElementType.MULTI_INSTANCE_BODY if is_looped else None)
    handler.variables = dict(kept["v"]) or None
    handler.memory.undoes_for = thrower.key
    m.facts.append(history.Compensated(handler.key, kept["n"]))
    if kept["h"] is not None:
        m.activate(handler)
        return
    # a completed sub-process: its compensation event sub-process, or else the default, each record inside in reverse
    start = None if kept.get("p") else _event_sub_process(m, node)
    memory = handler.memory_as(CompensationMemory)
    if start is not None:
        if kept["r"]:
            memory.records = kept["r"]
        memory.undoing = True
        events.begin_event_sub_process(m, handler, start, {})
    else:
        memory.undo = kept["r"]
        memory.undoing = True
        undo_next(m, handler)


def _host(m: Machine, thrower: ElementInstance) -> ElementInstance:
    """Return the element instance in which a handler runs: the thrower where that is a sub-process being undone, else the scope
    around it.
    """
    memory = thrower.memory_as(CompensationMemory)
    if memory.undoing or memory.cancelling:
        return thrower
    scope = m.scope_of(thrower)
    return m.scope_of(scope) if scope.type is ElementType.EVENT_SUB_PROCESS else scope


def handled(m: Machine, element: ElementInstance) -> None:
    """Let the thrower go on to its next record, since a handler has completed."""
    thrower = m.state.elements.get(element.memory.undoes_for or 0)
    if thrower is not None:
        undo_next(m, thrower)


def cancel_transaction(m: Machine, element: ElementInstance) -> None:
    """Cancel a transaction at its cancel end event: end everything else in it, compensate what completed in it, also within
    sub-processes that had not completed, then leave by the cancel boundary event (10.7.2).
    """
    scope = m.scope_of(element)
    while scope.type is not ElementType.TRANSACTION:
        scope = m.scope_of(scope)
    m.facts.append(history.ElementCompleted(element.key, element.node))
    m.remove(element)
    records = _all_inside(m, scope)
    m.clear(scope)
    m.withdraw(scope)
    memory = scope.memory_as(CompensationMemory)
    memory.cancelling = True
    memory.undo = records
    undo_next(m, scope)


def _all_inside(m: Machine, scope: ElementInstance) -> list[Record]:
    """Take out the records of a scope and of the scopes that still run in it, in the order of their beginning; also those which a
    running compensation has not come to yet.
    """
    memory = scope.memory_if(CompensationMemory)
    records = [] if memory is None else memory.take_records() + memory.take_undo()
    for kid in (m.state.elements[key] for key in scope.kids):
        inside = _all_inside(m, kid)
        if kid.is_body or not inside:
            records += inside
        else:
            records.append({"n": kid.node, "h": None, "v": dict(kid.variables or {}), "r": inside, "p": True})
    return records


def cancelled(m: Machine, transaction: ElementInstance) -> None:
    """Leave a transaction in which all is undone: by the cancel boundary event, or by the transaction's own end where it has none."""
    node = m.node_of(transaction)
    for boundary in (m.nodes[each] for each in node.boundary_events):
        if any(isinstance(event, CancelEvent) for event in boundary.events):
            events.fire(m, transaction, boundary, {})
            return
    scope = m.scope_of(transaction)
    m.terminate(transaction)
    m.drain(scope)


def _event_sub_process(m: Machine, node: FlowNode) -> FlowNode | None:
    """Find the start event of the compensation event sub-process of a sub-process, if it has one."""
    for child in node.event_sub_processes:
        for start in m.nodes[child].start_events:
            if any(isinstance(event, CompensationEvent) for event in m.nodes[start].events):
                return m.nodes[start]
    return None
