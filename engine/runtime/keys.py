"""Types mark the fields of inputs, effects and facts that hold a key.

Whoever has to find the keys in a record asks for its fields here, so that a new field is found by being declared. For the type checker a
key is a number: rows, tests and journals hand numbers in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass, replace
from enum import Enum, auto
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


class Counted(Enum):
    """Who has counted a key."""

    BY_THE_INSTANCE = auto()
    OUTSIDE = auto()


Key = Annotated[int, Counted.BY_THE_INSTANCE]
"""The key of an element instance or an effect, counted by the state of the instance to which the record belongs; 64 bits."""
OuterKey = Annotated[int, Counted.OUTSIDE]
"""The key of something else that the record names: another instance, a message, a block of keys; 64 bits."""


_Fields = tuple[Mapping[str, Counted], Mapping[str, type[Any]]]
"""For a class of records: its fields with keys, by who has counted them, and its fields with records, by the records' class."""
_known_fields: dict[type[Any], _Fields] = {}


def fields_of(kind: type[Any], *, outer: bool = False) -> tuple[str, ...]:
    """Return the names of the fields that are declared as `Key`, or `Key | None`, in their order; with `outer` those that are an
    `OuterKey` as well. `kind` is a dataclass or a named tuple."""
    return tuple(name for name, counted in _fields(kind)[0].items() if outer or counted is Counted.BY_THE_INSTANCE)


def records_in(kind: type[Any]) -> Mapping[str, type[Any]]:
    """Return the fields that are tuples of records, with the class of these, as of `Modified.activate`."""
    return _fields(kind)[1]


def first_of(record: Any) -> int | None:
    """Return the key of what the record is about: the first of its fields that holds one; None where none does."""
    return next((key for name in fields_of(type(record)) if (key := getattr(record, name)) is not None), None)


def renamed(record: T, new: Callable[[int], int]) -> T:
    """Return the record with each of its keys replaced by `new` of it, also in the records within it."""
    kind: type[Any] = type(record)
    found = {name: getattr(record, name) for name in fields_of(kind)}
    changes: dict[str, Any] = {name: new(key) for name, key in found.items() if key is not None}
    for name in records_in(kind):
        changes[name] = tuple(renamed(each, new) for each in getattr(record, name))
    if not changes:
        return record
    it: Any = record
    return cast(T, replace(it, **changes) if is_dataclass(kind) else it._replace(**changes))


def _fields(kind: type[Any]) -> _Fields:
    """Return the fields of a kind, worked out once for each."""
    if kind not in _known_fields:
        declared = get_type_hints(kind, include_extras=True)
        with_keys = {name: counted for name, type_ in declared.items() if (counted := _counted(type_)) is not None}
        with_records = {name: record for name, type_ in declared.items() if (record := _record(type_)) is not None}
        _known_fields[kind] = (with_keys, with_records)
    return _known_fields[kind]


def _counted(declared: Any) -> Counted | None:
    """Return who counts a key of this type, also where it may be missing; None where the type is another."""
    for type_ in (declared, *get_args(declared)):
        for note in getattr(type_, "__metadata__", ()):
            if isinstance(note, Counted):
                return note
    return None


def _record(declared: Any) -> type[Any] | None:
    inner = get_args(declared)[:1] if get_origin(declared) is tuple else ()
    return inner[0] if inner and is_dataclass(inner[0]) and isinstance(inner[0], type) else None
