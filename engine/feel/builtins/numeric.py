"""These functions work on numbers (DMN 1.5, 10.3.4.5)."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

from engine.feel.builtins.registry import builtin
from engine.feel.evaluation import Env
from engine.feel.numbers import DECIMAL128, ONE, ZERO
from engine.feel.temporal.durations import DaysTimeDuration, YearsMonthsDuration
from engine.feel.values import NullResult

_SMALLEST_SCALE, _LARGEST_SCALE = -6111, 6176


def rounded(value: Decimal, scale: Decimal, rounding: str) -> Decimal:
    """Return the number with at most that many digits after the point; a negative scale rounds before it."""
    if not _SMALLEST_SCALE <= scale <= _LARGEST_SCALE:
        raise NullResult(f"expected a scale from {_SMALLEST_SCALE} to {_LARGEST_SCALE}", scale)
    places = int(scale.to_integral_value(ROUND_FLOOR))
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return value
    try:
        return value.quantize(ONE.scaleb(-places, DECIMAL128), rounding, DECIMAL128)
    except decimal.DecimalException:
        raise NullResult("the number cannot be rounded to this scale", value, scale) from None


def _declare_rounding(name: str, rounding: str, *, scale_optional: bool = False) -> None:
    def run(env: Env, value: Decimal, scale: Decimal | None = None) -> Decimal:
        return rounded(value, ZERO if scale is None else scale, rounding)

    if scale_optional:
        builtin(name, "n: number")(run)
    builtin(name, "n: number, scale: number")(run)


_declare_rounding("decimal", ROUND_HALF_EVEN)
_declare_rounding("floor", ROUND_FLOOR, scale_optional=True)
_declare_rounding("ceiling", ROUND_CEILING, scale_optional=True)
_declare_rounding("round up", ROUND_UP)
_declare_rounding("round down", ROUND_DOWN)
_declare_rounding("round half up", ROUND_HALF_UP)
_declare_rounding("round half down", ROUND_HALF_DOWN)


@builtin("abs", "n: number | duration")
def _abs(
    env: Env, value: Decimal | DaysTimeDuration | YearsMonthsDuration
) -> Decimal | DaysTimeDuration | YearsMonthsDuration:
    if isinstance(value, DaysTimeDuration):
        return DaysTimeDuration(abs(value.nanos))
    if isinstance(value, YearsMonthsDuration):
        return YearsMonthsDuration(abs(value.months))
    return DECIMAL128.abs(value)


@builtin("modulo", "dividend: number, divisor: number")
def _modulo(env: Env, dividend: Decimal, divisor: Decimal) -> Decimal:
    """Return dividend - divisor * floor(dividend / divisor): the sign is the divisor's."""
    if not divisor:
        raise NullResult("division by zero", dividend)
    try:
        remainder = DECIMAL128.remainder(dividend, divisor)
    except decimal.DecimalException:
        quotient = DECIMAL128.divide(dividend, divisor).to_integral_value(ROUND_FLOOR)
        return DECIMAL128.subtract(dividend, DECIMAL128.multiply(divisor, quotient))
    if remainder and (remainder < 0) != (divisor < 0):
        remainder = DECIMAL128.add(remainder, divisor)
    return remainder


def _computed(operation: Callable[[Decimal], Decimal], value: Decimal) -> Decimal:
    try:
        result = operation(value)
    except decimal.DecimalException:
        raise NullResult("there is no result for this number", value) from None
    return result


@builtin("sqrt", "number: number")
def _sqrt(env: Env, value: Decimal) -> Decimal:
    env.spend(8)
    return _computed(DECIMAL128.sqrt, value)


@builtin("log", "number: number")
def _log(env: Env, value: Decimal) -> Decimal:
    if value <= 0:
        raise NullResult("expected a number above 0", value)
    env.spend(80)
    return _computed(DECIMAL128.ln, value)


@builtin("exp", "number: number")
def _exp(env: Env, value: Decimal) -> Decimal:
    env.spend(30)
    return _computed(DECIMAL128.exp, value)


def _parity(value: Decimal) -> int | None:
    """Return 0 for even, 1 for odd, None for what is no whole number."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent > 0:
        return 0
    return int(value) % 2 if value == value.to_integral_value() else None


@builtin("odd", "number: number")
def _odd(env: Env, value: Decimal) -> bool:
    return _parity(value) == 1


@builtin("even", "number: number")
def _even(env: Env, value: Decimal) -> bool:
    return _parity(value) == 0
