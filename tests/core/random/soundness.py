"""Whether a graph of tasks and gateways is sound: by every order in which its tokens could move. It shares nothing with the engine.

A graph is sound here when no token is ever left that cannot move on, and when every way ends once the choices are made for the
end. It may put several tokens on a flow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

MOST_MARKINGS = 250
MOST_TOKENS = 3
Marking = tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """`kinds`: task, xor, and, or; each takes its tokens and gives them as its kind does. Flow 0 comes in, flow 1 goes out."""

    kinds: tuple[str, ...]
    flows: tuple[tuple[int, int], ...]
    """Source and target, as indexes of nodes; -1 is outside."""

    def incoming(self, node: int) -> list[int]:
        return [index for index, (_, target) in enumerate(self.flows) if target == node]

    def outgoing(self, node: int) -> list[int]:
        return [index for index, (source, _) in enumerate(self.flows) if source == node]

    def toward_the_end(self) -> dict[int, int]:
        """Of each node the outgoing flow that is on the shortest way out."""
        chosen: dict[int, int] = {}
        reached = deque([1])
        while reached:
            flow = reached.popleft()
            source = self.flows[flow][0]
            if source >= 0 and source not in chosen:
                chosen[source] = flow
                reached.extend(self.incoming(source))
        return chosen


@dataclass(frozen=True)
class Verdict:
    is_sound: bool
    leaves_once: bool = False
    """Exactly one token goes out, whatever happens."""


def examine(graph: Graph) -> Verdict:
    net = _Net(graph)
    start = tuple(int(index == 0) for index in range(len(graph.flows)))
    directed: dict[Marking, list[Marking]] = {}
    leaves_once = True
    todo, seen = [start], {start}
    while todo:
        marking = todo.pop()
        directed[marking] = [following for following, is_direct in net.moves(marking) if is_direct]
        following = {each for each, _ in net.moves(marking)}
        if not following:
            if any(count for index, count in enumerate(marking) if index != 1):
                return Verdict(is_sound=False)
            leaves_once = leaves_once and marking[1] == 1
        new = following - seen
        seen |= new
        todo += new
        if len(seen) > MOST_MARKINGS or any(max(each) > MOST_TOKENS for each in new):
            return Verdict(is_sound=False)
    return Verdict(_has_no_circle(directed), leaves_once)


def _has_no_circle(following: dict[Marking, list[Marking]]) -> bool:
    arriving = dict.fromkeys(following, 0)
    for targets in following.values():
        for target in targets:
            arriving[target] += 1
    free = [marking for marking, count in arriving.items() if not count]
    done = 0
    while free:
        done += 1
        for target in following[free.pop()]:
            arriving[target] -= 1
            if not arriving[target]:
                free.append(target)
    return done == len(following)


class _Net:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.incoming = [graph.incoming(node) for node in range(len(graph.kinds))]
        self.outgoing = [graph.outgoing(node) for node in range(len(graph.kinds))]
        self.direct = graph.toward_the_end()
        self._ways: dict[tuple[int, int], frozenset[int]] = {}

    def moves(self, marking: Marking) -> Iterator[tuple[Marking, bool]]:
        """What may come next; and whether it is what a choice for the end gives."""
        for node in range(len(self.graph.kinds)):
            for taken in self._takes(node, marking):
                for given, is_direct in self._gives(node):
                    counts = list(marking)
                    for flow in taken:
                        counts[flow] -= 1
                    for flow in given:
                        counts[flow] += 1
                    yield tuple(counts), is_direct

    def _takes(self, node: int, marking: Marking) -> list[list[int]]:
        kind, waiting = self.graph.kinds[node], [flow for flow in self.incoming[node] if marking[flow]]
        if kind in ("task", "xor"):
            return [[flow] for flow in waiting]
        if len(waiting) == len(self.incoming[node]):
            return [waiting]
        return [waiting] if kind == "or" and waiting and not self._more_may_come(node, waiting, marking) else []

    def _more_may_come(self, node: int, waiting: list[int], marking: Marking) -> bool:
        empty = set(self.incoming[node]) - set(waiting)
        for flow, count in enumerate(marking):
            target = self.graph.flows[flow][1]
            if not count or target in (-1, node):
                continue
            way = self._way(target, node)
            if way & empty and not way & set(waiting):
                return True
        return False

    def _way(self, start: int, without: int) -> frozenset[int]:
        """The flows that can be reached from a node, not through another."""
        if (start, without) not in self._ways:
            flows: set[int] = set()
            seen, todo = {start}, [start]
            while todo:
                for flow in self.outgoing[todo.pop()]:
                    flows.add(flow)
                    target = self.graph.flows[flow][1]
                    if target not in (-1, without) and target not in seen:
                        seen.add(target)
                        todo.append(target)
            self._ways[start, without] = frozenset(flows)
        return self._ways[start, without]

    def _gives(self, node: int) -> Iterator[tuple[tuple[int, ...], bool]]:
        outgoing, kind = self.outgoing[node], self.graph.kinds[node]
        if kind in ("task", "and") or len(outgoing) == 1:
            yield tuple(outgoing), True
        elif kind == "xor":
            for flow in outgoing:
                yield (flow,), flow == self.direct[node]
        else:
            for size in range(1, len(outgoing) + 1):
                for chosen in combinations(outgoing, size):
                    yield chosen, chosen == (self.direct[node],)
