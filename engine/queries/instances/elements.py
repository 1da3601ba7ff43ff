"""Element instances and variables of one process instance are read here, exact at once.

The tables for searches are filled from the journal a moment late. For one instance the entries that were not taken in yet are
folded over the rows here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from engine import definitions, exact_json, journal
from engine.journal import projection
from engine.models import ElementInstance, ElementStatus, JournalEntry, ProjectionWatermark, Variable
from engine.runtime.history import (
    ElementActivated,
    ElementCompleted,
    ElementMigrated,
    ElementTerminated,
    FlowTaken,
    VariableWritten,
)

_TAIL = 2_000
"""At most so many journal entries are folded. Where there are more, the answer is as late as the tables: a projector that lags so far
behind is late for everyone."""
_MOST_ROWS = 20_000


@dataclass(slots=True)
class Overlay:
    """An overlay has the rows of one instance as they are now."""

    elements: dict[int, ElementInstance] = field(default_factory=dict)
    variables: dict[tuple[int, str], Variable] = field(default_factory=dict)


def tail(instance_key: int) -> list[JournalEntry]:
    """Return the entries of an instance that the projector has not taken in yet, in order."""
    mark = ProjectionWatermark.objects.values_list("position", flat=True).first() or 0
    newest = JournalEntry.objects.filter(instance_key=instance_key).order_by("-sequence")
    late = []
    for row in newest[:_TAIL].iterator(chunk_size=50):
        if row.position <= mark:
            break
        late.append(row)
    return late[::-1]


def overlay(instance_key: int) -> Overlay | None:
    """Return the rows as they are now; None when the tables have it all (or too much is missing to be folded)."""
    late = tail(instance_key)
    if not late or ElementInstance.objects.filter(instance_key=instance_key)[_MOST_ROWS:].exists():
        return None
    known = Overlay(
        {row.key: row for row in ElementInstance.objects.filter(instance_key=instance_key)},
        {(row.scope_key, row.name): row for row in Variable.objects.filter(instance_key=instance_key)},
    )
    for row in late:
        _fold(row, known)
    return known


def flows(instance_key: int) -> Counter[str]:
    """Count how often each sequence flow of an instance was taken; this reads its whole journal."""
    return Counter(
        fact.flow_id for entry in journal.read(instance_key) for fact in entry.facts if isinstance(fact, FlowTaken)
    )


@lru_cache(maxsize=256)
def _process_of(definition_key: int) -> tuple[str, dict[str, str]]:
    model = definitions.model_of(definition_key)
    return model.id, {node.id: node.name for node in model.nodes.values()}


def _fold(row: JournalEntry, known: Overlay) -> None:
    process_id, names = _process_of(row.definition_key)
    for fact in journal.entry_of(row).facts:
        if isinstance(fact, ElementActivated):
            known.elements[fact.element_instance] = ElementInstance(
                key=fact.element_instance,
                instance_key=row.instance_key,
                definition_key=row.definition_key,
                process_id=process_id,
                element_id=fact.element_id,
                element_name=names.get(fact.element_id, ""),
                type=str(fact.type),
                scope_key=fact.scope,
                status=ElementStatus.ACTIVE,
                started_at=row.at,
            )
        elif isinstance(fact, ElementCompleted | ElementTerminated):
            element = known.elements.get(fact.element_instance)
            if element is not None:
                completed = isinstance(fact, ElementCompleted)
                element.status = ElementStatus.COMPLETED if completed else ElementStatus.TERMINATED
                element.ended_at = row.at
        elif isinstance(fact, ElementMigrated):
            element = known.elements.get(fact.element_instance)
            if element is not None:
                element.definition_key, element.process_id = row.definition_key, process_id
                element.element_id, element.element_name = fact.element_id, names.get(fact.element_id, "")
        elif isinstance(fact, VariableWritten):
            before = known.variables.get((fact.scope, fact.name))
            known.variables[fact.scope, fact.name] = Variable(
                key=before.key if before is not None else None,
                scope_key=fact.scope,
                instance_key=row.instance_key,
                definition_key=row.definition_key,
                process_id=process_id,
                name=fact.name,
                value=fact.value,
                text=exact_json.encode_text(fact.value)[: projection.TEXT_LENGTH],
                updated_at=row.at,
            )
