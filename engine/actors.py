"""An actor is who does something: a person or a program, as far as the commands need to know them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import PermissionDenied

OPERATORS = "operators"
"""Members of this group run processes: they cancel, modify, resolve incidents, publish messages."""
MODELERS = "modelers"
"""Members of this group draw and deploy processes."""


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor has a name, which is written into the journal as `by`, and rights. An administrator may do everything; `is_system` marks
    a program with a token, which may work on jobs, and for the rest what its user may. `is_engine` is the engine's own: no request
    makes an actor with it, whatever its user is called."""

    username: str
    groups: frozenset[str] = frozenset()
    is_admin: bool = False
    is_system: bool = False
    is_engine: bool = False

    @property
    def may_operate(self) -> bool:
        return self.is_admin or OPERATORS in self.groups

    @property
    def may_model(self) -> bool:
        return self.is_admin or MODELERS in self.groups

    @property
    def may_work(self) -> bool:
        return self.is_admin or self.is_system

    def require_operator(self, doing: str) -> None:
        self._require(self.may_operate, f"a member of the group '{OPERATORS}' or an administrator", doing)

    def require_modeler(self, doing: str) -> None:
        self._require(self.may_model, f"a member of the group '{MODELERS}' or an administrator", doing)

    def require_worker(self, doing: str) -> None:
        self._require(self.may_work, "an API client or an administrator", doing)

    def require_worker_or_operator(self, doing: str) -> None:
        whom = f"an API client, a member of the group '{OPERATORS}' or an administrator"
        self._require(self.may_work or self.may_operate, whom, doing)

    def require_admin(self, doing: str) -> None:
        self._require(self.is_admin, "an administrator", doing)

    def _require(self, allowed: bool, whom: str, doing: str) -> None:
        if not allowed:
            raise PermissionDenied(f"Expected {whom} to {doing}; '{self.username}' is none.")


ENGINE = Actor(username="stepwell", is_admin=True, is_system=True, is_engine=True)
"""The engine itself acts where timers fire, handlers run and children end."""
