"""A row of the table of support: an element of BPMN, what runs it, and how a run shows that it was there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.bpmn.model import ElementType, EventDefinition, FlowNode, ProcessModel, SequenceFlow
from engine.runtime import history
from engine.runtime.processors import PROCESSORS

Match = Callable[[FlowNode, ProcessModel], bool]


@dataclass(frozen=True, slots=True)
class Run:
    """One process instance of a test: its model, its whole history, and the text of the file that it came from."""

    model: ProcessModel
    facts: Sequence[history.Fact]
    source: str

    def times_left(self) -> Mapping[str, int]:
        """How often each element was completed."""
        return Counter(fact.element_id for fact in self.facts if isinstance(fact, history.ElementCompleted))

    def flows_taken(self) -> list[SequenceFlow]:
        taken = {fact.flow_id for fact in self.facts if isinstance(fact, history.FlowTaken)}
        return [flow for flow in self.model.flows.values() if flow.id in taken]


@dataclass(frozen=True, slots=True)
class Row:
    """`by`: the functions of the runtime that do it. `shown`: whether the history of a run proves that it was there and ran."""

    name: str
    by: tuple[Callable[..., Any], ...]
    shown: Callable[[Run], bool]
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """`rules`: codes of the deployment rules about every row of it."""

    title: str
    rows: tuple[Row, ...]
    rules: tuple[str, ...] = ()


def element(
    name: str,
    type_: ElementType,
    where: Match = lambda node, model: True,
    *,
    by: tuple[Callable[..., Any], ...] = (),
    rules: tuple[str, ...] = (),
    times: int = 1,
) -> Row:
    """A flow node of this type that fits; shown when one was left, `times` times."""

    def shown(run: Run) -> bool:
        left = run.times_left()
        return any(
            left.get(node.id, 0) >= times
            for node in run.model.nodes.values()
            if node.type is type_ and where(node, run.model)
        )

    return Row(name, (PROCESSORS[type_], *by), shown, rules)


def any_element(
    name: str, where: Match, *, by: tuple[Callable[..., Any], ...], rules: tuple[str, ...] = (), times: int = 1
) -> Row:
    """A flow node of whatever type that fits, or the process itself."""

    def shown(run: Run) -> bool:
        left = run.times_left()
        return any(left.get(node.id, 0) >= times for node in run.model.nodes.values() if where(node, run.model))

    return Row(name, by, shown, rules)


def flow(
    name: str,
    where: Callable[[SequenceFlow, ProcessModel], bool],
    *,
    by: tuple[Callable[..., Any], ...],
    rules: tuple[str, ...] = (),
) -> Row:
    """A sequence flow that fits; shown when a token moved along it."""
    return Row(name, by, lambda run: any(where(each, run.model) for each in run.flows_taken()), rules)


def written(
    name: str, text: str, where: Match = lambda node, model: True, *, by: tuple[Callable[..., Any], ...]
) -> Row:
    """What the model no longer tells apart: the text stands in the file, and an element that fits was left."""

    def shown(run: Run) -> bool:
        left = run.times_left()
        return text in run.source and any(
            node.id in left for node in run.model.nodes.values() if where(node, run.model)
        )

    return Row(name, by, shown)


def only(node: FlowNode, kind: type[EventDefinition]) -> bool:
    """Whether this is the node's one event definition."""
    return len(node.events) == 1 and isinstance(node.events[0], kind)
