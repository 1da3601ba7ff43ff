"""This command evaluates the conditions of conditional start events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine import clock, definitions, exact_json
from engine.actors import Actor
from engine.models import ProcessDefinition, StartKind, StartSubscription
from engine.postgres import keys, transactions
from engine.runtime import instantiation
from engine.runtime.instantiation import Occurrence, StartTrigger
from engine.transition import advance, starts
from engine.transition.rows import instance_rows


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The result of an evaluation: `instances` holds the definition and the key of each instance that was started."""

    key: int
    instances: tuple[tuple[int, int], ...]


def evaluate(*, variables: Mapping[str, Any] | None = None, definition_key: int | None = None, by: Actor) -> Evaluated:
    """Start an instance at each conditional start event whose condition is true of these variables, which become the instance's
    own.

    Such a condition is evaluated only here, since no data lives outside of instances. Without a definition, the newest version of
    every process is asked. Raises NotFound.
    """
    by.require_operator("evaluate conditions")
    given = exact_json.checked_variables(variables)
    now = clock.now()

    def work() -> list[tuple[int, int]]:
        begun = []
        for definition, trigger in _asked(definition_key):
            if not trigger.holds(given, now=now):
                continue
            occurrence = Occurrence(trigger.index, trigger.kind, variables=given)
            new = starts.started_by(
                definition, trigger.element_id, parts=trigger.parts, occurrence=occurrence, by=by.username, now=now
            )
            if new is not None:
                begun.append(new)
        instance_rows.insert(begun, by=by.username, now=now)
        return [(instance.definition_id, instance.key) for instance, _ in begun]

    started = transactions.run(work)
    advance.advance(*(instance for _, instance in started))
    return Evaluated(keys.take_one(), tuple(started))


def _asked(definition_key: int | None) -> Iterator[tuple[ProcessDefinition, StartTrigger]]:
    """Return the conditional start events of a definition, or of the newest version of every process."""
    if definition_key is not None:
        definition = definitions.process_definition(definition_key)
        if definition.suspended_at is None:
            yield from _conditions(definition)
        return
    subscribed = StartSubscription.objects.filter(kind=StartKind.CONDITION).values("definition_id")
    for definition in ProcessDefinition.objects.filter(key__in=subscribed, suspended_at=None).order_by("process_id"):
        yield from _conditions(definition)


def _conditions(definition: ProcessDefinition) -> Iterator[tuple[ProcessDefinition, StartTrigger]]:
    for trigger in instantiation.triggers_of(definitions.model_of(definition.key), now=clock.now()):
        if trigger.kind is instantiation.StartKind.CONDITION:
            yield definition, trigger
