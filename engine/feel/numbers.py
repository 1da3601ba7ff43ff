"""FEEL's numbers are decimal128 with 34 digits, rounded half-even (DMN 1.5, 10.3.2.3.1), never by the thread's decimal context."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Clamped, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

PRECISION = 34

DECIMAL128 = Context(
    prec=PRECISION,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    clamp=1,
    traps=[InvalidOperation, DivisionByZero, Overflow],
    flags=[],
)
DECIMAL128.traps[Clamped] = False

ZERO = Decimal(0)
ONE = Decimal(1)
TWO = Decimal(2)

_PLAIN_DIGITS = 60


def text_of(value: Decimal) -> str:
    """Return the number as FEEL's `string()` prints it: plain digits, no exponent unless it would be very long."""
    if not value:
        return "0"
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if -_PLAIN_DIGITS < exponent < _PLAIN_DIGITS:
        return format(value, "f")
    return str(value)


def whole(value: Decimal) -> int | None:
    """Return the integer that the value is, or None when it has a fraction or is too large to be a count."""
    if value.adjusted() > PRECISION:
        return None
    number = int(value)
    return number if number == value else None
