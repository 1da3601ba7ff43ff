"""Inputs, effects and facts as JSON values, and back: `[name, field, field, ...]`, trailing defaults left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from engine.bpmn.model import ElementType
from engine.runtime import effects, history, inputs

_NESTED: dict[tuple[str, str], type[Any]] = {
    ("Modified", "activate"): inputs.ActivateInstruction,
    ("Modified", "terminate"): inputs.TerminateInstruction,
    ("AdHocActivated", "elements"): inputs.ActivateInstruction,
}
_KNOWN_FIELDS: dict[type[Any], tuple[tuple[str, Any], ...]] = {}
_TUPLES = frozenset({"before", "activate", "terminate", "elements", "effects"})


def input_to_json(item: inputs.Input) -> list[Any]:
    return _dump(item)


def input_from_json(data: list[Any]) -> inputs.Input:
    loaded: inputs.Input = _load(_INPUTS[data[0]], data)
    return loaded


def effect_to_json(effect: effects.Effect) -> list[Any]:
    return _dump(effect)


def effect_from_json(data: list[Any]) -> effects.Effect:
    kind = _EFFECTS[data[0]]
    types = get_type_hints(kind)
    values = {name: _of_type(types[name], value) for (name, _), value in zip(_fields(kind), data[1:], strict=False)}
    loaded: effects.Effect = kind(**values)
    return loaded


def _of_type(declared: Any, value: Any) -> Any:
    """What `_plain` made of an enumeration's member, a time or a tuple, as it was."""
    if value is None:
        return None
    kinds = get_args(declared) if isinstance(declared, UnionType) else (declared,)
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return kind(value)
        if kind is datetime:
            return datetime.fromisoformat(value)
        if get_origin(kind) is tuple:
            return tuple(value)
    return value


def fact_to_json(fact: history.Fact) -> list[Any]:
    return [type(fact).__name__, *fact]


def fact_from_json(data: list[Any]) -> history.Fact:
    name, *values = data
    if name == "ElementActivated":
        values[2] = ElementType(values[2])
    fact: history.Fact = _FACTS[name](*values)
    return fact


def _dump(item: Any) -> list[Any]:
    values = [_plain(getattr(item, name)) for name, _ in _fields(type(item))]
    defaults = [default for _, default in _fields(type(item))]
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
    arguments = {}
    for (name, _), value in zip(_fields(kind), data[1:], strict=False):
        nested = _NESTED.get((kind.__name__, name))
        loaded = [_load(nested, each) for each in value] if nested else value
        arguments[name] = tuple(loaded) if name in _TUPLES else loaded
    return kind(**arguments)


def _fields(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Names and defaults, worked out once for each of the few kinds there are."""
    known = _KNOWN_FIELDS.get(kind)
    if known is None:
        known = _KNOWN_FIELDS[kind] = _read_fields(kind)
    return known


def _read_fields(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    found = []
    for each in fields(kind):
        factory: Callable[[], Any] | Any = each.default_factory
        found.append((each.name, factory() if factory is not MISSING else each.default))
    return tuple(found)


_INPUTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(inputs.Input)}
_EFFECTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(effects.Effect)}
_FACTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(history.Fact)}
