"""A condition is true, false or neither, by the rules of the engine whose language it is written in (docs/bpmn-dialects.md)."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from engine import feel
from engine.bpmn.expressions import Expression, Language
from engine.bpmn.model import SequenceFlow

_MOST_SHOWN = 8


def truth_of(value: Any, language: Language, warnings: list[feel.Warning]) -> bool | None:
    """Return what the value of a condition means; None where it is neither true nor false.

    FEEL: as in Camunda 8, a boolean alone. JUEL: as in Camunda 7, and a name that no variable has is a failure. Python: as in
    SpiffWorkflow, every value is true or false, and what raises an exception is a failure.
    """
    if language is Language.PYTHON:
        return None if warnings else bool(value)
    if language is Language.JUEL and any(each.missing is not None for each in warnings):
        return None
    return value if isinstance(value, bool) else None


def named(flow: SequenceFlow | None, node: str) -> str:
    return f"the condition of {node}" if flow is None else f"the condition of flow '{flow.name or flow.id}' of {node}"


def complaint(
    what: str, condition: Expression, value: Any, warnings: list[feel.Warning], variables: Mapping[str, Any]
) -> str:
    """Say what a condition that is neither true nor false gave, why, and what it read."""
    reasons = list(dict.fromkeys(_reason(each, variables) for each in warnings))
    read = condition.read_from(variables)
    shown = [f"{name} = {feel.shown(each)}" for name, each in list(read.items())[:_MOST_SHOWN]]
    if len(read) > len(shown):
        shown.append(f"and {len(read) - len(shown)} more")
    message = f"Expected {what} to be true or false, '{condition.source}' gave {feel.shown(value)}"
    if reasons:
        message += f": {'; '.join(reasons[:_MOST_SHOWN])}"
    return f"{message}. It read {', '.join(shown)}" if shown else message


def _reason(warning: feel.Warning, variables: Mapping[str, Any]) -> str:
    if warning.missing is None:
        return warning.reason
    close = get_close_matches(warning.missing, [str(name) for name in variables], n=1, cutoff=0.75)
    return warning.reason + (f" (did you mean '{close[0]}'?)" if close else "")
