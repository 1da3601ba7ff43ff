"""These functions work on lists (DMN 1.5, 10.3.4.4); Camunda's additions are among them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.evaluation import Env
from engine.feel.numbers import whole
from engine.feel.operators import kind_name, same
from engine.feel.values import Function, NullResult, normalise


@builtin("list contains", "list: list, element: any")
def _list_contains(env: Env, values: list[Any], element: Any) -> bool:
    env.spend(len(values) // 4)
    return any(same(value, element, env) for value in values)


@builtin("count", "list: list")
def _count(env: Env, values: list[Any]) -> Decimal:
    return Decimal(len(values))


@builtin("all", "list: list")
@builtin("all", "list: any...")
def _all(env: Env, values: list[Any]) -> bool | None:
    return _quantified(values, decisive=False)


@builtin("any", "list: list")
@builtin("any", "list: any...")
def _any(env: Env, values: list[Any]) -> bool | None:
    return _quantified(values, decisive=True)


def _quantified(values: list[Any], *, decisive: bool) -> bool | None:
    if any(value is decisive for value in values):
        return decisive
    for value in values:
        if type(value) is not bool:
            raise NullResult(f"expected booleans, got {kind_name(value)}", value)
    return not decisive


@builtin("sublist", "list: list, start position: number, length: number = null")
def _sublist(env: Env, values: list[Any], start: Decimal, length: Decimal | None = None) -> list[Any]:
    first = _index(values, start)
    if length is None:
        return values[first:]
    count = int(length)
    if count < 1 or first + count > len(values):
        raise NullResult("the list has no so many elements from there", start, length)
    return values[first : first + count]


def _index(values: list[Any], position: Decimal) -> int:
    """Return a position that counts from 1, or from the end with a minus, as an index."""
    place = whole(position)
    if place is None or not 1 <= abs(place) <= len(values):
        raise NullResult(f"expected a position from 1 to {len(values)}, or from the end with a minus", position)
    return place - 1 if place > 0 else len(values) + place


@builtin("append", "list: list, item: any...")
def _append(env: Env, values: list[Any], items: list[Any]) -> list[Any]:
    env.build(len(values) + len(items))
    return [*values, *items]


@builtin("concatenate", "list: list...")
def _concatenate(env: Env, lists: list[list[Any]]) -> list[Any]:
    env.build(sum(len(values) for values in lists))
    return [value for values in lists for value in values]


@builtin("insert before", "list: list, position: number, newItem: any")
def _insert_before(env: Env, values: list[Any], position: Decimal, item: Any) -> list[Any]:
    index = _index(values, position)
    env.build(len(values) + 1)
    return [*values[:index], item, *values[index:]]


@builtin("remove", "list: list, position: number")
def _remove(env: Env, values: list[Any], position: Decimal) -> list[Any]:
    index = _index(values, position)
    env.build(len(values))
    return values[:index] + values[index + 1 :]


@builtin("list replace", "list: list, position: number, newItem: any")
def _replace_at(env: Env, values: list[Any], position: Decimal, item: Any) -> list[Any]:
    index = _index(values, position)
    env.build(len(values))
    return [*values[:index], item, *values[index + 1 :]]


@builtin("list replace", "list: list, match: function, newItem: any")
def _replace_matching(env: Env, values: list[Any], match: Function, item: Any) -> list[Any]:
    """Replace every element for which match(element, newItem) is true."""
    env.build(len(values))
    replaced = []
    for value in values:
        env.spend(2)
        found = match.invoke(env, [value, item], None)
        if type(found) is not bool:
            raise NullResult("expected a boolean from the match function", found)
        replaced.append(item if found else value)
    return replaced


@builtin("reverse", "list: list")
def _reverse(env: Env, values: list[Any]) -> list[Any]:
    env.build(len(values))
    return values[::-1]


@builtin("index of", "list: list, match: any")
def _index_of(env: Env, values: list[Any], match: Any) -> list[Any]:
    env.spend(len(values) // 4)
    return [Decimal(index) for index, value in enumerate(values, 1) if same(value, match, env)]


@builtin("union", "list: list...")
def _union(env: Env, lists: list[list[Any]]) -> list[Any]:
    return distinct(env, [value for values in lists for value in values])


@builtin("distinct values", "list: list")
def _distinct_values(env: Env, values: list[Any]) -> list[Any]:
    return distinct(env, values)


def _key(value: Any) -> Any:
    """Return equal keys for equal values, where a value can have one; None where it has to be compared."""
    return (type(value), value) if type(value) in (str, Decimal, bool, type(None)) else None


def distinct(env: Env, values: Iterable[Any]) -> list[Any]:
    """Return the first of all equal values, in their order."""
    seen: set[Any] = set()
    kept: list[Any] = []
    compared: list[Any] = []
    for value in values:
        key = _key(value)
        if key is not None:
            if key not in seen:
                seen.add(key)
                kept.append(value)
            continue
        env.spend(1 + len(compared))
        if not any(same(value, other, env) for other in compared):
            compared.append(value)
            kept.append(value)
    env.build(len(kept))
    return kept


@builtin("duplicate values", "list: list")
def _duplicate_values(env: Env, values: list[Any]) -> list[Any]:
    kept = distinct(env, values)
    env.spend(len(kept) * len(values) // 2)
    return [value for value in kept if sum(1 for other in values if same(value, other, env)) > 1]


@builtin("flatten", "list: list")
def _flatten(env: Env, values: list[Any]) -> list[Any]:
    flat: list[Any] = []
    waiting = [iter(values)]
    while waiting:
        for value in waiting[-1]:
            env.spend(1)
            inner = normalise(value)
            if type(inner) is list:
                waiting.append(iter(inner))
                break
            env.build(1)
            flat.append(inner)
        else:
            waiting.pop()
    return flat


@builtin("is empty", "list: list")
def _is_empty(env: Env, values: list[Any]) -> bool:
    return not values


@builtin("partition", "list: list, size: number")
def _partition(env: Env, values: list[Any], size: Decimal) -> list[Any]:
    width = whole(size)
    if width is None or width < 1:
        raise NullResult("expected a size of 1 or more", size)
    env.build(2 * len(values))
    return [values[start : start + width] for start in range(0, len(values), width)]
