"""An expression of a diagram, whatever its language, is compiled when the file is parsed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Language(StrEnum):
    FEEL = "feel"
    JUEL = "juel"
    PYTHON = "python"
    LITERAL = "literal"


class Compiled(Protocol):
    """A front end makes this of a source: FEEL's own expressions, and those that other languages are compiled to."""

    def evaluate(self, context: Mapping[str, Any], *, now: datetime | None = None) -> Any:
        """Return the value. Raises `feel.FeelBudgetExceeded` when it takes too long or grows too large."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression is compiled text of a diagram, or a literal, which is its own value. `evaluate` is pure. `line` is that of the XML
    element that holds it."""

    source: str
    language: Language
    line: int = 0
    compiled: Compiled | None = field(default=None, compare=False, repr=False)

    @property
    def is_literal(self) -> bool:
        return self.compiled is None

    def evaluate(self, context: Mapping[str, Any], *, now: datetime) -> Any:
        """Return the value, in FEEL's types. Raises `feel.FeelBudgetExceeded` when it takes too long or grows too large."""
        if self.compiled is None:
            return self.source
        return self.compiled.evaluate(context, now=now)
