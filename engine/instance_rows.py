"""The rows of new instances, for callers that are inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

from engine import exact_json, keys
from engine.models import InstanceState, PendingInput, ProcessDefinition, ProcessInstance
from engine.runtime import codec
from engine.runtime.inputs import Input, Started

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


def insert(instances: Sequence[tuple[ProcessInstance, Started]], *, by: str, now: datetime) -> None:
    """Save instances whose first step is still to come: their start is their first pending input."""
    ProcessInstance.objects.bulk_create([instance for instance, _ in instances])
    InstanceState.objects.bulk_create(
        InstanceState(instance=instance, definition_key=instance.definition_id) for instance, _ in instances
    )
    enqueue([(instance.key, started) for instance, started in instances], by=by, now=now)


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
