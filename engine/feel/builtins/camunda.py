"""These are Camunda's functions on values of any kind. Its `random number` and `uuid` are missing: the same inputs must always give the
same result."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.errors import FeelAssertionFailed
from engine.feel.evaluation import Env
from engine.feel.temporal.durations import DaysTimeDuration, YearsMonthsDuration
from engine.feel.values import NullResult, to_json


@builtin("get or else", "value: any, default: any")
def _get_or_else(env: Env, value: Any, default: Any) -> Any:
    return default if value is None else value


@builtin("is defined", "value: any")
def _is_defined(env: Env, value: Any) -> bool:
    return value is not None


@builtin("assert", "value: any, condition: any, cause: string = null")
def _assert(env: Env, value: Any, condition: Any, cause: str | None = None) -> Any:
    """Return the value if the condition is true; else the whole evaluation fails, as in Camunda, and `cause` says why."""
    if condition is not True:
        raise FeelAssertionFailed(cause or "The condition of the assertion is not true", env.position)
    return value


@builtin(
    "fromAi",
    "value: any, description: string = null, type: string = null, schema: context = null, options: context = null",
)
def _from_ai(env: Env, value: Any, *described: Any) -> Any:
    """Return the value; the rest describes for an agent what the value is to be."""
    return value


@builtin("cycle", "interval: duration")
def _cycle(env: Env, interval: DaysTimeDuration | YearsMonthsDuration) -> str:
    """Return the text of a timer's endless cycle."""
    return f"R/{to_json(interval)}"


@builtin("cycle", "repetitions: number?, interval: duration")
def _cycle_so_often(env: Env, repetitions: Decimal | None, interval: DaysTimeDuration | YearsMonthsDuration) -> str:
    """Return the text of a timer's cycle; without an end where the number is null."""
    if repetitions is None:
        return f"R/{to_json(interval)}"
    if repetitions != int(repetitions) or repetitions < 0:
        raise NullResult("the repetitions of a cycle are no whole number", repetitions)
    return f"R{int(repetitions)}/{to_json(interval)}"
