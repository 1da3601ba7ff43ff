"""This table says of each type of batch operation who may ask for it, which instances are meant, and what is done to an item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from engine import incidents, instances
from engine.actors import Actor
from engine.errors import Conflict
from engine.models import BatchOperationItem, BatchOperationType, InstanceStatus
from engine.retention import deletion
from engine.runtime.history import IncidentRaised
from engine.transition.advance import Guard


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind says everything about one type of batch operation."""

    doing: str
    """What is done, to complete the text "Expected an operator to"."""
    meant: Q
    """A condition that narrows down the instances that the filter finds."""
    do: Callable[[BatchOperationItem, Actor, Guard], None]
    """A function that does one item; the transaction of the change calls the guard."""
    of_incidents: bool = False
    """True when each active incident of an instance is an item, not the instance."""
    for_admins: bool = False
    """True when only an administrator may ask for it; else an operator may."""

    def require_allowed(self, by: Actor) -> None:
        """Raise PermissionDenied unless `by` may ask for it."""
        if self.for_admins:
            by.require_admin(self.doing)
        else:
            by.require_operator(self.doing)


def _cancel(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    instances.cancel(item.item_key, by=by, guard=guard)


def _resolve(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    incidents.resolve(item.item_key, by=by, guard=guard)


def _migrate(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    """Migrate an instance. The plan has `target`, `mapping` and, where nothing is to be changed, `dry_run`."""
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
    """Modify an instance. The plan has `moves`, pairs of elements."""
    moves = [instances.Move(source, target) for source, target in item.operation.plan["moves"]]
    instances.modify(item.item_key, moves=moves, by=by, guard=guard)


def _delete(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    deletion.delete(item.item_key, by=by, guard=guard)


def _suspend(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    instances.suspend(item.item_key, by=by, guard=guard)


def _resume(item: BatchOperationItem, by: Actor, guard: Guard) -> None:
    instances.resume(item.item_key, by=by, guard=guard)


_RUNNING = Q(status=InstanceStatus.ACTIVE)
KINDS: Mapping[BatchOperationType, Kind] = {
    BatchOperationType.CANCEL_PROCESS_INSTANCE: Kind(
        "cancel process instances", _RUNNING & Q(parent_key__isnull=True), _cancel
    ),
    BatchOperationType.RESOLVE_INCIDENT: Kind("resolve incidents", _RUNNING, _resolve, of_incidents=True),
    BatchOperationType.MIGRATE_PROCESS_INSTANCE: Kind("migrate process instances", _RUNNING, _migrate),
    BatchOperationType.MODIFY_PROCESS_INSTANCE: Kind("modify process instances", _RUNNING, _modify),
    BatchOperationType.DELETE_PROCESS_INSTANCE: Kind("delete process instances", ~_RUNNING, _delete, for_admins=True),
    BatchOperationType.SUSPEND_PROCESS_INSTANCE: Kind(
        "suspend process instances", _RUNNING & Q(suspended_at__isnull=True), _suspend
    ),
    BatchOperationType.RESUME_PROCESS_INSTANCE: Kind(
        "resume process instances", _RUNNING & Q(suspended_at__isnull=False), _resume
    ),
}
"""The kinds of all types; a test checks that none is missing."""
