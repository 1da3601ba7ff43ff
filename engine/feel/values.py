"""FEEL's values inside the engine have two borders: `normalise` lets Python's values in, `finish` lets FEEL's out.

Inside: None, bool, Decimal, str, list, dict, the temporal classes, `Range` and `Function`. What comes from a context is
normalised when it is reached, never as a whole: a large context costs nothing until it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from engine.feel.errors import FeelBudgetExceeded, FeelError
from engine.feel.numbers import DECIMAL128, text_of
from engine.feel.temporal.calendar import zone_text
from engine.feel.temporal.durations import DaysTimeDuration, YearsMonthsDuration, duration_of
from engine.feel.temporal.moments import Date, DateTime, Time, date_of, date_time_of, time_of

_MAX_DATA_DEPTH = 200
_MAX_INT_BITS = 3_400

# What a call of Python code takes of the stack.
_LEVELS_OF_A_CALL = 12


@dataclass(frozen=True, slots=True)
class Range:
    """A range is an interval; `operator` is set when it was written as a unary test, like `(< 10)` (DMN 1.5, 10.3.2.7)."""

    start: Any
    end: Any
    start_included: bool
    end_included: bool
    operator: str = ""

    def __str__(self) -> str:
        if self.operator:
            bound = self.start if self.operator in (">", ">=", "=", "!=") else self.end
            return f"({self.operator}{'' if self.operator == '=' else ' '}{_bound_text(bound)})"
        opening = "[" if self.start_included else "("
        closing = "]" if self.end_included else ")"
        return f"{opening}{_bound_text(self.start)}..{_bound_text(self.end)}{closing}"


class Function:
    """A function is a value that can be invoked: a Python callable that gets finished values by position, and returns any value that a
    context may hold. `parameters` are its names, in order."""

    __slots__ = ("implementation", "name", "parameters")

    def __init__(
        self, name: str, parameters: tuple[str, ...] | None, implementation: Callable[..., Any] | None = None
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.implementation = implementation

    def invoke(self, env: Any, arguments: list[Any], names: tuple[str, ...] | None) -> Any:
        """Return the result; raises `NullResult` with the reason when there is none."""
        if self.implementation is None:
            raise NullResult(f"{self} cannot be called")
        ordered = in_order(self, arguments, names)
        allowance = Allowance(max(env.size, 0))
        arguments = [finish(argument, allowance) for argument in ordered]
        return normalise(env.call(self.run, env, arguments, stack=_LEVELS_OF_A_CALL))

    def run(self, env: Any, arguments: list[Any]) -> Any:
        assert self.implementation is not None
        return self.implementation(*arguments)

    def __str__(self) -> str:
        parameters = ", ".join(self.parameters) if self.parameters is not None else "..."
        return f"function({parameters})" if not self.name else f"function {self.name}({parameters})"


class NullResult(FeelError):  # noqa: N818 - a result, not a failure
    """A function has no result, for this reason; the error stays inside the engine."""

    def __init__(self, reason: str, *values: Any) -> None:
        self.reason = reason
        self.values = values
        super().__init__(reason)


def in_order(function: Function, arguments: list[Any], names: tuple[str, ...] | None) -> list[Any]:
    """Return the arguments by position, each parameter exactly once; raises `NullResult`."""
    parameters = function.parameters or ()
    if len(arguments) != len(parameters):
        raise NullResult(f"expected {len(parameters)} arguments for {function}, got {len(arguments)}")
    if names is None:
        return arguments
    by_name = dict(zip(names, arguments, strict=True))
    if len(by_name) != len(names) or set(by_name) != set(parameters):
        raise NullResult(f"expected the parameters {', '.join(parameters)}, got {', '.join(names)}")
    return [by_name[name] for name in parameters]


# Values of these types are FEEL's already. Decimal is missing on purpose: one from outside may be no number.
DIRECT: frozenset[type] = frozenset(
    {str, bool, type(None), dict, list, Date, Time, DateTime, DaysTimeDuration, YearsMonthsDuration, Range}
)


def normalise(value: Any) -> Any:
    """Return a value of a context as FEEL's; containers stay as they are, their elements are normalised when reached."""
    kind = type(value)
    if kind in DIRECT:
        return value
    if kind is Decimal:
        return value if value.is_finite() else None
    if kind is int:
        return decimal_of(value)
    if kind is float:
        # The shortest text that gives the float again is what a person meant by it.
        exact = Decimal(repr(value))
        return exact if exact.is_finite() else None
    return _normalise_rare(value)


def _normalise_rare(value: Any) -> Any:
    if isinstance(value, Function):
        return value
    if isinstance(value, Enum):
        return normalise(value.value)
    for kind, convert in _CONVERSIONS:
        if isinstance(value, kind):
            return convert(value)
    return None


def decimal_of(value: int) -> Decimal:
    if value.bit_length() > _MAX_INT_BITS:
        raise FeelBudgetExceeded("digits")
    return DECIMAL128.create_decimal(value)


_CONVERSIONS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (bool, bool),
    (int, lambda value: decimal_of(int(value))),
    (float, lambda value: normalise(float(value))),
    (str, str),
    (Decimal, lambda value: normalise(Decimal(value))),
    (Mapping, dict),
    ((list, tuple), list),
    ((set, frozenset), sorted),
    (datetime, date_time_of),
    (date, date_of),
    (time, time_of),
    (timedelta, duration_of),
)


def elements(values: list[Any]) -> list[Any]:
    """Return the list with every element normalised; the same list when nothing had to change."""
    for element in values:
        if type(element) not in DIRECT and type(element) is not Decimal:
            return [normalise(element) for element in values]
    return values


ATOMS = frozenset({Decimal, str, bool, type(None)})


class Allowance:
    """An allowance says how much a border may let through: what shares its parts inside is copied in full outside."""

    __slots__ = ("left",)

    def __init__(self, size: int) -> None:
        self.left = size

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise FeelBudgetExceeded("size")


def finish(value: Any, allowance: Allowance | None = None, depth: int = 0) -> Any:
    """Return a value for the outside: containers are copied, temporal values are the standard library's where they fit.

    Raises FeelBudgetExceeded when it is nested too deeply, or larger than the allowance.
    """
    kind = type(value)
    if kind in ATOMS:
        return value
    if depth > _MAX_DATA_DEPTH:
        raise FeelBudgetExceeded("depth")
    if kind is list:
        if allowance is not None:
            allowance.take(1 + len(value))
        return [item if type(item) in ATOMS else finish(item, allowance, depth + 1) for item in value]
    if kind is dict:
        if allowance is not None:
            allowance.take(1 + 3 * len(value))
        return {str(key): finish(item, allowance, depth + 1) for key, item in value.items()}
    if kind in (Date, Time, DateTime, DaysTimeDuration):
        return value.to_python()
    if kind in (Range, YearsMonthsDuration) or isinstance(value, Function):
        return value
    return finish(normalise(value), allowance, depth + 1)


def to_json(value: Any) -> Any:
    """Return a value of `finish` (or of a context) for JSON: None, bool, int, Decimal, str, list or dict.

    Numbers become int when they are whole, else Decimal. Temporal values are texts in ISO 8601, a named zone after "@",
    as Camunda writes them; ranges and functions are texts as well.
    """
    value = normalise(value)
    kind = type(value)
    if kind is Decimal:
        return int(value) if value == value.to_integral_value() and value.adjusted() < 34 else value
    if kind is list:
        return [to_json(element) for element in value]
    if kind is dict:
        return {str(key): to_json(element) for key, element in value.items()}
    return value if value is None or kind in (str, bool) else str(value)


def feel_text(value: Any, allowance: Allowance | None = None, *, quoted: bool = False, depth: int = 0) -> str:
    """Return the value as FEEL's `string()` prints it; strings within a container are quoted."""
    if depth > _MAX_DATA_DEPTH:
        raise FeelBudgetExceeded("depth")
    value = normalise(value)
    kind = type(value)
    if kind is str:
        text = str(value)
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if quoted else text
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is Decimal:
        return text_of(value)
    if kind is not list and kind is not dict:
        return str(value)
    if allowance is not None:
        allowance.take(1 + len(value))
    items = value if kind is list else value.values()
    texts = [feel_text(item, allowance, quoted=True, depth=depth + 1) for item in items]
    if allowance is not None:
        allowance.take(sum(map(len, texts)) // 8)
    if kind is list:
        return "[" + ", ".join(texts) + "]"
    return "{" + ", ".join(f"{_key_text(key)}: {text}" for key, text in zip(value, texts, strict=True)) + "}"


def _key_text(key: str) -> str:
    plain = key and not key[0].isdigit() and not any(sign in key for sign in '{}":,')
    return key if plain else feel_text(str(key), quoted=True)


def _bound_text(value: Any) -> str:
    value = normalise(value)
    if type(value) in (Date, Time, DateTime, DaysTimeDuration, YearsMonthsDuration):
        return f'@"{value}"'
    return feel_text(value, quoted=True)


def zone_name(zone: Any) -> str | None:
    """Return the name of an IANA zone; None for an offset or local time."""
    text = zone_text(zone)
    return text[1:] if text.startswith("@") else None
