"""Inputs, effects and facts are written as JSON values and read back: `[name, field, field, ...]`, trailing defaults left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from engine.runtime import effects, history, inputs, keys

_Field = tuple[str, Any, Callable[[Any], Any] | None]
"""A field's name, its default, and the function that makes its value of a JSON value; None where the JSON value is the value."""
_known_fields: dict[type[Any], tuple[_Field, ...]] = {}


def input_to_json(item: inputs.Input) -> list[Any]:
    return _dump(item)


def input_from_json(data: list[Any]) -> inputs.Input:
    loaded: inputs.Input = _load(_INPUTS[data[0]], data)
    return loaded


def effect_to_json(effect: effects.Effect) -> list[Any]:
    return _dump(effect)


def effect_from_json(data: list[Any]) -> effects.Effect:
    loaded: effects.Effect = _load(_EFFECTS[data[0]], data)
    return loaded


def fact_to_json(fact: history.Fact) -> list[Any]:
    return [type(fact).__name__, *fact]


def fact_from_json(data: list[Any]) -> history.Fact:
    loaded: history.Fact = _load(_FACTS[data[0]], data)
    return loaded


def _dump(item: Any) -> list[Any]:
    values = [_plain(getattr(item, name)) for name, _, _ in _fields(type(item))]
    defaults = [default for _, default, _ in _fields(type(item))]
    while values and defaults[len(values) - 1] is not MISSING and values[-1] == _plain(defaults[len(values) - 1]):
        values.pop()
    return [type(item).__name__, *values]


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return _dump(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _load(kind: type[Any], data: list[Any]) -> Any:
    """Make a record of `[name, field, field, ...]`; a field that is missing has its default."""
    values = (
        value if read is None or value is None else read(value)
        for (_, _, read), value in zip(_fields(kind), data[1:], strict=False)
    )
    return kind(*values)


def _fields(kind: type[Any]) -> tuple[_Field, ...]:
    """Return the fields of a kind, worked out once for each."""
    if kind not in _known_fields:
        _known_fields[kind] = _read_fields(kind)
    return _known_fields[kind]


def _read_fields(kind: type[Any]) -> tuple[_Field, ...]:
    declared = get_type_hints(kind)
    defaults = {each.name: _default(each) for each in fields(kind)} if is_dataclass(kind) else {}
    return tuple((name, defaults.get(name, MISSING), _reader(kind, name, type_)) for name, type_ in declared.items())


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _reader(kind: type[Any], name: str, declared: Any) -> Callable[[Any], Any] | None:
    """Return the function that turns what `_plain` made of an enumeration's member, a time, a tuple or a record into what it was;
    None where nothing has to be turned.
    """
    within = keys.records_in(kind).get(name)
    if within is not None:
        return lambda found: tuple(_load(within, each) for each in found)
    for type_ in get_args(declared) if get_origin(declared) in (Union, UnionType) else (declared,):
        if get_origin(type_) is tuple:
            return tuple
        if isinstance(type_, type) and issubclass(type_, StrEnum):
            return type_
        if type_ is datetime:
            return datetime.fromisoformat
    return None


_INPUTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(inputs.Input)}
_EFFECTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(effects.Effect)}
_FACTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(history.Fact)}
