"""The operators work on values: equality, order, arithmetic (DMN 1.5, tables 53 to 62).

Each gives None where the standard gives null; the caller knows the position and records the warning.
"""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any, Protocol

from engine.feel.numbers import DECIMAL128
from engine.feel.temporal import arithmetic
from engine.feel.temporal.durations import DaysTimeDuration, YearsMonthsDuration
from engine.feel.temporal.moments import Date, DateTime, Time
from engine.feel.values import Function, Range, normalise

KIND_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "context",
    Date: "date",
    Time: "time",
    DateTime: "date and time",
    DaysTimeDuration: "days and time duration",
    YearsMonthsDuration: "years and months duration",
    Range: "range",
}

_BY_VALUE = frozenset({bool, Decimal, str, Date, DaysTimeDuration, YearsMonthsDuration})
_ORDERED = frozenset({Decimal, str})


class Meter(Protocol):
    """A meter pays for the work; it is the environment of an evaluation."""

    def spend(self, steps: int) -> None: ...


def kind_name(value: Any) -> str:
    return KIND_NAMES.get(type(value), "function")


def equal(left: Any, right: Any, meter: Meter | None = None) -> bool | None:
    """Say whether `left = right`: None when their kinds differ; null equals null only.

    The meter pays for every element compared: nested lists that share their parts can be far larger than what was built.
    """
    kind = type(left)
    if kind is type(right):
        if kind in _BY_VALUE:
            return bool(left == right)
        return _equal_compound(left, right, meter)
    if left is None or right is None:
        return False
    if isinstance(left, Function) and isinstance(right, Function):
        return left is right
    return None


def _equal_compound(left: Any, right: Any, meter: Meter | None) -> bool | None:
    if left is right:
        return True
    if meter is not None and type(left) in (list, dict):
        meter.spend(4 + 2 * len(left))
    if type(left) is list:
        return len(left) == len(right) and all(
            same(normalise(a), normalise(b), meter) for a, b in zip(left, right, strict=True)
        )
    if type(left) is dict:
        return left.keys() == right.keys() and all(same(normalise(left[k]), normalise(right[k]), meter) for k in left)
    if type(left) is Range:
        return (
            left.operator == right.operator
            and left.start_included == right.start_included
            and left.end_included == right.end_included
            and same(left.start, right.start)
            and same(left.end, right.end)
        )
    if type(left) is DateTime or type(left) is Time:
        return arithmetic.order(left, right) == 0
    return False


def same(left: Any, right: Any, meter: Meter | None = None) -> bool:
    """Say whether both are equal, and certainly so: what `list contains`, `index of`, `distinct values` and nested values ask."""
    return equal(left, right, meter) is True


def order(left: Any, right: Any) -> int | None:
    """Return less than 0, 0 or greater than 0; None when the values have no order (DMN 1.5, table 55)."""
    kind = type(left)
    if kind is not type(right):
        return None
    if kind in _ORDERED or kind is Date:
        if kind is Date:
            left, right = (left.year, left.month, left.day), (right.year, right.month, right.day)
        return -1 if left < right else (1 if left > right else 0)
    if kind is DaysTimeDuration:
        return int((left.nanos > right.nanos) - (left.nanos < right.nanos))
    if kind is YearsMonthsDuration:
        return int((left.months > right.months) - (left.months < right.months))
    if kind is DateTime or kind is Time:
        return arithmetic.order(left, right)
    return None


def less(left: Any, right: Any, meter: Meter | None = None) -> bool | None:
    found = order(left, right)
    return None if found is None else found < 0


def less_equal(left: Any, right: Any, meter: Meter | None = None) -> bool | None:
    found = order(left, right)
    return None if found is None else found <= 0


def greater(left: Any, right: Any, meter: Meter | None = None) -> bool | None:
    found = order(left, right)
    return None if found is None else found > 0


def greater_equal(left: Any, right: Any, meter: Meter | None = None) -> bool | None:
    found = order(left, right)
    return None if found is None else found >= 0


def not_equal(left: Any, right: Any, meter: Meter | None = None) -> bool | None:
    found = equal(left, right, meter)
    return None if found is None else not found


def conjunction(left: bool | None, right: bool | None) -> bool | None:
    """Return `and` of two truth values, of which null is one."""
    if left is False or right is False:
        return False
    return True if left and right else None


COMPARISONS = {
    "=": equal,
    "!=": not_equal,
    "<": less,
    "<=": less_equal,
    ">": greater,
    ">=": greater_equal,
}


def in_range(value: Any, interval: Range) -> bool | None:
    """Say whether the value lies in the interval; None when that cannot be told, as where an end is missing."""
    if interval.operator:
        bound = interval.end if interval.operator in ("<", "<=") else interval.start
        return COMPARISONS[interval.operator](value, bound)
    low = (greater_equal if interval.start_included else greater)(value, interval.start)
    return conjunction(low, (less_equal if interval.end_included else less)(value, interval.end))


def add(left: Any, right: Any) -> Any:
    if type(left) is Decimal and type(right) is Decimal:
        return _decimal(DECIMAL128.add, left, right)
    return arithmetic.add(left, right)


def subtract(left: Any, right: Any) -> Any:
    if type(left) is Decimal and type(right) is Decimal:
        return _decimal(DECIMAL128.subtract, left, right)
    return arithmetic.subtract(left, right)


def multiply(left: Any, right: Any) -> Any:
    if type(left) is Decimal and type(right) is Decimal:
        return _decimal(DECIMAL128.multiply, left, right)
    return arithmetic.multiply(left, right)


def divide(left: Any, right: Any) -> Any:
    if type(left) is Decimal and type(right) is Decimal:
        return _decimal(DECIMAL128.divide, left, right)
    return arithmetic.divide(left, right)


def power(left: Any, right: Any) -> Any:
    if type(left) is Decimal and type(right) is Decimal:
        return _decimal(DECIMAL128.power, left, right)
    return None


def negate(value: Any) -> Any:
    if type(value) is Decimal:
        return DECIMAL128.minus(value)
    if type(value) is DaysTimeDuration:
        return DaysTimeDuration(-value.nanos)
    if type(value) is YearsMonthsDuration:
        return YearsMonthsDuration(-value.months)
    return None


def _decimal(operation: Any, left: Decimal, right: Decimal) -> Decimal | None:
    try:
        result: Decimal = operation(left, right)
    except decimal.DecimalException:
        return None
    return result


ARITHMETIC = {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}
