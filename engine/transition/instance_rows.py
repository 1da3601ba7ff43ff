"""The rows of new instances, for callers that are inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from engine import definitions, exact_json
from engine.models import InstanceState, PendingInput, ProcessDefinition, ProcessInstance
from engine.postgres import keys, large_values, statements
from engine.runtime import codec
from engine.runtime.inputs import Input, Restored, Started

MAX_CALL_DEPTH = 100
"""Of call activities in each other: a process that calls itself without an end would fill the database."""


def new_instance(
    definition: ProcessDefinition,
    *,
    key: int | None = None,
    by: str,
    now: datetime,
    business_id: str = "",
    tags: Sequence[str] = (),
    correlation_key: str = "",
    parent: ProcessInstance | None = None,
    child_key: int | None = None,
    parent_element_instance: int | None = None,
) -> ProcessInstance:
    """A row that is not saved yet. With `parent` it is a child that answers the parent's `StartChild` of `child_key`."""
    key = key if key is not None else keys.take_for_instance()
    return ProcessInstance(
        key=key,
        definition=definition,
        process_id=definition.process_id,
        version=definition.version,
        business_id=business_id,
        root_key=parent.root_key if parent else key,
        depth=parent.depth + 1 if parent else 0,
        parent_key=parent.key if parent else None,
        parent_child_key=child_key,
        parent_element_instance_key=parent_element_instance,
        started_at=now,
        started_by=by,
        tags=list(tags),
        correlation_key=correlation_key,
    )


def insert(instances: Sequence[tuple[ProcessInstance, Started | Restored]], *, by: str, now: datetime) -> None:
    """Save instances whose first step is still to come: their start is their first pending input."""
    ProcessInstance.objects.bulk_create([instance for instance, _ in instances])
    InstanceState.objects.bulk_create(
        InstanceState(instance=instance, definition_key=instance.definition_id) for instance, _ in instances
    )
    enqueue([(instance.key, started) for instance, started in instances], by=by, now=now)


@dataclass(frozen=True, slots=True)
class HotRow:
    """A locked hot row with its instance's cold one, read without its result. `data` is the core's state, None before the first step."""

    instance: ProcessInstance
    definition_key: int
    data: Any
    sequence: int
    suspended: bool
    has_pending: bool
    """There were pending inputs that are not set aside, when the locking began."""


_COLD = (
    "key", "definition_id", "process_id", "version", "business_id", "status", "parent_key", "parent_child_key",
    "parent_element_instance_key", "root_key", "depth", "started_at", "started_by", "suspended_at", "tags", "correlation_key",
)  # fmt: skip


_ROW: LiteralString = (
    "state.definition_key, state.data::text, state.sequence, state.suspended,"
    " cold.key, cold.definition_id, cold.process_id, cold.version, cold.business_id, cold.status, cold.parent_key,"
    " cold.parent_child_key, cold.parent_element_instance_key, cold.root_key, cold.depth, cold.started_at, cold.started_by,"
    " cold.suspended_at, cold.tags, cold.correlation_key"
    " FROM engine_instancestate state JOIN engine_processinstance cold ON cold.key = state.instance_key"
)
"""Of a locked row, all but whether inputs wait; at its end the columns of `_COLD`."""


def lock_free(instance_keys: Sequence[int]) -> dict[int, HotRow]:
    """Lock those that run and that nobody else holds, until the transaction ends."""
    found = statements.rows(
        "SELECT EXISTS (SELECT FROM engine_pendinginput input WHERE input.instance_key = state.instance_key"  # noqa: S608 - constants
        "   AND input.incident_key IS NULL), "
        + _ROW
        + " WHERE state.instance_key = ANY(%s::bigint[]) ORDER BY state.instance_key FOR UPDATE OF state SKIP LOCKED",
        [list(instance_keys)],
    )
    return {row.instance.key: row for row in map(_hot_row, found)}


def lock_waiting(instance_key: int) -> HotRow | None:
    """Lock it until the transaction ends, after who holds it. None when it has ended."""
    found = statements.rows(
        "SELECT true, " + _ROW + " WHERE state.instance_key = %s FOR UPDATE OF state",
        [instance_key],
    )
    return _hot_row(found[0]) if found else None


def _hot_row(row: tuple[Any, ...]) -> HotRow:
    has_pending, definition_key, data, sequence, suspended, *cold = row
    instance = ProcessInstance.from_db("default", _COLD, cold)
    instance.definition = definitions.known(instance.definition_id)
    return HotRow(
        instance=instance,
        definition_key=definition_key,
        data=None if data is None else large_values.decode(data),
        sequence=sequence,
        suspended=suspended,
        has_pending=has_pending,
    )


@dataclass(frozen=True, slots=True)
class StateRow:
    """A hot row. `data` is the state as JSON text."""

    instance_key: int
    definition_key: int
    data: str
    sequence: int


_INSERT_COLD: LiteralString = (
    "INSERT INTO engine_processinstance (key, definition_id, process_id, version, business_id, status, parent_key,"
    " parent_child_key, parent_element_instance_key, root_key, depth, started_at, started_by, ended_at, suspended_at,"
    " tags, correlation_key, result)"
)
"""Followed by what gives the values of `_cold_row`."""


def insert_new(instances: Iterable[ProcessInstance]) -> None:
    """Save the cold rows of new instances; those that have ended at once with their end."""
    for each in instances:
        statements.execute(
            _INSERT_COLD + " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::json)",
            _cold_row(each),
        )


def insert_newest(instance: ProcessInstance) -> None:
    """As `insert_new`, if its definition is still the newest active version of its process, and not suspended, when the statement
    begins: a deployment or suspension that was acknowledged before is never missed. Raises Outdated."""
    inserted = statements.execute(
        _INSERT_COLD  # noqa: S608 - constants
        + " SELECT %s::bigint, newest.key, %s, %s::int, %s, %s, %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::int,"
        " %s::timestamptz, %s, %s::timestamptz, %s::timestamptz, %s::text[], %s, %s::json"
        " FROM (SELECT key, suspended_at FROM engine_processdefinition WHERE process_id = %s AND state = 'ACTIVE'"
        "   ORDER BY version DESC LIMIT 1) AS newest WHERE newest.key = %s AND newest.suspended_at IS NULL",
        [instance.key, *_cold_row(instance)[2:], instance.process_id, instance.definition_id],
    )
    if inserted != 1:
        raise definitions.Outdated(f"Version {instance.version} of process '{instance.process_id}' is not the newest.")


def _cold_row(each: ProcessInstance) -> list[Any]:
    return [
        each.key, each.definition_id, each.process_id, each.version, each.business_id, str(each.status),
        each.parent_key, each.parent_child_key, each.parent_element_instance_key, each.root_key, each.depth,
        each.started_at, each.started_by, each.ended_at, each.suspended_at, each.tags, each.correlation_key,
        large_values.encode_variables(each.key, each.result),
    ]  # fmt: skip


def insert_states(rows: Iterable[StateRow]) -> None:
    for each in rows:
        statements.execute(
            "INSERT INTO engine_instancestate (instance_key, definition_key, data, sequence, suspended)"
            " VALUES (%s, %s, %s::json, %s, false)",
            [each.instance_key, each.definition_key, each.data, each.sequence],
        )


def update_states(rows: Iterable[StateRow]) -> None:
    """In one statement."""
    found = list(rows)
    if not found:
        return
    if len(found) == 1:
        [one] = found
        statements.execute(
            "UPDATE engine_instancestate SET data = %s::json, sequence = %s, definition_key = %s WHERE instance_key = %s",
            [one.data, one.sequence, one.definition_key, one.instance_key],
        )
        return
    documents = [
        {
            "instance_key": each.instance_key,
            "definition_key": each.definition_key,
            "data": exact_json.raw(each.data),
            "sequence": each.sequence,
        }
        for each in found
    ]
    statements.execute(
        "UPDATE engine_instancestate state SET data = new.data, sequence = new.sequence, definition_key = new.definition_key"
        " FROM json_to_recordset(%s::json) AS new(instance_key bigint, definition_key bigint, data json, sequence int)"
        " WHERE state.instance_key = new.instance_key",
        [exact_json.encode_text(documents)],
    )


def end(instances: Sequence[ProcessInstance]) -> None:
    """Write the ends of running instances, and drop their hot rows."""
    if not instances:
        return
    keys_of_all = [each.key for each in instances]
    statements.execute(
        "WITH dropped AS (DELETE FROM engine_instancestate WHERE instance_key = ANY(%s::bigint[]))"
        " UPDATE engine_processinstance instance SET status = ended.status, ended_at = ended.at, result = ended.result::json,"
        " suspended_at = NULL"
        " FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[]) AS ended(key, status, at, result)"
        " WHERE instance.key = ended.key",
        [
            keys_of_all,
            keys_of_all,
            [str(each.status) for each in instances],
            [each.ended_at for each in instances],
            [large_values.encode_variables(each.key, each.result) for each in instances],
        ],
    )


def enqueue(inputs: Iterable[tuple[int, Input]], *, by: str, now: datetime) -> None:
    """Add pending inputs, given with their instances' keys, in this order."""
    PendingInput.objects.bulk_create(
        PendingInput(instance_key=key, input=codec.input_to_json(item), at=now, by=by) for key, item in inputs
    )


def enqueue_if_running(instance_key: int, item: Input, *, by: str, now: datetime) -> bool:
    """Add a pending input unless the instance has ended. It may end after this; then the row is swept away."""
    added = statements.execute(
        "INSERT INTO engine_pendinginput (instance_key, input, at, by)"
        " SELECT instance_key, %s::json, %s, %s FROM engine_instancestate WHERE instance_key = %s",
        [exact_json.encode_text(codec.input_to_json(item)), now, by, instance_key],
    )
    return added == 1
