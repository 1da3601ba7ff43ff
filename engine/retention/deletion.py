"""Ended process instances are deleted with everything that was kept of them.

An instance goes together with those that it called, from the innermost outward and itself last: whoever dies in between leaves
an instance that can be deleted again. What counts over all instances of a process (its sequence flows) stays counted.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import connection, transaction
from psycopg import sql

from engine import clock
from engine.actors import Actor
from engine.errors import Conflict, NotFound
from engine.failpoints import failpoint
from engine.journal import projection
from engine.models import (
    BatchItemStatus,
    BatchOperation,
    BatchOperationItem,
    BatchOperationStatus,
    BatchOperationType,
    Comment,
    DecisionInstance,
    ElementInstance,
    Incident,
    JobAttempt,
    JournalEntry,
    LargeValue,
    PendingInput,
    ProcessInstance,
    ProjectionWatermark,
    UserTask,
    UserTaskDraft,
    Variable,
)
from engine.postgres import keys
from engine.transition.advance import Guard

logger = logging.getLogger(__name__)

AT_ONCE = 200
"""One transaction deletes so many instances; further ones follow in the next."""
OF_INSTANCE = (
    JournalEntry,
    ElementInstance,
    Variable,
    Incident,
    JobAttempt,
    DecisionInstance,
    PendingInput,
    LargeValue,
)
"""These tables hold what is kept of an instance after its end, beside the user tasks and the instance itself."""


def delete(key: int, *, by: Actor, guard: Guard | None = None) -> None:
    """Delete an ended instance and all that it called. Without `guard` the deletion is noted as a batch operation of one item, so
    that it remains known who did it. Raises NotFound, and Conflict for one that runs."""
    by.require_admin("delete process instances")
    found = ProcessInstance.objects.filter(key=key).first()
    if found is None:
        raise NotFound(f"Expected a process instance with the key {key}, found none.")
    if found.ended_at is None:
        raise Conflict(
            f"Expected process instance {key} to have ended; its state is {found.status}. Cancel it first, or wait for its end."
        )
    failpoint("deletion.before_remove")
    *others, last = chunks(called_by([key]))
    for chunk in others:
        with transaction.atomic(durable=True):
            remove(chunk)
    with transaction.atomic(durable=True):
        if guard is not None and not guard():
            return
        if guard is None:
            _note(found, by=by)
        remove(last)
        failpoint("deletion.before_commit")
    failpoint("deletion.after_commit")
    logger.info("Process instance %s was deleted by '%s'", key, by.username, extra={"processInstanceKey": str(key)})


def called_by(instance_keys: Sequence[int]) -> list[int]:
    """Return these instances and all that they called, directly or not: the innermost first, these last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE tree(key, depth) AS (SELECT unnest(%s::bigint[]), 0"
            " UNION ALL SELECT called.key, tree.depth + 1 FROM engine_processinstance called JOIN tree"
            "   ON called.parent_key = tree.key)"
            " SELECT key FROM tree GROUP BY key ORDER BY max(depth) DESC, key",
            [list(instance_keys)],
        )
        return [row[0] for row in cursor.fetchall()]


def chunks(instance_keys: Sequence[int]) -> list[list[int]]:
    return [list(instance_keys[at : at + AT_ONCE]) for at in range(0, len(instance_keys), AT_ONCE)]


def remove(instance_keys: Sequence[int]) -> None:
    """Remove ended instances, in a transaction of the caller. The instances have ended, so nothing else writes to their rows but the
    projector."""
    _wait_for_projector(instance_keys)
    tasks = UserTask.objects.filter(instance_id__in=instance_keys)
    for belonging in (UserTaskDraft, Comment):
        belonging._default_manager.filter(user_task__in=tasks).delete()
    _delete_rows(UserTask._meta.db_table, instance_keys)
    for model in OF_INSTANCE:
        _delete_rows(model._meta.db_table, instance_keys)
    _delete_rows(ProcessInstance._meta.db_table, instance_keys, column="key")


def _delete_rows(table: str, instance_keys: Sequence[int], *, column: str = "instance_key") -> None:
    statement = sql.SQL("DELETE FROM {} WHERE {} = ANY(%s)").format(sql.Identifier(table), sql.Identifier(column))
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(instance_keys)])


def _wait_for_projector(instance_keys: Sequence[int]) -> None:
    """Wait for the projector: it may have read the journal of an instance that has just ended, and would write its rows after they were
    deleted."""
    mark = ProjectionWatermark.objects.filter(id=1).values_list("position", flat=True).first() or 0
    if JournalEntry.objects.filter(instance_key__in=instance_keys, position__gt=mark).exists():
        projection.wait_for_others()


def _note(instance: ProcessInstance, *, by: Actor) -> None:
    now = clock.now()
    operation = BatchOperation.objects.create(
        key=keys.take_one(),
        type=BatchOperationType.DELETE_PROCESS_INSTANCE,
        status=BatchOperationStatus.COMPLETED,
        filter={"processInstanceKey": str(instance.key)},
        by=by.username,
        groups=sorted(by.groups),
        is_admin=by.is_admin,
        is_system=by.is_system,
        created_at=now,
        ended_at=now,
        total_count=1,
        completed_count=1,
        failed_count=0,
    )
    BatchOperationItem.objects.create(
        operation=operation,
        item_key=instance.key,
        instance_key=instance.key,
        root_key=instance.root_key,
        status=BatchItemStatus.COMPLETED,
        processed_at=now,
    )
