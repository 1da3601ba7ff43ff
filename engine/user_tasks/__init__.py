"""Commands on user tasks, by people."""

from engine.user_tasks.commands import (
    KEEP,
    Changes,
    assign,
    claim,
    comment,
    complete,
    complete_seen,
    discard_draft,
    may_see,
    require,
    save_draft,
    unassign,
    update,
    visible_to,
)

__all__ = [
    "KEEP",
    "Changes",
    "assign",
    "claim",
    "comment",
    "complete",
    "complete_seen",
    "discard_draft",
    "may_see",
    "require",
    "save_draft",
    "unassign",
    "update",
    "visible_to",
]
