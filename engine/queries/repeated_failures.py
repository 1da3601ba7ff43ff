"""A batch of retries has done its work when each is tried; what failed again afterwards is read here, with the reasons."""

from __future__ import annotations

from engine.actors import Actor
from engine.models import BatchItemStatus, BatchOperationType
from engine.postgres.statements import rows
from engine.queries.batch_operations import require
from engine.queries.search.view import View

MOST_REASONS = 20
"""So many reasons are named, the most frequent first; items with other reasons are counted."""

_FAILED_AGAIN = """
    SELECT again.message, count(*), bool_and(again.message = first.message), sum(count(*)) OVER ()
    FROM engine_batchoperationitem item
    JOIN engine_incident first ON first.key = item.item_key
    CROSS JOIN LATERAL (
        SELECT later.message FROM engine_incident later
        WHERE later.instance_key = first.instance_key
          AND later.element_instance_key = first.element_instance_key
          AND later.key <> first.key
          AND later.created_at >= first.resolved_at
        ORDER BY later.created_at, later.key LIMIT 1
    ) again
    WHERE item.operation_key = %s AND item.status = %s
    GROUP BY again.message ORDER BY count(*) DESC, again.message LIMIT %s
"""
"""The first incident of the same element instance after the retry; a retried job keeps its element instance."""


class RepeatedFailureView(View, frozen=True, kw_only=True):
    error_message: str
    count: int
    is_same_reason: bool
    """True where each of them had failed with this message before."""


class RepeatedFailuresView(View, frozen=True, kw_only=True):
    failed_again_count: int
    """How many incidents that the operation resolved have come again until now."""
    reasons: list[RepeatedFailureView]


def get(batch_operation_key: int, *, by: Actor) -> RepeatedFailuresView:
    """Return what failed again of that which a batch operation retried; nothing for operations of other types. Raises NotFound."""
    by.require_operator("read batch operations")
    operation = require(batch_operation_key)
    if operation.type != BatchOperationType.RESOLVE_INCIDENT:
        return RepeatedFailuresView(failed_again_count=0, reasons=[])
    found = rows(_FAILED_AGAIN, [operation.key, BatchItemStatus.COMPLETED.value, MOST_REASONS])
    return RepeatedFailuresView(
        failed_again_count=int(found[0][3]) if found else 0,
        reasons=[
            RepeatedFailureView(error_message=message, count=count, is_same_reason=same)
            for message, count, same, _ in found
        ],
    )
