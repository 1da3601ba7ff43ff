"""People write comments on a user task."""

from __future__ import annotations

from engine import clock, exact_json
from engine.actors import Actor
from engine.errors import InvalidArgument
from engine.models import Comment
from engine.user_tasks.visibility import require_workable

MAX_COMMENT = 10_000
"""Characters of a comment, at most; a longer one is refused."""


def comment(key: int, text: str, *, by: Actor) -> Comment:
    """Write a comment on a user task. Raises InvalidArgument for an empty or too long one."""
    require_workable(key, by=by)
    text = exact_json.checked(text.strip(), what="the comment")
    if not text or len(text) > MAX_COMMENT:
        raise InvalidArgument(f"Expected a comment of 1 to {MAX_COMMENT} characters.")
    return Comment.objects.create(user_task_id=key, author=by.username, text=text, created_at=clock.now())
