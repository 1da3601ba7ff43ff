"""The path rule says which nodes of a scope can bring a token to which incoming flow of a gateway (13.3.2 and 13.3.5).

The paths are worked out once for each gateway of a model, at the first token that waits there, as sets of bits: one bit for each
node of the scope. So the question costs a few operations on whole numbers each time, however large the diagram is.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.model import ElementType, FlowNode, LinkEvent, ProcessModel


@dataclass(frozen=True, slots=True)
class ScopeGraph:
    """The graph of a scope has the nodes directly in it: their bits, and for each those from which a token comes to it at once."""

    bits: dict[str, int]
    before: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PathsTo:
    """The paths to a gateway: for each incoming flow the nodes from which a path leads to it that does not visit the gateway."""

    own_bit: int
    by_flow: dict[str, int]


def graph_of(model: ProcessModel, scope: str) -> ScopeGraph:
    known = model.paths.get(scope)
    if not isinstance(known, ScopeGraph):
        known = model.paths[scope] = _graph(model, model.nodes[scope])
    return known


def paths_to(model: ProcessModel, gateway: FlowNode) -> PathsTo:
    known = model.paths.get(gateway.id)
    if not isinstance(known, PathsTo):
        assert gateway.scope is not None
        graph = graph_of(model, gateway.scope)
        by_flow = {flow.id: _sources(graph, flow.source, without=gateway.id) for flow in gateway.incoming}
        known = model.paths[gateway.id] = PathsTo(graph.bits[gateway.id], by_flow)
    return known


def _graph(model: ProcessModel, scope: FlowNode) -> ScopeGraph:
    """Return the graph of a scope. Tokens go by sequence flows, to an activity's boundary events, and to a link's target (10.4.5)."""
    before: dict[str, list[str]] = {child: [] for child in scope.children}
    catching: dict[str, list[str]] = {}
    for child in scope.children:
        for name in _links(model.nodes[child], ElementType.INTERMEDIATE_CATCH_EVENT):
            catching.setdefault(name, []).append(child)
    for child in scope.children:
        node = model.nodes[child]
        after = [flow.target for flow in node.outgoing] + list(node.boundary_events)
        for name in _links(node, ElementType.INTERMEDIATE_THROW_EVENT):
            after += catching.get(name, [])
        for target in after:
            before[target].append(child)
    bits = {child: 1 << index for index, child in enumerate(scope.children)}
    return ScopeGraph(bits, {child: tuple(sources) for child, sources in before.items()})


def _links(node: FlowNode, type_: ElementType) -> list[str]:
    return [event.name for event in node.events if isinstance(event, LinkEvent)] if node.type is type_ else []


def _sources(graph: ScopeGraph, source: str, *, without: str) -> int:
    """Return all nodes from which `source` is reached. A path may begin at `without`, but not lead through it."""
    seen = graph.bits[source]
    stack = [source] if source != without else []
    while stack:
        for earlier in graph.before[stack.pop()]:
            if not seen & graph.bits[earlier]:
                seen |= graph.bits[earlier]
                if earlier != without:
                    stack.append(earlier)
    return seen
