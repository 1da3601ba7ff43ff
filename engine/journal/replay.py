"""An instance's journal is run through the core again: the same inputs must give the same facts and the same state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine import definitions, exact_json, expression_limits, journal
from engine.models import InstanceState
from engine.runtime import State, Step, codec, step


@dataclass(frozen=True, slots=True)
class Replayed:
    """The journal has been replayed. `state` is that after the last entry; `differences` name the entries whose facts came out
    otherwise, and a state that differs from the stored one."""

    state: State
    entries: int
    differences: tuple[str, ...]


def replay(instance_key: int, *, until: int | None = None, definition_key: int | None = None) -> Replayed:
    """Replay up to the entry with the sequence `until` (None: all), by another definition where one is given."""
    state = State.new(instance_key)
    differences: list[str] = []
    count = 0
    for entry, done in steps(instance_key, until=until, definition_key=definition_key):
        count += 1
        if entry.sequence != count:
            differences.append(f"Expected entry {count} of instance {instance_key}, found {entry.sequence}.")
        state = done.state
        again = _through_json([codec.fact_to_json(fact) for fact in done.history])
        recorded = _through_json([codec.fact_to_json(fact) for fact in entry.facts])
        if again != recorded:
            differences.append(f"Entry {entry.sequence}: expected {recorded}, found {again}.")
    if until is None:
        differences += _compare_state(instance_key, state)
    return Replayed(state, count, tuple(differences))


def steps(
    instance_key: int, *, until: int | None = None, definition_key: int | None = None
) -> Iterator[tuple[journal.Entry, Step]]:
    """Yield the journal's entries with what the core makes of them, each from the state that the one before left."""
    state = State.new(instance_key)
    for entry in journal.read(instance_key):
        if until is not None and entry.sequence > until:
            return
        model = definitions.model_of(definition_key or entry.definition_key)
        done = step(
            model, state, [given.input for given in entry.inputs], now=entry.at, limits=expression_limits.limits()
        )
        state = State.from_json(_through_json(done.state.to_json()))
        yield entry, replace(done, state=state)


def _compare_state(instance_key: int, state: State) -> list[str]:
    row = InstanceState.objects.filter(instance_id=instance_key).first()
    if row is None:
        return [] if state.ended is not None else [f"Expected instance {instance_key} to end, but its replay goes on."]
    found = _through_json(state.to_json())
    if row.data is None or row.data == found:
        return []
    return [f"Expected the stored state {row.data}, found {found}."]


def _through_json(value: Any) -> Any:
    return exact_json.decode(exact_json.encode(value))
