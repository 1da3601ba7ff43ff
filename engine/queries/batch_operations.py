"""Batch operations are read here. Operators see all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Count

from engine.actors import Actor
from engine.errors import NotFound
from engine.models import BatchItemStatus, BatchOperation, BatchOperationItem, BatchOperationStatus, BatchOperationType
from engine.queries.search import Field, Found, Kind, SearchRequest, Table, search
from engine.queries.search.view import View, text_or_none


class BatchOperationErrorView(View, frozen=True, kw_only=True):
    partition_id: int
    type: str
    message: str


class BatchOperationView(View, frozen=True, kw_only=True):
    batch_operation_key: str
    state: str
    batch_operation_type: str
    is_dry_run: bool
    """True for a migration that was only tried."""
    start_date: datetime
    end_date: datetime | None
    actor_type: str
    actor_id: str
    operations_total_count: int
    operations_failed_count: int
    operations_completed_count: int
    errors: list[BatchOperationErrorView]


class BatchOperationItemView(View, frozen=True, kw_only=True):
    operation_type: str
    batch_operation_key: str
    item_key: str
    process_instance_key: str
    root_process_instance_key: str | None
    state: str
    processed_date: datetime | None
    error_message: str | None


_TYPES = {str(word): str(word) for word in BatchOperationType}
TABLE = Table(
    name="BatchOperation",
    fields={
        "batchOperationKey": Field("key", Kind.KEY),
        "operationType": Field("type", words=_TYPES),
        "state": Field(
            "status",
            words={
                **{str(word): str(word) for word in BatchOperationStatus},
                "PARTIALLY_COMPLETED": "PARTIALLY_COMPLETED",
            },
        ),
        "startDate": Field("created_at", Kind.TIME),
        "endDate": Field("ended_at", Kind.TIME, nullable=True),
        "actorType": Field("is_system", Kind.BOOLEAN, words={"USER": False, "CLIENT": True}),
        "actorId": Field("by"),
    },
    sort=(("batchOperationKey", "DESC"),),
)
ITEMS = Table(
    name="BatchOperationItem",
    fields={
        "batchOperationKey": Field("operation_id", Kind.KEY),
        "operationType": Field("operation__type", words=_TYPES),
        "itemKey": Field("item_key", Kind.KEY),
        "processInstanceKey": Field("instance_key", Kind.KEY),
        "state": Field("status", words={str(word): str(word) for word in BatchItemStatus}),
        "processedDate": Field("processed_at", Kind.TIME, nullable=True),
    },
    sort=(("batchOperationKey", "DESC"), ("itemKey", "ASC")),
    key="id",
)


def find(request: SearchRequest, *, by: Actor) -> Found[BatchOperationView]:
    by.require_operator("read batch operations")
    return search(TABLE, BatchOperation.objects.all(), request, view=_views)


def get(key: int, *, by: Actor) -> BatchOperationView:
    """Return a batch operation. Raises NotFound."""
    by.require_operator("read batch operations")
    return next(iter(_views([require(key)])))


def find_items(request: SearchRequest, *, by: Actor) -> Found[BatchOperationItemView]:
    by.require_operator("read batch operations")
    rows = BatchOperationItem.objects.select_related("operation")
    return search(ITEMS, rows, request, view=_item_views)


def require(key: int) -> BatchOperation:
    """Return the row of a batch operation. Raises NotFound."""
    found = BatchOperation.objects.filter(key=key).first()
    if found is None:
        raise NotFound(f"Expected a batch operation with the key {key}, found none.")
    return found


def counts_of(operations: Sequence[int]) -> dict[int, dict[str, int]]:
    """Count items by status, by operation."""
    found: dict[int, dict[str, int]] = {}
    rows = (
        BatchOperationItem.objects.filter(operation_id__in=operations)
        .values_list("operation_id", "status")
        .annotate(number=Count("id"))
    )
    for key, status, number in rows:
        found.setdefault(key, {})[status] = number
    return found


def done_of(counts: Mapping[str, int]) -> int:
    """Return the number of items that are done; what is left out because it is gone counts as done."""
    return counts.get(BatchItemStatus.COMPLETED, 0) + counts.get(BatchItemStatus.SKIPPED, 0)


def _views(rows: Sequence[BatchOperation]) -> Iterable[BatchOperationView]:
    counted = counts_of([row.key for row in rows if row.ended_at is None])
    for row in rows:
        counts = counted.get(row.key, {})
        yield BatchOperationView(
            batch_operation_key=str(row.key),
            state=str(row.status),
            batch_operation_type=str(row.type),
            is_dry_run=bool(row.plan.get("dry_run")),
            start_date=row.created_at,
            end_date=row.ended_at,
            actor_type="CLIENT" if row.is_system else "USER",
            actor_id=row.by,
            operations_total_count=_settled(row.total_count, sum(counts.values())),
            operations_failed_count=_settled(row.failed_count, counts.get(BatchItemStatus.FAILED, 0)),
            operations_completed_count=_settled(row.completed_count, done_of(counts)),
            errors=[BatchOperationErrorView(partition_id=1, type="QUERY_FAILED", message=row.error)]
            if row.error
            else [],
        )


def _settled(at_the_end: int | None, now: int) -> int:
    return now if at_the_end is None else at_the_end


def _item_views(rows: Sequence[BatchOperationItem]) -> Iterable[BatchOperationItemView]:
    for row in rows:
        yield BatchOperationItemView(
            operation_type=str(row.operation.type),
            batch_operation_key=str(row.operation_id),
            item_key=str(row.item_key),
            process_instance_key=str(row.instance_key),
            root_process_instance_key=str(row.root_key),
            state=str(row.status),
            processed_date=row.processed_at,
            error_message=text_or_none(row.error),
        )
