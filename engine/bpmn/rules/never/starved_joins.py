"""A parallel join that can never get all of its flows stops every token that comes to it (BPMN 2.0, 13.3.1); it is found here.

Nothing is said where there is doubt. A join is starved when all tokens that can come to it descend from one, and none of them is
doubled on the way in such a manner that two come to the join: what forks before it is joined again before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.document import (
    FLOW_NODE_TAGS,
    Document,
    children,
    event_definitions,
    flag,
    is_for_compensation,
    name_of,
)
from engine.bpmn.link_names import link_name_of
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context

Node = etree._Element

_STEPS = 200_000
"""So many steps through the diagram are taken for one file; what is not found by then is not said."""

_CHOOSING = frozenset({"exclusiveGateway", "eventBasedGateway"})
_JOINING = frozenset({"parallelGateway", "inclusiveGateway", "complexGateway"})


def check(context: Context) -> None:
    """Report joins that wait for ever."""
    steps = _Steps(_STEPS)
    for scope in context.document.tagged("process", "subProcess", "transaction"):
        joins = [node for node in children(scope, "parallelGateway") if len(context.incoming.get(node, ())) > 1]
        if not joins:
            continue
        graph = _graph(context, scope)
        for join in joins:
            if _is_starved(graph, join, steps=steps):
                context.problem(
                    "join-starved",
                    f"The join {label(join)} can never get all of its {len(context.incoming[join])} flows: one token alone comes to it, "
                    "over one of them, and waits for ever; use an exclusive gateway there, or fork with a parallel one",
                    join,
                )


@dataclass(slots=True)
class _Steps:
    left: int

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


@dataclass(frozen=True, slots=True)
class _Graph:
    """`after` has what follows a node, over flows, links and its interrupting boundary events; `widths` says how many incoming flows a
    gateway joins. Tokens begin at `sources`; `forks` may send one over several flows; of what `doubling` nodes do nothing is known."""

    after: dict[Node, list[Node]]
    before: dict[Node, list[Node]]
    widths: dict[Node, int]
    forks: frozenset[Node]
    doubling: frozenset[Node]
    sources: frozenset[Node]


def _graph(context: Context, scope: Node) -> _Graph:
    nodes = list(children(scope, *FLOW_NODE_TAGS))
    inside = frozenset(nodes)
    after: dict[Node, list[Node]] = {node: [] for node in nodes}
    before: dict[Node, list[Node]] = {node: [] for node in nodes}
    catching = _catching_links(context.document, nodes)
    for node in nodes:
        targets = [context.target(flow) for flow in context.outgoing.get(node, ())]
        targets += [event for event in context.attached.get(node, ()) if _interrupts(context, event)]
        targets += _link_targets(context.document, node, catching)
        for target in targets:
            if target is not None and target in inside:
                after[node].append(target)
                before[target].append(node)
    widths = {node: len(context.incoming.get(node, ())) for node in nodes if name_of(node) in _JOINING}
    return _Graph(
        after=after,
        before=before,
        widths={node: width for node, width in widths.items() if width > 1},
        forks=frozenset(node for node in nodes if _is_fork(context, node)),
        doubling=frozenset(node for node in nodes if _may_double(context, node)),
        sources=frozenset(_sources(context, nodes)),
    )


def _is_fork(context: Context, node: Node) -> bool:
    return name_of(node) not in _CHOOSING and len(context.outgoing.get(node, ())) > 1


def _may_double(context: Context, node: Node) -> bool:
    """Say whether more than one token may leave the node for each that comes, by other means than its flows."""
    tag = name_of(node)
    if tag == "boundaryEvent":
        return not _interrupts(context, node)
    return (
        tag == "complexGateway"
        or node.get("eventGatewayType") == "Parallel"
        or node.get("completionQuantity", "1").strip() != "1"
    )


def _interrupts(context: Context, event: Node) -> bool:
    return flag(event, "cancelActivity", default=True) and not _kinds(context.document, event) & {
        "compensateEventDefinition"
    }


def _kinds(document: Document, event: Node) -> set[str]:
    return {name_of(found) for found in event_definitions(document, event)}


def _sources(context: Context, nodes: list[Node]) -> Iterator[Node]:
    """Yield where tokens begin: at start events, else at all that nothing leads to."""
    starts = [node for node in nodes if name_of(node) == "startEvent"]
    yield from starts
    for node in nodes:
        if flag(node, "instantiate") or (not starts and _begins(context, node)):
            yield node


def _begins(context: Context, node: Node) -> bool:
    if name_of(node) == "boundaryEvent" or flag(node, "triggeredByEvent") or is_for_compensation(node):
        return False
    return not context.incoming.get(node)


def _catching_links(document: Document, nodes: list[Node]) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in nodes:
        if name_of(node) == "intermediateCatchEvent":
            for name in _link_names(document, node):
                found.setdefault(name, []).append(node)
    return found


def _link_targets(document: Document, node: Node, catching: dict[str, list[Node]]) -> list[Node]:
    if name_of(node) != "intermediateThrowEvent":
        return []
    return [target for name in _link_names(document, node) for target in catching.get(name, ())]


def _link_names(document: Document, event: Node) -> list[str]:
    return [
        link_name_of(document, event, definition)
        for definition in event_definitions(document, event)
        if name_of(definition) == "linkEventDefinition"
    ]


def _is_starved(graph: _Graph, join: Node, *, steps: _Steps) -> bool:
    earlier = _reached([join], graph.before, steps=steps)
    if earlier is None or len(graph.sources & earlier) != 1 or graph.doubling & (earlier - {join}):
        return False
    forks = [node for node in earlier if node in graph.forks and node is not join and _ways(graph, node, earlier) > 1]
    joined: set[Node] = set()
    while forks:
        inner = next((fork for fork in forks if _is_joined(graph, fork, join, earlier, joined, steps=steps)), None)
        if inner is None:
            return False
        forks.remove(inner)
    return steps.left > 0


def _ways(graph: _Graph, fork: Node, earlier: frozenset[Node]) -> int:
    """Count the ways out of a fork on which a token can come to the join."""
    return sum(target in earlier for target in graph.after[fork])


def _is_joined(
    graph: _Graph, fork: Node, last: Node, earlier: frozenset[Node], joined: set[Node], *, steps: _Steps
) -> bool:
    """Say whether all that the fork sends towards `last` is one token again behind a join before it. Between the two there are no other
    forks and joins but those that are `joined` already; then the fork and its join are added to these."""
    ways = _ways(graph, fork, earlier)
    for join, width in graph.widths.items():
        if not steps.take():
            return False
        if join is last or join is fork or join not in earlier or join in joined or width < ways:
            continue
        between = _reached(graph.after[fork], graph.after, without=join, steps=steps)
        if between is None:
            return False
        if last in between or fork in between:
            continue
        region = between & earlier
        if any(node not in joined and (node in graph.forks or node in graph.widths) for node in region):
            continue
        joined.update((fork, join))
        return True
    return False


def _reached(
    begin: Iterable[Node], ways: dict[Node, list[Node]], *, steps: _Steps, without: Node | None = None
) -> frozenset[Node] | None:
    """Return all that is reached, the beginning included; None when there are no steps left."""
    stack = [node for node in begin if node is not without]
    seen = set(stack)
    while stack:
        for node in ways[stack.pop()]:
            if not steps.take():
                return None
            if node is not without and node not in seen:
                seen.add(node)
                stack.append(node)
    return frozenset(seen)
