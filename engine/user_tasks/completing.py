"""A person, or a program in a person's place, completes a user task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from engine import clock, exact_json, forms
from engine.actors import Actor
from engine.failpoints import failpoint
from engine.models import InstanceState, UserTask
from engine.runtime import State, inputs, visible_variables
from engine.transition import advance, idempotency
from engine.transition.rows import user_task_states
from engine.user_tasks.changing import listens
from engine.user_tasks.visibility import require, require_completer, require_open


def complete(
    key: int, variables: Mapping[str, Any] | None = None, *, by: Actor, idempotency_key: str | None = None
) -> int:
    """Complete a user task, and return the key of its instance, which has taken the completion up by then. If the task has
    listeners for it, they are asked then. The task's form, if it has one, says which of the variables are taken.

    Raises NotFound for a person who may not see the task, PermissionDenied where it is assigned to another, Conflict when it has
    ended, and FormRejected for what the form does not allow.
    """
    task = require(key, by=by)
    given = exact_json.checked_variables(variables)

    def guard() -> bool:
        arguments = {"key": key, "variables": given}
        if idempotency.recall(idempotency_key, command="complete user task", arguments=arguments, by=by) is not None:
            return False
        now_is = UserTask.objects.select_for_update().get(key=key)
        require_open(now_is)
        require_completer(now_is, by)
        listened = listens(now_is, "completing")
        user_task_states.complete(now_is, by=by.username, now=clock.now(), listened=listened)
        idempotency.remember(idempotency_key, {}, by=by)
        return True

    if not user_task_states.is_open(task):
        with transaction.atomic(durable=True):
            guard()  # the same request, sent before, or a late one
        return task.instance_id
    require_completer(task, by)
    taken = _accepted(task, given)
    failpoint("user_tasks.before_complete")
    advance.ask(task.instance_id, inputs.UserTaskCompleted(key, taken), by=by.username, guard=guard)
    return task.instance_id


def _accepted(task: UserTask, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the given variables that the task's form accepts; all of them without a form."""
    if task.form is None:
        return dict(given)
    row = InstanceState.objects.filter(instance_id=task.instance_id).first()
    state = None if row is None or row.data is None else State.from_json(row.data)
    if state is None or task.element_instance_key not in state.elements:
        return dict(given)  # its element has ended meanwhile: the guard refuses
    return forms.accepted(task.form.schema, given, known=visible_variables(state, task.element_instance_key))
