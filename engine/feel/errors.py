"""An expression can go wrong in these ways: a wrong text, an exhausted budget, and the warnings behind a null."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, NamedTuple


class Position(NamedTuple):
    """A position is a place in the source; both numbers count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class FeelError(Exception):
    """Everything that this package raises on purpose is derived from this class."""


class FeelSyntaxError(FeelError):
    """The text is no expression. `expected` says what could have stood at `line`, `column` (both from 1)."""

    def __init__(self, message: str, line: int = 1, column: int = 1, expected: str = "") -> None:
        self.message = message
        self.line = line
        self.column = column
        self.expected = expected
        hint = f"; expected {expected}" if expected else ""
        super().__init__(f"{message}{hint} (line {line}, column {column})")


class FeelBudgetExceeded(FeelError):  # noqa: N818 - part of the public interface
    """The evaluation went over `limit`: "steps", "depth", "size", "digits" or "time". `position` may be unknown."""

    def __init__(self, limit: str, position: Position | None = None) -> None:
        self.limit = limit
        self.position = position
        where = f" at {position}" if position else ""
        super().__init__(
            f"The expression went over its budget of {limit}{where}; make it smaller, or give it a larger budget"
        )


class FeelAssertionFailed(FeelError):  # noqa: N818 - part of the public interface
    """The condition of an `assert` is not true; `cause` is what the expression says about that."""

    def __init__(self, cause: str, position: Position | None = None) -> None:
        self.cause = cause
        self.position = position
        super().__init__(f"{cause} ({position})" if position else cause)


@dataclass(frozen=True, slots=True)
class Warning:
    """A warning says why a part of an expression became null (DMN 1.5, 10.3.2.13): where, why, and the values that led to it. `missing`
    is the name of the variable or entry that is not there, where that is the reason."""

    position: Position | None
    reason: str
    values: tuple[Any, ...] = ()
    missing: str | None = None

    def __str__(self) -> str:
        return f"{self.reason} ({self.position})" if self.position else self.reason


class Lines:
    """The lines turn offsets into positions; their index is built once, on first need."""

    __slots__ = ("_source", "_starts")

    def __init__(self, source: str) -> None:
        self._source = source
        self._starts: list[int] | None = None

    def at(self, offset: int) -> Position:
        if self._starts is None:
            starts = [0]
            found = self._source.find("\n")
            while found >= 0:
                starts.append(found + 1)
                found = self._source.find("\n", found + 1)
            self._starts = starts
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)
