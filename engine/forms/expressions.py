"""The expressions of a form are evaluated here, with `this`, `parent` and `i` as form-js has them, within one budget for all."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine import feel
from engine.errors import InvalidArgument

MAX_EVALUATIONS = 500_000
"""One check of a form evaluates so many expressions; a form that needs more is refused."""
BUDGET = feel.Budget(steps=1_000_000, size=1_500_000)
"""What all evaluations of one check may use together."""
MAX_SOURCE = 10_000


@dataclass(slots=True)
class Scope:
    """A scope is where an expression stands: in the form, or in a row of a list."""

    data: Mapping[str, Any]
    """The variables by name."""
    this: Any = None
    parent: Any = None
    i: tuple[int, ...] = ()

    def context(self) -> Mapping[str, Any]:
        """Return what an expression sees: a variable hides `this`, `parent` and `i`, and nothing hides `_this_`, `_parent_`, `_i_`."""
        special = {"this": self.this, "parent": self.parent, "i": list(self.i)}
        always = {f"_{name}_": value for name, value in special.items()}
        return ChainMap(always, self.data, special)  # type: ignore[arg-type]

    def row(self, value: Any, index: int, *, parent: Any) -> Scope:
        return Scope(self.data, value, parent, (*self.i, index + 1))

    def as_parent(self) -> dict[str, Any]:
        """Return what `parent` is in the rows of a list that stands here."""
        special = {"this": self.this, "parent": self.parent, "i": list(self.i)}
        own = self.this if isinstance(self.this, Mapping) else {}
        return {**special, **own, **{f"_{name}_": value for name, value in special.items()}}


class Evaluator:
    """An evaluator evaluates the expressions of one check of a form, at one moment."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.account = feel.Account.of(BUDGET)
        self.left = MAX_EVALUATIONS

    def value(self, source: str, scope: Scope) -> Any:
        """Return the value for JSON; null where it cannot be evaluated, as in the browser. Raises InvalidArgument when the form costs
        too much."""
        self.left -= 1
        if self.left < 0:
            raise InvalidArgument(
                f"Expected a form that evaluates at most {MAX_EVALUATIONS} expressions; send fewer rows, or simplify the form."
            )
        try:
            compiled = _compiled(source)
            if compiled is None:
                return None
            return feel.to_json(compiled.evaluate(scope.context(), now=self.now, budget=self.account))
        except feel.FeelBudgetExceeded as error:
            raise InvalidArgument(
                f"Expected a form whose expressions stay within their budget; '={source[:100]}' does not: {error}. "
                "Send fewer rows, or simplify the form."
            ) from error
        except feel.FeelError:
            return None

    def holds(self, condition: str, scope: Scope) -> bool:
        """Say whether a condition holds, which form-js evaluates as a unary test of null: true holds, and so does null."""
        inside = _negated(condition)
        if inside is not None:
            return not _matches_null(self.value(inside, scope))
        return _compiled(condition) is not None and _matches_null(self.value(condition, scope))


def _matches_null(value: Any) -> bool:
    if isinstance(value, list):
        return any(each is None or each is True for each in value)
    return value is None or value is True


@lru_cache(maxsize=1_024)
def _negated(condition: str) -> str | None:
    """Return what stands in `not(...)` where that is the whole condition."""
    text = condition.strip()
    if not (text.startswith("not") and text.endswith(")") and text[3:].lstrip().startswith("(")):
        return None
    inside = text[3:].lstrip()[1:-1]
    return inside if _compiled(inside) is not None else None


@lru_cache(maxsize=1_024)
def _compiled(source: str) -> feel.Expression | None:
    """Return the expression; None when it makes no sense."""
    if not source.strip() or len(source) > MAX_SOURCE:
        return None
    try:
        return feel.compile(source)
    except feel.FeelError:
        return None


def names(source: str) -> frozenset[str]:
    """Return the variables that an expression may read."""
    compiled = _compiled(source)
    return frozenset() if compiled is None else compiled.names
