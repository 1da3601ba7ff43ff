"""Collecting fills a batch operation with items, some at a time: the instances that its filter finds, or their incidents."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from engine.batch_operations.kinds import KINDS
from engine.batch_operations.requesting import FOUND, INCIDENTS, table_of
from engine.batch_operations.steering import finish, lock
from engine.errors import EngineError
from engine.failpoints import failpoint
from engine.models import (
    BatchOperation,
    BatchOperationItem,
    BatchOperationStatus,
    BatchOperationType,
    Incident,
    IncidentStatus,
    InstanceStatus,
    ProcessInstance,
)

COLLECTED = 2_000
"""Instances at which one transaction looks for items, at most; the next transaction looks at further ones."""


def collect(key: int) -> bool:
    """Make items of the next instances; after the last ones the operation may be worked off. Returns False when another process is
    at it.
    """
    failpoint("batch_operation_runs.before_collect")
    with transaction.atomic(durable=True):
        operation = lock(key, BatchOperationStatus.CREATED)
        if operation is None:
            return False
        try:
            wanted = table_of(operation.plan).filter(operation.filter).q()
        except EngineError as error:  # a filter that a newer release does not take any more
            finish(operation, BatchOperationStatus.FAILED, error=error.detail)
            return True
        find = _incidents if operation.plan.get(FOUND) == INCIDENTS else _instances
        found = find(operation, wanted)
        if found:
            operation.collected_up_to = max(found)
        if len(found) < COLLECTED:
            operation.status = BatchOperationStatus.ACTIVE
        operation.save(update_fields=["collected_up_to", "status"])
        failpoint("batch_operation_runs.before_collected")
    failpoint("batch_operation_runs.after_collected")
    return True


def _instances(operation: BatchOperation, wanted: Q) -> list[int]:
    """Make items of the next instances that are found, or of their incidents. Returns the keys that were looked at."""
    kind = KINDS[BatchOperationType(operation.type)]
    rows = ProcessInstance.objects.filter(wanted, kind.meant)
    found = dict(
        rows.filter(key__gt=operation.collected_up_to, started_at__lte=operation.created_at)
        .order_by("key")
        .values_list("key", "root_key")[:COLLECTED]
    )
    pairs = [(key, key) for key in found]
    if kind.of_incidents:
        active = Incident.objects.filter(instance_key__in=found, status=IncidentStatus.ACTIVE).order_by("key")
        pairs = list(active.values_list("key", "instance_key"))
    _add_items(operation, pairs, found)
    return list(found)


def _incidents(operation: BatchOperation, wanted: Q) -> list[int]:
    """Make items of the next incidents that are found. Returns the keys that were looked at."""
    rows = Incident.objects.filter(wanted, status=IncidentStatus.ACTIVE, key__gt=operation.collected_up_to)
    pairs = list(
        rows.filter(created_at__lte=operation.created_at).order_by("key").values_list("key", "instance_key")[:COLLECTED]
    )
    instances_of = ProcessInstance.objects.filter(
        key__in={instance for _, instance in pairs}, status=InstanceStatus.ACTIVE
    )
    roots = dict(instances_of.values_list("key", "root_key"))
    _add_items(operation, [(key, instance) for key, instance in pairs if instance in roots], roots)
    return [key for key, _ in pairs]


def _add_items(operation: BatchOperation, pairs: list[tuple[int, int]], roots: dict[int, int]) -> None:
    BatchOperationItem.objects.bulk_create(
        (
            BatchOperationItem(operation=operation, item_key=key, instance_key=instance, root_key=roots[instance])
            for key, instance in pairs
        ),
        batch_size=1_000,
    )
