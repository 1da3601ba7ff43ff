"""A table says what may be asked for of a noun: its fields, its order and the indexes that have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.queries.search import conditions, requests
from engine.queries.search.conditions import Filter
from engine.queries.search.fields import Field, Special


@dataclass(frozen=True, slots=True)
class Index:
    """An index has the rows that are equal in the columns `equal` in the order of `by` and their key."""

    by: str
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table says what may be asked for of a noun. `sort` is the order when none is given; the key breaks ties.

    `indexes`: for those that grow large, what may be read in its order without being sorted. `at_once`: how many rows may be sorted
    before it is known that an index is of no help, where the filter looks into no other table.
    """

    name: str
    fields: Mapping[str, Field]
    specials: Mapping[str, Special] = field(default_factory=dict)
    sort: tuple[tuple[str, str], ...] = ()
    key: str = "key"
    indexes: tuple[Index, ...] = ()
    at_once: int = requests.COUNTED

    def filter(self, given: Any) -> Filter:
        return conditions.parse(given, fields=self.fields, specials=self.specials)
