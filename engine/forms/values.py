"""The values of a form are read and written here by paths, as form-js does it, and a field's first value is told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

Path = tuple[str | int, ...]
"""Names of entries and indexes of rows lead from a form's data to a value."""

MISSING: Any = object()
"""Stands where there is no value at all, not even null."""

_EMPTY: Mapping[str, Any] = {"checkbox": False, "checklist": (), "taglist": (), "textfield": "", "textarea": ""}
"""What form-js starts a field with that has neither a value nor a default; null for all other kinds."""


def at(data: Any, path: Sequence[str | int]) -> Any:
    """Return what lies at `path`, or MISSING."""
    for step in path:
        if isinstance(data, list):
            if type(step) is not int or step >= len(data):
                return MISSING
        elif not isinstance(data, Mapping) or step not in data:
            return MISSING
        data = data[step]
    return data


def put(data: dict[str, Any], path: Path, value: Any) -> None:
    """Set what lies at `path`; what is missing on the way is made."""
    inside: Any = data
    for step, following in pairwise(path):
        below = at(inside, (step,))
        if not isinstance(below, list if type(following) is int else dict):
            below = [] if type(following) is int else {}
            _put(inside, step, below)
        inside = below
    _put(inside, path[-1], value)


def _put(inside: Any, step: str | int, value: Any) -> None:
    if type(step) is int:
        inside.extend({} for _ in range(step + 1 - len(inside)))
    inside[step] = value


def copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: copied(each) for name, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value


def same(one: Any, other: Any) -> bool:
    """Say whether two JSON values are equal; true is not 1 here, as it is in Python."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(each, other[name]) for name, each in one.items())
    return bool(one == other)


def is_empty(value: Any) -> bool:
    return value is MISSING or value is None or value is False or value == "" or value == []


def empty(kind: str) -> Any:
    found = _EMPTY.get(kind)
    return [] if found == () else found


def first_value(component: Mapping[str, Any], value: Any, options: list[Any] | None) -> Any:
    """Return the value with which form-js starts a field for which `value` is known: what is of the wrong kind is left away.

    `options` are those that the field offers, None where an expression tells them.
    """
    kind = str(component.get("type"))
    if value is MISSING:
        default = component.get("defaultValue", MISSING)
        return empty(kind) if default is MISSING else default
    match kind:
        case "checkbox":
            return value is True
        case "number":
            return _first_number(component, value)
        case "textfield" | "textarea":
            text = "" if value is None or isinstance(value, list | Mapping) else text_of(value)
            return re.sub(r"[\r\n\t]", " ", text) if kind == "textfield" else text
        case "datetime":
            return value if is_moment(component, value) else None
        case "radio" | "select":
            return value if options is None or any(same(value, each) for each in options) else None
        case "checklist" | "taglist":
            if options is None:
                return value
            values = value if isinstance(value, list) else []
            return [each for each in values if any(same(each, option) for option in options)]
    return value


def _first_number(component: Mapping[str, Any], value: Any) -> Any:
    number = decimal(value)
    if number is None:
        return None
    return text_of(value) if component.get("serializeToString") else number


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def decimal(value: Any) -> Decimal | int | None:
    if isinstance(value, bool) or value == "":
        return None
    if isinstance(value, Decimal | int):
        return value
    try:
        number = Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return None
    return number if number.is_finite() else None


def is_moment(component: Mapping[str, Any], value: Any) -> bool:
    """Say whether the value is a date, a time or both in ISO 8601 form, whichever the field wants."""
    subtype = component.get("subtype", "date")
    if not isinstance(value, str) or (subtype != "time" and ("T" in value) is not (subtype == "datetime")):
        return False
    try:
        datetime.fromisoformat(f"2000-01-01T{value}" if subtype == "time" else value)
    except ValueError:
        return False
    return True
