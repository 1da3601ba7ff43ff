"""People change the candidates, dates and priority of an open user task here; `change` brings every change to its instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from engine import definitions
from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument
from engine.failpoints import failpoint
from engine.models import UserTask
from engine.runtime import inputs, user_task_values
from engine.runtime.user_task_values import MAX_PRIORITY
from engine.transition import advance
from engine.transition.rows import user_task_states
from engine.user_tasks.visibility import require_manageable, require_open


class _Keep:
    """A value that means "leave as it is", where None is a value itself."""


KEEP = _Keep()


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes that `update` makes; KEEP leaves a field as it is."""

    candidate_users: tuple[str, ...] | _Keep = KEEP
    candidate_groups: tuple[str, ...] | _Keep = KEEP
    due_date: datetime | _Keep | None = KEEP
    follow_up_date: datetime | _Keep | None = KEEP
    priority: int | _Keep = KEEP


def update(key: int, changes: Changes, *, by: Actor) -> None:
    """Change candidates, dates or priority. Raises InvalidArgument for a priority out of bounds."""
    task = require_manageable(key, by=by)
    fields: dict[str, Any] = {
        name: value for name in Changes.__slots__ if (value := getattr(changes, name)) is not KEEP
    }
    if not 0 <= fields.get("priority", 0) <= MAX_PRIORITY:
        raise InvalidArgument(f"Expected a priority of 0 to {MAX_PRIORITY}, found {fields['priority']}.")
    if fields:
        change(task, fields, action="update", by=by)


def change(task: UserTask, fields: Mapping[str, Any], *, action: str, by: Actor, only_if: Q | None = None) -> None:
    """Change an open task, also while its instance is suspended; the journal keeps who did it. If the task has listeners for the
    change, they are asked first. Raises Conflict when the task is not as `only_if` says any more.
    """
    event = "updating" if action == "update" else "assigning"
    failpoint("user_tasks.before_change")
    listened, expected = listens(task, event), only_if or Q()

    def guard() -> bool:
        if listened:
            found = user_task_states.listen(task.key, event, only_if=expected)
        else:
            found = user_task_states.lock_open(task.key, only_if=expected)
        if not found:
            _refuse_changed(task.key)
        return True

    item = inputs.UserTaskChanged(task.key, event, action, user_task_values.plain(fields))
    advance.order(task.instance_id, item, by=by.username, guard=guard)


def listens(task: UserTask, event: str) -> bool:
    """Return whether the diagram has a task listener for the event."""
    node = definitions.model_of(task.definition_key).nodes.get(task.element_id)
    return node is not None and any(listener.event == event for listener in node.listeners)


def _refuse_changed(key: int) -> None:
    now_is = UserTask.objects.get(key=key)
    require_open(now_is)
    raise Conflict(f"Expected user task {key} as it was read; it is now assigned to '{now_is.assignee or 'nobody'}'.")
