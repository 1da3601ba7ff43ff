"""Gateways wait for tokens and choose flows (10.5 and 13.3)."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.model import ElementType, FlowNode, SequenceFlow
from engine.runtime import effects, history
from engine.runtime.effects import IncidentType
from engine.runtime.elements import events
from engine.runtime.elements.paths import graph_of, paths_to
from engine.runtime.evaluating import Trouble, shown
from engine.runtime.machine import Machine
from engine.runtime.state import ElementInstance, OpenKind
from engine.runtime.state.memory import ComplexGatewayMemory, ScopeMemory

_EXCLUSIVE, _PARALLEL, _COMPLEX = (
    ElementType.EXCLUSIVE_GATEWAY,
    ElementType.PARALLEL_GATEWAY,
    ElementType.COMPLEX_GATEWAY,
)
"""They have names of their own, since each token asks for them, and to look up a member of an enumeration is slow."""
JOINING = frozenset({_PARALLEL, ElementType.INCLUSIVE_GATEWAY, _COMPLEX})


def waits_for_tokens(node: FlowNode) -> bool:
    """Return whether a token that comes over a flow may have to wait at the gateway."""
    return node.type in JOINING and (len(node.incoming) > 1 or node.activation_condition is not None)


def arrive(m: Machine, scope: ElementInstance, node: FlowNode, flow_id: str) -> bool:
    """Put a token at a join. Returns True when the gateway is to be entered now, with one token in place of those that waited."""
    waiting = scope.memory_as(ScopeMemory).put_token(node.id, flow_id)
    if node.type is _PARALLEL:
        if all(waiting.get(flow.id) for flow in node.incoming):
            consume(m, scope, node, [flow.id for flow in node.incoming])
            return True
        return False
    m.state.joins[(scope.key, node.id)] = None
    if node.type is _COMPLEX and not _is_resetting(scope, node):
        _start_complex(m, scope, node)
    return False


def consume(m: Machine, scope: ElementInstance, node: FlowNode, flow_ids: list[str]) -> None:
    """Take one token from each of these flows, and leave one in the scope's count for the element instance that enters."""
    memory = scope.memory_as(ScopeMemory)
    joins = memory.joins or {}
    waiting = joins.get(node.id, {})
    for flow_id in flow_ids:
        waiting[flow_id] -= 1
        if not waiting[flow_id]:
            del waiting[flow_id]
    scope.tokens -= len(flow_ids) - 1
    if not waiting:
        joins.pop(node.id, None)
        if not _is_resetting(scope, node):
            m.state.joins.pop((scope.key, node.id), None)
    if not joins and memory.joins is not None:
        del memory.joins


def _enter(m: Machine, scope: ElementInstance, node: FlowNode, flow_ids: list[str]) -> ElementInstance:
    """Enter a gateway with one token of each of these flows."""
    consume(m, scope, node, flow_ids)
    scope.tokens -= 1
    element = m.create(node, scope)
    m.activate(element)
    return element


def _waiting(scope: ElementInstance, node: FlowNode) -> list[str]:
    counts = scope.memory_as(ScopeMemory).tokens_at(node.id)
    return [flow.id for flow in node.incoming if counts.get(flow.id)]


# --- joins by the path rule --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Places:
    """Where the tokens of a scope are, as bits of its nodes: in element instances, and waiting at joins."""

    active: int
    joins: int


def settle(m: Machine) -> bool:
    """Let the inclusive and complex gateways go on whose turn it is, when all else rests. Returns False when none can."""
    places: dict[int, _Places] = {}
    blocked: dict[int, list[FlowNode]] = {}
    moved = False
    for scope_key, gateway in list(m.state.joins):
        scope = m.state.elements[scope_key]
        node = m.nodes[gateway]
        if node.type is _COMPLEX and not _is_resetting(scope, node):
            moved |= _start_complex(m, scope, node)
            continue
        if scope_key not in places:
            places[scope_key] = _places(m, scope)
        at = places[scope_key]
        own = paths_to(m.model, node).own_bit
        if _others_may_come(m, scope, node, at.active | (at.joins & ~own)):
            blocked.setdefault(scope_key, []).append(node)
            continue
        _release(m, scope, node)
        at.active |= own  # so that who comes after it in this round sees its token on the way
        moved = True
    return moved or _break_circle(m, places, blocked)


def _places(m: Machine, scope: ElementInstance) -> _Places:
    """Find where the tokens of a scope are. Compensation handlers and what waits for them are left out: they take no flow when they
    end, so no token of theirs can come.
    """
    bits = graph_of(m.model, scope.node).bits
    active = joins = 0
    for kid in scope.kids:
        element = m.state.elements[kid]
        if not element.memory.sends_no_token:
            active |= bits.get(element.node, 0)
    for gateway in scope.memory_as(ScopeMemory).joins or ():
        joins |= bits[gateway]
    return _Places(active, joins)


def _others_may_come(m: Machine, scope: ElementInstance, node: FlowNode, tokens: int) -> bool:
    """Return whether the gateway has to wait on: a token elsewhere in the scope has a path to an awaited incoming flow, not through
    the gateway, and no such path to a flow that has its token (13.3.2). For a complex gateway that waits for its reset, a flow from
    which it took a token at its start counts as one that has it (13.3.5).
    """
    paths = paths_to(m.model, node)
    memory = scope.memory_as(ScopeMemory)
    counts = memory.tokens_at(node.id)
    taken = (memory.complex or {}).get(node.id, ())
    to_empty = to_waiting = 0
    for flow, sources in paths.by_flow.items():
        if counts.get(flow) or flow in taken:
            to_waiting |= sources
        else:
            to_empty |= sources
    return bool(tokens & to_empty & ~to_waiting)


def _release(m: Machine, scope: ElementInstance, node: FlowNode) -> None:
    waiting = _waiting(scope, node)
    if node.type is _COMPLEX:
        taken = _no_longer_resetting(scope, node)
        if not any(flow for flow in waiting if flow in taken):
            m.state.joins.pop((scope.key, node.id), None)
        _reset_complex(m, scope, node, [flow for flow in waiting if flow not in taken])
    else:
        _enter(m, scope, node, waiting)


def _break_circle(m: Machine, places: dict[int, _Places], blocked: dict[int, list[FlowNode]]) -> bool:
    """Let one join go on when joins wait for nothing but each other: the one at which a token has waited longest. By the letter of
    the rule they would wait for ever. The journal says so.
    """
    for scope_key, nodes in blocked.items():
        scope = m.state.elements[scope_key]
        at = places[scope_key]
        circle = {node.id: paths_to(m.model, node).own_bit for node in nodes}
        moving = at.active | (at.joins & ~sum(circle.values()))
        found = True
        while found:
            found = False
            for node in nodes:
                if node.id in circle and _others_may_come(m, scope, node, moving):
                    moving |= circle.pop(node.id)
                    found = True
        first = next((node for node in nodes if node.id in circle), None)
        if first is not None:
            others = ", ".join(sorted(set(circle) - {first.id}))
            message = f"{shown(first)} and {others} wait for each other; the first goes on with the tokens that it has"
            m.facts.append(history.WarningRecorded(scope.key, first.id, message))
            _release(m, scope, first)
            return True
    return False


# --- complex gateways (13.3.5) -----------------------------------------------------------------------------------------------


def _is_resetting(scope: ElementInstance, node: FlowNode) -> bool:
    return node.id in (scope.memory_as(ScopeMemory).complex or ())


def _no_longer_resetting(scope: ElementInstance, node: FlowNode) -> list[str]:
    """Let a complex gateway wait for its start again. Returns the flows from which it took a token at its last start."""
    memory = scope.memory_as(ScopeMemory)
    assert memory.complex is not None
    taken = memory.complex.pop(node.id)
    if not memory.complex:
        del memory.complex
    return taken


def _start_complex(m: Machine, scope: ElementInstance, node: FlowNode) -> bool:
    """Start a complex gateway if its condition is true now. A condition that cannot be evaluated is an incident; resolving it asks
    again.
    """
    if any(m.state.open[key].kind is OpenKind.INCIDENT and m.state.open[key].node == node.id for key in scope.open):
        return False
    memory = scope.memory_as(ScopeMemory)
    counts = memory.tokens_at(node.id)
    extra = {flow.id: counts.get(flow.id, 0) for flow in node.incoming}
    extra |= {"activationCount": sum(counts.values()), "waitingForStart": True}
    try:
        if not m.holds(node.activation_condition, scope, extra=extra):
            return False
    except Trouble as trouble:
        key = m.open(scope, OpenKind.INCIDENT, node=node.id, data="")
        m.effects.append(effects.RaiseIncident(key, scope.key, node.id, trouble.type, trouble.message))
        m.facts.append(history.IncidentRaised(key, scope.key, node.id, trouble.type.value, trouble.message))
        return False
    waiting = _waiting(scope, node)
    if len(waiting) < len(node.incoming):
        memory.complex = {**(memory.complex or {}), node.id: waiting}
    _enter(m, scope, node, waiting)
    return True


def _reset_complex(m: Machine, scope: ElementInstance, node: FlowNode, late: list[str]) -> None:
    """Reset a complex gateway, to which no further token can come: take the tokens that came late, and give tokens as the outgoing
    conditions say in this phase.
    """
    if late:
        element = _enter(m, scope, node, late)
    else:
        element = m.create(node, scope)
        m.activate(element)
    element.memory_as(ComplexGatewayMemory).reset = True


# --- what they do when entered -------------------------------------------------------------------------------------------


def pass_on(m: Machine, element: ElementInstance) -> None:
    m.complete(element)


def wait_for_first(m: Machine, element: ElementInstance) -> None:
    """Wait at an event-based gateway for the events of all its targets."""
    for flow in m.node_of(element).outgoing:
        events.subscribe(m, element, m.nodes[flow.target])


def chosen_flows(m: Machine, element: ElementInstance, node: FlowNode) -> list[SequenceFlow]:
    if node.type is _EXCLUSIVE:
        return _first_true(m, element, node)
    if node.type is _PARALLEL:
        return list(node.outgoing)
    if node.type is _COMPLEX:
        return _complex_flows(m, element, node)
    return m.outgoing(element, node)


def _first_true(m: Machine, element: ElementInstance, node: FlowNode) -> list[SequenceFlow]:
    """Choose the first flow, in the order of the file, whose condition holds; else the default flow (13.3.3)."""
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
    """Choose the flows of a complex gateway whose condition is true, in each of its two phases, else the default flow. A flow
    without condition is taken at the start alone, and only there it is a failure when no flow is taken.
    """
    is_reset = element.memory_as(ComplexGatewayMemory).reset
    extra = {"waitingForStart": not is_reset}
    conditional = [flow for flow in node.outgoing if flow.condition is not None and flow.id != node.default_flow]
    if is_reset and not conditional:
        return []
    chosen = [
        flow
        for flow in node.outgoing
        if flow.id != node.default_flow
        and (m.holds(flow.condition, element, flow, extra=extra) if flow.condition is not None else not is_reset)
    ]
    chosen = chosen or [flow for flow in node.outgoing if flow.id == node.default_flow]
    if not chosen and not is_reset and node.outgoing:
        raise Trouble(IncidentType.CONDITION_ERROR, f"Expected a default flow or a true condition at {shown(node)}")
    return chosen
