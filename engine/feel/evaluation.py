"""The state of one evaluation is what the closures of a compiled expression are called with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Thread
from typing import Any, NoReturn

from engine.feel.budget import CHUNK, DEFAULT_BUDGET, Account, Budget
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
        "out_of_time",
        "patterns",
        "position",
        "reserve",
        "size",
        "slots",
        "stack",
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
        self.reserve = 0
        self.out_of_time = budget.out_of_time
        if budget.out_of_time is not None:
            self._portion()
        self.depth = budget.depth
        self.stack = budget.stack
        self.size = self.whole_size = budget.size
        self.digits = budget.digits
        self.position: Position | None = None
        self.patterns: set[tuple[str, str]] | None = None

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            self._ask_for_more()

    def _ask_for_more(self) -> None:
        """Go on with the next portion of the steps, while there are some and the caller has time."""
        if self.steps + self.reserve < 0:
            self.exceeded("steps")
        if self.out_of_time is not None and self.out_of_time():
            self.exceeded("time")
        self._portion()

    def _portion(self) -> None:
        left = self.steps + self.reserve
        self.steps = min(left, CHUNK)
        self.reserve = left - self.steps

    @property
    def steps_left(self) -> int:
        return self.steps + self.reserve

    def settle(self, account: Account) -> None:
        """Pay into the account what is left of steps and size."""
        account.steps, account.size = self.steps + self.reserve, self.size

    def take_over(self, account: Account) -> None:
        """Go on with what the account has left."""
        self.steps, self.reserve, self.size = account.steps, 0, account.size
        if self.out_of_time is not None:
            self._portion()

    def build(self, size: int) -> None:
        """Account for what is about to be built: call it first, so that nothing too large ever is."""
        self.size -= size
        if self.size < 0:
            self.exceeded("size")

    def call(self, run: Callable[..., Any], *arguments: Any, stack: int) -> Any:
        """Run a function's body one call deeper. `stack` is what it takes of the stack at most, in levels of nested expressions."""
        self.depth -= 1
        before, self.stack = self.stack, self.stack + stack
        if self.depth < 0:
            self.exceeded("depth")
        try:
            return run(*arguments) if self.stack <= LEVELS_OF_A_STACK else self._on_another_stack(run, arguments, stack)
        finally:
            self.depth += 1
            self.stack = before

    def _on_another_stack(self, run: Callable[..., Any], arguments: tuple[Any, ...], stack: int) -> Any:
        """Go on in a thread, whose stack begins anew, and wait for it: how deep functions may call each other does not depend on who calls
        the first one. To raise the interpreter's limit instead would raise it for all other code, whose recursion it protects."""
        outcome: list[Any] = []
        self.stack = stack

        def work() -> None:
            try:
                outcome.extend((run(*arguments), None))
            except BaseException as error:
                outcome.extend((None, error))

        thread = Thread(target=work, name="feel", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            self.exceeded("depth")
        thread.join()
        value, error = outcome
        if error is not None:
            raise error
        return value

    def exceeded(self, limit: str) -> NoReturn:
        raise FeelBudgetExceeded(limit, self.position)

    def null(self, position: Position | None, reason: str, *values: Any) -> Any:
        """Record why a part became null; returns None, that null."""
        if self.warnings is not None and len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(Warning(position, reason, tuple(map(_shown, values))))
        return None

    def missing(self, position: Position | None, name: str, reason: str) -> Any:
        """Record that a variable or entry is not there; returns None, which stands for it."""
        if self.warnings is not None and len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(Warning(position, reason, (), name))
        return None


MAX_WARNINGS = 200

LEVELS_OF_A_STACK = 250
"""Calls within each other go on in another thread beyond so many levels of nested expressions: a level takes two or three of the
interpreter's thousand frames, some of which are the caller's."""


def _shown(value: Any) -> Any:
    """Return a value as a warning shows it: containers by their size, since a warning must stay small."""
    if type(value) is list:
        return f"a list of {len(value)}"
    if type(value) is dict:
        return f"a context of {len(value)}"
    return finish(value)
