"""Tables for searches over many instances are filled from the journal a moment late, so that no step pays for them.

The journal's `position` comes from a sequence: a larger one may be committed before a smaller one. So a position counts as
settled only when every transaction that could have taken one up to it has ended. What was begun is known by transaction ids:
`_Horizon` notes the newest position and the next transaction id, in this order; once all transactions below that id have ended,
nothing at or below that position can appear any more. The sequence, not the transaction id, is what is remembered in the
database: it survives a dump and restore.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from engine import definitions, exact_json, journal
from engine.models import ElementInstance, ElementStatus, JournalEntry, ProcessDefinition, ProjectionWatermark, Variable
from engine.postgres import large_values, locks
from engine.postgres.locks import Lock
from engine.runtime.history import (
    Compensated,
    ElementActivated,
    ElementCompleted,
    ElementMigrated,
    ElementTerminated,
    ErrorThrown,
    Escalated,
    FlowTaken,
    IncidentClosed,
    IncidentRaised,
    InputIgnored,
    VariableWritten,
    WarningRecorded,
)

BATCH = 500
"""Journal entries that are taken in by one transaction; more wait for the next."""
TEXT_LENGTH = 250
"""Characters of a variable's JSON that stand beside its value, for lists; the rest of a longer one is cut off there."""


@dataclass(frozen=True, slots=True)
class _Horizon:
    position: int
    transaction_id: int


@dataclass(slots=True)
class Projector:
    """A projector follows the journal. Several may run: one at a time works, by an advisory lock; the others find it taken."""

    _waiting: list[_Horizon] = field(default_factory=list)
    _settled: int = 0

    def run(self, *, batches: int = 20) -> int:
        """Take in what has settled, up to so many batches; return the number of journal entries."""
        self._look()
        taken = 0
        for _ in range(batches):
            found = self._take_in()
            taken += found
            if found < BATCH:
                break
        return taken

    def _look(self) -> None:
        """Note a new horizon, and find the newest that has settled."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT last_value FROM engine_journalentry_position")
            position = cursor.fetchone()[0]
            # a statement of its own: the position must be read before the snapshot is taken
            cursor.execute(
                "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, pg_snapshot_xmax(pg_current_snapshot())::text"
            )
            oldest_running, next_id = (int(text) for text in cursor.fetchone())
        if position > max(self._settled, self._waiting[-1].position if self._waiting else 0):
            self._waiting.append(_Horizon(position, next_id))
        while self._waiting and self._waiting[0].transaction_id <= oldest_running:
            self._settled = self._waiting.pop(0).position

    def _take_in(self) -> int:
        with transaction.atomic(durable=True):
            if not locks.try_lock(Lock.PROJECTION):
                return 0
            mark, _ = ProjectionWatermark.objects.get_or_create(id=1)
            rows = list(
                JournalEntry.objects.filter(position__gt=mark.position, position__lte=self._settled).order_by(
                    "position"
                )[:BATCH]
            )
            if rows:
                _write(rows)
                mark.position = rows[-1].position
                mark.save(update_fields=["position"])
            return len(rows)


def wait_for_others() -> None:
    """Keep everybody from writing what the journal says, until the end of this transaction; wait for who is at it now."""
    locks.lock(Lock.PROJECTION)


def _write(rows: list[JournalEntry]) -> None:
    tables = _Tables()
    for row in rows:
        for fact in journal.entry_of(row).facts:
            take = TAKEN[type(fact)]
            if take is not None:
                take(tables, row, fact)
    tables.save()


@dataclass(slots=True)
class _Tables:
    """What a batch of entries comes to: element instances by key, those that began before it apart."""

    begun: dict[int, ElementInstance] = field(default_factory=dict)
    ended: dict[int, tuple[ElementStatus, datetime]] = field(default_factory=dict)
    moved: dict[int, ElementInstance] = field(default_factory=dict)
    written: dict[tuple[int, str], Variable] = field(default_factory=dict)
    flows: Counter[tuple[int, str]] = field(default_factory=Counter)

    def activated(self, row: JournalEntry, fact: ElementActivated) -> None:
        process_id, names = _process_of(row.definition_key)
        self.begun[fact.element_instance] = ElementInstance(
            key=fact.element_instance,
            instance_key=row.instance_key,
            definition_key=row.definition_key,
            process_id=process_id,
            element_id=fact.element_id,
            element_name=names.get(fact.element_id, ""),
            type=fact.type,
            scope_key=fact.scope,
            started_at=row.at,
        )

    def completed(self, row: JournalEntry, fact: ElementCompleted) -> None:
        self.ended[fact.element_instance] = (ElementStatus.COMPLETED, row.at)

    def terminated(self, row: JournalEntry, fact: ElementTerminated) -> None:
        self.ended[fact.element_instance] = (ElementStatus.TERMINATED, row.at)

    def migrated(self, row: JournalEntry, fact: ElementMigrated) -> None:
        process_id, names = _process_of(row.definition_key)
        element = self.begun.get(fact.element_instance) or ElementInstance(key=fact.element_instance)
        element.definition_key, element.process_id = row.definition_key, process_id
        element.element_id, element.element_name = fact.element_id, names.get(fact.element_id, "")
        if fact.element_instance not in self.begun:
            self.moved[fact.element_instance] = element

    def flow_taken(self, row: JournalEntry, fact: FlowTaken) -> None:
        self.flows[row.definition_key, fact.flow_id] += 1

    def variable_written(self, row: JournalEntry, fact: VariableWritten) -> None:
        self.written[fact.scope, fact.name] = Variable(
            scope_key=fact.scope,
            instance_key=row.instance_key,
            definition_key=row.definition_key,
            process_id=_process_of(row.definition_key)[0],
            name=fact.name,
            value=large_values.put_out(row.instance_key, fact.value),
            text=exact_json.encode_text(fact.value)[:TEXT_LENGTH],
            updated_at=row.at,
        )

    def save(self) -> None:
        _save_elements(self.begun, self.ended)
        ElementInstance.objects.bulk_update(
            self.moved.values(), ["definition_key", "process_id", "element_id", "element_name"], batch_size=BATCH
        )
        Variable.objects.bulk_create(
            self.written.values(),
            update_conflicts=True,
            unique_fields=["scope_key", "name"],
            update_fields=["value", "text", "updated_at"],
        )
        _count_flows(self.flows)


TAKEN: dict[type[Any], Callable[[_Tables, JournalEntry, Any], None] | None] = {
    ElementActivated: _Tables.activated,
    ElementCompleted: _Tables.completed,
    ElementTerminated: _Tables.terminated,
    ElementMigrated: _Tables.migrated,
    FlowTaken: _Tables.flow_taken,
    VariableWritten: _Tables.variable_written,
    IncidentRaised: None,
    IncidentClosed: None,
    ErrorThrown: None,
    Escalated: None,
    Compensated: None,
    InputIgnored: None,
    WarningRecorded: None,
}
"""What becomes of each kind of fact; None: it stands in the journal alone, or its row is written with the step (incidents)."""


@lru_cache(maxsize=256)
def _process_of(definition_key: int) -> tuple[str, dict[str, str]]:
    """Return the process id of a definition, and the names of its elements by id. A definition that is gone does not hold up the others."""
    try:
        model = definitions.model_of(definition_key)
    except ProcessDefinition.DoesNotExist:
        return "", {}
    return model.id, {node.id: node.name for node in model.nodes.values()}


def _save_elements(begun: dict[int, ElementInstance], ended: dict[int, tuple[ElementStatus, datetime]]) -> None:
    for key in [key for key in ended if key in begun]:
        begun[key].status, begun[key].ended_at = ended.pop(key)
    ElementInstance.objects.bulk_create(begun.values(), ignore_conflicts=True)
    if not ended:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE engine_elementinstance element SET status = ended.status, ended_at = ended.at"
            " FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS ended(key, status, at)"
            " WHERE element.key = ended.key",
            [list(ended), [str(status) for status, _ in ended.values()], [at for _, at in ended.values()]],
        )


def _count_flows(flows: Counter[tuple[int, str]]) -> None:
    if not flows:
        return
    ordered = sorted(flows.items())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO engine_flowcount AS known (definition_key, flow_id, count)"
            " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[])"
            " ON CONFLICT (definition_key, flow_id) DO UPDATE SET count = known.count + excluded.count",
            [
                [definition_key for (definition_key, _), _ in ordered],
                [flow_id for (_, flow_id), _ in ordered],
                [count for _, count in ordered],
            ],
        )
