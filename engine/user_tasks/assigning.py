"""These commands set who is to do a user task."""

from __future__ import annotations

from django.db.models import Q

from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument
from engine.user_tasks.changing import change
from engine.user_tasks.visibility import require_manageable, require_workable


def claim(key: int, *, by: Actor) -> None:
    """Assign an unassigned task to `by`; claiming one's own task again changes nothing. Raises Conflict, which names the assignee,
    when somebody else was faster.
    """
    task = require_workable(key, by=by)
    if task.assignee == by.username:
        return
    change(task, {"assignee": by.username}, action="claim", by=by, only_if=Q(assignee=""))


def assign(key: int, assignee: str, *, by: Actor, allow_override: bool = True) -> None:
    """Assign a task to a person. Anyone but an administrator may do this only with a task that is unassigned or their own.
    Assigning it to oneself without `allow_override` is the same as `claim`.

    Raises Conflict when somebody else has the task then.
    """
    if not assignee or len(assignee) > 255 or "\x00" in assignee:
        raise InvalidArgument("Expected a username as assignee; to take the assignee away, unassign the task.")
    if not allow_override and assignee == by.username:
        claim(key, by=by)
        return
    task = require_manageable(key, by=by)
    if not allow_override and task.assignee not in ("", assignee):
        raise Conflict(f"Expected user task {key} to be unassigned; it is assigned to '{task.assignee}'.")
    change(task, {"assignee": assignee}, action="assign", by=by, only_if=Q(assignee=task.assignee))


def unassign(key: int, *, by: Actor) -> None:
    """Give the task back to its candidates."""
    task = require_manageable(key, by=by)
    change(task, {"assignee": ""}, action="unassign", by=by, only_if=Q(assignee=task.assignee))
