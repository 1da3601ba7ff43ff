"""JUEL has these functions and FEEL has not. The names hold two parts that only JUEL's parser writes; FEEL's users gain nothing by them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.evaluation import Env
from engine.feel.numbers import whole
from engine.feel.operators import kind_name
from engine.feel.values import NullResult, normalise


@builtin("juel empty", "value: any")
def _empty(env: Env, value: Any) -> bool:
    """Say whether the value is null, or a text, list or map without anything in it."""
    return value is None or (isinstance(value, str | list | dict) and not value)


@builtin("juel not", "value: any")
def _not(env: Env, value: Any) -> bool:
    """Return the opposite; null counts as false."""
    if value is not None and type(value) is not bool:
        raise NullResult(f"'!' expects a boolean, got {kind_name(value)}", value)
    return not value


@builtin("juel element", "base: any, key: any")
def _element(env: Env, base: Any, key: Any) -> Any:
    """Return the element that `map["key"]` or `list[0]` means; positions count from 0."""
    if type(base) is dict and type(key) is str:
        if key in base:
            return normalise(base[key])
        raise NullResult(f"the context has no entry '{key}'")
    if type(base) is list and type(key) is Decimal:
        index = whole(key)
        if index is not None and 0 <= index < len(base):
            return normalise(base[index])
        raise NullResult(f"expected an index from 0 to {len(base) - 1}", key)
    raise NullResult(f"{kind_name(base)} has no element for a {kind_name(key)}", base, key)
