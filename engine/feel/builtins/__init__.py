"""FEEL's built-in functions (DMN 1.5, 10.3.4) and Camunda's additions are here, with one module for each family."""

from __future__ import annotations

from engine.feel.builtins import (
    camunda,
    contexts,
    conversion,
    juel,
    lists,
    numeric,
    ordering,
    ranges,
    strings,
    temporal,
)
from engine.feel.builtins.registry import FUNCTIONS, BuiltinFunction

__all__ = ["FUNCTIONS", "BuiltinFunction"]

_FAMILIES = (camunda, contexts, conversion, juel, lists, numeric, ordering, ranges, strings, temporal)
