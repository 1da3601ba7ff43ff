"""The filters of searches: fields with operators, as Camunda's API has them, as conditions for SQL and for rows in memory.

{"state": "ACTIVE", "startDate": {"$gt": "2026-01-01T00:00:00Z"}, "assignee": {"$exists": false}}
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from django.db.models import Lookup, Q, TextField
from django.db.models.fields import CharField

from engine.errors import InvalidArgument
from engine.postgres import keys

MAX_VALUES = 1_000
"""In one `$in`."""
MAX_TEXT = 10_000


class Kind(Enum):
    KEY = auto()
    TEXT = auto()
    NUMBER = auto()
    TIME = auto()
    BOOLEAN = auto()
    TEXTS = auto()
    """An array of texts; a filter asks whether it holds one."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the API and its column. `words` are the values of an enumeration, each with what the column has for it.

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
    """A filter that is no column: `parse` makes its condition, `schema` describes its value (JSON Schema)."""

    parse: Callable[[Any], Q]
    schema: Mapping[str, Any]


def flag(condition: Callable[[], Q]) -> Special:
    """A filter that takes true or false: whether `condition` holds."""

    def parse_flag(value: Any) -> Q:
        if not isinstance(value, bool):
            raise InvalidArgument(f"Expected true or false in the filter, found {_shown(value)}.")
        return condition() if value else ~condition()

    return Special(parse_flag, {"type": "boolean"})


_COMPARED: Mapping[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "$gt": ("gt", operator.gt),
    "$gte": ("gte", operator.ge),
    "$lt": ("lt", operator.lt),
    "$lte": ("lte", operator.le),
}
OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    Kind.KEY: ("$eq", "$neq", "$exists", "$in", "$notIn"),
    Kind.TEXT: ("$eq", "$neq", "$exists", "$in", "$notIn", "$like"),
    Kind.NUMBER: ("$eq", "$neq", "$exists", *_COMPARED, "$in", "$notIn"),
    Kind.TIME: ("$eq", "$neq", "$exists", *_COMPARED, "$in", "$notIn"),
    Kind.BOOLEAN: ("$eq", "$neq", "$exists"),
    Kind.TEXTS: ("$eq", "$neq", "$exists", "$in", "$notIn"),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one field."""

    field: Field
    operator: str
    value: Any

    def q(self) -> Q:
        path = self.field.path
        match self.operator:
            case "$exists":
                absent = Q(**{f"{path}__isnull": True}) if self.field.nullable else Q(**{path: _empty(self.field.kind)})
                if self.field.kind not in (Kind.TEXT, Kind.TEXTS) and not self.field.nullable:
                    return Q() if self.value else Q(pk__in=[])
                return ~absent if self.value else absent
            case "$like" if self.field.like is not None:
                return self.field.like(self.value)
            case "$like":
                return Q(**{f"{path}__like": self.value})
            case "$eq" | "$in" if self.field.kind is Kind.TEXTS:
                return Q(**{f"{path}__overlap": _listed(self.value)})
            case "$neq" | "$notIn" if self.field.kind is Kind.TEXTS:
                return ~Q(**{f"{path}__overlap": _listed(self.value)})
            case "$eq":
                return Q(**{path: self.value})
            case "$neq":
                return ~Q(**{path: self.value})
            case "$in":
                return Q(**{f"{path}__in": self.value})
            case "$notIn":
                return ~Q(**{f"{path}__in": self.value})
        return Q(**{f"{path}__{_COMPARED[self.operator][0]}": self.value})

    def matches(self, row: Any) -> bool:
        found = self.field.value_of(row)
        match self.operator:
            case "$exists":
                return (found not in (None, "", [])) == self.value
            case "$like":
                return found is not None and like_in_memory(self.value, found)
            case "$eq" | "$in" if self.field.kind is Kind.TEXTS:
                return not set(found).isdisjoint(_listed(self.value))
            case "$neq" | "$notIn" if self.field.kind is Kind.TEXTS:
                return set(found).isdisjoint(_listed(self.value))
            case "$eq":
                return bool(found == self.value)
            case "$neq":
                return bool(found != self.value)
            case "$in":
                return found in self.value
            case "$notIn":
                return found not in self.value
        return found is not None and _COMPARED[self.operator][1](found, self.value)


@dataclass(frozen=True, slots=True)
class Filter:
    """A whole filter: all conditions, and one of each group of alternatives."""

    conditions: tuple[Condition, ...] = ()
    special: Q = field(default_factory=Q)
    alternatives: tuple[Filter, ...] = ()

    def q(self) -> Q:
        result = self.special
        for condition in self.conditions:
            result &= condition.q()
        if self.alternatives:
            either = Q()
            for alternative in self.alternatives:
                either |= alternative.q()
            result &= either
        return result

    def matches(self, row: Any) -> bool:
        """Only for filters without special ones, which need the database."""
        return all(condition.matches(row) for condition in self.conditions) and (
            not self.alternatives or any(alternative.matches(row) for alternative in self.alternatives)
        )

    @property
    def in_memory(self) -> bool:
        return not self.special and all(alternative.in_memory for alternative in self.alternatives)

    def only(self, path: str) -> Any:
        """The value that the filter asks the column `path` to be, if it does."""
        for condition in self.conditions:
            if condition.field.path == path and condition.operator == "$eq":
                return condition.value
        return None


def parse(
    given: Any, *, fields: Mapping[str, Field], specials: Mapping[str, Special], alternatives: bool = True
) -> Filter:
    """Raises InvalidArgument for what is no filter, with what was expected."""
    if given is None:
        return Filter()
    if not isinstance(given, Mapping):
        raise InvalidArgument(f"Expected an object of fields and values as filter, found {_kind_of(given)}.")
    conditions: list[Condition] = []
    special = Q()
    either: tuple[Filter, ...] = ()
    for name, value in given.items():
        if value is None:
            continue  # generated clients send null for what is not set
        if name == "$or" and alternatives:
            either = _alternatives(value, fields, specials)
        elif name in specials:
            special &= specials[name].parse(value)
        elif name in fields:
            conditions += conditions_of(name, fields[name], value)
        elif name == "tenantId":
            special &= _tenant(value)
        else:
            known = ", ".join(sorted({*fields, *specials}))
            raise InvalidArgument(f"Expected one of the fields {known} in the filter, found '{str(name)[:100]}'.")
    return Filter(tuple(conditions), special, either)


def conditions_of(name: str, target: Field, value: Any) -> list[Condition]:
    """A value alone means `$eq`."""
    if not isinstance(value, Mapping):
        return [Condition(target, "$eq", _value(name, target, value))]
    allowed = OPERATORS[target.kind]
    found = []
    for given, operand in value.items():
        if given not in allowed:
            raise InvalidArgument(
                f"Expected one of the operators {', '.join(allowed)} for '{name}', found '{str(given)[:100]}'."
            )
        if operand is not None:
            found.append(Condition(target, given, _operand(name, target, given, operand)))
    return found


def _alternatives(value: Any, fields: Mapping[str, Field], specials: Mapping[str, Special]) -> tuple[Filter, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= 100:
        raise InvalidArgument("Expected a list of 1 to 100 filters in '$or'.")
    return tuple(parse(one, fields=fields, specials=specials, alternatives=False) for one in value)


def _operand(name: str, target: Field, given: str, operand: Any) -> Any:
    if given == "$exists":
        if not isinstance(operand, bool):
            raise InvalidArgument(f"Expected true or false for '$exists' of '{name}', found {_kind_of(operand)}.")
        return operand
    if given in ("$in", "$notIn"):
        if not isinstance(operand, list) or len(operand) > MAX_VALUES:
            raise InvalidArgument(f"Expected a list of at most {MAX_VALUES} values for '{given}' of '{name}'.")
        return [_value(name, target, item) for item in operand]
    if given == "$like":
        if not isinstance(operand, str) or len(operand) > MAX_TEXT:
            raise InvalidArgument(f"Expected a text with the wildcards * and ? for '$like' of '{name}'.")
        return operand
    return _value(name, target, operand)


def _value(name: str, target: Field, value: Any) -> Any:
    if target.words is not None:
        if not isinstance(value, str) or value not in target.words:
            raise InvalidArgument(f"Expected one of {', '.join(target.words)} for '{name}', found {_shown(value)}.")
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
    raise InvalidArgument(f"Expected {_EXPECTED[target.kind]} for '{name}', found {_shown(value)}.")


_EXPECTED: Mapping[Kind, str] = {
    Kind.KEY: "a text of digits",
    Kind.TEXT: f"a text of at most {MAX_TEXT} characters",
    Kind.TEXTS: f"a text of at most {MAX_TEXT} characters",
    Kind.NUMBER: "a whole number of 32 bits",
    Kind.TIME: "an ISO 8601 date and time with an offset",
    Kind.BOOLEAN: "true or false",
}


def parse_time(text: str, *, what: str) -> datetime:
    """Raises InvalidArgument."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(
            f"Expected an ISO 8601 date and time with an offset for {what}, such as 2026-01-31T12:00:00Z, found "
            f"{_shown(text)}."
        ) from error


def _tenant(value: Any) -> Q:
    from_in = value.get("$in", [value.get("$eq")]) if isinstance(value, Mapping) else [value]
    return Q() if isinstance(from_in, list) and "<default>" in from_in else Q(pk__in=[])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _empty(kind: Kind) -> Any:
    return [] if kind is Kind.TEXTS else ""


def _kind_of(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}.get(type(value), "a number")


def _shown(value: Any) -> str:
    return repr(value)[:100] if isinstance(value, str | int | bool) else _kind_of(value)


# --- $like -----------------------------------------------------------------------------------------------------------


def _pieces(pattern: str) -> Iterable[tuple[str, bool]]:
    """Characters and whether each is a wildcard; a backslash takes the meaning from the next one."""
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            yield next(characters, "\\"), False
        else:
            yield character, character in "*?"


def _sql_pattern(pattern: str) -> str:
    wild = {"*": "%", "?": "_"}
    return "".join(
        wild[character] if is_wild else re.sub(r"([\\%_])", r"\\\1", character)
        for character, is_wild in _pieces(pattern)
    )


def like_in_memory(pattern: str, text: str) -> bool:
    return liker(pattern)(text)


def liker(pattern: str) -> Callable[[str], bool]:
    """Whether a text is like the pattern. Without backtracking: the stars split the pattern into parts that are looked for one after the
    other."""
    first, *others = _parts(pattern.lower())
    last = others.pop() if others else None

    def is_like(text: str) -> bool:
        text = text.lower()
        if not first.fits(text, 0):
            return False
        at = first.length
        if last is None:
            return at == len(text)
        for part in others:
            found = part.find(text, at)
            if found < 0:
                return False
            at = found + part.length
        return len(text) - last.length >= at and last.fits(text, len(text) - last.length)

    return is_like


@dataclass(frozen=True, slots=True)
class _PatternPart:
    """Characters between two stars; `wild` are the places of those that stand for any one."""

    text: str
    wild: frozenset[int]

    @property
    def length(self) -> int:
        return len(self.text)

    def fits(self, text: str, start: int) -> bool:
        if not self.wild:
            return text.startswith(self.text, start)
        return start + self.length <= len(text) and all(
            offset in self.wild or text[start + offset] == character for offset, character in enumerate(self.text)
        )

    def find(self, text: str, start: int) -> int:
        if not self.wild:
            return text.find(self.text, start)
        return next((at for at in range(start, len(text) - self.length + 1) if self.fits(text, at)), -1)


def _parts(pattern: str) -> list[_PatternPart]:
    parts: list[list[tuple[str, bool]]] = [[]]
    for character, is_wild in _pieces(pattern):
        if is_wild and character == "*":
            parts.append([])
        else:
            parts[-1].append((character, is_wild))
    return [
        _PatternPart(
            "".join(text for text, _ in part), frozenset(at for at, (_, is_wild) in enumerate(part) if is_wild)
        )
        for part in parts
    ]


class _Like(Lookup):
    """ILIKE, by a pattern with the wildcards * and ?."""

    lookup_name = "like"

    def get_prep_lookup(self) -> Any:
        return _sql_pattern(str(self.rhs))

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} ILIKE {right}", [*left_values, *right_values]


CharField.register_lookup(_Like)
TextField.register_lookup(_Like)
