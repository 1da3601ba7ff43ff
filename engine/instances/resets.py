"""Points of a journal to which an instance can go back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine import exact_json
from engine.errors import Conflict, NotFound
from engine.journal import replay
from engine.runtime import codec, effects, inputs, user_task_values
from engine.runtime.effects import Effect

_FORGET = 1_000
"""Effects that are remembered beyond those that are open, before the closed ones are forgotten."""


@dataclass(frozen=True, slots=True)
class Point:
    definition_key: int
    """By which the instance went at that point."""
    restored: inputs.Restored


def point(instance_key: int, sequence: int) -> Point:
    """What the entry `sequence` left: by replaying the journal up to it, which costs as much as the entries did.

    Raises NotFound when there is no such entry, Conflict when the instance ended with it or its journal does not replay.
    """
    asked: dict[int, Effect] = {}
    found: Point | None = None
    for number, (entry, done) in enumerate(replay.steps(instance_key, until=sequence), start=1):
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
        for effect in done.effects:
            if isinstance(effect, effects.Opening):
                asked[effect.key] = effect
            elif isinstance(effect, effects.ChangeUserTask) and effect.key in asked:
                asked[effect.key] = _changed(asked[effect.key], effect.values)
        if len(asked) > len(done.state.open) + _FORGET:
            asked = {key: effect for key, effect in asked.items() if key in done.state.open}
        if number == sequence:
            if done.state.ended is not None:
                raise Conflict(
                    f"Expected an entry before the end; entry {sequence} ended process instance {instance_key}."
                )
            state = exact_json.decode(exact_json.encode(done.state.to_json()))
            still_open = [codec.effect_to_json(effect) for key, effect in asked.items() if key in done.state.open]
            plain = exact_json.decode(exact_json.encode(still_open))
            found = Point(entry.definition_key, inputs.Restored(instance_key, sequence, state, tuple(plain)))
    if found is None:
        raise NotFound(
            f"Expected entry {sequence} in the journal of process instance {instance_key}, found no such entry."
        )
    return found


def _changed(task: Effect, values: Mapping[str, Any]) -> Effect:
    """An open user task with what listeners and persons have made of it, as far as the journal knows."""
    assert isinstance(task, effects.OpenUserTask)
    return replace(task, **user_task_values.read(values))
