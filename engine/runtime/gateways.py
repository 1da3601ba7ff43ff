"""Gateways (10.5 and 13.3): which tokens they wait for, and which flows they choose."""

from __future__ import annotations

from engine.bpmn.model import ElementType, FlowNode, SequenceFlow
from engine.runtime import events
from engine.runtime.effects import IncidentType
from engine.runtime.machine import Machine, Trouble, shown
from engine.runtime.state import ElementInstance

JOINING = frozenset({ElementType.PARALLEL_GATEWAY, ElementType.INCLUSIVE_GATEWAY, ElementType.COMPLEX_GATEWAY})


def arrive(m: Machine, scope: ElementInstance, node: FlowNode, flow_id: str) -> bool:
    """Put a token at a join. True when the gateway is to be entered now, its tokens taken away but for one."""
    waiting = scope.data.setdefault("joins", {}).setdefault(node.id, {})
    waiting[flow_id] = waiting.get(flow_id, 0) + 1
    if node.type is ElementType.PARALLEL_GATEWAY:
        if all(waiting.get(flow.id) for flow in node.incoming):
            consume(m, scope, node, [flow.id for flow in node.incoming])
            return True
        return False
    m.state.joins[(scope.key, node.id)] = None
    return False


def consume(m: Machine, scope: ElementInstance, node: FlowNode, flow_ids: list[str]) -> None:
    """Take one token from each of these flows, leaving their sum as one token in the scope's count, for who enters."""
    joins = scope.data["joins"]
    waiting = joins[node.id]
    for flow_id in flow_ids:
        waiting[flow_id] -= 1
        if not waiting[flow_id]:
            del waiting[flow_id]
    scope.tokens -= len(flow_ids) - 1
    if not waiting:
        del joins[node.id]
        m.state.joins.pop((scope.key, node.id), None)
    if not joins:
        del scope.data["joins"]


def settle(m: Machine) -> bool:
    """When all else rests: let one inclusive or complex gateway go on whose turn it is. False when none can."""
    for scope_key, gateway in list(m.state.joins):
        scope = m.state.elements[scope_key]
        node = m.nodes[gateway]
        waiting = [flow.id for flow in node.incoming if scope.data["joins"][gateway].get(flow.id)]
        if node.type is ElementType.COMPLEX_GATEWAY:
            if _settle_complex(m, scope, node, waiting):
                return True
        elif not _others_may_come(m, scope, node, waiting):
            consume(m, scope, node, waiting)
            scope.tokens -= 1
            element = m.create(node, scope)
            m.later(element, "activate")
            return True
    return False


def _settle_complex(m: Machine, scope: ElementInstance, node: FlowNode, waiting: list[str]) -> bool:
    """Activation by its condition, then the reset when no further token can come (13.3.5)."""
    resetting = node.id in scope.data.get("complex", ())
    counts = scope.data["joins"][node.id]
    if not resetting:
        extra = {flow.id: counts.get(flow.id, 0) for flow in node.incoming}
        extra |= {"activationCount": sum(counts.values()), "waitingForStart": True}
        try:
            active = m.holds(node.activation_condition, scope, extra=extra)
        except Trouble as trouble:
            element = m.create(node, scope)
            consume(m, scope, node, waiting)
            scope.tokens -= 1
            m.incident(element, trouble.type, trouble.message, retry="activate")
            return True
        if not active:
            return False
        if len(waiting) < len(node.incoming):
            scope.data.setdefault("complex", []).append(node.id)
    elif _others_may_come(m, scope, node, waiting):
        return False
    else:
        scope.data["complex"].remove(node.id)
    consume(m, scope, node, waiting)
    scope.tokens -= 1
    element = m.create(node, scope)
    if resetting:
        element.data["reset"] = True
    m.later(element, "activate")
    return True


def _others_may_come(m: Machine, scope: ElementInstance, node: FlowNode, waiting: list[str]) -> bool:
    """The path rule of 13.3.2: is there a token elsewhere in the scope with a path to an empty incoming flow of the gateway,
    not through the gateway, and without a path to one where a token waits?"""
    empty = {flow.id for flow in node.incoming if flow.id not in waiting}
    if not empty:
        return False
    places = {m.state.elements[kid].node for kid in scope.kids}
    tokens: set[str] = set()
    for gateway, flows in scope.data.get("joins", {}).items():
        if gateway != node.id:
            tokens.update(flows)
            places.add(gateway)
    for place in places:
        reached = _flows_after(m, place, without=node.id)
        if reached & empty and not reached & set(waiting):
            return True
    return False


def _flows_after(m: Machine, start: str, *, without: str) -> set[str]:
    """Ids of the flows that a token at `start` can reach, boundary events and links included, not through `without`."""
    seen = {start}
    flows: set[str] = set()
    stack = [start]
    while stack:
        node = m.nodes[stack.pop()]
        targets = [flow.target for flow in node.outgoing] + list(node.boundary_events) + _link_targets(m, node)
        flows.update(flow.id for flow in node.outgoing)
        for target in targets:
            if target != without and target not in seen:
                seen.add(target)
                stack.append(target)
    return flows


def _link_targets(m: Machine, node: FlowNode) -> list[str]:
    from engine.runtime.throwing import link_target

    target = link_target(m, node)
    return [] if target is None else [target]


# --- what they do when entered -------------------------------------------------------------------------------------------


def pass_on(m: Machine, element: ElementInstance) -> None:
    m.complete(element)


def wait_for_first(m: Machine, element: ElementInstance) -> None:
    """An event-based gateway waits for what each of its targets waits for."""
    for flow in m.node_of(element).outgoing:
        events.subscribe(m, element, m.nodes[flow.target])


def chosen_flows(m: Machine, element: ElementInstance, node: FlowNode) -> list[SequenceFlow]:
    if node.type is ElementType.EXCLUSIVE_GATEWAY:
        return _first_true(m, element, node)
    if node.type is ElementType.PARALLEL_GATEWAY:
        return list(node.outgoing)
    if node.type is ElementType.COMPLEX_GATEWAY:
        return _complex_flows(m, element, node)
    return m.outgoing(element, node)


def _first_true(m: Machine, element: ElementInstance, node: FlowNode) -> list[SequenceFlow]:
    """The first flow, in the order of the file, whose condition holds; else the default flow (13.3.3)."""
    if len(node.outgoing) < 2 and all(flow.condition is None for flow in node.outgoing):
        return list(node.outgoing)
    for flow in node.outgoing:
        if flow.id != node.default_flow and m.holds(flow.condition, element, flow):
            return [flow]
    for flow in node.outgoing:
        if flow.id == node.default_flow:
            return [flow]
    raise Trouble(IncidentType.CONDITION_ERROR, f"Expected a default flow or a true condition at {shown(node)}")


def _complex_flows(m: Machine, element: ElementInstance, node: FlowNode) -> list[SequenceFlow]:
    """On activation as an inclusive gateway; on reset only what a condition asks for explicitly."""
    extra = {"waitingForStart": not element.data.get("reset", False)}
    if not element.data.get("reset"):
        if all(flow.condition is None for flow in node.outgoing):
            return list(node.outgoing)
        chosen = [
            flow
            for flow in node.outgoing
            if flow.id != node.default_flow
            and (flow.condition is None or m.holds(flow.condition, element, flow, extra=extra))
        ]
        chosen = chosen or [flow for flow in node.outgoing if flow.id == node.default_flow]
        if not chosen:
            raise Trouble(IncidentType.CONDITION_ERROR, f"Expected a default flow or a true condition at {shown(node)}")
        return chosen
    return [
        flow
        for flow in node.outgoing
        if flow.condition is not None
        and "waitingForStart" in flow.condition.source
        and m.holds(flow.condition, element, flow, extra=extra)
    ]
