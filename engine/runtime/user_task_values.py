"""One table has the names and shapes of the values of a user task, which people change and task listeners correct.

Everywhere else (rows, the changes of a command, what a listener is told, searches) they have the names of this table. As JSON values, in
inputs, effects and states, a time is a text of ISO 8601 with its zone, names are a list, and an empty text stands for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from engine import feel

MAX_PRIORITY = 100
"""Greatest priority of a user task; the least is 0, and what lies beyond is refused."""


class Shape(Enum):
    TEXT = auto()
    NAMES = auto()
    TIME = auto()
    PRIORITY = auto()


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a user task: `name` is that of `effects.OpenUserTask` and of the column, `camunda_name` that in JSON."""

    name: str
    camunda_name: str
    shape: Shape


VALUES = (
    Value("assignee", "assignee", Shape.TEXT),
    Value("candidate_users", "candidateUsers", Shape.NAMES),
    Value("candidate_groups", "candidateGroups", Shape.NAMES),
    Value("due_date", "dueDate", Shape.TIME),
    Value("follow_up_date", "followUpDate", Shape.TIME),
    Value("priority", "priority", Shape.PRIORITY),
)
_BY_NAME = {each.name: each for each in VALUES}
_BY_CAMUNDA_NAME = {each.camunda_name: each for each in VALUES}


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as JSON values, by the same names."""
    return {name: _plain(value) for name, value in values.items()}


def read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as `effects.OpenUserTask` has them, read from JSON values; names that are not in the table are left out."""
    return {name: _read(_BY_NAME[name].shape, value) for name, value in values.items() if name in _BY_NAME}


def in_camundas_words(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return all values of the table by Camunda's names: null, or an empty list, where there is nothing."""
    return {each.camunda_name: _or_nothing(each.shape, values.get(each.name)) for each in VALUES}


def camunda_names(names: Mapping[str, Any]) -> list[str]:
    """Return Camunda's names of those names that are in the table, in the same order."""
    return [_BY_NAME[name].camunda_name for name in names if name in _BY_NAME]


def corrections(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task listener's corrections, given by Camunda's names, by the names of the table. Null leaves a value as it is, an
    empty text takes it away. Raises ValueError and TypeError, saying what was expected.
    """
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in _BY_CAMUNDA_NAME:
            raise ValueError(f"expected one of {', '.join(_BY_CAMUNDA_NAME)}, found '{name}'")
        if value is not None:
            found[_BY_CAMUNDA_NAME[name].name] = _checked(_BY_CAMUNDA_NAME[name], value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _read(shape: Shape, value: Any) -> Any:
    if shape is Shape.TIME:
        return datetime.fromisoformat(value) if value else None
    if shape is Shape.NAMES:
        return tuple(value)
    return (value or None) if shape is Shape.TEXT else value


def _or_nothing(shape: Shape, value: Any) -> Any:
    if shape is Shape.PRIORITY:
        return value
    return value or ([] if shape is Shape.NAMES else None)


def _checked(it: Value, value: Any) -> Any:
    name = it.camunda_name
    if it.shape is Shape.PRIORITY:
        if isinstance(value, bool) or int(value) != value or not 0 <= value <= MAX_PRIORITY:
            raise ValueError(f"expected a priority of 0 to {MAX_PRIORITY}, found {feel.shown(value)}")
        return int(value)
    if it.shape is Shape.NAMES:
        if not isinstance(value, list) or any(not isinstance(each, str) for each in value):
            raise TypeError(f"expected a list of names in '{name}', found {feel.shown(value)}")
    elif not isinstance(value, str):
        raise TypeError(f"expected a text in '{name}', found {feel.shown(value)}")
    elif it.shape is Shape.TIME and value and datetime.fromisoformat(value).tzinfo is None:
        raise ValueError(f"expected a time zone in '{name}', found {feel.shown(value)}")
    return value
