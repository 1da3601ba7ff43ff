"""A rehearsal says what recorded instances would do by a diagram before it is deployed.

Each journal is run through the core twice, side by side: by the versions that the instance went by, and by the new diagram. What the
world answered (persons, workers, scripts, decisions, called instances, the clock) is taken as it was recorded. The first fact that
comes out otherwise is where the instance would take another way, or write something else; what the world would have answered from
there on nobody knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from engine import definitions, exact_json, journal
from engine.actors import Actor
from engine.bpmn.model import ProcessModel
from engine.definitions import files
from engine.definitions.files import ResourceFile
from engine.errors import DeploymentRejected, InvalidArgument
from engine.journal import replay
from engine.models import InstanceStatus, ProcessInstance
from engine.runtime import State, Step, codec, keys, step
from engine.runtime.history import ElementActivated, Fact, FlowTaken
from engine.runtime.inputs import Migrated

R = TypeVar("R")
MAX_INSTANCES = 1_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry of the journal would come out otherwise. `recorded` and `found` are its first facts that are not the same, None where
    there is none; `problem` says why the core could not go on at all."""

    sequence: int
    at: datetime
    recorded: Fact | None
    found: Fact | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One instance has been rehearsed. `entries` came out the same; where there is no difference that is the whole journal."""

    instance: ProcessInstance
    entries: int
    difference: Difference | None


def rehearse(
    resources: Sequence[ResourceFile], *, limit: int = 100, running_only: bool = False, by: Actor
) -> Iterator[Rehearsed]:
    """Rehearse the newest instances of the processes of a bundle, and yield each as soon as it was played; nothing is written.

    Raises DeploymentRejected as a deployment would.
    """
    by.require_operator("rehearse deployments")
    if not 1 <= limit <= MAX_INSTANCES:
        raise InvalidArgument(f"Expected a limit of 1 to {MAX_INSTANCES} process instances, found {limit}.")
    parsed = files.parse(resources, imported=definitions.newest_decision_model)
    if parsed.rejected:
        raise DeploymentRejected(parsed.problems)
    models = {
        model.id: model
        for found in parsed.processes.values()
        for model in found.processes.values()
        if model.is_executable
    }
    instances = ProcessInstance.objects.filter(process_id__in=models)
    if running_only:
        instances = instances.filter(status=InstanceStatus.ACTIVE)
    return (_rehearse(each, models[each.process_id]) for each in instances.order_by("-key")[:limit])


def _rehearse(instance: ProcessInstance, model: ProcessModel) -> Rehearsed:
    state = State.new(instance.key)
    new: dict[int, int] = {}
    same = 0
    for entry, recorded in replay.steps(instance.key):
        if any(isinstance(given.input, Migrated) for given in entry.inputs):
            # from here on it went by another version: the new diagram is asked from what that one had
            state, new, same = _copy(recorded.state), {}, same + 1
            continue
        given = [_renamed(each.input, new) for each in entry.inputs]
        try:
            found = step(model, state, given, now=entry.at)
        except Exception as error:  # what an operator did may name elements that the new diagram does not have
            problem = f"{type(error).__name__}: {error}"
            return Rehearsed(instance, same, Difference(entry.sequence, entry.at, None, None, problem))
        _pair(recorded, found, new)
        difference = _difference(entry, recorded, found, new, model)
        if difference is not None:
            return Rehearsed(instance, same, difference)
        state = _copy(found.state)
        same += 1
    return Rehearsed(instance, same, None)


def _copy(state: State) -> State:
    """Return the state as it comes back from the database."""
    return State.from_json(exact_json.decode(exact_json.encode(state.to_json())))


def _pair(recorded: Step, found: Step, new: dict[int, int]) -> None:
    """Note which key of `found` stands for which of `recorded`: the first job of an element for the first, and so on. A new boundary
    timer, say, moves all keys after it."""
    ours = _opened(found)
    new.update({key: ours[name] for name, key in _opened(recorded).items() if name in ours})


def _opened(done: Step) -> dict[tuple[str, str, int], int]:
    """Return the keys, by kind, element id and number, of the element instances and effects of a step."""
    seen: Counter[tuple[str, str]] = Counter()
    found: dict[tuple[str, str, int], int] = {}

    def add(kind: str, element_id: str, key: int) -> None:
        found[kind, element_id, seen[kind, element_id]] = key
        seen[kind, element_id] += 1

    for fact in done.history:
        if isinstance(fact, ElementActivated):
            add("element", fact.element_id, fact.element_instance)
    for effect in done.effects:
        element_id, key = getattr(effect, "element_id", None), getattr(effect, "key", None)
        if element_id is not None and key is not None:
            add(type(effect).__name__, element_id, key)
    return found


def _renamed(record: R, new: Mapping[int, int]) -> R:
    """Return an input or fact of the journal as it would name what the new diagram has opened."""
    return keys.renamed(record, lambda key: new.get(key, key))


def _difference(
    entry: journal.Entry, recorded: Step, found: Step, new: Mapping[int, int], model: ProcessModel
) -> Difference | None:
    old = definitions.model_of(entry.definition_key)
    before = [_comparable(_renamed(fact, new), old) for fact in recorded.history]
    after = [_comparable(fact, model) for fact in found.history]
    if before == after:
        return None
    place = next(
        (place for place, (one, other) in enumerate(zip(before, after, strict=False)) if one != other),
        min(len(before), len(after)),
    )
    return Difference(entry.sequence, entry.at, _at(recorded.history, place), _at(found.history, place))


def _comparable(fact: Fact, model: ProcessModel) -> Any:
    """Return a fact without the ids that a new drawing changes: a flow is known by what it joins."""
    if isinstance(fact, FlowTaken):
        flow = model.flows[fact.flow_id]
        return ["FlowTaken", flow.source, flow.target, fact.scope]
    return exact_json.decode(exact_json.encode(codec.fact_to_json(fact)))


def _at(facts: Iterable[Fact], place: int) -> Fact | None:
    found = tuple(facts)
    return found[place] if place < len(found) else None
