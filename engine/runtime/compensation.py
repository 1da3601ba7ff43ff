"""Compensation: what completed activities leave behind, and how it is undone, last completed first (10.7 and 13.5.5).

A record is `{n: node, h: handler or None, v: variables it held, r: records inside it}`. Records live in the scope of the activity.
"""

from __future__ import annotations

from typing import Any

from engine.bpmn.model import CancelEvent, CompensationEvent, ElementType, FlowNode
from engine.runtime import events, history
from engine.runtime.machine import Machine
from engine.runtime.state import ElementInstance

Record = dict[str, Any]


def record(m: Machine, element: ElementInstance, node: FlowNode) -> None:
    """Keep what a completed activity needs to be compensated, if it can be."""
    inside = element.data.get("records", [])
    if node.compensation_handler is None and not inside and not node.event_sub_processes:
        return
    if element.is_body or element.type in (ElementType.PROCESS, ElementType.EVENT_SUB_PROCESS):
        return  # the instances of a multi-instance activity have left their own records
    if node.is_for_compensation or "undoes_for" in element.data:
        return
    if node.compensation_handler is None and not inside and _event_sub_process(m, node) is None:
        return
    scope = m.scope_of(element)
    if scope.is_body:
        scope = m.scope_of(scope)
    kept: Record = {"n": node.id, "h": node.compensation_handler, "v": dict(element.variables or {}), "r": inside}
    scope.data.setdefault("records", []).append(kept)


def throw(m: Machine, element: ElementInstance, event: CompensationEvent) -> bool:
    """Compensate the scope of the throwing event, or one activity of it. False: it waits until all is undone.

    Where it need not wait, a second instance of the event stays for the compensation, and the first goes on.
    """
    scope = m.scope_of(element)
    if scope.type is ElementType.EVENT_SUB_PROCESS:
        scope = m.scope_of(scope)
    records = scope.data.get("records", [])
    chosen = [each for each in records if event.activity is None or each["n"] == event.activity]
    if not chosen:
        return True
    scope.data["records"] = [each for each in records if each not in chosen]
    if not scope.data["records"]:
        del scope.data["records"]
    if event.wait_for_completion:
        element.data["undo"] = chosen
        _next(m, element)
        return False
    stays = m.create(m.node_of(element), m.scope_of(element))
    stays.data |= {"undo": chosen, "stays": True}
    _next(m, stays)
    return True


def _next(m: Machine, element: ElementInstance) -> None:
    """Start the handler of the last record that is left; when none is left, let the thrower go on."""
    todo = element.data["undo"]
    if not todo:
        del element.data["undo"]
        m.later(element, "undone")
        return
    kept = todo.pop()
    _start(m, element, kept)


def _start(m: Machine, thrower: ElementInstance, kept: Record) -> None:
    scope = _host(m, thrower)
    node = m.nodes[kept["h"] or kept["n"]]
    handler = m.create(node, scope)
    handler.variables = dict(kept["v"]) or None
    handler.data["undoes_for"] = thrower.key
    m.facts.append(history.Compensated(handler.key, kept["n"]))
    if kept["h"] is not None:
        m.later(handler, "activate")
        return
    # a completed sub-process: its compensation event sub-process, or else the default, each record inside in reverse
    start = _event_sub_process(m, node)
    if kept["r"]:
        handler.data["records"] = kept["r"]
    if start is not None:
        handler.data["undoing"] = True
        events.begin_event_sub_process(m, handler, start, {})
    else:
        handler.data["undo"] = handler.data.pop("records", [])
        handler.data["undoing"] = True
        _next(m, handler)


def _host(m: Machine, thrower: ElementInstance) -> ElementInstance:
    """Where a handler runs: in the thrower itself where that is a sub-process being undone, else beside the thrower."""
    if "undoing" in thrower.data or "cancelling" in thrower.data:
        return thrower
    scope = m.scope_of(thrower)
    return m.scope_of(scope) if scope.type is ElementType.EVENT_SUB_PROCESS else scope


def handled(m: Machine, element: ElementInstance) -> None:
    """A handler has completed and is gone: on to the next record of the thrower."""
    thrower = m.state.elements.get(element.data["undoes_for"])
    if thrower is not None and "undo" in thrower.data:
        _next(m, thrower)


def cancel_transaction(m: Machine, element: ElementInstance) -> None:
    """A cancel end event: everything else in the transaction ends, what completed is compensated, then the cancel boundary
    event goes on (10.7.2)."""
    scope = m.scope_of(element)
    while scope.type is not ElementType.TRANSACTION:
        scope = m.scope_of(scope)
    m.facts.append(history.ElementCompleted(element.key, element.node))
    m.remove(element)
    m.clear(scope)
    m.withdraw(scope)
    scope.data["cancelling"] = True
    scope.data["undo"] = scope.data.pop("records", [])
    _next(m, scope)


def cancelled(m: Machine, transaction: ElementInstance) -> None:
    """All is undone: leave by the cancel boundary event, or by the transaction's own end where it has none."""
    node = m.node_of(transaction)
    for boundary in (m.nodes[each] for each in node.boundary_events):
        if any(isinstance(event, CancelEvent) for event in boundary.events):
            events.fire(m, transaction, boundary, {})
            return
    scope = m.scope_of(transaction)
    m.terminate(transaction)
    m.drain(scope)


def _event_sub_process(m: Machine, node: FlowNode) -> FlowNode | None:
    """The start event of the compensation event sub-process of a sub-process, if it has one."""
    for child in node.event_sub_processes:
        for start in m.nodes[child].start_events:
            if any(isinstance(event, CompensationEvent) for event in m.nodes[start].events):
                return m.nodes[start]
    return None
