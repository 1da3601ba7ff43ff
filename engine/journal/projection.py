"""Tables for searches over many instances are filled from the journal a moment late, so that no step pays for them.

The journal's `position` comes from a sequence: a larger one may be committed before a smaller one. So a position counts as
settled only when every transaction that could have taken one up to it has ended. What was begun is known by transaction ids:
`_Horizon` notes the newest position and the next transaction id, in this order; once all transactions below that id have ended,
nothing at or below that position can appear any more. The sequence, not the transaction id, is what is remembered in the
database: it survives a dump and restore.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from engine import definitions, exact_json, journal
from engine.models import ElementInstance, ElementStatus, JournalEntry, ProcessDefinition, ProjectionWatermark, Variable
from engine.postgres import large_values
from engine.runtime.history import (
    ElementActivated,
    ElementCompleted,
    ElementMigrated,
    ElementTerminated,
    FlowTaken,
    VariableWritten,
)

BATCH = 500
TEXT_LENGTH = 250
_LOCK = 1_398_034_020


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
            if not _alone():
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


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def wait_for_others() -> None:
    """Keep everybody from writing what the journal says, until the end of this transaction; wait for who is at it now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _write(rows: list[JournalEntry]) -> None:
    begun: dict[int, ElementInstance] = {}
    ended: dict[int, tuple[ElementStatus, Any]] = {}
    moved: dict[int, ElementInstance] = {}
    written: dict[tuple[int, str], Variable] = {}
    flows: Counter[tuple[int, str]] = Counter()
    for row in rows:
        process_id, names = _process_of(row.definition_key)
        for fact in journal.entry_of(row).facts:
            if isinstance(fact, ElementActivated):
                begun[fact.element_instance] = ElementInstance(
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
            elif isinstance(fact, ElementCompleted):
                ended[fact.element_instance] = (ElementStatus.COMPLETED, row.at)
            elif isinstance(fact, ElementTerminated):
                ended[fact.element_instance] = (ElementStatus.TERMINATED, row.at)
            elif isinstance(fact, ElementMigrated):
                migrated = begun.get(fact.element_instance) or ElementInstance(key=fact.element_instance)
                migrated.definition_key, migrated.process_id = row.definition_key, process_id
                migrated.element_id, migrated.element_name = fact.element_id, names.get(fact.element_id, "")
                if fact.element_instance not in begun:
                    moved[fact.element_instance] = migrated
            elif isinstance(fact, FlowTaken):
                flows[row.definition_key, fact.flow_id] += 1
            elif isinstance(fact, VariableWritten):
                written[fact.scope, fact.name] = _variable(row, fact, process_id)
    _save_elements(begun, ended)
    ElementInstance.objects.bulk_update(
        moved.values(), ["definition_key", "process_id", "element_id", "element_name"], batch_size=BATCH
    )
    Variable.objects.bulk_create(
        written.values(),
        update_conflicts=True,
        unique_fields=["scope_key", "name"],
        update_fields=["value", "text", "updated_at"],
    )
    _count_flows(flows)


@lru_cache(maxsize=256)
def _process_of(definition_key: int) -> tuple[str, dict[str, str]]:
    """Return the process id of a definition, and the names of its elements by id. A definition that is gone does not hold up the others."""
    try:
        model = definitions.model_of(definition_key)
    except ProcessDefinition.DoesNotExist:
        return "", {}
    return model.id, {node.id: node.name for node in model.nodes.values()}


def _variable(row: JournalEntry, fact: VariableWritten, process_id: str) -> Variable:
    return Variable(
        scope_key=fact.scope,
        instance_key=row.instance_key,
        definition_key=row.definition_key,
        process_id=process_id,
        name=fact.name,
        value=large_values.put_out(row.instance_key, fact.value),
        text=exact_json.encode_text(fact.value)[:TEXT_LENGTH],
        updated_at=row.at,
    )


def _save_elements(begun: dict[int, ElementInstance], ended: dict[int, tuple[ElementStatus, Any]]) -> None:
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
