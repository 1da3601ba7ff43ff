"""Parts of a process that are no blocks: jumps into and out of branches, threads that wait for each other, loops with several
ways in and out, inclusive gateways in circles. A graph grows by random changes; one that leaves it unsound is undone.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from tests.core.random.scope import Scope
from tests.core.random.soundness import Graph, Verdict, examine
from tests.core.runtime.nodes import node

Fill = Callable[[Scope, str], str]
"""Puts something behind a node, and gives the id of its last node."""
CHANGES = ("xor jump", "xor jump", "and jump", "or jump", "xor block", "and block", "or block", "task")
FUEL = 8
"""After so many choices in a graph each choice is for the end."""


def a_graph(draw: st.DrawFn) -> tuple[Graph, Verdict]:
    graph = Graph(("task",), ((-1, 0), (0, -1)))
    verdict = Verdict(is_sound=True, leaves_once=True)
    for _ in range(draw(st.integers(3, 7))):
        change = draw(st.sampled_from(CHANGES))
        first = draw(st.integers(0, len(graph.flows) - 1))
        second = draw(st.integers(0, len(graph.flows) - 1))
        changed = _changed(graph, change, first, second)
        found = examine(changed)
        if found.is_sound:
            graph, verdict = changed, found
    return graph, verdict


def _changed(graph: Graph, change: str, first: int, second: int) -> Graph:
    kind, _, form = change.partition(" ")
    if change == "task":
        return _on_flow(graph, "task", first)
    if form == "block":
        graph = _on_flow(_on_flow(graph, kind, first), kind, first)
        split, join = len(graph.kinds) - 1, len(graph.kinds) - 2
        if first == 1:
            split, join = join, split
        return Graph((*graph.kinds, "task"), (*graph.flows, (split, len(graph.kinds)), (len(graph.kinds), join)))
    graph = _on_flow(graph, kind, first)
    graph = _on_flow(graph, kind, second)
    split, join = len(graph.kinds) - 2, len(graph.kinds) - 1
    if kind == "and" and first == second:
        split, join = join, split  # from the one that is first on the way
    return Graph(graph.kinds, (*graph.flows, (split, join)))


def _on_flow(graph: Graph, kind: str, flow: int) -> Graph:
    """A node in the middle of a flow. Flow 0 still comes in, and flow 1 still goes out."""
    source, target = graph.flows[flow]
    middle = len(graph.kinds)
    flows = list(graph.flows)
    if flow == 1:
        flows[1] = (middle, -1)
        flows.append((source, middle))
    else:
        flows[flow] = (source, middle)
        flows.append((middle, target))
    return Graph((*graph.kinds, kind), tuple(flows))


def draw_into(
    draw: st.DrawFn, scope: Scope, before: str, graph: Graph, add_task: Callable[[Scope], str], fill: Fill
) -> str:
    """Write the graph into the scope, with something on some of its flows; the id of a task that all ways lead to."""
    last = scope.add("manualTask", "manual")
    counter = scope.new("n")
    direct = graph.toward_the_end()
    entries: list[str] = []
    exits: list[str] = []
    behind: dict[int, str] = {}
    for index, kind in enumerate(graph.kinds):
        outgoing = graph.outgoing(index)
        if kind in ("xor", "or") and len(outgoing) > 1:
            split = _choice(scope, kind, counter, outgoing, direct[index], behind)
            entries.append(_counting(scope, counter, split) if len(graph.incoming(index)) == 1 else split)
            exits.append(split)
        else:
            entries.append(_simple(draw, scope, kind, add_task))
            exits.append(entries[-1])
    for index, (source, target) in enumerate(graph.flows):
        at = before if source < 0 else behind.get(index) or _stop(scope, exits[source])
        if draw(st.integers(0, 4)) == 0:
            at = fill(scope, at)
        scope.flow(at, last if target < 0 else entries[target])
    return last


def _stop(scope: Scope, source: str) -> str:
    """A task on a flow, so that two flows between the same nodes have ids of their own."""
    identifier = scope.add("manualTask", "manual")
    scope.flow(source, identifier)
    return identifier


def _counting(scope: Scope, counter: str, split: str) -> str:
    expression = f"=if {counter} = null then 1 else {counter} + 1"
    script = f'<bpmn:extensionElements><zeebe:script expression="{expression}" resultVariable="{counter}"/></bpmn:extensionElements>'
    identifier = scope.add("scriptTask", "script", script)
    scope.flow(identifier, split)
    return identifier


def _choice(scope: Scope, kind: str, counter: str, outgoing: list[int], direct: int, behind: dict[int, str]) -> str:
    split = scope.new("split")
    for number, flow in enumerate(outgoing):
        behind[flow] = scope.add("manualTask", "manual")
        remainder = f"modulo({counter} + {number}, {len(outgoing) + 1}) {'=' if kind == 'xor' else '&gt;'} 0"
        scope.flow(split, behind[flow], None if flow == direct else f"={counter} &lt; {FUEL} and {remainder}")
    tag = "exclusiveGateway" if kind == "xor" else "inclusiveGateway"
    scope.parts.append(node(tag, split, attributes=f'default="{split}_{behind[direct]}"'))
    return split


def _simple(draw: st.DrawFn, scope: Scope, kind: str, add_task: Callable[[Scope], str]) -> str:
    """A task; or a gateway, for which a task stands in where it means the same without one."""
    if kind == "task":
        return add_task(scope)
    tags = {"xor": "exclusiveGateway", "and": "parallelGateway", "or": "inclusiveGateway"}
    if kind == "xor" and draw(st.booleans()):
        return scope.add("manualTask", "merge")
    return scope.add(tags[kind], "gate")
