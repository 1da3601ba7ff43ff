"""A user task may be seen and worked on by its assignee, its candidates by name or group, and administrators; by everyone when it
names nobody. To anyone else it does not exist. A task that is assigned to one person is completed by no other.
"""

from __future__ import annotations

from django.db.models import F, Q

from engine.actors import Actor
from engine.errors import Conflict, NotFound, PermissionDenied
from engine.models import UserTask
from engine.transition.rows import user_task_states


def visible_to(actor: Actor, *, of_open: bool = False) -> Q:
    """Return a condition for UserTask rows that `actor` may see; with `of_open` for rows of tasks that nobody can have completed
    yet.

    Each part has an index for open and one for completed user tasks. It repeats the condition of that index, without which
    PostgreSQL would not use it.
    """
    if actor.is_admin:
        return Q()
    visible = Q(assignee="", candidate_users=[], candidate_groups=[])
    visible |= Q(candidate_users__contains=[actor.username]) & ~Q(candidate_users=[])
    if actor.groups:
        visible |= Q(candidate_groups__overlap=sorted(actor.groups)) & ~Q(candidate_groups=[])
    assigned = Q(assignee=actor.username)
    if of_open:
        return visible | assigned
    return visible | Q(completed_by=actor.username) | (assigned & ~Q(assignee="") & ~Q(assignee=F("completed_by")))


def may_see(task: UserTask, actor: Actor) -> bool:
    """Return whether `actor` may see this row, by the same rule as `visible_to`."""
    return actor.username == task.completed_by or may_work_on(task, actor)


def may_work_on(task: UserTask, actor: Actor) -> bool:
    """Return whether `actor` may claim, complete and comment on the task, as far as it is not assigned to another."""
    return (
        actor.is_admin
        or actor.username == task.assignee
        or actor.username in task.candidate_users
        or not actor.groups.isdisjoint(task.candidate_groups)
        or not (task.assignee or task.candidate_users or task.candidate_groups)
    )


def require(key: int, *, by: Actor) -> UserTask:
    """Return a user task. Raises NotFound, also for a task that `by` may not see."""
    task = UserTask.objects.filter(key=key).first()
    if task is None or not may_see(task, by):
        raise NotFound(f"Expected a user task with the key {key}, found none that '{by.username}' may see.")
    return task


def require_workable(key: int, *, by: Actor) -> UserTask:
    """Return a user task for a candidate or the assignee. Raises NotFound, PermissionDenied."""
    task = require(key, by=by)
    if not may_work_on(task, by):
        raise PermissionDenied(f"Expected a candidate or the assignee of user task {key}; '{by.username}' is neither.")
    return task


def require_manageable(key: int, *, by: Actor) -> UserTask:
    """Return an open task for those who have it or may take it. Raises NotFound, PermissionDenied, Conflict."""
    task = require(key, by=by)
    if not by.is_admin and task.assignee not in ("", by.username):
        raise PermissionDenied(f"Expected user task {key} to be unassigned or one's own; '{task.assignee}' has it.")
    require_open(task)
    return task


def require_open(task: UserTask) -> None:
    """Raise Conflict unless the task is open; its text names who has completed it."""
    if not user_task_states.is_open(task):
        who = f" by '{task.completed_by}'" if task.completed_by else ""
        raise Conflict(f"Expected user task {task.key} to be open; it is {task.status}{who}.")


def require_completer(task: UserTask, by: Actor) -> None:
    """Raise PermissionDenied unless `by` is the task's assignee or, where it has none, a candidate; or an administrator."""
    if by.is_admin or task.assignee == by.username:
        return
    if task.assignee:
        raise PermissionDenied(
            f"Expected '{task.assignee}', to whom user task {task.key} is assigned, or an administrator to complete it; "
            f"'{by.username}' is neither."
        )
    if not may_work_on(task, by):
        raise PermissionDenied(f"Expected a candidate of user task {task.key} to complete it; '{by.username}' is none.")
