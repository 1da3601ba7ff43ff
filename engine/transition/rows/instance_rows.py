"""These functions write the rows of instances: the cold row, the hot row and the pending inputs. Their callers are inside a
transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, LiteralString

from engine import definitions, exact_json
from engine.models import InstanceState, ProcessDefinition, ProcessInstance
from engine.postgres import keys, large_values, statements
from engine.runtime.inputs import Restored, Started
from engine.transition.rows import columns, pending_inputs


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
    """Make an instance's row without saving it. With `parent` the instance is a child that answers the parent's `StartChild` of
    `child_key`.
    """
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
    """Save instances whose first step is still to come: `Started` or `Restored` becomes their first pending input."""
    ProcessInstance.objects.bulk_create([instance for instance, _ in instances])
    InstanceState.objects.bulk_create(
        InstanceState(instance=instance, definition_key=instance.definition_id) for instance, _ in instances
    )
    pending_inputs.enqueue([(instance.key, started) for instance, started in instances], by=by, now=now)


@dataclass(frozen=True, slots=True)
class HotRow:
    """A hot row is one that this transaction has locked, with the cold row of its instance, read without the result. `data` is the
    core's state, None before the first step.
    """

    instance: ProcessInstance
    definition_key: int
    data: Any
    sequence: int
    suspended: bool
    has_pending: bool
    """True when pending inputs that are not set aside were there when the locking began."""


_RUNNING = tuple(each for each in columns.INSTANCE if each.name not in ("ended_at", "result"))
"""The cold columns that have a value while an instance runs."""
_running_attributes = columns.attributes(_RUNNING)

_ROW: LiteralString = (
    "state.definition_key, state.data::text, state.sequence, state.suspended, "
    f"{columns.read(_RUNNING, of='cold.')}"
    " FROM engine_instancestate state JOIN engine_processinstance cold ON cold.key = state.instance_key"
)
"""What a statement reads of a locked row, except whether inputs wait."""
_LOCK_FREE: LiteralString = (
    "SELECT EXISTS (SELECT FROM engine_pendinginput input WHERE input.instance_key = state.instance_key"  # noqa: S608 - constants
    f"   AND input.incident_key IS NULL), {_ROW}"
    " WHERE state.instance_key = ANY(%s::bigint[]) ORDER BY state.instance_key FOR UPDATE OF state SKIP LOCKED"
)
_LOCK_WAITING: LiteralString = f"SELECT true, {_ROW} WHERE state.instance_key = %s FOR UPDATE OF state"


def lock_free(instance_keys: Sequence[int]) -> dict[int, HotRow]:
    """Lock those of the instances that run and that nobody else holds, until the transaction ends."""
    found = statements.rows(_LOCK_FREE, [list(instance_keys)])
    return {row.instance.key: row for row in map(_hot_row, found)}


def lock_waiting(instance_key: int) -> HotRow | None:
    """Lock the instance until the transaction ends, after waiting for whoever holds it. Returns None when it has ended."""
    found = statements.rows(_LOCK_WAITING, [instance_key])
    return _hot_row(found[0]) if found else None


def _hot_row(row: tuple[Any, ...]) -> HotRow:
    has_pending, definition_key, data, sequence, suspended, *cold = row
    instance = ProcessInstance.from_db("default", _running_attributes, cold)
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
    """A state row is what a step writes into a hot row. `data` is the state as JSON text."""

    instance_key: int
    definition_key: int
    data: str
    sequence: int


_INSERT_COLD: LiteralString = f"INSERT INTO engine_processinstance ({columns.names(columns.INSTANCE)})"
"""The beginning of a statement; what gives the values of `_cold_row` follows it."""
_INSERT_NEW: LiteralString = f"{_INSERT_COLD} VALUES ({columns.placeholders(columns.INSTANCE)})"
_INSERT_NEWEST: LiteralString = (
    f"{_INSERT_COLD} SELECT {columns.placeholders(columns.INSTANCE)}"  # noqa: S608 - constants
    " FROM (SELECT key, suspended_at FROM engine_processdefinition WHERE process_id = %s AND state = 'ACTIVE'"
    "   ORDER BY version DESC LIMIT 1) AS newest WHERE newest.key = %s AND newest.suspended_at IS NULL"
)
# the result is the last column; it may be put out of line, for which its instance's key is needed
_all_but_result = attrgetter(*columns.attributes(columns.INSTANCE[:-1]))


def insert_new(instances: Iterable[ProcessInstance]) -> None:
    """Save the cold rows of new instances, with the end of those that have ended at once."""
    for each in instances:
        statements.execute(_INSERT_NEW, _cold_row(each))


def insert_newest(instance: ProcessInstance) -> None:
    """Save the cold row as `insert_new` does, if its definition is the newest active version of its process, and not suspended,
    when the statement begins: this never misses a deployment or suspension that was acknowledged before. Raises Outdated.
    """
    inserted = statements.execute(_INSERT_NEWEST, [*_cold_row(instance), instance.process_id, instance.definition_id])
    if inserted != 1:
        raise definitions.Outdated(f"Version {instance.version} of process '{instance.process_id}' is not the newest.")


def _cold_row(each: ProcessInstance) -> list[Any]:
    return [*_all_but_result(each), large_values.encode_variables(each.key, each.result)]


_STEPPED = [each for each in columns.STATE if not each.new]
"""The columns of the hot row that a step writes; a StateRow has them."""
_CHANGED = [each for each in _STEPPED if each.name != "instance_key"]
_stepped_names = [each.name for each in _STEPPED]
_stepped_values = attrgetter(*_stepped_names)
_changed_values = attrgetter(*(each.name for each in _CHANGED))

_INSERT_STATE: LiteralString = (
    f"INSERT INTO engine_instancestate ({columns.names(columns.STATE)}) VALUES ({columns.placeholders(columns.STATE)})"  # noqa: S608 - constants
)
_UPDATE_STATES: LiteralString = (
    f"UPDATE engine_instancestate state SET {', '.join(f'{each.name} = new.{each.name}' for each in _CHANGED)}"  # noqa: S608 - constants
    f" FROM json_to_recordset(%s::json) AS new({columns.typed(_STEPPED)}) WHERE state.instance_key = new.instance_key"
)
_UPDATE_STATE: LiteralString = (
    f"UPDATE engine_instancestate SET {', '.join(f'{each.name} = %s::{each.type}' for each in _CHANGED)}"  # noqa: S608 - constants
    " WHERE instance_key = %s"
)


def insert_states(rows: Iterable[StateRow]) -> None:
    """Save the hot rows of new instances."""
    for each in rows:
        statements.execute(_INSERT_STATE, _stepped_values(each))


def update_states(rows: Iterable[StateRow]) -> None:
    """Save the hot rows that steps have changed, in one statement."""
    found = list(rows)
    if len(found) == 1:
        statements.execute(_UPDATE_STATE, [*_changed_values(found[0]), found[0].instance_key])
    elif found:
        documents = [dict(zip(_stepped_names, _stepped_values(each), strict=True)) for each in found]
        for each in documents:
            each["data"] = exact_json.raw(each["data"])
        statements.execute(_UPDATE_STATES, [exact_json.encode_text(documents)])


def end(instances: Sequence[ProcessInstance]) -> None:
    """Write the ends of running instances, and delete their hot rows."""
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
