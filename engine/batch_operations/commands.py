"""These commands ask for batch operations: the same is to be done to all instances that a filter finds. `working_off` does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from engine import clock, doorbell, instances
from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument
from engine.models import BatchItemStatus, BatchOperation, BatchOperationItem, BatchOperationStatus, BatchOperationType
from engine.postgres import keys
from engine.queries.batch_operations import counts_of, done_of, require
from engine.queries.instances import incidents, process_instances
from engine.queries.search import Table
from engine.transition import idempotency

_DOING: Mapping[BatchOperationType, str] = {
    BatchOperationType.CANCEL_PROCESS_INSTANCE: "cancel process instances",
    BatchOperationType.RESOLVE_INCIDENT: "resolve incidents",
    BatchOperationType.MIGRATE_PROCESS_INSTANCE: "migrate process instances",
    BatchOperationType.MODIFY_PROCESS_INSTANCE: "modify process instances",
    BatchOperationType.DELETE_PROCESS_INSTANCE: "delete process instances",
    BatchOperationType.SUSPEND_PROCESS_INSTANCE: "suspend process instances",
    BatchOperationType.RESUME_PROCESS_INSTANCE: "resume process instances",
}
MAX_MOVES = 100
FOUND, INCIDENTS = "found", "incidents"
"""The plan of an operation whose filter finds incidents has this name and value; the filters of all others find process instances."""


def cancel_instances(found_by: Any, *, by: Actor, idempotency_key: str | None = None) -> BatchOperation:
    """Cancel the running root instances among those that the filter finds; what they called ends with them."""
    return _create(BatchOperationType.CANCEL_PROCESS_INSTANCE, found_by, {}, by=by, idempotency_key=idempotency_key)


def resolve_incidents(found_by: Any, *, by: Actor, idempotency_key: str | None = None) -> BatchOperation:
    """Resolve all active incidents of the running instances that the filter finds; each is an item."""
    return _create(BatchOperationType.RESOLVE_INCIDENT, found_by, {}, by=by, idempotency_key=idempotency_key)


def resolve_found_incidents(found_by: Any, *, by: Actor, idempotency_key: str | None = None) -> BatchOperation:
    """Resolve the active incidents that a filter of incidents finds, and no others of their instances; each is an item."""
    plan = {FOUND: INCIDENTS}
    return _create(BatchOperationType.RESOLVE_INCIDENT, found_by, plan, by=by, idempotency_key=idempotency_key)


def resolve_incidents_of(instance_key: int, *, by: Actor) -> BatchOperation:
    """Resolve all active incidents of one running instance. Raises NotFound where there is no such instance."""
    by.require_operator(_DOING[BatchOperationType.RESOLVE_INCIDENT])
    instances.require(instance_key)
    return resolve_incidents({"processInstanceKey": str(instance_key)}, by=by)


def migrate_instances(
    found_by: Any,
    *,
    target: int,
    mapping: Mapping[str, str],
    dry_run: bool = False,
    by: Actor,
    idempotency_key: str | None = None,
) -> BatchOperation:
    """Migrate the running instances that the filter finds. Raises NotFound and InvalidArgument for the target at once; what is active in
    each instance is looked at when its turn comes. `dry_run`: each item tells whether its instance would go on without an incident, and
    no instance is changed."""
    by.require_operator(_DOING[BatchOperationType.MIGRATE_PROCESS_INSTANCE])
    instances.migration_target(target, mapping)
    plan: dict[str, Any] = {"target": str(target), "mapping": dict(mapping)}
    if dry_run:
        plan["dry_run"] = True
    return _create(BatchOperationType.MIGRATE_PROCESS_INSTANCE, found_by, plan, by=by, idempotency_key=idempotency_key)


def modify_instances(
    found_by: Any, *, moves: Sequence[tuple[str, str]], by: Actor, idempotency_key: str | None = None
) -> BatchOperation:
    """Move every active instance of the first element of a pair to the second."""
    if not 1 <= len(moves) <= MAX_MOVES:
        raise InvalidArgument(f"Expected 1 to {MAX_MOVES} move instructions, found {len(moves)}.")
    plan = {"moves": [list(pair) for pair in moves]}
    return _create(BatchOperationType.MODIFY_PROCESS_INSTANCE, found_by, plan, by=by, idempotency_key=idempotency_key)


def delete_instances(found_by: Any, *, by: Actor, idempotency_key: str | None = None) -> BatchOperation:
    """Delete the ended instances among those that the filter finds, with all that they called."""
    return _create(BatchOperationType.DELETE_PROCESS_INSTANCE, found_by, {}, by=by, idempotency_key=idempotency_key)


def suspend_instances(found_by: Any, *, by: Actor, idempotency_key: str | None = None) -> BatchOperation:
    return _create(BatchOperationType.SUSPEND_PROCESS_INSTANCE, found_by, {}, by=by, idempotency_key=idempotency_key)


def resume_instances(found_by: Any, *, by: Actor, idempotency_key: str | None = None) -> BatchOperation:
    return _create(BatchOperationType.RESUME_PROCESS_INSTANCE, found_by, {}, by=by, idempotency_key=idempotency_key)


def suspend(key: int, *, by: Actor) -> None:
    """Suspend the operation: items that have begun are finished, no other begins. Raises NotFound, Conflict."""
    _move(key, {BatchOperationStatus.ACTIVE: BatchOperationStatus.SUSPENDED}, doing="suspend", by=by)


def resume(key: int, *, by: Actor) -> None:
    _move(key, {BatchOperationStatus.SUSPENDED: BatchOperationStatus.ACTIVE}, doing="resume", by=by)
    doorbell.ring_batch_operations()


def cancel(key: int, *, by: Actor) -> None:
    """Cancel the operation: items that have not begun are left alone for good. Raises NotFound, Conflict for one that has ended."""
    canceled = BatchOperationStatus.CANCELED
    moves = dict.fromkeys(
        (BatchOperationStatus.CREATED, BatchOperationStatus.ACTIVE, BatchOperationStatus.SUSPENDED), canceled
    )
    _move(key, moves, doing="cancel", by=by)


def finish(operation: BatchOperation, status: BatchOperationStatus, *, error: str = "") -> None:
    """End the operation, which the caller's transaction has locked, and settle its counts."""
    counts = counts_of([operation.key]).get(operation.key, {})
    operation.status = status
    operation.ended_at = clock.now()
    operation.error = error
    operation.total_count = sum(counts.values())
    operation.failed_count = counts.get(BatchItemStatus.FAILED, 0)
    operation.completed_count = done_of(counts)
    operation.save()


def _create(
    type_: BatchOperationType, found_by: Any, plan: dict[str, Any], *, by: Actor, idempotency_key: str | None
) -> BatchOperation:
    if type_ is BatchOperationType.DELETE_PROCESS_INSTANCE:
        by.require_admin(_DOING[type_])
    else:
        by.require_operator(_DOING[type_])
    _check_filter(found_by, plan)
    with transaction.atomic(durable=True):
        arguments = {"filter": found_by, "plan": plan}
        answer = idempotency.recall(idempotency_key, command=str(type_), arguments=arguments, by=by)
        if answer is not None:
            return require(int(answer["operation"]))
        operation = BatchOperation.objects.create(
            key=keys.take_one(),
            type=type_,
            filter=found_by,
            plan=plan,
            by=by.username,
            groups=sorted(by.groups),
            is_admin=by.is_admin,
            is_system=by.is_system,
            created_at=clock.now(),
        )
        idempotency.remember(idempotency_key, {"operation": str(operation.key)}, by=by)
    doorbell.ring_batch_operations()
    return operation


def table_of(plan: Mapping[str, Any]) -> Table:
    """Return the table that the filter of an operation is a filter of."""
    return incidents.TABLE if plan.get(FOUND) == INCIDENTS else process_instances.TABLE


def _check_filter(found_by: Any, plan: Mapping[str, Any]) -> None:
    """Raise InvalidArgument for what is no filter, or finds everything."""
    if not isinstance(found_by, Mapping) or all(value is None for value in found_by.values()):
        meant = "incidents" if plan.get(FOUND) == INCIDENTS else "process instances"
        raise InvalidArgument(f"Expected a filter that says which {meant} are meant, found an empty one.")
    table_of(plan).filter(found_by).q()


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
