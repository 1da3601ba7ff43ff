"""Checks what a person filled into a form against the form-js schema, as the form itself does in the browser.

The browser's checks are for the person, these are for the process: nobody can complete a user task with data that its form
does not allow. Fields behind a condition are checked when the condition shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import re2

from engine.actors import ENGINE
from engine.definitions import trying_out
from engine.errors import InvalidArgument

_GROUPS = frozenset({"group", "columns"})
_OUTPUT_ONLY = frozenset(
    {"text", "html", "image", "iframe", "separator", "spacer", "button", "table", "documentPreview", "expression"}
)
_OPTIONS_ONE = frozenset({"radio", "select"})
_OPTIONS_MANY = frozenset({"checklist", "taglist"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"\+?[0-9()/.\- ]{3,30}")
_MAX_DEPTH = 20

Errors = dict[str, list[str]]


class FormRejected(InvalidArgument):
    """Data that the form does not allow. `errors` holds messages by the fields' keys."""

    title = "The form has mistakes"

    def __init__(self, errors: Errors) -> None:
        self.errors = errors
        name, messages = next(iter(errors.items()))
        more = f" (and {len(errors) - 1} more fields)" if len(errors) > 1 else ""
        super().__init__(f"{name}: {messages[0]}{more}")


def accepted(
    schema: Mapping[str, Any] | None, given: Mapping[str, Any] | None, *, known: Mapping[str, Any]
) -> dict[str, Any]:
    """The variables to take from `given`. Raises FormRejected. Without a form all are taken."""
    variables = dict(given or {})
    if schema is None:
        return variables
    taken, errors = check(schema, variables, known=known)
    if errors:
        raise FormRejected(errors)
    return taken


def check(
    schema: Mapping[str, Any], given: Mapping[str, Any], *, known: Mapping[str, Any]
) -> tuple[dict[str, Any], Errors]:
    """The variables to take from `given`, and what is wrong with them by the field's key (`items.0.name` inside lists).

    `known` are the variables that the form showed. Of disabled and read-only fields nothing is taken; what belongs to no field
    is taken as it is, for clients may send more than the form has.
    """
    checker = _Checker({**known, **given})
    checker.walk(schema.get("components") or [], given, prefix="", depth=0)
    taken = {name: value for name, value in given.items() if name not in checker.locked}
    return taken, checker.errors


class _Checker:
    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.errors: Errors = {}
        self.locked: set[str] = set()
        """Top-level names that belong to fields nobody may fill in."""

    def walk(self, components: list[Any], data: Mapping[str, Any], *, prefix: str, depth: int) -> None:
        for component in components:
            if not isinstance(component, Mapping) or depth > _MAX_DEPTH or self._is_hidden(component):
                continue
            kind = component.get("type")
            if kind in _GROUPS:
                inside, path = self._below(component, data, prefix)
                self.walk(component.get("components") or [], inside, prefix=path, depth=depth + 1)
            elif kind == "dynamiclist":
                self._walk_list(component, data, prefix=prefix, depth=depth)
            elif kind not in _OUTPUT_ONLY and isinstance(component.get("key"), str):
                self._field(component, data, prefix=prefix)

    def _below(
        self, component: Mapping[str, Any], data: Mapping[str, Any], prefix: str
    ) -> tuple[Mapping[str, Any], str]:
        path = component.get("path")
        if not isinstance(path, str) or not path:
            return data, prefix
        return _mapping(_at(data, path)), f"{prefix}{path}."

    def _walk_list(self, component: Mapping[str, Any], data: Mapping[str, Any], *, prefix: str, depth: int) -> None:
        path = component.get("path")
        rows = _at(data, path) if isinstance(path, str) and path else None
        if rows is None:
            return
        if not isinstance(rows, list):
            self._wrong(f"{prefix}{path}", "Expected a list.")
            return
        for index, row in enumerate(rows):
            if not isinstance(row, Mapping):
                self._wrong(f"{prefix}{path}.{index}", "Expected an object.")
                continue
            inside = component.get("components") or []
            self.walk(inside, row, prefix=f"{prefix}{path}.{index}.", depth=depth + 1)

    def _field(self, component: Mapping[str, Any], data: Mapping[str, Any], *, prefix: str) -> None:
        key = component["key"]
        if self._is_locked(component):
            self.locked.add((prefix + key).split(".")[0])
            return
        value = _at(data, key)
        for message in _mistakes(component, value, self.values):
            self._wrong(prefix + key, message)

    def _is_locked(self, component: Mapping[str, Any]) -> bool:
        return component.get("disabled") is True or self._holds(component.get("readonly"))

    def _is_hidden(self, component: Mapping[str, Any]) -> bool:
        conditional = component.get("conditional")
        return isinstance(conditional, Mapping) and self._holds(conditional.get("hide"))

    def _holds(self, condition: Any) -> bool:
        """True or an expression that gives true. A condition that cannot be evaluated holds not, as in the browser."""
        if not isinstance(condition, str):
            return condition is True
        try:
            return trying_out.evaluate(condition, self.values, by=ENGINE).result is True
        except InvalidArgument:
            return False

    def _wrong(self, key: str, message: str) -> None:
        self.errors.setdefault(key, []).append(message)


def _mistakes(component: Mapping[str, Any], value: Any, values: Mapping[str, Any]) -> Iterator[str]:
    rules = _mapping(component.get("validate"))
    kind = component.get("type")
    if value is None or value == "" or value == [] or (kind == "checkbox" and value is False):
        if rules.get("required") is True:
            yield "Field is required."
        return
    match kind:
        case "number":
            yield from _number(component, rules, value)
        case "checkbox":
            if not isinstance(value, bool):
                yield "Expected true or false."
        case "datetime":
            yield from _moment(component, value)
        case _ if kind in _OPTIONS_ONE:
            if not _is_offered(value, component, values):
                yield "Expected one of the options."
        case _ if kind in _OPTIONS_MANY:
            if not isinstance(value, list) or not all(_is_offered(item, component, values) for item in value):
                yield "Expected some of the options."
        case "textfield" | "textarea":
            yield from _text(rules, value)


def _text(rules: Mapping[str, Any], value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        yield "Expected a text."
        return
    shortest, longest = _limit(rules, "minLength"), _limit(rules, "maxLength")
    if shortest is not None and len(value) < shortest:
        yield f"Field must have minimum length of {shortest}."
    if longest is not None and len(value) > longest:
        yield f"Field must have maximum length of {longest}."
    pattern = rules.get("pattern")
    if isinstance(pattern, str) and pattern and not _matches(pattern, value):
        yield f"Field must match pattern {pattern}."
    if rules.get("validationType") == "email" and not _EMAIL.fullmatch(value):
        yield "Field must be a valid email."
    if rules.get("validationType") == "phone" and not _PHONE.fullmatch(value):
        yield "Field must be a valid  international phone number. (e.g. +4930664040900)"


def _number(component: Mapping[str, Any], rules: Mapping[str, Any], value: Any) -> Iterator[str]:
    text = component.get("serializeToString") is True
    number = _decimal(value) if not isinstance(value, str) or text else None
    if number is None:
        yield "Expected a number."
        return
    smallest, largest = _limit(rules, "min"), _limit(rules, "max")
    if smallest is not None and number < smallest:
        yield f"Field must have minimum value of {smallest}."
    if largest is not None and number > largest:
        yield f"Field must have maximum value of {largest}."
    digits = component.get("decimalDigits")
    exponent = Decimal(number).normalize().as_tuple().exponent
    if isinstance(digits, int) and isinstance(exponent, int) and -exponent > digits:
        yield f"Expected at most {digits} digits after the decimal point."


def _moment(component: Mapping[str, Any], value: Any) -> Iterator[str]:
    subtype = component.get("subtype")
    try:
        if not isinstance(value, str):
            raise ValueError(value)
        if subtype == "time":
            datetime.fromisoformat(f"2000-01-01T{value}")
        else:
            datetime.fromisoformat(value)
    except ValueError:
        yield f"Expected a {'time' if subtype == 'time' else 'date'} in ISO 8601 form."


def _is_offered(value: Any, component: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    options = _options(component, values)
    return options is None or value in options


def _options(component: Mapping[str, Any], values: Mapping[str, Any]) -> list[Any] | None:
    """None: they are not known here, so that every value passes."""
    offered: Any = component.get("values")
    if isinstance(component.get("valuesKey"), str):
        offered = _at(values, component["valuesKey"])
    elif isinstance(component.get("valuesExpression"), str):
        try:
            offered = trying_out.evaluate(component["valuesExpression"], values, by=ENGINE).result
        except InvalidArgument:
            offered = None
    if not isinstance(offered, list):
        return None
    return [option.get("value") if isinstance(option, Mapping) else option for option in offered]


def _matches(pattern: str, value: str) -> bool:
    """By RE2, which cannot be made to run for ever. A pattern that it does not know is not checked here."""
    try:
        return re2.search(pattern, value) is not None
    except re2.error:
        return True


def _limit(rules: Mapping[str, Any], name: str) -> Decimal | int | None:
    found = rules.get(name)
    return None if found in (None, "") else _decimal(found)


def _decimal(value: Any) -> Decimal | int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return value
    try:
        return Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _at(data: Mapping[str, Any], path: str) -> Any:
    found: Any = data
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
