"""The rows of new instances, for callers that are inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from engine import exact_json, keys, large_values
from engine.models import InstanceState, PendingInput, ProcessDefinition, ProcessInstance
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
    key = key if key is not None else keys.take_one()
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
class StateRow:
    """A hot row. `data` is the state as JSON text."""

    instance_key: int
    definition_key: int
    data: str
    sequence: int


def insert_new(instances: Iterable[ProcessInstance]) -> None:
    """Save the cold rows of new instances; those that have ended at once with their end."""
    with connection.cursor() as cursor:
        for each in instances:
            cursor.execute(
                "INSERT INTO engine_processinstance (key, definition_id, process_id, version, business_id, status, parent_key,"
                " parent_child_key, parent_element_instance_key, root_key, depth, started_at, started_by, ended_at, suspended_at,"
                " tags, correlation_key, result)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::json)",
                [
                    each.key, each.definition_id, each.process_id, each.version, each.business_id, str(each.status),
                    each.parent_key, each.parent_child_key, each.parent_element_instance_key, each.root_key, each.depth,
                    each.started_at, each.started_by, each.ended_at, each.suspended_at, each.tags, each.correlation_key,
                    large_values.encode_variables(each.key, each.result),
                ],
            )  # fmt: skip


def insert_states(rows: Iterable[StateRow]) -> None:
    with connection.cursor() as cursor:
        for each in rows:
            cursor.execute(
                "INSERT INTO engine_instancestate (instance_key, definition_key, data, sequence, suspended)"
                " VALUES (%s, %s, %s::json, %s, false)",
                [each.instance_key, each.definition_key, each.data, each.sequence],
            )


def update_states(rows: Iterable[StateRow]) -> None:
    """In one statement."""
    found = list(rows)
    if not found:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE engine_instancestate state SET data = new.data::json, sequence = new.sequence,"
            " definition_key = new.definition_key"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::int[]) AS new(instance_key, definition_key, data, sequence)"
            " WHERE state.instance_key = new.instance_key",
            [
                [each.instance_key for each in found],
                [each.definition_key for each in found],
                [each.data for each in found],
                [each.sequence for each in found],
            ],
        )


def end(instances: Sequence[ProcessInstance]) -> None:
    """Write the ends of running instances, and drop their hot rows."""
    if not instances:
        return
    keys_of_all = [each.key for each in instances]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE engine_processinstance instance SET status = ended.status, ended_at = ended.at, result = ended.result::json"
            " FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[]) AS ended(key, status, at, result)"
            " WHERE instance.key = ended.key",
            [
                keys_of_all,
                [str(each.status) for each in instances],
                [each.ended_at for each in instances],
                [large_values.encode_variables(each.key, each.result) for each in instances],
            ],
        )
        cursor.execute("DELETE FROM engine_instancestate WHERE instance_key = ANY(%s)", [keys_of_all])


def enqueue(inputs: Iterable[tuple[int, Input]], *, by: str, now: datetime) -> None:
    """Add pending inputs, given with their instances' keys, in this order."""
    PendingInput.objects.bulk_create(
        PendingInput(instance_key=key, input=codec.input_to_json(item), at=now, by=by) for key, item in inputs
    )


def enqueue_if_running(instance_key: int, item: Input, *, by: str, now: datetime) -> bool:
    """Add a pending input unless the instance has ended. It may end after this; then the row is swept away."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO engine_pendinginput (instance_key, input, at, by)"
            " SELECT instance_key, %s::json, %s, %s FROM engine_instancestate WHERE instance_key = %s",
            [exact_json.encode_text(codec.input_to_json(item)), now, by, instance_key],
        )
        return cursor.rowcount == 1
