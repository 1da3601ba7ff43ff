"""This module alone decides a user task's state: it has the allowed moves, and the only statements that make them.

Each move is one guarded UPDATE: it changes a task that is in a state from which the move leads, and no other. `docs/states.md`
draws the moves.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from engine.models import UserTask, UserTaskDraft, UserTaskStatus
from engine.runtime import effects
from engine.transition.rows import user_task_values

logger = logging.getLogger(__name__)

MOVES: Mapping[UserTaskStatus, frozenset[UserTaskStatus]] = {
    UserTaskStatus.CREATED: frozenset(
        {
            UserTaskStatus.CREATED,
            UserTaskStatus.ASSIGNING,
            UserTaskStatus.UPDATING,
            UserTaskStatus.COMPLETING,
            UserTaskStatus.COMPLETED,
            UserTaskStatus.CANCELED,
        }
    ),
    UserTaskStatus.ASSIGNING: frozenset({UserTaskStatus.CREATED, UserTaskStatus.CANCELED}),
    UserTaskStatus.UPDATING: frozenset({UserTaskStatus.CREATED, UserTaskStatus.CANCELED}),
    UserTaskStatus.COMPLETING: frozenset({UserTaskStatus.CREATED, UserTaskStatus.COMPLETED, UserTaskStatus.CANCELED}),
    UserTaskStatus.COMPLETED: frozenset(),
    UserTaskStatus.CANCELED: frozenset(),
}
"""The states that may follow each state. A task begins as CREATED, by the carrier of `effects.OpenUserTask`."""
LISTENING: Mapping[str, UserTaskStatus] = {
    "assigning": UserTaskStatus.ASSIGNING,
    "updating": UserTaskStatus.UPDATING,
    "completing": UserTaskStatus.COMPLETING,
}
"""The state in which a task waits for its listeners of each event."""


def is_open(task: UserTask) -> bool:
    """Return whether people may change and complete the task now."""
    return task.status == UserTaskStatus.CREATED


def listen(key: int, event: str, *, only_if: Q) -> bool:
    """Let a person's change of an open task wait for the listeners of `event`. Returns False when the task is not open, or not as
    `only_if` says.
    """
    return _move(UserTask.objects.filter(only_if, key=key), LISTENING[event]) == 1


def lock_open(key: int, *, only_if: Q) -> bool:
    """Lock the row of an open task until the transaction ends. Returns False when the task is not open, or not as `only_if` says."""
    return UserTask.objects.filter(only_if, key=key, status=UserTaskStatus.CREATED).select_for_update().exists()


def complete(task: UserTask, *, by: str, now: datetime, listened: bool) -> bool:
    """Complete the task for a person. If its listeners are asked first (`listened`), it is COMPLETING until they agree. Returns
    False when it was not open.
    """
    people = {"completed_by": by, "assignee": task.assignee or by}
    rows = UserTask.objects.filter(key=task.key, status=UserTaskStatus.CREATED)
    if listened:
        return _move(rows, UserTaskStatus.COMPLETING, completed_at=None, **people) == 1
    return _complete(rows, task.key, completed_at=now, **people)


def change(effect: effects.ChangeUserTask, *, now: datetime) -> None:
    """Carry out what the core says of a task: its listeners are asked, they agree, or one denies the change; or an open task gets
    new values.
    """
    rows, values = UserTask.objects.filter(key=effect.key), user_task_values.columns(effect.values)
    to = UserTaskStatus(effect.state.value)
    if to in LISTENING.values():  # the command moved it before the step, which tells it once more
        changed = rows.filter(status=to).update(revision=F("revision") + 1, **values) == 1
    elif to is UserTaskStatus.COMPLETED:
        changed = _complete(rows, effect.key, completed_at=now, **values)
    else:
        changed = _move(rows, to, completed_at=None, completed_by="", **values) == 1
    if not changed:
        logger.warning("User task %s did not become %s: its state had gone another way", effect.key, to)


def cancel(keys: Collection[int], *, now: datetime) -> None:
    """Cancel tasks whose elements have ended. Their rows are kept, for people look for what they had to do."""
    _move(UserTask.objects.filter(key__in=keys), UserTaskStatus.CANCELED, completed_at=now)


def _complete(rows: QuerySet[UserTask], key: int, **values: Any) -> bool:
    """Complete the task and delete the drafts that people have kept of it."""
    if _move(rows, UserTaskStatus.COMPLETED, **values) == 0:
        return False
    UserTaskDraft.objects.filter(user_task_id=key).delete()
    return True


def _move(rows: QuerySet[UserTask], to: UserTaskStatus, **values: Any) -> int:
    before = [status for status, next_ones in MOVES.items() if to in next_ones]
    return rows.filter(status__in=before).update(status=to, revision=F("revision") + 1, **values)
