"""FEEL's types serve `instance of`, parameters and the item definitions of decision models (DMN 1.5, 10.3.2.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.feel.temporal.arithmetic import at_midnight
from engine.feel.temporal.durations import DaysTimeDuration, YearsMonthsDuration
from engine.feel.temporal.moments import Date, DateTime, Time
from engine.feel.values import Function, NullResult, Range, normalise


class Type:
    """A type is what `instance of` asks. A null is an instance of the type Null only."""

    __slots__ = ()

    def contains(self, value: Any) -> bool:
        raise NotImplementedError

    def conforms_to(self, other: Type) -> bool:
        """Say whether every instance of this type is one of the other's."""
        return isinstance(other, AnyType) or self == other

    def resolve(self, named: Mapping[str, Type]) -> Type:
        """Return the type with the names of item definitions replaced; raises KeyError for an unknown one."""
        return self


@dataclass(frozen=True, slots=True)
class AnyType(Type):
    def contains(self, value: Any) -> bool:
        return value is not None

    def __str__(self) -> str:
        return "Any"


@dataclass(frozen=True, slots=True)
class NullType(Type):
    def contains(self, value: Any) -> bool:
        return value is None

    def conforms_to(self, other: Type) -> bool:
        return True

    def __str__(self) -> str:
        return "Null"


@dataclass(frozen=True, slots=True)
class SimpleType(Type):
    name: str
    kinds: tuple[type, ...]

    def contains(self, value: Any) -> bool:
        return type(value) in self.kinds

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ListType(Type):
    element: Type

    def contains(self, value: Any) -> bool:
        return type(value) is list and all(_holds(self.element, item) for item in value)

    def conforms_to(self, other: Type) -> bool:
        return isinstance(other, AnyType) or (isinstance(other, ListType) and self.element.conforms_to(other.element))

    def resolve(self, named: Mapping[str, Type]) -> Type:
        return ListType(self.element.resolve(named))

    def __str__(self) -> str:
        return f"list<{self.element}>"


@dataclass(frozen=True, slots=True)
class RangeType(Type):
    element: Type

    def contains(self, value: Any) -> bool:
        if type(value) is not Range:
            return False
        bounds = [bound for bound in (value.start, value.end) if bound is not None]
        return all(self.element.contains(bound) for bound in bounds)

    def conforms_to(self, other: Type) -> bool:
        return isinstance(other, AnyType) or (isinstance(other, RangeType) and self.element.conforms_to(other.element))

    def resolve(self, named: Mapping[str, Type]) -> Type:
        return RangeType(self.element.resolve(named))

    def __str__(self) -> str:
        return f"range<{self.element}>"


@dataclass(frozen=True, slots=True)
class ContextType(Type):
    """A context type names the entries that must be there, with their types; more are allowed, and an entry may be null."""

    entries: tuple[tuple[str, Type], ...]

    def contains(self, value: Any) -> bool:
        return type(value) is dict and all(name in value and _holds(entry, value[name]) for name, entry in self.entries)

    def conforms_to(self, other: Type) -> bool:
        if isinstance(other, AnyType):
            return True
        own = dict(self.entries)
        return isinstance(other, ContextType) and all(
            name in own and own[name].conforms_to(entry) for name, entry in other.entries
        )

    def resolve(self, named: Mapping[str, Type]) -> Type:
        return ContextType(tuple((name, entry.resolve(named)) for name, entry in self.entries))

    def __str__(self) -> str:
        return f"context<{', '.join(f'{name}: {entry}' for name, entry in self.entries)}>"


@dataclass(frozen=True, slots=True)
class FunctionType(Type):
    """A function type has a result and parameters. `parameters` is None for any."""

    parameters: tuple[Type, ...] | None
    result: Type

    def contains(self, value: Any) -> bool:
        if not isinstance(value, Function):
            return False
        own = getattr(value, "type", None)
        if self.parameters is None or own is None:
            return True
        return bool(own.conforms_to(self))

    def conforms_to(self, other: Type) -> bool:
        if isinstance(other, AnyType):
            return True
        if not isinstance(other, FunctionType):
            return False
        if self.parameters is None or other.parameters is None:
            return True
        return (
            len(self.parameters) == len(other.parameters)
            and all(o.conforms_to(p) for p, o in zip(self.parameters, other.parameters, strict=True))
            and self.result.conforms_to(other.result)
        )

    def resolve(self, named: Mapping[str, Type]) -> Type:
        parameters = None if self.parameters is None else tuple(p.resolve(named) for p in self.parameters)
        return FunctionType(parameters, self.result.resolve(named))

    def __str__(self) -> str:
        return f"function<{', '.join(str(p) for p in self.parameters or ())}> -> {self.result}"


@dataclass(frozen=True, slots=True)
class NamedType(Type):
    """This is the name of an item definition, to be resolved by the model that holds it."""

    name: str

    def contains(self, value: Any) -> bool:
        raise NullResult(f"no type is called '{self.name}'")

    def resolve(self, named: Mapping[str, Type]) -> Type:
        return named[self.name]

    def __str__(self) -> str:
        return self.name


def _holds(declared: Type, value: Any) -> bool:
    """Say whether a value of a list or context conforms to the type: elements and entries may be null whatever their type."""
    value = normalise(value)
    return value is None or declared.contains(value)


ANY = AnyType()
NULL = NullType()
NUMBER = SimpleType("number", (Decimal,))
STRING = SimpleType("string", (str,))
BOOLEAN = SimpleType("boolean", (bool,))
DATE = SimpleType("date", (Date,))
TIME = SimpleType("time", (Time,))
DATE_AND_TIME = SimpleType("date and time", (DateTime,))
DAYS_AND_TIME_DURATION = SimpleType("days and time duration", (DaysTimeDuration,))
YEARS_AND_MONTHS_DURATION = SimpleType("years and months duration", (YearsMonthsDuration,))
LIST = ListType(ANY)
CONTEXT = ContextType(())
RANGE = RangeType(ANY)
FUNCTION = FunctionType(None, ANY)

BUILT_IN: dict[str, Type] = {
    "Any": ANY,
    "any": ANY,
    "Null": NULL,
    "number": NUMBER,
    "string": STRING,
    "boolean": BOOLEAN,
    "date": DATE,
    "time": TIME,
    "date and time": DATE_AND_TIME,
    "dateTime": DATE_AND_TIME,
    "days and time duration": DAYS_AND_TIME_DURATION,
    "dayTimeDuration": DAYS_AND_TIME_DURATION,
    "years and months duration": YEARS_AND_MONTHS_DURATION,
    "yearMonthDuration": YEARS_AND_MONTHS_DURATION,
    "list": LIST,
    "context": CONTEXT,
    "range": RANGE,
    "function": FUNCTION,
}


def coerce(value: Any, wanted: Type) -> Any:
    """Return the value as an instance of the type by the implicit conversions (DMN 1.5, 10.3.2.9.4), or raise NullResult.

    A one-element list to its element, a value to a list of it, a date to midnight in UTC; null stays null.
    """
    if value is None or wanted.contains(value):
        return value
    if type(value) is list and len(value) == 1 and not isinstance(wanted, ListType):
        only = normalise(value[0])
        if only is None or wanted.contains(only):
            return only
    if isinstance(wanted, ListType) and type(value) is not list and wanted.element.contains(value):
        return [value]
    if wanted == DATE_AND_TIME and type(value) is Date:
        return at_midnight(value)
    raise NullResult(f"expected a value of type {wanted}", value)
