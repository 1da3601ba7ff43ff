"""Built-in functions are declared here, and their arguments are matched.

A function has one or more forms. Each is declared with FEEL's own parameter list: `"string: string, start position: number,
length: number = null"`. "= null" makes a parameter optional, "?" after a type admits null, "|" separates types, and "..."
after the last one collects all further positional arguments into a list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from engine.feel.temporal.arithmetic import at_midnight
from engine.feel.temporal.durations import DaysTimeDuration, YearsMonthsDuration
from engine.feel.temporal.moments import Date, DateTime, Time
from engine.feel.values import DIRECT, Function, NullResult, Range, elements, normalise

Implementation = Callable[..., Any]
Run = TypeVar("Run", bound=Implementation)

KINDS: dict[str, frozenset[type]] = {
    "number": frozenset({Decimal}),
    "string": frozenset({str}),
    "boolean": frozenset({bool}),
    "list": frozenset({list}),
    "context": frozenset({dict}),
    "date": frozenset({Date}),
    "time": frozenset({Time}),
    "date and time": frozenset({DateTime}),
    "days and time duration": frozenset({DaysTimeDuration}),
    "years and months duration": frozenset({YearsMonthsDuration}),
    "duration": frozenset({DaysTimeDuration, YearsMonthsDuration}),
    "range": frozenset({Range}),
    "point": frozenset({Decimal, str, Date, Time, DateTime, DaysTimeDuration, YearsMonthsDuration}),
    "any": DIRECT | {Decimal},
}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    wanted: str
    kinds: frozenset[type]
    optional: bool
    nullable: bool

    def admit(self, value: Any) -> Any:
        """Return the value after the implicit conversions (DMN 1.5, 10.3.2.9.4); raises NullResult when it does not fit."""
        kind = type(value)
        if kind in self.kinds:
            if kind is list and self.wanted == "list":
                return elements(value)
            return value
        if value is None:
            if self.nullable or self.optional:
                return None
            raise NullResult(f"the parameter '{self.name}' is null, expected {self.wanted}")
        if "function" in self.wanted and isinstance(value, Function):
            return value
        if self.wanted == "any":
            return value
        return self._convert(value)

    def _convert(self, value: Any) -> Any:
        if self.wanted == "list":
            return [value]
        if type(value) is list and len(value) == 1:
            only = normalise(value[0])
            if type(only) in self.kinds:
                return only
        if type(value) is Date and DateTime in self.kinds:
            return at_midnight(value)
        raise NullResult(f"the parameter '{self.name}' does not fit, expected {self.wanted}", value)


@dataclass(frozen=True, slots=True)
class Form:
    """A form is one parameter list and what it runs. `collects` means that the last parameter takes all further arguments."""

    parameters: tuple[Parameter, ...]
    collects: bool
    run: Implementation

    def positional(self, count: int) -> bool:
        required = sum(1 for parameter in self.parameters if not parameter.optional)
        if self.collects:
            return count >= required
        return required <= count <= len(self.parameters)

    def order_of(self, names: tuple[str, ...]) -> tuple[int, ...] | None:
        """Return for each parameter the index of its argument, -1 for none; None when the names are not this form's."""
        if self.collects:
            return None
        known = [parameter.name for parameter in self.parameters]
        if len(set(names)) != len(names) or not set(names) <= set(known):
            return None
        order = tuple(names.index(name) if name in names else -1 for name in known)
        missing = any(
            index < 0 and not parameter.optional for index, parameter in zip(order, self.parameters, strict=True)
        )
        return None if missing else order

    def admit(self, arguments: list[Any]) -> list[Any]:
        if not self.collects:
            return [parameter.admit(argument) for parameter, argument in zip(self.parameters, arguments, strict=False)]
        fixed = len(self.parameters) - 1
        last = self.parameters[-1]
        admitted = [p.admit(a) for p, a in zip(self.parameters[:fixed], arguments[:fixed], strict=True)]
        admitted.append([last.admit(argument) for argument in arguments[fixed:]])
        return admitted


class BuiltinFunction(Function):
    """A built-in function has one or more forms. `pure` functions of constants are computed at compile time."""

    __slots__ = ("forms", "pure")

    def __init__(self, name: str) -> None:
        super().__init__(name, None)
        self.forms: list[Form] = []
        self.pure = True

    def usage(self) -> str:
        texts = [
            f"{self.name}({', '.join(parameter.name for parameter in form.parameters)}{'...' if form.collects else ''})"
            for form in self.forms
        ]
        return " or ".join(dict.fromkeys(texts))

    def matching(self, count: int, names: tuple[str, ...] | None) -> list[tuple[Form, tuple[int, ...] | None]]:
        """Return the forms that take so many arguments, or arguments of these names."""
        if names is None:
            return [(form, None) for form in self.forms if form.positional(count)]
        found = [(form, form.order_of(names)) for form in self.forms]
        return [(form, order) for form, order in found if order is not None]

    def invoke(self, env: Any, arguments: list[Any], names: tuple[str, ...] | None) -> Any:
        return call_matching(self, self.matching(len(arguments), names), env, arguments)


def call_matching(
    function: BuiltinFunction, matching: list[tuple[Form, tuple[int, ...] | None]], env: Any, arguments: list[Any]
) -> Any:
    """Run the first form whose parameters admit the arguments."""
    reason: NullResult | None = None
    for form, order in matching:
        ordered = arguments if order is None else [arguments[i] if i >= 0 else None for i in order]
        try:
            admitted = form.admit(ordered)
        except NullResult as wrong:
            reason = reason or wrong
            continue
        return form.run(env, *admitted)
    if reason is not None:
        raise NullResult(f"{function.name}: {reason.reason}", *reason.values)
    raise NullResult(f"the arguments do not fit, expected {function.usage()}")


FUNCTIONS: dict[str, BuiltinFunction] = {}


def builtin(name: str, parameters: str = "", *, pure: bool = True) -> Callable[[Run], Run]:
    """Declare a form of a built-in function; the implementation gets the environment and the admitted arguments."""

    def declare(run: Run) -> Run:
        function = FUNCTIONS.setdefault(name, BuiltinFunction(name))
        function.pure = function.pure and pure
        function.forms.append(_form(parameters, run))
        # A form that collects takes anything, so it is asked last.
        function.forms.sort(key=lambda form: form.collects)
        return run

    return declare


def _form(parameters: str, run: Implementation) -> Form:
    collects = parameters.endswith("...")
    texts = [text.strip() for text in parameters.removesuffix("...").split(",") if text.strip()]
    return Form(tuple(_parameter(text) for text in texts), collects, run)


def _parameter(text: str) -> Parameter:
    text, optional, _ = text.partition("=")
    name, _, declared = text.partition(":")
    declared = declared.strip()
    nullable = declared.endswith("?") or declared == "any"
    declared = declared.removesuffix("?")
    kinds: frozenset[type] = frozenset()
    for kind in declared.split("|"):
        kinds |= KINDS.get(kind.strip(), frozenset())
    return Parameter(
        name.strip(), " or ".join(kind.strip() for kind in declared.split("|")), kinds, bool(optional), nullable
    )
