"""An expression of a diagram, whatever its language, is compiled when the file is parsed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from engine import feel


class Language(StrEnum):
    FEEL = "feel"
    JUEL = "juel"
    PYTHON = "python"
    LITERAL = "literal"


class Compiled(Protocol):
    """A front end makes this of a source: FEEL's own expressions, and those that other languages are compiled to."""

    def evaluate(
        self,
        context: Mapping[str, Any],
        *,
        now: datetime | None = None,
        budget: feel.Budget | None = None,
        warnings: list[feel.Warning] | None = None,
    ) -> Any:
        """Return the value, with the reasons for nulls appended to `warnings`. Raises `feel.FeelError` when it takes too long or grows
        too large, or when an assertion of it fails."""

    def names_in(self, context: Mapping[str, Any]) -> frozenset[str]:
        """Return the names of the variables that it may read."""


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

    def evaluate(
        self,
        context: Mapping[str, Any],
        *,
        now: datetime,
        budget: feel.Budget | None = None,
        warnings: list[feel.Warning] | None = None,
    ) -> Any:
        """Return the value, in FEEL's types, as `Compiled.evaluate` does."""
        if self.compiled is None:
            return self.source
        return self.compiled.evaluate(context, now=now, budget=budget, warnings=warnings)

    def read_from(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Return the variables of the context that it may read, by name, in the order of their names."""
        names = () if self.compiled is None else sorted(self.compiled.names_in(context))
        return {name: context[name] for name in names if name in context}
