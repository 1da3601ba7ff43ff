"""A draft keeps what a person has filled in so far, until the task is completed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import clock, exact_json
from engine.actors import Actor
from engine.models import UserTaskDraft
from engine.user_tasks.visibility import require, require_open, require_workable


def save_draft(key: int, variables: Mapping[str, Any], *, by: Actor) -> None:
    """Keep what `by` has filled in so far, in place of what was kept before."""
    require_open(require_workable(key, by=by))
    UserTaskDraft.objects.update_or_create(
        user_task_id=key,
        username=by.username,
        defaults={"variables": exact_json.checked_variables(variables), "saved_at": clock.now()},
    )


def discard_draft(key: int, *, by: Actor) -> None:
    """Delete what `by` has filled in so far."""
    require(key, by=by)
    UserTaskDraft.objects.filter(user_task_id=key, username=by.username).delete()
