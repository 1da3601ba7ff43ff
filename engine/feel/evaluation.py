"""The state of one evaluation is what the closures of a compiled expression are called with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from engine.feel.budget import DEFAULT_BUDGET, Account, Budget
from engine.feel.errors import FeelBudgetExceeded, Position, Warning
from engine.feel.values import finish


class Env:
    """An environment is the state of one evaluation. `context` is the caller's; `slots` holds the local names (loop variables,
    parameters, entries), by number."""

    __slots__ = (
        "context",
        "depth",
        "digits",
        "now",
        "patterns",
        "position",
        "size",
        "slots",
        "steps",
        "warnings",
        "whole_size",
    )

    def __init__(
        self,
        context: Mapping[str, Any],
        slots: list[Any],
        now: datetime | None,
        budget: Budget | Account = DEFAULT_BUDGET,
        warnings: list[Warning] | None = None,
    ) -> None:
        self.context = context
        self.slots = slots
        self.now = now
        self.warnings = warnings
        self.steps = budget.steps
        self.depth = budget.depth
        self.size = self.whole_size = budget.size
        self.digits = budget.digits
        self.position: Position | None = None
        self.patterns: set[tuple[str, str]] | None = None

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            self.exceeded("steps")

    def build(self, size: int) -> None:
        """Account for what is about to be built: call it first, so that nothing too large ever is."""
        self.size -= size
        if self.size < 0:
            self.exceeded("size")

    def enter(self, levels: int) -> None:
        self.depth -= levels
        if self.depth < 0:
            self.exceeded("depth")

    def leave(self, levels: int) -> None:
        self.depth += levels

    def exceeded(self, limit: str) -> NoReturn:
        raise FeelBudgetExceeded(limit, self.position)

    def null(self, position: Position | None, reason: str, *values: Any) -> Any:
        """Record why a part became null; returns None, that null."""
        if self.warnings is not None and len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(Warning(position, reason, tuple(map(_shown, values))))
        return None


MAX_WARNINGS = 200


def _shown(value: Any) -> Any:
    """Return a value as a warning shows it: containers by their size, since a warning must stay small."""
    if type(value) is list:
        return f"a list of {len(value)}"
    if type(value) is dict:
        return f"a context of {len(value)}"
    return finish(value)
