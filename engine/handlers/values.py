"""Values of variables become those of a handler's annotations, and what it returns becomes JSON again.

`msgspec` does both, so that what it knows is kept: optional, list, dict, dataclass, enum, literal, date, timedelta, Decimal, UUID,
TypedDict, NamedTuple, Struct. Models of pydantic are known by their methods, wherever they stand inside.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from enum import Enum
from typing import Any, get_origin

import msgspec

from engine import exact_json

_MODULES = re.compile(r"\b(?:\w+\.)+(?=\w)")


def name_of(annotation: Any) -> str:
    """Name a type as people write it: `list[Decimal]`, `date | None`."""
    if annotation is Any:
        return "any"
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation.__name__
    return _MODULES.sub("", inspect.formatannotation(annotation))


def why_not(annotation: Any) -> str:
    """Say why values cannot be converted to this type; empty where they can."""
    try:
        unknown = unknown_in(annotation)
    except Exception as error:  # msgspec's own reasons, and whatever an annotation inside the type may raise
        return str(error)
    return (
        ""
        if unknown is None
        else f"nothing is known of how JSON becomes a {unknown.__qualname__}, or the other way round"
    )


def unknown_in(annotation: Any) -> type[Any] | None:
    """Return a class within a type of which nothing is known; None where there is none. Raises TypeError for types that msgspec cannot
    tell apart, such as a union of two dataclasses."""
    if _is_anything(annotation):
        return None
    return next((cls for cls in _classes_of_its_own(msgspec.inspect.type_info(annotation)) if not _is_model(cls)), None)


def takes_null(annotation: Any) -> bool:
    """Tell whether None is a value of the type."""
    if _is_anything(annotation):
        return False  # whoever annotates nothing gets the default where there is none
    try:
        msgspec.convert(None, annotation, dec_hook=_made)
    except msgspec.ValidationError:
        return False
    return True


def from_json(value: Any, annotation: Any) -> Any:
    """Convert a value of a variable. Raises ValidationError of msgspec, which says what it expected and where."""
    if _is_anything(annotation):
        return value
    try:
        return msgspec.convert(value, annotation, str_keys=True, dec_hook=_made)
    except msgspec.ValidationError:  # perhaps of 3.0 out of FEEL, for an int
        return msgspec.convert(_with_integers(value), annotation, str_keys=True, dec_hook=_made)


def to_json(value: Any, *, depth: int = 0) -> Any:
    """Return the value with all that is not JSON in it made JSON. What nobody knows stays: `exact_json` says where it stands."""
    if isinstance(value, Enum):
        return to_json(value.value, depth=depth)
    if value is None or isinstance(value, str | int | float | Decimal) or depth > exact_json.MAX_DEPTH:
        return value
    if isinstance(value, Mapping):
        return {_key(key): to_json(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | Set):
        return [to_json(item, depth=depth + 1) for item in value]
    if _is_model(type(value)):
        return to_json(value.model_dump(by_alias=True), depth=depth)
    try:
        return msgspec.to_builtins(value, builtin_types=(Decimal,), str_keys=True, enc_hook=_within)
    except TypeError:
        return value


def _key(key: Any) -> Any:
    if isinstance(key, str) and not isinstance(key, Enum):
        return key
    try:
        [text] = msgspec.to_builtins({key: None}, str_keys=True)
    except TypeError:
        return key
    return text


def _within(value: Any) -> Any:
    """Make JSON of what stands inside a dataclass or Struct and is unknown to msgspec. Raises TypeError."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Mapping | list | tuple | Set) or _is_model(type(value)):
        return to_json(value)
    raise TypeError(f"Expected a value that JSON knows, found {type(value).__name__}")


def _is_anything(annotation: Any) -> bool:
    return annotation is Any or annotation is object


def _is_model(cls: type[Any]) -> bool:
    return callable(getattr(cls, "model_validate", None)) and callable(getattr(cls, "model_dump", None))


def _made(cls: type[Any], value: Any) -> Any:
    return cls.model_validate(value) if _is_model(cls) else value


def _classes_of_its_own(found: Any) -> Iterator[type[Any]]:
    """Find the classes within a type that msgspec does not know; a type may contain itself."""
    waiting, seen = [found], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, msgspec.inspect.CustomType):
            if each.cls is not object:
                yield each.cls
        elif isinstance(each, tuple):
            waiting.extend(each)
        elif isinstance(each, msgspec.inspect.Type | msgspec.inspect.Field):
            waiting.extend(getattr(each, name) for name in each.__struct_fields__)


def _with_integers(value: Any) -> Any:
    """Return the value with each decimal that is a whole number as an int."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    if isinstance(value, Mapping):
        return {key: _with_integers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_integers(item) for item in value]
    return value
