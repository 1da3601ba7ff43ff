"""These commands go back to where an entry of a journal left an instance: with the instance itself, or with a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine import clock, definitions, exact_json
from engine.actors import Actor
from engine.errors import Conflict, NotFound
from engine.instances.lookup import require, require_running
from engine.instances.starting import require_not_suspended
from engine.journal import Entry, replay
from engine.models import ProcessInstance
from engine.runtime import State, Step, codec, effects, inputs, user_task_values
from engine.runtime.effects import Effect
from engine.transition import advance
from engine.transition.rows import instance_rows

_FORGET = 1_000
"""Effects that the replay remembers beyond the open ones, at most; then it forgets the closed ones."""


@dataclass(frozen=True, slots=True)
class _Point:
    """A point is a place in a journal to which an instance can go back."""

    definition_key: int
    """Key of the definition by which the instance went then."""
    restored: inputs.Restored


def reset(key: int, *, sequence: int, by: Actor) -> None:
    """Take the instance back to where the journal's entry `sequence` left it; `runtime.relocation.restoring` says what that means.

    Raises Conflict for an instance that has ended (`start_from` starts another one there), NotFound when there is no such entry.
    """
    by.require_operator("reset process instances")
    require_running(key)
    point = _point(key, sequence)
    advance.order(key, point.restored, by=by.username, definition_key=point.definition_key)


def start_from(key: int, *, sequence: int, by: Actor) -> ProcessInstance:
    """Start another instance where the journal's entry `sequence` left this one, which stays as it is and may have ended."""
    by.require_operator("reset process instances")
    source = require(key)
    point = _point(key, sequence)
    definition = definitions.process_definition(point.definition_key)
    require_not_suspended(definition)
    instance = instance_rows.new_instance(
        definition,
        by=by.username,
        now=clock.now(),
        business_id=source.business_id,
        tags=source.tags,
    )
    advance.begin(instance, point.restored, by=by.username)
    return require(instance.key)


def _point(instance_key: int, sequence: int) -> _Point:
    """Replay the journal up to what the entry `sequence` left, which costs as much as its steps did.

    Raises NotFound when there is no such entry, Conflict when the instance ended with it or its journal does not replay.
    """
    asked: dict[int, Effect] = {}
    for number, (entry, done) in enumerate(replay.steps(instance_key, until=sequence), start=1):
        _require_recorded(entry, done, number=number, instance_key=instance_key)
        _note(asked, done.effects)
        if len(asked) > len(done.state.open) + _FORGET:
            asked = {key: effect for key, effect in asked.items() if key in done.state.open}
        if number == sequence:
            return _Point(entry.definition_key, _restored(instance_key, sequence, done.state, asked))
    raise NotFound(f"Expected entry {sequence} in the journal of process instance {instance_key}, found no such entry.")


def _require_recorded(entry: Entry, done: Step, *, number: int, instance_key: int) -> None:
    """Raise Conflict unless the journal is whole up to here and the step comes out as it was recorded."""
    if entry.sequence != number:
        raise Conflict(
            f"Expected the journal of process instance {instance_key} from its first entry, entry {number} is missing."
        )
    recorded = [codec.fact_to_json(fact) for fact in entry.facts]
    if exact_json.encode(recorded) != exact_json.encode([codec.fact_to_json(fact) for fact in done.history]):
        raise Conflict(
            f"Expected entry {number} of process instance {instance_key} to come out again as it was recorded; it does not. "
            "Another version of the engine wrote it: move tokens by a modification instead."
        )


def _note(asked: dict[int, Effect], found: Iterable[Effect]) -> None:
    """Add what a step has opened to what was asked for, and apply its changes of user tasks to them."""
    for effect in found:
        if isinstance(effect, effects.Opening):
            asked[effect.key] = effect
        elif isinstance(effect, effects.ChangeUserTask) and effect.key in asked:
            asked[effect.key] = _changed(asked[effect.key], effect.values)


def _restored(instance_key: int, sequence: int, left: State, asked: Mapping[int, Effect]) -> inputs.Restored:
    """Return the input that brings back what an entry left: the state, and what was open then. Raises Conflict where the instance
    had ended.
    """
    if left.ended is not None:
        raise Conflict(f"Expected an entry before the end; entry {sequence} ended process instance {instance_key}.")
    state = exact_json.decode(exact_json.encode(left.to_json()))
    still_open = [codec.effect_to_json(effect) for key, effect in asked.items() if key in left.open]
    plain = exact_json.decode(exact_json.encode(still_open))
    return inputs.Restored(instance_key, sequence, state, tuple(plain))


def _changed(task: Effect, values: Mapping[str, Any]) -> Effect:
    """Return an open user task with the changes of listeners and people that the journal knows."""
    assert isinstance(task, effects.OpenUserTask)
    return replace(task, **user_task_values.read(values))
