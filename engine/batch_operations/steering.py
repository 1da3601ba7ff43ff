"""These commands suspend, resume and cancel a batch operation."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from engine import clock, doorbell
from engine.actors import Actor
from engine.errors import Conflict
from engine.models import BatchItemStatus, BatchOperation, BatchOperationItem, BatchOperationStatus
from engine.queries.batch_operations import counts_of, done_of, require


def suspend(key: int, *, by: Actor) -> None:
    """Suspend an operation: items that have begun are finished, no other one begins. Raises NotFound, Conflict."""
    _move(key, {BatchOperationStatus.ACTIVE: BatchOperationStatus.SUSPENDED}, doing="suspend", by=by)


def resume(key: int, *, by: Actor) -> None:
    """Resume an operation: items that wait begin again. Raises NotFound, Conflict."""
    _move(key, {BatchOperationStatus.SUSPENDED: BatchOperationStatus.ACTIVE}, doing="resume", by=by)
    doorbell.ring_batch_operations()


def cancel(key: int, *, by: Actor) -> None:
    """End an operation; items that have not begun are left alone for good. Raises NotFound, Conflict for one that has ended."""
    canceled = BatchOperationStatus.CANCELED
    moves = dict.fromkeys(
        (BatchOperationStatus.CREATED, BatchOperationStatus.ACTIVE, BatchOperationStatus.SUSPENDED), canceled
    )
    _move(key, moves, doing="cancel", by=by)


def finish(operation: BatchOperation, status: BatchOperationStatus, *, error: str = "") -> None:
    """End the operation and settle its counts. For callers inside a transaction that has locked it."""
    counts = counts_of([operation.key]).get(operation.key, {})
    operation.status = status
    operation.ended_at = clock.now()
    operation.error = error
    operation.total_count = sum(counts.values())
    operation.failed_count = counts.get(BatchItemStatus.FAILED, 0)
    operation.completed_count = done_of(counts)
    operation.save()


def _move(key: int, moves: Mapping[BatchOperationStatus, BatchOperationStatus], *, doing: str, by: Actor) -> None:
    by.require_operator(f"{doing} batch operations")
    require(key)
    with transaction.atomic(durable=True):
        operation = BatchOperation.objects.select_for_update().get(key=key)
        target = moves.get(BatchOperationStatus(operation.status))
        if target is None:
            allowed = " or ".join(moves)
            raise Conflict(f"Expected batch operation {key} to be {allowed} to {doing} it; it is {operation.status}.")
        if target is not BatchOperationStatus.CANCELED:
            operation.status = target
            operation.save(update_fields=["status"])
            operation.items.filter(lease_until__isnull=False).update(lease_until=None)
            return
        # who is at an item now finds it so, or has done it: its mark is in the transaction of the change
        BatchOperationItem.objects.filter(operation=operation, status=BatchItemStatus.ACTIVE).update(
            status=BatchItemStatus.CANCELED, lease_until=None, processed_at=clock.now()
        )
        finish(operation, BatchOperationStatus.CANCELED)


def lock(key: int, status: BatchOperationStatus) -> BatchOperation | None:
    """Lock the operation and return it, if it has this status and nobody else has it locked. For callers inside a transaction."""
    return BatchOperation.objects.select_for_update(skip_locked=True).filter(key=key, status=status).first()
