"""Who does something: a person or a system, as the commands need to know them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import PermissionDenied


@dataclass(frozen=True, slots=True)
class Actor:
    """`username` is written into the journal. An administrator may do everything; `is_system` marks a job worker or other
    program, which may do what programs do (work on jobs, publish messages, start instances) and no person's work."""

    username: str
    groups: frozenset[str] = frozenset()
    is_admin: bool = False
    is_system: bool = False

    def require_admin(self, doing: str) -> None:
        if not self.is_admin:
            raise PermissionDenied(f"Expected an administrator to {doing}; '{self.username}' is none.")

    def require_worker(self, doing: str) -> None:
        """Jobs are worked on by programs and administrators."""
        if not (self.is_system or self.is_admin):
            raise PermissionDenied(
                f"Expected an API client or an administrator to {doing}; '{self.username}' is neither."
            )


ENGINE = Actor(username="stepwell", is_admin=True, is_system=True)
"""The engine itself: timers that fire, handlers that run, children that end."""
