"""Two parsed files differ in what they mean: elements added and removed, and every field of the model that has another value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.bpmn.differences.names import Names
from engine.bpmn.differences.words import LANE, VOCABULARY, type_in_words
from engine.bpmn.model import Definitions, FlowNode, ProcessModel, SequenceFlow
from engine.differences import Change, Comparison, Difference, Kind


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements are those of all processes of a file, by id; an element may have gone from one process to another."""

    processes: Mapping[str, ProcessModel]
    nodes: dict[str, FlowNode] = field(default_factory=dict)
    flows: dict[str, SequenceFlow] = field(default_factory=dict)
    lanes: dict[str, str] = field(default_factory=dict)


def elements_of(definitions: Definitions, *, renamed: Mapping[str, str] | None = None) -> Elements:
    """Return the elements of a file. `renamed` has the new ids of processes that have another id in the other version."""
    renamed = renamed or {}
    processes = {renamed.get(each.id, each.id): each for each in definitions.processes.values()}
    found = Elements(processes)
    for model in processes.values():
        for node in model.nodes.values():
            scope = node.scope if node.scope is None else renamed.get(node.scope, node.scope)
            key = renamed.get(node.id, node.id) if node.scope is None else node.id
            found.nodes[key] = replace(node, id=key, scope=scope)
        found.flows.update(model.flows)
        found.lanes.update(model.lanes)
    return found


def renamed_processes(before: Definitions, after: Definitions) -> dict[str, str]:
    """Return the new id of the only process whose id is gone, where exactly one has come."""
    gone = [each for each in before.processes if each not in after.processes]
    come = [each for each in after.processes if each not in before.processes]
    return {gone[0]: come[0]} if len(gone) == len(come) == 1 else {}


def names_of(before: Elements, after: Elements) -> Names:
    owners: dict[str, set[str]] = {}
    for elements in (before, after):
        found = {each.id: each.name for each in elements.nodes.values()}
        found |= {each.id: each.name for each in elements.flows.values()}
        for element_id, name in found.items():
            owners.setdefault(" ".join(name.split()), set()).add(element_id)
    shared = frozenset(name for name, ids in owners.items() if len(ids) > 1)
    return Names({**before.nodes, **after.nodes}, {**before.flows, **after.flows}, shared)


def model_differences(before: Elements, after: Elements, *, names: Names) -> Iterator[Difference]:
    """Yield what was removed, what was added, and what is different."""
    comparison = Comparison(VOCABULARY, names.of)
    yield from _whole(before, after, names, Kind.REMOVED)
    yield from _whole(after, before, names, Kind.ADDED)
    for element_id, change in _changes(before, after, comparison):
        yield comparison.difference(
            change, element_id=element_id, element_name=names.plain(element_id), subject=names.subject(element_id)
        )


def _whole(there: Elements, other: Elements, names: Names, kind: Kind) -> Iterator[Difference]:
    """Yield the elements that the other version does not have."""
    for node in there.nodes.values():
        if node.id not in other.nodes:
            what = type_in_words(node.type)
            name = f"The {what} {names.of(node.id)}" if names.plain(node.id) else names.subject(node.id)
            place = f" in {names.of(node.scope)}" if node.scope is not None and kind is Kind.ADDED else ""
            yield _of_whole(node.id, names, kind, what, f"{name} was {kind.value}{place}.")
    for flow in there.flows.values():
        if flow.id not in other.flows:
            what = f"from {names.of(flow.source)} to {names.of(flow.target)}"
            name = f"The flow '{names.plain(flow.id)}'" if names.plain(flow.id) else "The flow"
            yield _of_whole(flow.id, names, kind, f"flow {what}", f"{name} {what} was {kind.value}.")


def _of_whole(element_id: str, names: Names, kind: Kind, what: str, sentence: str) -> Difference:
    before, after = (what, None) if kind is Kind.REMOVED else (None, what)
    return Difference(element_id, names.plain(element_id), kind, "", before, after, sentence)


def _changes(before: Elements, after: Elements, comparison: Comparison) -> Iterator[tuple[str, Change]]:
    for key, model in after.processes.items():
        if key in before.processes:
            yield from ((key, change) for change in comparison.changes(before.processes[key], model))
    for key, node in after.nodes.items():
        if key not in before.nodes:
            continue
        yield from ((key, change) for change in comparison.changes(before.nodes[key], node))
        old, new = before.lanes.get(key), after.lanes.get(key)
        if old != new:
            yield key, Change("lane", LANE.noun, LANE, old, new)
    for key, flow in after.flows.items():
        if key in before.flows:
            yield from ((key, change) for change in comparison.changes(before.flows[key], flow))
