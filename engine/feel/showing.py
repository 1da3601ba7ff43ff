"""Values are shown in messages as FEEL writes them, never as Python does, and shortly."""

from __future__ import annotations

from typing import Any

from engine.feel.errors import FeelBudgetExceeded
from engine.feel.operators import kind_name
from engine.feel.values import Allowance, feel_text, normalise

_LONGEST = 80
_LARGEST = 20


def shown(value: Any) -> str:
    """Return the value as a literal of FEEL where that is short; else its beginning, or what kind it is and how large."""
    try:
        value = normalise(value)
    except FeelBudgetExceeded:
        return "a number of too many digits"
    if type(value) is str:
        return feel_text(value, quoted=True) if len(value) <= _LONGEST else _clipped(value)
    if type(value) not in (list, dict):
        return feel_text(value)
    if len(value) > _LARGEST:
        return _counted(value)
    try:
        text = feel_text(value, Allowance(_LONGEST))
    except FeelBudgetExceeded:
        return _counted(value)
    return text if len(text) <= _LONGEST else _counted(value)


def _clipped(text: str) -> str:
    return feel_text(text[: _LONGEST - 1] + "…", quoted=True)


def _counted(value: list[Any] | dict[str, Any]) -> str:
    unit = "elements" if type(value) is list else "entries"
    return f"a {kind_name(value)} of {len(value):,} {unit}"
