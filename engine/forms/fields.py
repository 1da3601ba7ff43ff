"""Each kind of field of a form has its rules here, which say what is wrong with a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, localcontext
from typing import Any

import re2

from engine.forms.phone_numbers import PHONE
from engine.forms.values import decimal, is_moment

_OPTIONS_ONE = frozenset({"radio", "select"})
_OPTIONS_MANY = frozenset({"checklist", "taglist"})
_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_EMAIL = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*")
MAX_ROUNDED = 1_000
"""Digits of a number before and after the point, beyond which no increment is checked."""


def mistakes(
    component: Mapping[str, Any], value: Any, *, rules: Mapping[str, Any], offers: Callable[[Any], bool]
) -> Iterator[str]:
    """Each text says what is wrong with `value`, in form-js's own words where it has some. `rules` are the field's, without
    expressions, and `offers` says whether a value is among its options."""
    kind = component.get("type")
    if value is None or value == "" or value == [] or (kind == "checkbox" and value is False):
        if rules.get("required"):
            yield "Field is required."
        return
    match kind:
        case "number":
            yield from _number(component, rules, value)
        case "checkbox":
            if not isinstance(value, bool):
                yield "Expected true or false."
        case "datetime":
            if not is_moment(component, value):
                yield f"Expected a {_MOMENTS.get(str(component.get('subtype')), 'date')} in ISO 8601 form."
        case "filepicker":
            yield "Expected no file: files that are picked in a form are not kept. Ask for the address of a document instead."
        case _ if kind in _OPTIONS_ONE:
            if not offers(value):
                yield "Expected one of the options."
        case _ if kind in _OPTIONS_MANY:
            if not isinstance(value, list) or not all(map(offers, value)):
                yield "Expected a list of some of the options."
        case "textfield" | "textarea":
            yield from _text(rules, value)


_MOMENTS = {"time": "time", "datetime": "date and time"}


def _text(rules: Mapping[str, Any], value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        yield "Expected a text."
        return
    shortest, longest = _limit(rules, "minLength"), _limit(rules, "maxLength")
    if shortest is not None and _length(value) < shortest:
        yield f"Field must have minimum length of {shortest}."
    if longest is not None and _length(value) > longest:
        yield f"Field must have maximum length of {longest}."
    pattern = rules.get("pattern")
    if isinstance(pattern, str) and pattern and not _matches(pattern, value):
        yield f"Field must match pattern {pattern}."
    if rules.get("validationType") == "email" and not _EMAIL.fullmatch(value):
        yield "Field must be a valid email."
    if rules.get("validationType") == "phone" and not PHONE.search(value):
        yield "Field must be a valid  international phone number. (e.g. +4930664040900)"


def _number(component: Mapping[str, Any], rules: Mapping[str, Any], value: Any) -> Iterator[str]:
    number = decimal(value) if not isinstance(value, str) or component.get("serializeToString") else None
    if number is None:
        yield "Expected a number."
        return
    exact = Decimal(number)
    if abs(exact.adjusted()) > MAX_ROUNDED:
        yield f"Expected a number of at most {MAX_ROUNDED} digits."
        return
    yield from _steps(component, exact)
    for name, word, beyond in (("min", "minimum", exact.__lt__), ("max", "maximum", exact.__gt__)):
        limit = _limit(rules, name)
        if limit is not None and beyond(Decimal(limit)):
            yield f"Field must have {word} value of {limit}."
        elif limit is None and rules.get(name) is not None:
            yield f"{name.capitalize()} validation value is not a valid number."


def _steps(component: Mapping[str, Any], number: Decimal) -> Iterator[str]:
    digits, step = component.get("decimalDigits"), decimal(component.get("increment"))
    exponent = number.normalize().as_tuple().exponent
    if isinstance(digits, int) and isinstance(exponent, int) and -exponent > digits >= 0:
        most = "be an integer" if digits == 0 else f"have at most {digits} decimal digit{'s' if digits > 1 else ''}"
        yield f"Value is expected to {most}."
    if step is None or step == 0 or number == 0 or abs(Decimal(step).adjusted()) > MAX_ROUNDED:
        return
    with localcontext(prec=4 * MAX_ROUNDED):
        offset = number % Decimal(step)
        if offset:
            low, high = (f"{each.normalize():f}" for each in (number - offset, number - offset + step))
            yield f"Please select a valid value, the two nearest valid values are {low} and {high}."


def _length(text: str) -> int:
    """Return the length as JavaScript counts it, without blanks at the ends."""
    return len(text.strip().encode("utf-16-le", "surrogatepass")) // 2


def _matches(pattern: str, value: str) -> bool:
    """RE2 decides, which cannot be made to run for ever. A pattern that it does not know is not checked here."""
    try:
        return re2.search(pattern, value) is not None
    except re2.error:
        return True


def _limit(rules: Mapping[str, Any], name: str) -> Decimal | int | None:
    found = rules.get(name)
    return None if found in (None, "") else decimal(found)


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
