"""A search may filter and sort by these fields of a noun, whose values are read from a request here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from django.db.models import Q

from engine.errors import InvalidArgument
from engine.postgres import keys

MAX_TEXT = 10_000
"""A text in a filter may have so many characters; a longer one is refused."""


class Kind(Enum):
    KEY = auto()
    TEXT = auto()
    NUMBER = auto()
    TIME = auto()
    BOOLEAN = auto()
    TEXTS = auto()
    """The column is an array of texts; a filter asks whether it holds one."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the API has a column. `words` are the values of an enumeration, each with what the column has for it.

    `blank`: an empty text counts as no value when rows are sorted, as NULL does where a column is `nullable`.
    `like`: makes the condition of `$like` out of its pattern, where there is a faster way than to look at each row.
    """

    path: str
    kind: Kind = Kind.TEXT
    nullable: bool = False
    blank: bool = False
    sortable: bool = True
    words: Mapping[str, Any] | None = None
    like: Callable[[str], Q] | None = None

    def value_of(self, row: Any) -> Any:
        for name in self.path.split("__"):
            row = getattr(row, name)
        return row


@dataclass(frozen=True, slots=True)
class Special:
    """A special filter is no column: `parse` makes its condition, `schema` describes its value (JSON Schema)."""

    parse: Callable[[Any], Q]
    schema: Mapping[str, Any]


def flag(condition: Callable[[], Q]) -> Special:
    """Make a filter that takes true or false: whether `condition` holds."""

    def parse_flag(value: Any) -> Q:
        if not isinstance(value, bool):
            raise InvalidArgument(f"Expected true or false in the filter, found {shown(value)}.")
        return condition() if value else ~condition()

    return Special(parse_flag, {"type": "boolean"})


def read_value(name: str, target: Field, value: Any) -> Any:
    if target.words is not None:
        if not isinstance(value, str) or value not in target.words:
            raise InvalidArgument(f"Expected one of {', '.join(target.words)} for '{name}', found {shown(value)}.")
        return target.words[value]
    match target.kind:
        case Kind.KEY if isinstance(value, str | int):
            return keys.parse(value, what=f"'{name}'")
        case Kind.TEXT | Kind.TEXTS if isinstance(value, str) and len(value) <= MAX_TEXT:
            return value
        case Kind.NUMBER if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31:
            return value
        case Kind.BOOLEAN if isinstance(value, bool):
            return value
        case Kind.TIME if isinstance(value, str):
            return parse_time(value, what=f"'{name}'")
    raise InvalidArgument(f"Expected {_EXPECTED[target.kind]} for '{name}', found {shown(value)}.")


_EXPECTED: Mapping[Kind, str] = {
    Kind.KEY: "a text of digits",
    Kind.TEXT: f"a text of at most {MAX_TEXT} characters",
    Kind.TEXTS: f"a text of at most {MAX_TEXT} characters",
    Kind.NUMBER: "a whole number of 32 bits",
    Kind.TIME: "an ISO 8601 date and time with an offset",
    Kind.BOOLEAN: "true or false",
}


def parse_time(text: str, *, what: str) -> datetime:
    """Read a date and time; one without an offset is taken for UTC. Raises InvalidArgument."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(
            f"Expected an ISO 8601 date and time with an offset for {what}, such as 2026-01-31T12:00:00Z, found "
            f"{shown(text)}."
        ) from error


def kind_of(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}.get(type(value), "a number")


def shown(value: Any) -> str:
    return repr(value)[:100] if isinstance(value, str | int | bool) else kind_of(value)
