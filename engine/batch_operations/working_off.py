"""Batch operations are worked off here: their items are collected, then done a few at a time, in as many processes as are asked.

What is done to an item and the item's mark are one transaction (the `guard` of the commands), so that an item is done once
however often a process dies here or two have the same item in hand. A lease keeps others away meanwhile; a lease that has ended,
because its holder died, is worth nothing, and the item's turn comes again.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from engine import clock, doorbell
from engine.actors import Actor
from engine.batch_operations.collecting import collect
from engine.batch_operations.kinds import KINDS
from engine.batch_operations.steering import finish, lock
from engine.errors import EngineError, NotFound
from engine.failpoints import failpoint
from engine.models import BatchItemStatus, BatchOperation, BatchOperationItem, BatchOperationStatus, BatchOperationType

logger = logging.getLogger(__name__)

CHUNK = 20
"""Items that a process takes in hand at once, at most; others wait for its next turn."""
CHUNKS = 2
"""Chunks of one operation that are under way at once, at most, so that it does not take all workers from the jobs."""
LEASE = timedelta(seconds=60)
"""Time for which an item in hand is kept away from other processes; after it the item's turn comes again."""
RUN_FOR = 2.0
"""Seconds after which a worker gives its turn to others; the ticker rings again while anything is left."""


def run(*, seconds: float | None = None) -> int:
    """Collect and work off what waits, each operation in turn, for `seconds` (`RUN_FOR`). Returns how many items were tried."""
    until = time.monotonic() + (RUN_FOR if seconds is None else seconds)
    tried = 0
    while True:
        moved = False
        for key, status in _unfinished():
            if status == BatchOperationStatus.CREATED:
                moved = collect(key) or moved
            else:
                items = _lease(key)
                moved = moved or bool(items)
                tried += _work_off(items, until=until)
            if time.monotonic() > until:
                return tried
        if not moved:
            return tried


def ring_or_run() -> int:
    """Ring a worker for what waits; when the broker does not answer, do a little of it here. Returns how many operations are
    unfinished.
    """
    waiting = len(_unfinished())
    if waiting and not doorbell.ring_batch_operations():
        run(seconds=0.1)
    return waiting


def forget(*, older_than: timedelta = timedelta(days=90), limit: int = 20_000) -> int:
    """Delete items of operations that ended longer ago than `older_than`, and operations that have none left. Returns how many
    items.
    """
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


def _lease(key: int) -> list[BatchOperationItem]:
    """Take the next items in hand; end the operation when none is left. Returns an empty list when none is left, or enough are in
    hand.
    """
    now = clock.now()
    with transaction.atomic(durable=True):
        operation = lock(key, BatchOperationStatus.ACTIVE)
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
            finish(operation, BatchOperationStatus.COMPLETED)
        for item in free:
            item.operation = operation
        failpoint("batch_operation_runs.before_leased")
    failpoint("batch_operation_runs.after_leased")
    return free


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
        KINDS[BatchOperationType(item.operation.type)].do(item, _actor(item.operation), lambda: _mark(item))
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
    """Mark an item as done, in the transaction of the change. Returns False where it was done before, or where the operation was
    suspended or cancelled meanwhile.
    """
    return _change(item, BatchItemStatus.COMPLETED, "", operation__status=BatchOperationStatus.ACTIVE)


def _settle(item: BatchOperationItem, status: BatchItemStatus, error: str) -> None:
    _change(item, status, error)


def _change(item: BatchOperationItem, status: BatchItemStatus, error: str, **only_if: object) -> bool:
    rows = BatchOperationItem.objects.filter(id=item.id, status=BatchItemStatus.ACTIVE, **only_if)
    return rows.update(status=status, error=error, lease_until=None, processed_at=clock.now()) == 1


def _actor(operation: BatchOperation) -> Actor:
    """Return the actor who asked for the operation, with the rights that they had then."""
    return Actor(operation.by, frozenset(operation.groups), operation.is_admin, operation.is_system)
