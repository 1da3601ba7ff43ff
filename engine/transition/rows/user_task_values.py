"""Two functions translate a user task's values: into what a task listener is told, in Camunda's words, and into columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from engine.models import UserTask
from engine.runtime import user_task_values


def of(about: Mapping[str, Any], *, opened: Mapping[type[Model], Mapping[int, Any]]) -> dict[str, Any]:
    """Return what a listener is told of its user task. `about` is the `user_task` of `effects.OpenJob`; its values go before those
    of the task's row.
    """
    values: dict[str, Any] = dict(about["values"])
    row = opened.get(UserTask, {}).get(about["key"]) or UserTask.objects.filter(key=about["key"]).first()
    now_is = {} if row is None else user_task_values.plain(_values_of(row))
    return {
        **user_task_values.in_camundas_words(now_is | values),
        "action": about["action"],
        "changedAttributes": [] if row is None else user_task_values.camunda_names(values),
        "formKey": str(row.form_id) if row is not None and row.form_id else None,
        "userTaskKey": str(about["key"]),
    }


def columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the values of `effects.ChangeUserTask` into columns of UserTask, where nobody is an empty text."""
    found = user_task_values.read(values)
    if "assignee" in found:
        found["assignee"] = found["assignee"] or ""
    return found


def _values_of(row: UserTask) -> dict[str, Any]:
    return {each.name: getattr(row, each.name) for each in user_task_values.VALUES}
