"""Batch operations are worked off: the items are collected, then done a few at a time, in as many processes as are asked.

What is done to an item and the item's mark are one transaction (the `guard` of the commands), so that an item is done once
however often a process dies here or two have the same item in hand. A lease keeps others away meanwhile; a lease that has ended,
because its holder died, is worth nothing, and the item's turn comes again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from engine import batch_operations, clock, doorbell, incidents, instances
from engine.actors import Actor
from engine.batch_operations.commands import FOUND, INCIDENTS
from engine.errors import Conflict, EngineError, NotFound
from engine.failpoints import failpoint
from engine.models import (
    BatchItemStatus,
    BatchOperation,
    BatchOperationItem,
    BatchOperationStatus,
    BatchOperationType,
    Incident,
    IncidentStatus,
    InstanceStatus,
    ProcessInstance,
)
from engine.queries.instances import element_instances
from engine.retention import deletion
from engine.runtime.history import IncidentRaised
from engine.runtime.inputs import ActivateInstruction, TerminateInstruction
from engine.transition.advance import Guard

logger = logging.getLogger(__name__)

COLLECTED = 2_000
"""One transaction looks at so many instances for items; further ones wait for the next."""
CHUNK = 20
"""A process takes so many items in hand at once; further ones wait for the next turn."""
CHUNKS = 2
"""So many chunks of one operation are under way at once; further processes find nothing to do, so that one operation does not take all
workers from the jobs."""
LEASE = timedelta(seconds=60)
RUN_FOR = 2.0
"""A worker gives its turn to others after so many seconds; the ticker rings again while anything is left."""

_RUNNING = Q(status=InstanceStatus.ACTIVE)
_MEANT: dict[BatchOperationType, Q] = {
    BatchOperationType.CANCEL_PROCESS_INSTANCE: _RUNNING & Q(parent_key__isnull=True),
    BatchOperationType.RESOLVE_INCIDENT: _RUNNING,
    BatchOperationType.MIGRATE_PROCESS_INSTANCE: _RUNNING,
    BatchOperationType.MODIFY_PROCESS_INSTANCE: _RUNNING,
    BatchOperationType.DELETE_PROCESS_INSTANCE: ~_RUNNING,
    BatchOperationType.SUSPEND_PROCESS_INSTANCE: _RUNNING & Q(suspended_at__isnull=True),
    BatchOperationType.RESUME_PROCESS_INSTANCE: _RUNNING & Q(suspended_at__isnull=False),
}
"""The filter of each type is narrowed by this condition."""


def run(*, seconds: float | None = None) -> int:
    """Collect and work off what waits, each operation in turn, for so long (`RUN_FOR`); returns the items that were tried."""
    until = time.monotonic() + (RUN_FOR if seconds is None else seconds)
    tried = 0
    while True:
        moved = False
        for key, status in _unfinished():
            if status == BatchOperationStatus.CREATED:
                moved = _collect(key) or moved
            else:
                items = _lease(key)
                moved = moved or bool(items)
                tried += _work_off(items, until=until)
            if time.monotonic() > until:
                return tried
        if not moved:
            return tried


def ring_or_run() -> int:
    """Ring for what waits; when the broker does not answer, do a little of it here. Returns the unfinished operations."""
    waiting = len(_unfinished())
    if waiting and not doorbell.ring_batch_operations():
        run(seconds=0.1)
    return waiting


def forget(*, older_than: timedelta = timedelta(days=90), limit: int = 20_000) -> int:
    """Delete items of operations that ended so long ago, and operations that have none left. Returns the items."""
    ended = BatchOperation.objects.filter(ended_at__lt=clock.now() - older_than)
    ids = list(
        BatchOperationItem.objects.filter(operation__in=ended).order_by("id").values_list("id", flat=True)[:limit]
    )
    BatchOperationItem.objects.filter(id__in=ids).delete()
    if len(ids) < limit:
        ended.filter(items__isnull=True).delete()
    return len(ids)


def _unfinished() -> list[tuple[int, str]]:
    wanted = [BatchOperationStatus.CREATED, BatchOperationStatus.ACTIVE]
    return list(BatchOperation.objects.filter(status__in=wanted).order_by("key").values_list("key", "status")[:100])


# --- items -----------------------------------------------------------------------------------------------------------


def _collect(key: int) -> bool:
    """Make items of the next instances; after the last ones they may be worked off. False: another process is at it."""
    failpoint("batch_operation_runs.before_collect")
    with transaction.atomic(durable=True):
        operation = _locked(key, BatchOperationStatus.CREATED)
        if operation is None:
            return False
        try:
            wanted = batch_operations.table_of(operation.plan).filter(operation.filter).q()
        except EngineError as error:  # a filter that a newer release does not take any more
            batch_operations.finish(operation, BatchOperationStatus.FAILED, error=error.detail)
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
    """Make items of the next instances that are found, or of their incidents; return the keys that were looked at."""
    rows = ProcessInstance.objects.filter(wanted, _MEANT[BatchOperationType(operation.type)])
    found = dict(
        rows.filter(key__gt=operation.collected_up_to, started_at__lte=operation.created_at)
        .order_by("key")
        .values_list("key", "root_key")[:COLLECTED]
    )
    pairs = [(key, key) for key in found]
    if operation.type == BatchOperationType.RESOLVE_INCIDENT:
        active = Incident.objects.filter(instance_key__in=found, status=IncidentStatus.ACTIVE).order_by("key")
        pairs = list(active.values_list("key", "instance_key"))
    _add_items(operation, pairs, found)
    return list(found)


def _incidents(operation: BatchOperation, wanted: Q) -> list[int]:
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


def _lease(key: int) -> list[BatchOperationItem]:
    """Lease the next items. The operation ends when none is left. Empty: none is left, or enough
    are in hand."""
    now = clock.now()
    with transaction.atomic(durable=True):
        operation = _locked(key, BatchOperationStatus.ACTIVE)
        if operation is None:
            return []
        open_ = BatchOperationItem.objects.filter(operation=operation, status=BatchItemStatus.ACTIVE)
        in_hand = open_.filter(lease_until__gt=now).count()
        if in_hand > CHUNK * (CHUNKS - 1):
            return []
        free = list(open_.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now)).order_by("id")[:CHUNK])
        if free:
            open_.filter(id__in=[item.id for item in free]).update(lease_until=now + LEASE)
        elif not in_hand:
            batch_operations.finish(operation, BatchOperationStatus.COMPLETED)
        for item in free:
            item.operation = operation
        failpoint("batch_operation_runs.before_leased")
    failpoint("batch_operation_runs.after_leased")
    return free


def _locked(key: int, status: BatchOperationStatus) -> BatchOperation | None:
    return BatchOperation.objects.select_for_update(skip_locked=True).filter(key=key, status=status).first()


def _work_off(items: list[BatchOperationItem], *, until: float) -> int:
    tried = 0
    for item in items:
        if time.monotonic() > until:
            break
        _try(item)
        tried += 1
    if tried < len(items):
        rest = [item.id for item in items[tried:]]
        BatchOperationItem.objects.filter(id__in=rest, status=BatchItemStatus.ACTIVE).update(lease_until=None)
    return tried


def _try(item: BatchOperationItem) -> None:
    failpoint("batch_operation_runs.before_item")
    try:
        _COMMANDS[BatchOperationType(item.operation.type)](item, _actor(item.operation), lambda: _mark(item))
    except NotFound as error:
        _settle(item, BatchItemStatus.SKIPPED, error.detail)
    except EngineError as error:
        _settle(item, BatchItemStatus.FAILED, error.detail)
    except (OperationalError, InterfaceError):
        raise  # the database: the item's turn comes again when its lease has ended
    except Exception as error:
        logger.exception("Could not do item %s of batch operation %s", item.item_key, item.operation_id)
        _settle(item, BatchItemStatus.FAILED, f"{type(error).__name__}: {error}")
    failpoint("batch_operation_runs.after_item")


def _mark(item: BatchOperationItem) -> bool:
    """Mark an item as done, in the transaction of the change. Returns False where it was done before, or the operation was suspended or
    cancelled meanwhile."""
    return _change(item, BatchItemStatus.COMPLETED, "", operation__status=BatchOperationStatus.ACTIVE)


def _settle(item: BatchOperationItem, status: BatchItemStatus, error: str) -> None:
    _change(item, status, error)


def _change(item: BatchOperationItem, status: BatchItemStatus, error: str, **only_if: object) -> bool:
    rows = BatchOperationItem.objects.filter(id=item.id, status=BatchItemStatus.ACTIVE, **only_if)
    return rows.update(status=status, error=error, lease_until=None, processed_at=clock.now()) == 1


def _actor(operation: BatchOperation) -> Actor:
    """Return the actor who asked for the operation, with the rights that they had then."""
    return Actor(operation.by, frozenset(operation.groups), operation.is_admin, operation.is_system)


# --- what is done to an item -----------------------------------------------------------------------------------------


def _cancel(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    instances.cancel(item.item_key, by=by, guard=guard)


def _resolve(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    incidents.resolve(item.item_key, by=by, guard=guard)


def _migrate(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    plan = item.operation.plan
    target, mapping = int(plan["target"]), plan["mapping"]
    if not plan.get("dry_run"):
        instances.migrate(item.item_key, target=target, mapping=mapping, by=by, guard=guard)
        return
    facts = instances.try_migration(item.item_key, target=target, mapping=mapping, by=by)
    incidents_then = [fact for fact in facts if isinstance(fact, IncidentRaised)]
    if incidents_then:
        texts = "; ".join(f"'{fact.element_id}': {fact.message}" for fact in incidents_then)
        raise Conflict(f"Expected to go on without an incident, found that one would stand at {texts}")
    guard()


def _modify(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    activate: list[ActivateInstruction] = []
    terminate: list[TerminateInstruction] = []
    for source, target in item.operation.plan["moves"]:
        for active in element_instances.active_of(item.item_key, source, by=by):
            activate.append(ActivateInstruction(target))
            terminate.append(TerminateInstruction(active))
    instances.modify(item.item_key, activate=activate, terminate=terminate, by=by, guard=guard)


def _delete(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    deletion.delete(item.item_key, by=by, guard=guard)


def _suspend(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    instances.suspend(item.item_key, by=by, guard=guard)


def _resume(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    instances.resume(item.item_key, by=by, guard=guard)


_COMMANDS: dict[BatchOperationType, Callable[[BatchOperationItem, Actor, Guard], None]] = {
    BatchOperationType.CANCEL_PROCESS_INSTANCE: _cancel,
    BatchOperationType.RESOLVE_INCIDENT: _resolve,
    BatchOperationType.MIGRATE_PROCESS_INSTANCE: _migrate,
    BatchOperationType.MODIFY_PROCESS_INSTANCE: _modify,
    BatchOperationType.DELETE_PROCESS_INSTANCE: _delete,
    BatchOperationType.SUSPEND_PROCESS_INSTANCE: _suspend,
    BatchOperationType.RESUME_PROCESS_INSTANCE: _resume,
}
