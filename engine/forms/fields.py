"""For each kind of field this module has the rules of a form, and says what is wrong with a value."""

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

_OPTIONS_ONE = frozenset({"radio", "select"})
_OPTIONS_MANY = frozenset({"checklist", "taglist"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"\+?[0-9()/.\- ]{3,30}")


def mistakes(component: Mapping[str, Any], value: Any, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield texts that say what is wrong with `value`, in form-js's own words where it has some. `values` are all that an
    expression of the field may read.
    """
    rules = mapping(component.get("validate"))
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
    """Return the options of a field; None when they are not known here, so that every value passes."""
    offered: Any = component.get("values")
    if isinstance(component.get("valuesKey"), str):
        offered = at(values, component["valuesKey"])
    elif isinstance(component.get("valuesExpression"), str):
        try:
            offered = trying_out.evaluate(component["valuesExpression"], values, by=ENGINE).result
        except InvalidArgument:
            offered = None
    if not isinstance(offered, list):
        return None
    return [option.get("value") if isinstance(option, Mapping) else option for option in offered]


def _matches(pattern: str, value: str) -> bool:
    """Return whether the value matches, by RE2, which no pattern can make run for ever. A pattern that RE2 does not know is not
    checked here.
    """
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


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def at(data: Mapping[str, Any], path: str) -> Any:
    found: Any = data
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
