"""One statement finds the keys of one page, and how many rows match, and reads no row twice.

For an order that an index has, when not all rows of the index match. There are three ways to the page, and which is short is known only
when it was begun:

1. As few match as are counted: they are sorted.
2. Many of the first rows of the index match: it is walked until the page is full, WALKED rows at most.
3. Else all that match are read and sorted.

A common table expression is read as far as somebody asks for its rows, and no row of it is read twice: what was read for the count is
the beginning of what is sorted, and of what is never asked for nothing is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet
from psycopg import sql

M = TypeVar("M", bound=Model)

WALKED = 5_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column is what rows are sorted by, before their key. In rows without a value, which come last, there is NULL or an empty text."""

    name: str
    nullable: bool = False
    blank: bool = False

    @property
    def may_be_absent(self) -> bool:
        return self.nullable or self.blank

    def is_absent(self, value: Any) -> bool:
        return self.may_be_absent and value in (None, "")


@dataclass(frozen=True, slots=True)
class Place:
    """A place is where a page lies: its order (by the key alone where there is no column), the values of the row before it (after it,
    backwards), how many rows to pass over, and how many to find."""

    by: Column | None
    key: str
    descending: bool
    at: Sequence[Any] | None
    start: int
    limit: int
    backwards: bool

    @property
    def wanted(self) -> int:
        return self.start + self.limit


def find(
    matching: QuerySet[M], place: Place, *, index: Mapping[str, Any], counted: int, at_once: int
) -> tuple[int, list[int]]:
    """Return how many match, up to one more than `counted`, and the keys of the page. `index` says what the rows of the index have in
    common. `index`: what its rows have in common.

    `at_once`: up to so many are read and sorted in the statement that began with counting. PostgreSQL plans for so many: a large
    number makes the first rows dear where it would join tables.
    """
    table = sql.Identifier(matching.model._meta.db_table)
    try:
        asked = _after_the_table(matching)
    except EmptyResultSet:  # Django knows without asking
        return 0, []
    ranges = _ranges(place, table)
    columns = [place.key] if place.by is None else [place.by.name, place.key]
    found = _put(
        "SELECT {columns} FROM {table} {}",
        asked,
        table=table,
        columns=sql.SQL(", ").join(sql.Identifier(matching.model._meta.db_table, name) for name in columns),
    )
    page = _put(
        "SELECT {table}.{key} FROM found AS {table} WHERE {} ORDER BY {order} LIMIT {limit} OFFSET {start}",
        _joined(" OR ", [each.condition for each in ranges]),
        table=table,
        key=sql.Identifier(place.key),
        order=_order(place, table, with_absent=True),
        limit=sql.Literal(place.limit),
        start=sql.Literal(place.start),
    )
    walked = _walked([_Walk.of(each, index, asked, place, table) for each in ranges], place.wanted, counted)
    number, keys, sorted_keys = _run(
        "WITH found AS MATERIALIZED ({} LIMIT {read}), {}, {}"
        " SELECT number, keys, CASE WHEN keys IS NULL AND (SELECT count(*) < {read} FROM found) THEN ARRAY({}) END"
        " FROM counted, walked",
        found,
        _counted(counted),
        walked,
        page,
        read=sql.Literal(at_once + 1),
    )
    if keys is not None:
        return number, keys[place.start : place.wanted]
    if sorted_keys is None:
        text: LiteralString = "WITH found AS MATERIALIZED ({}), {} SELECT number, ARRAY({}) FROM counted"
        number, sorted_keys = _run(text, found, _counted(counted), page)
    return number, sorted_keys


@dataclass(frozen=True, slots=True)
class _Part:
    """A part is a piece of a statement, with the values for its parameters."""

    text: sql.Composable
    values: tuple[Any, ...] = ()


def _put(text: LiteralString, *parts: _Part, **names: sql.Composable) -> _Part:
    """Put `parts` into `text` in their order."""
    values = tuple(value for part in parts for value in part.values)
    return _Part(sql.SQL(text).format(*(part.text for part in parts), **names), values)


def _joined(between: LiteralString, parts: Sequence[_Part]) -> _Part:
    values = tuple(value for part in parts for value in part.values)
    return _Part(sql.SQL(between).join(part.text for part in parts), values)


def _run(text: LiteralString, *parts: _Part, **names: sql.Composable) -> tuple[Any, ...]:
    """Run a statement and return its one row."""
    statement = _put(text, *parts, **names)
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.values)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def _after_the_table(matching: QuerySet[Any]) -> _Part:
    """Return what follows the table in the statement that Django makes: what is joined, and the condition."""
    text, values = matching.order_by().values_list("pk").query.sql_with_params()
    _, _, rest = text.partition(f' FROM "{matching.model._meta.db_table}"')
    return _Part(sql.SQL(rest), tuple(values))


def _counted(counted: int) -> _Part:
    return _put(
        "counted AS MATERIALIZED (SELECT count(*) AS number FROM (SELECT FROM found LIMIT {most}) AS first_ones)",
        most=sql.Literal(counted + 1),
    )


@dataclass(frozen=True, slots=True)
class _IndexRange:
    """A range is rows that one index has side by side: with a value in the column, or without one."""

    condition: _Part
    order: sql.Composable


def _ranges(place: Place, table: sql.Identifier) -> list[_IndexRange]:
    """Return the ranges that the page may be in, in its order."""
    key = sql.SQL("{}.{}").format(table, sql.Identifier(place.key))
    by = place.by
    if by is None:
        return [_IndexRange(_beyond(place, [key], place.at), _order(place, table))]
    column = sql.SQL("{}.{}").format(table, sql.Identifier(by.name))
    at_absent = place.at is not None and by.is_absent(place.at[0])
    found = []
    if place.backwards or not at_absent:
        present = _beyond(place, [column, key], None if at_absent else place.at)
        if by.may_be_absent:
            there: LiteralString = "{column} <> '' AND {}" if by.blank else "{column} IS NOT NULL AND {}"
            present = _put(there, present, column=column)
        found.append(_IndexRange(present, _order(place, table)))
    if by.may_be_absent and (place.at is None or at_absent or not place.backwards):
        not_there: LiteralString = "{column} = '' AND {}" if by.blank else "{column} IS NULL AND {}"
        further = _beyond(place, [key], place.at[1:] if place.at is not None and at_absent else None)
        found.append(_IndexRange(_put(not_there, further, column=column), _order(place, table, by_key=True)))
    return found[::-1] if place.backwards else found


def _beyond(place: Place, columns: Sequence[sql.Composable], at: Sequence[Any] | None) -> _Part:
    """Return the condition of lying after (before) a row, compared as a whole, which one index can answer: `(a, b) < (1, 2)`."""
    if at is None:
        return _Part(sql.SQL("true"))
    compared = sql.SQL("<" if place.descending != place.backwards else ">")
    values = sql.SQL(", ").join([sql.Placeholder()] * len(at))
    text = sql.SQL("({}) {} ({})").format(sql.SQL(", ").join(columns), compared, values)
    return _Part(text, tuple(at))


def _order(place: Place, table: sql.Identifier, *, with_absent: bool = False, by_key: bool = False) -> sql.Composable:
    """Return the order of rows. `with_absent`: for rows of all ranges together; `by_key`: for those without a value."""
    direction = sql.SQL("DESC" if place.descending != place.backwards else "ASC")
    names = [place.key] if place.by is None or by_key else [place.by.name, place.key]
    parts = [sql.SQL("{}.{} {}").format(table, sql.Identifier(name), direction) for name in names]
    if with_absent and place.by is not None and place.by.may_be_absent:
        absent: LiteralString = "({}.{} = '') {}" if place.by.blank else "({}.{} IS NULL) {}"
        last = sql.SQL("DESC" if place.backwards else "ASC")
        parts.insert(0, sql.SQL(absent).format(table, sql.Identifier(place.by.name), last))
    return sql.SQL(", ").join(parts)


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk goes through a range of an index. `rows`: the first WALKED of it; `keys`: those of them that match, as many as are wanted."""

    rows: _Part
    keys: _Part

    @classmethod
    def of(
        cls, through: _IndexRange, index: Mapping[str, Any], asked: _Part, place: Place, table: sql.Identifier
    ) -> _Walk:
        equal = [_Part(sql.SQL("{} = %s").format(sql.Identifier(name)), (value,)) for name, value in index.items()]
        rows = _put(
            "SELECT * FROM {table} WHERE {} ORDER BY {order} LIMIT {walked}",
            _joined(" AND ", [*equal, through.condition]),
            table=table,
            order=through.order,
            walked=sql.Literal(WALKED),
        )
        keys = _put(  # under the name of the table, so that the condition holds for them
            "SELECT {table}.{key} FROM ({}) AS {table} {} ORDER BY {order} LIMIT {wanted}",
            rows,
            asked,
            table=table,
            key=sql.Identifier(place.key),
            order=through.order,
            wanted=sql.Literal(place.wanted),
        )
        return cls(rows, keys)


def _walked(walks: Sequence[_Walk], wanted: int, counted: int) -> _Part:
    """Return the table `walked` with the keys that were found by walking, or NULL: where few rows match, or that was of no help."""
    tables: list[_Part] = []
    before: sql.Composable = sql.SQL("ARRAY[]::bigint[]")
    for number, walk in enumerate(walks):
        name = sql.Identifier(f"walk_{number}")
        text: LiteralString = "{name} AS MATERIALIZED (SELECT {before} || ARRAY({}) AS keys)"
        tables.append(_put(text, walk.keys, name=name, before=before))
        before = sql.SQL("(SELECT keys FROM {})").format(name)
    answer = _Part(before)
    for number, walk in reversed(list(enumerate(walks))):
        answer = _put(  # at the end of a range goes on with the next one, or has all there is
            "CASE WHEN (SELECT cardinality(keys) >= {wanted} FROM {name}) THEN (SELECT keys FROM {name})"
            " WHEN (SELECT count(*) < {walked} FROM ({}) AS passed) THEN {} END",
            walk.rows,
            answer,
            name=sql.Identifier(f"walk_{number}"),
            wanted=sql.Literal(wanted),
            walked=sql.Literal(WALKED),
        )
    text = "walked AS MATERIALIZED (SELECT CASE WHEN (SELECT number > {counted} FROM counted) THEN {} END AS keys)"
    return _joined(", ", [*tables, _put(text, answer, counted=sql.Literal(counted))])
