"""An expression is evaluated by request, for the modeler and for operators who look for a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import clock, exact_json, expression_limits, feel
from engine.actors import Actor
from engine.errors import InvalidArgument

MAX_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An expression has a value. `warnings` say why parts of it became null."""

    result: Any
    warnings: tuple[str, ...]


def evaluate(expression: str, context: Mapping[str, Any] | None = None, *, by: Actor) -> Evaluated:
    """Evaluate a FEEL expression, with or without the `=` of diagrams, within FEEL's budget. Raises InvalidArgument."""
    by.require_modeler("evaluate expressions")
    source = expression.strip().removeprefix("=")
    if not source.strip() or len(source) > MAX_LENGTH:
        raise InvalidArgument(f"Expected a FEEL expression of 1 to {MAX_LENGTH} characters.")
    variables = exact_json.checked_variables(context, what="the context")
    found: list[feel.Warning] = []
    try:
        compiled = feel.compile(source, names=[name for name in variables if not name.isidentifier()])
        result = compiled.evaluate(variables, now=clock.now(), budget=expression_limits.budget(), warnings=found)
    except feel.FeelError as error:
        raise InvalidArgument(f"Expected a FEEL expression that can be evaluated: {error}.") from error
    return Evaluated(feel.to_json(result), tuple(str(warning) for warning in found))
