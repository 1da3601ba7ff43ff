"""People work on user tasks by the commands of this room."""

from engine.user_tasks.assigning import assign, claim, unassign
from engine.user_tasks.changing import KEEP, Changes, update
from engine.user_tasks.comments import comment
from engine.user_tasks.completing import complete
from engine.user_tasks.drafts import discard_draft, save_draft
from engine.user_tasks.visibility import may_see, require, visible_to

__all__ = [
    "KEEP",
    "Changes",
    "assign",
    "claim",
    "comment",
    "complete",
    "discard_draft",
    "may_see",
    "require",
    "save_draft",
    "unassign",
    "update",
    "visible_to",
]
