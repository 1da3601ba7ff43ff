"""These functions compare or sum up the elements of a list: aggregates, statistics and `sort`."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from engine.feel.builtins.lists import distinct
from engine.feel.builtins.registry import builtin
from engine.feel.evaluation import Env
from engine.feel.numbers import DECIMAL128, ONE, TWO
from engine.feel.operators import add, divide, kind_name, order
from engine.feel.temporal.durations import DaysTimeDuration, YearsMonthsDuration
from engine.feel.values import Function, NullResult

_SUMMED = (Decimal, DaysTimeDuration, YearsMonthsDuration)


def _extreme(env: Env, values: list[Any], sign: int) -> Any:
    if not values:
        raise NullResult("the list is empty")
    env.spend(len(values) // 4)
    best = values[0]
    if order(best, best) is None:
        raise NullResult(f"values of kind {kind_name(best)} have no order", best)
    for value in values[1:]:
        found = order(value, best)
        if found is None:
            raise NullResult(f"{kind_name(value)} and {kind_name(best)} have no order", value, best)
        if found * sign > 0:
            best = value
    return best


@builtin("min", "list: list")
@builtin("min", "list: any...")
def _min(env: Env, values: list[Any]) -> Any:
    return _extreme(env, values, -1)


@builtin("max", "list: list")
@builtin("max", "list: any...")
def _max(env: Env, values: list[Any]) -> Any:
    return _extreme(env, values, 1)


def _numbers(env: Env, values: list[Any]) -> list[Decimal]:
    env.spend(len(values) // 4)
    for value in values:
        if type(value) is not Decimal:
            raise NullResult(f"expected numbers, got {kind_name(value)}", value)
    return values


def _total(env: Env, values: list[Any]) -> Any:
    if not values:
        raise NullResult("the list is empty")
    env.spend(len(values) // 4)
    total = values[0]
    if type(total) not in _SUMMED:
        raise NullResult(f"expected numbers or durations, got {kind_name(total)}", total)
    for value in values[1:]:
        if type(value) is not type(total):
            raise NullResult(f"expected {kind_name(total)}, got {kind_name(value)}", value)
        total = add(total, value)
        if total is None:
            raise NullResult("the sum is too large")
    return total


@builtin("sum", "list: list")
@builtin("sum", "list: any...")
def _sum(env: Env, values: list[Any]) -> Any:
    return _total(env, values)


@builtin("mean", "list: list")
@builtin("mean", "list: any...")
def _mean(env: Env, values: list[Any]) -> Any:
    return divide(_total(env, values), Decimal(len(values)))


@builtin("product", "list: list")
@builtin("product", "list: any...")
def _product(env: Env, values: list[Any]) -> Decimal:
    if not values:
        raise NullResult("the list is empty")
    result = ONE
    for value in _numbers(env, values):
        result = _checked(DECIMAL128.multiply, result, value)
    return result


def _checked(operation: Callable[[Decimal, Decimal], Decimal], left: Decimal, right: Decimal) -> Decimal:
    try:
        return operation(left, right)
    except decimal.DecimalException:
        raise NullResult("the result is too large", left, right) from None


@builtin("median", "list: list")
@builtin("median", "list: any...")
def _median(env: Env, values: list[Any]) -> Decimal:
    if not values:
        raise NullResult("the list is empty")
    ordered = sorted(_numbers(env, values))
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return DECIMAL128.divide(_checked(DECIMAL128.add, ordered[middle - 1], ordered[middle]), TWO)


@builtin("stddev", "list: list")
@builtin("stddev", "list: any...")
def _stddev(env: Env, values: list[Any]) -> Decimal:
    """Return the standard deviation of a sample: the sum is divided by n - 1."""
    if len(values) < 2:
        raise NullResult("expected two numbers or more")
    numbers = _numbers(env, values)
    try:
        mean = DECIMAL128.divide(_total(env, numbers), Decimal(len(numbers)))
        squares = Decimal(0)
        for number in numbers:
            distance = DECIMAL128.subtract(number, mean)
            squares = DECIMAL128.add(squares, DECIMAL128.multiply(distance, distance))
        return DECIMAL128.sqrt(DECIMAL128.divide(squares, Decimal(len(numbers) - 1)))
    except decimal.DecimalException:
        raise NullResult("the result is too large") from None


@builtin("mode", "list: list")
@builtin("mode", "list: any...")
def _mode(env: Env, values: list[Any]) -> list[Decimal]:
    """Return all most frequent numbers, ascending."""
    counts: dict[Decimal, int] = {}
    for number in _numbers(env, values):
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(number for number, count in counts.items() if count == most)


@builtin("sort", "list: list")
def _sort(env: Env, values: list[Any]) -> list[Any]:
    """Sort by the natural order of the elements."""

    def compare(left: Any, right: Any) -> int:
        env.spend(1)
        found = order(left, right)
        if found is None:
            raise NullResult(f"{kind_name(left)} and {kind_name(right)} have no order", left, right)
        return found

    env.build(len(values))
    return sorted(values, key=cmp_to_key(compare))


@builtin("sort", "list: list, precedes: function")
def _sort_by(env: Env, values: list[Any], precedes: Function) -> list[Any]:
    """Sort by a function: precedes(a, b) says that a goes before b. Elements of which neither goes before the other keep their order."""

    def compare(left: Any, right: Any) -> int:
        env.spend(2)
        found = precedes.invoke(env, [left, right], None)
        if type(found) is not bool:
            raise NullResult("expected a boolean from the precedes function", found)
        return -1 if found else 1

    env.build(len(values))
    return sorted(values, key=cmp_to_key(compare))


__all__ = ["distinct"]
