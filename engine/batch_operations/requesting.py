"""These commands ask for batch operations on all instances that a filter finds; `working_off` carries them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from engine import clock, doorbell, instances
from engine.actors import Actor
from engine.batch_operations.kinds import KINDS
from engine.errors import InvalidArgument
from engine.models import BatchOperation, BatchOperationType
from engine.postgres import keys
from engine.queries.batch_operations import require
from engine.queries.instances import incidents, process_instances
from engine.queries.search import Table
from engine.transition import idempotency

MAX_MOVES = 100
"""Move instructions of a modification, at most; more are refused."""
FOUND, INCIDENTS = "found", "incidents"
"""Key and value in the plan of an operation whose filter finds incidents; without them it finds process instances."""


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
    KINDS[BatchOperationType.RESOLVE_INCIDENT].require_allowed(by)
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
    """Migrate the running instances that the filter finds. Raises NotFound and InvalidArgument for the target at once; what is
    active in each instance is checked when its turn comes.

    With `dry_run` no instance is changed: each item tells whether its instance would go on without an incident.
    """
    KINDS[BatchOperationType.MIGRATE_PROCESS_INSTANCE].require_allowed(by)
    instances.migration_target(target, mapping)
    plan: dict[str, Any] = {"target": str(target), "mapping": dict(mapping)}
    if dry_run:
        plan["dry_run"] = True
    return _create(BatchOperationType.MIGRATE_PROCESS_INSTANCE, found_by, plan, by=by, idempotency_key=idempotency_key)


def modify_instances(
    found_by: Any, *, moves: Sequence[tuple[str, str]], by: Actor, idempotency_key: str | None = None
) -> BatchOperation:
    """Move every active instance of the first element of a pair to the second, in the running instances that the filter finds."""
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


def table_of(plan: Mapping[str, Any]) -> Table:
    """Return the table whose rows the filter of an operation finds."""
    return incidents.TABLE if plan.get(FOUND) == INCIDENTS else process_instances.TABLE


def _create(
    type_: BatchOperationType, found_by: Any, plan: dict[str, Any], *, by: Actor, idempotency_key: str | None
) -> BatchOperation:
    KINDS[type_].require_allowed(by)
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


def _check_filter(found_by: Any, plan: Mapping[str, Any]) -> None:
    """Raise InvalidArgument for a filter that cannot be read, or that finds everything."""
    if not isinstance(found_by, Mapping) or all(value is None for value in found_by.values()):
        meant = "incidents" if plan.get(FOUND) == INCIDENTS else "process instances"
        raise InvalidArgument(f"Expected a filter that says which {meant} are meant, found an empty one.")
    table_of(plan).filter(found_by).q()
