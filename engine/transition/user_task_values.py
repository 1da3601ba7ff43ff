"""What a task listener is told about its user task, in Camunda's words, and how its corrections become columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model

from engine.models import UserTask

_NAMES = {
    "assignee": "assignee",
    "candidate_users": "candidateUsers",
    "candidate_groups": "candidateGroups",
    "due_date": "dueDate",
    "follow_up_date": "followUpDate",
    "priority": "priority",
}
_TIMES = ("due_date", "follow_up_date")


def of(about: Mapping[str, Any], *, opened: Mapping[type[Model], Mapping[int, Any]]) -> dict[str, Any]:
    """`about` is that of `effects.OpenJob`: an open task's row, with the values that it would have."""
    values: dict[str, Any] = dict(about["values"])
    row = opened.get(UserTask, {}).get(about["key"]) or UserTask.objects.filter(key=about["key"]).first()
    now_is = {} if row is None else {name: _plain(getattr(row, name)) for name in _NAMES}
    changed = [_NAMES[name] for name in values if name in _NAMES] if row is not None else []
    merged = now_is | values
    return {
        **{
            theirs: merged.get(ours) or ([] if ours.startswith("candidate") else None)
            for ours, theirs in _NAMES.items()
        },
        "priority": merged.get("priority"),
        "action": about["action"],
        "changedAttributes": changed,
        "formKey": str(row.form_id) if row is not None and row.form_id else None,
        "userTaskKey": str(about["key"]),
    }


def columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `effects.ChangeUserTask` as columns of UserTask."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name in _TIMES:
            found[name] = datetime.fromisoformat(value) if value else None
        elif name in _NAMES:
            found[name] = (value or "") if name == "assignee" else value
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
