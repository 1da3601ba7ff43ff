"""The filters of searches are fields with operators, as Camunda's API has them; they become conditions for SQL and for rows in memory.

{"state": "ACTIVE", "startDate": {"$gt": "2026-01-01T00:00:00Z"}, "assignee": {"$exists": false}}
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from engine.errors import InvalidArgument
from engine.queries.search.fields import MAX_TEXT, Field, Kind, Special, kind_of, read_value
from engine.queries.search.like import like_in_memory

MAX_VALUES = 1_000
"""Values that the list of one `$in` or `$notIn` may have; a longer list is refused."""

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
    """A condition is one operator on one field."""

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
    """A filter has conditions, which all must hold, and groups of alternatives, of which one must hold."""

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
        """Say whether a row matches. This works only for filters without special ones, which need the database."""
        return all(condition.matches(row) for condition in self.conditions) and (
            not self.alternatives or any(alternative.matches(row) for alternative in self.alternatives)
        )

    @property
    def in_memory(self) -> bool:
        return not self.special and all(alternative.in_memory for alternative in self.alternatives)

    def only(self, path: str) -> Any:
        """Return the value that the filter asks the column `path` to be, or None."""
        for condition in self.conditions:
            if condition.field.path == path and condition.operator == "$eq":
                return condition.value
        return None


def parse(
    given: Any, *, fields: Mapping[str, Field], specials: Mapping[str, Special], alternatives: bool = True
) -> Filter:
    """Read a filter. Raises InvalidArgument for what is none, with what was expected."""
    if given is None:
        return Filter()
    if not isinstance(given, Mapping):
        raise InvalidArgument(f"Expected an object of fields and values as filter, found {kind_of(given)}.")
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
    """Return the conditions that a value or an object of operators asks of a field; a value alone means `$eq`."""
    if not isinstance(value, Mapping):
        return [Condition(target, "$eq", read_value(name, target, value))]
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
            raise InvalidArgument(f"Expected true or false for '$exists' of '{name}', found {kind_of(operand)}.")
        return operand
    if given in ("$in", "$notIn"):
        if not isinstance(operand, list) or len(operand) > MAX_VALUES:
            raise InvalidArgument(f"Expected a list of at most {MAX_VALUES} values for '{given}' of '{name}'.")
        return [read_value(name, target, item) for item in operand]
    if given == "$like":
        if not isinstance(operand, str) or len(operand) > MAX_TEXT:
            raise InvalidArgument(f"Expected a text with the wildcards * and ? for '$like' of '{name}'.")
        return operand
    return read_value(name, target, operand)


def _tenant(value: Any) -> Q:
    from_in = value.get("$in", [value.get("$eq")]) if isinstance(value, Mapping) else [value]
    return Q() if isinstance(from_in, list) and "<default>" in from_in else Q(pk__in=[])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _empty(kind: Kind) -> Any:
    return [] if kind is Kind.TEXTS else ""
