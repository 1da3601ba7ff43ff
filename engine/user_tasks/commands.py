"""Commands on user tasks, by people.

Who may see and work on one: its assignee, its candidates by name or group, administrators; everyone, when it names nobody. To
anyone else it does not exist. What is assigned to one person no other completes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from engine import clock, definitions, exact_json
from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument, NotFound, PermissionDenied
from engine.failpoints import failpoint
from engine.models import Comment, UserTask, UserTaskDraft, UserTaskStatus
from engine.postgres import statements
from engine.runtime import inputs, user_task_values
from engine.runtime.user_task_values import MAX_PRIORITY
from engine.transition import advance, idempotency

MAX_COMMENT = 10_000


class _Keep:
    """Stands for "leave as it is", where None is a value."""


KEEP = _Keep()


@dataclass(frozen=True, slots=True)
class Changes:
    """What `update` changes; KEEP leaves a field as it is."""

    candidate_users: tuple[str, ...] | _Keep = KEEP
    candidate_groups: tuple[str, ...] | _Keep = KEEP
    due_date: datetime | _Keep | None = KEEP
    follow_up_date: datetime | _Keep | None = KEEP
    priority: int | _Keep = KEEP


def visible_to(actor: Actor, *, of_open: bool = False) -> Q:
    """The condition on UserTask rows that `actor` may see; `of_open`: on those that nobody can have completed yet.

    Each part has its index, for open and for completed user tasks; it repeats that index's condition, by which PostgreSQL knows it.
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
    return actor.username == task.completed_by or may_work_on(task, actor)


def may_work_on(task: UserTask, actor: Actor) -> bool:
    """Claim, complete, comment."""
    return (
        actor.is_admin
        or actor.username == task.assignee
        or actor.username in task.candidate_users
        or not actor.groups.isdisjoint(task.candidate_groups)
        or not (task.assignee or task.candidate_users or task.candidate_groups)
    )


def claim(key: int, *, by: Actor) -> None:
    """Take an unassigned task. Raises Conflict that names who was faster; claiming one's own again changes nothing."""
    task = _workable(key, by=by)
    if task.assignee == by.username:
        return
    _change(task, {"assignee": by.username}, action="claim", by=by, only_if=Q(assignee=""))


def assign(key: int, assignee: str, *, by: Actor, allow_override: bool = True) -> None:
    """Give a task to a person. Who is no administrator may give only what is unassigned or their own."""
    if not assignee or len(assignee) > 255 or "\x00" in assignee:
        raise InvalidArgument("Expected a username as assignee; to take the assignee away, unassign the task.")
    task = _manageable(key, by=by)
    if not allow_override and task.assignee not in ("", assignee):
        raise Conflict(f"Expected user task {key} to be unassigned; it is assigned to '{task.assignee}'.")
    unchanged = Q(assignee=task.assignee)
    _change(task, {"assignee": assignee}, action="assign", by=by, only_if=unchanged)


def unassign(key: int, *, by: Actor) -> None:
    task = _manageable(key, by=by)
    _change(task, {"assignee": ""}, action="unassign", by=by, only_if=Q(assignee=task.assignee))


def update(key: int, changes: Changes, *, by: Actor) -> None:
    """Change candidates, dates or priority."""
    task = _manageable(key, by=by)
    fields: dict[str, Any] = {
        name: value for name in Changes.__slots__ if (value := getattr(changes, name)) is not KEEP
    }
    if not 0 <= fields.get("priority", 0) <= MAX_PRIORITY:
        raise InvalidArgument(f"Expected a priority of 0 to {MAX_PRIORITY}, found {fields['priority']}.")
    if fields:
        _change(task, fields, action="update", by=by)


def complete(
    key: int, variables: Mapping[str, Any] | None = None, *, by: Actor, idempotency_key: str | None = None
) -> None:
    """The person is done; the instance has taken it up when this returns. Where task listeners have to agree, they are asked then.

    Raises NotFound for who may not see it, PermissionDenied where it is assigned to another, Conflict when it has ended.
    """
    complete_seen(require(key, by=by), variables, by=by, idempotency_key=idempotency_key)


def complete_seen(
    task: UserTask, variables: Mapping[str, Any] | None, *, by: Actor, idempotency_key: str | None = None
) -> None:
    """As `complete`, of a task that `require` gave."""
    given, key = exact_json.checked_variables(variables), task.key

    def guard() -> bool:
        arguments = {"key": key, "variables": given}
        if idempotency.recall(idempotency_key, command="complete user task", arguments=arguments, by=by) is not None:
            return False
        now_is = UserTask.objects.select_for_update().get(key=key)
        _require_open(now_is)
        _require_completer(now_is, by)
        listened = _listens(now_is, "completing")
        statements.execute(
            "UPDATE engine_usertask SET status = %s, completed_at = %s, completed_by = %s, assignee = %s, revision = revision + 1"
            " WHERE key = %s",
            [
                str(UserTaskStatus.COMPLETING if listened else UserTaskStatus.COMPLETED),
                None if listened else clock.now(),
                by.username,
                now_is.assignee or by.username,
                key,
            ],
        )
        if not listened:
            statements.execute("DELETE FROM engine_usertaskdraft WHERE user_task_id = %s", [key])
        idempotency.remember(idempotency_key, {}, by=by)
        return True

    if task.status != UserTaskStatus.CREATED:
        with transaction.atomic(durable=True):
            guard()  # the same request, sent before, or a late one
        return
    _require_completer(task, by)
    failpoint("user_tasks.before_complete")
    advance.ask(task.instance_id, inputs.UserTaskCompleted(key, given), by=by.username, guard=guard)


def save_draft(key: int, variables: Mapping[str, Any], *, by: Actor) -> None:
    """Keep what `by` has filled in so far; the newest replaces the one before."""
    _require_open(_workable(key, by=by))
    UserTaskDraft.objects.update_or_create(
        user_task_id=key,
        username=by.username,
        defaults={"variables": exact_json.checked_variables(variables), "saved_at": clock.now()},
    )


def discard_draft(key: int, *, by: Actor) -> None:
    require(key, by=by)
    UserTaskDraft.objects.filter(user_task_id=key, username=by.username).delete()


def comment(key: int, text: str, *, by: Actor) -> Comment:
    _workable(key, by=by)
    text = exact_json.checked(text.strip(), what="the comment")
    if not text or len(text) > MAX_COMMENT:
        raise InvalidArgument(f"Expected a comment of 1 to {MAX_COMMENT} characters.")
    return Comment.objects.create(user_task_id=key, author=by.username, text=text, created_at=clock.now())


def require(key: int, *, by: Actor) -> UserTask:
    """Raises NotFound, also for a task that `by` may not see."""
    task = UserTask.objects.filter(key=key).first()
    if task is None or not may_see(task, by):
        raise NotFound(f"Expected a user task with the key {key}, found none that '{by.username}' may see.")
    return task


def _workable(key: int, *, by: Actor) -> UserTask:
    task = require(key, by=by)
    if not may_work_on(task, by):
        raise PermissionDenied(f"Expected a candidate or the assignee of user task {key}; '{by.username}' is neither.")
    return task


def _manageable(key: int, *, by: Actor) -> UserTask:
    """Assignment is for those who have the task or may take it."""
    task = require(key, by=by)
    if not by.is_admin and task.assignee not in ("", by.username):
        raise PermissionDenied(f"Expected user task {key} to be unassigned or one's own; '{task.assignee}' has it.")
    _require_open(task)
    return task


def _require_open(task: UserTask) -> None:
    if task.status != UserTaskStatus.CREATED:
        who = f" by '{task.completed_by}'" if task.completed_by else ""
        raise Conflict(f"Expected user task {task.key} to be open; it is {task.status}{who}.")


def _require_completer(task: UserTask, by: Actor) -> None:
    if by.is_admin or task.assignee == by.username:
        return
    if task.assignee:
        raise PermissionDenied(
            f"Expected '{task.assignee}', to whom user task {task.key} is assigned, or an administrator to complete it; "
            f"'{by.username}' is neither."
        )
    if not may_work_on(task, by):
        raise PermissionDenied(f"Expected a candidate of user task {task.key} to complete it; '{by.username}' is none.")


def _listens(task: UserTask, event: str) -> bool:
    """Whether the diagram has a task listener for the event."""
    node = definitions.model_of(task.definition_key).nodes.get(task.element_id)
    return node is not None and any(listener.event == event for listener in node.listeners)


def _change(task: UserTask, fields: Mapping[str, Any], *, action: str, by: Actor, only_if: Q | None = None) -> None:
    """Of an open task, in the journal with who did it, also while its instance is suspended; where task listeners have to agree, they
    are asked first. Raises Conflict when the task is not as `only_if` says any more."""
    event = "updating" if action == "update" else "assigning"
    failpoint("user_tasks.before_change")
    listened = _listens(task, event)

    def guard() -> bool:
        rows = UserTask.objects.filter(only_if or Q(), key=task.key, status=UserTaskStatus.CREATED)
        if listened:
            found = rows.update(status=UserTaskStatus(event.upper()), revision=F("revision") + 1) == 1
        else:
            found = rows.select_for_update().exists()
        if not found:
            _refuse_changed(task.key)
        return True

    item = inputs.UserTaskChanged(task.key, event, action, user_task_values.plain(fields))
    advance.order(task.instance_id, item, by=by.username, guard=guard)


def _refuse_changed(key: int) -> None:
    now_is = UserTask.objects.get(key=key)
    _require_open(now_is)
    raise Conflict(f"Expected user task {key} as it was read; it is now assigned to '{now_is.assignee or 'nobody'}'.")
