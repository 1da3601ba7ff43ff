"""FEEL, the Friendly Enough Expression Language of DMN 1.5, is compiled to closures here. The package is pure: it has no clock and no
I/O, and a budget bounds what an evaluation may use."""

from __future__ import annotations

from engine.feel import juel, types
from engine.feel.budget import DEFAULT_BUDGET, Account, Budget
from engine.feel.builtins.suggesting import about_unknown
from engine.feel.errors import FeelAssertionFailed, FeelBudgetExceeded, FeelError, FeelSyntaxError, Position, Warning
from engine.feel.expression import Expression, compile, compile_unary_tests, evaluate, iterate, unary_test
from engine.feel.showing import shown
from engine.feel.temporal.durations import DaysTimeDuration, YearsMonthsDuration
from engine.feel.temporal.moments import Date, DateTime, Time
from engine.feel.values import Function, Range, finish, normalise, to_json

__all__ = [
    "DEFAULT_BUDGET",
    "Account",
    "Budget",
    "Date",
    "DateTime",
    "DaysTimeDuration",
    "Expression",
    "FeelAssertionFailed",
    "FeelBudgetExceeded",
    "FeelError",
    "FeelSyntaxError",
    "Function",
    "Position",
    "Range",
    "Time",
    "Warning",
    "YearsMonthsDuration",
    "about_unknown",
    "compile",
    "compile_unary_tests",
    "evaluate",
    "finish",
    "iterate",
    "juel",
    "normalise",
    "shown",
    "to_json",
    "types",
    "unary_test",
]
