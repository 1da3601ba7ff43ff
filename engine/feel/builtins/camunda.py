"""Camunda's functions on values of any kind. Its `random number` and `uuid` are missing: the same inputs must always give the
same result."""

from __future__ import annotations

from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.evaluation import Env
from engine.feel.values import NullResult


@builtin("get or else", "value: any, default: any")
def _get_or_else(env: Env, value: Any, default: Any) -> Any:
    return default if value is None else value


@builtin("is defined", "value: any")
def _is_defined(env: Env, value: Any) -> bool:
    return value is not None


@builtin("assert", "value: any, condition: any, cause: string = null")
def _assert(env: Env, value: Any, condition: Any, cause: str | None = None) -> Any:
    if condition is not True:
        raise NullResult(cause or "the condition of assert is not true", value)
    return value
