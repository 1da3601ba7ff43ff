"""Searches: filter, sort and pages, the same for every noun.

A page is asked for by `from` and `limit`, or by a cursor (`after`, `before`): cursors hold the sort values and the key of a row, so
that going on is as cheap on the thousandth page as on the first, and nothing is skipped or seen twice when rows come and go.
"""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from django.db.models import F, Model, Q, QuerySet

from engine import exact_json
from engine.errors import InvalidArgument
from engine.queries import conditions
from engine.queries.conditions import Field, Filter, Kind, Special
from engine.queries.view import View

M = TypeVar("M", bound=Model)
V = TypeVar("V", bound=View)

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000
MAX_FROM = 10_000
COUNTED = 10_000
"""Rows are counted up to here; beyond it the page says that there are more."""


class Sort(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    field: str
    order: str = "ASC"


class PageRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    limit: int | None = None
    from_: int | None = None
    after: str | None = None
    before: str | None = None


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every search takes; `filter` is read by the noun's table."""

    filter: Any = None
    sort: list[Sort] | None = None
    page: PageRequest | None = None


class PageInfo(View, frozen=True, kw_only=True):
    total_items: int
    has_more_total_items: bool = False
    start_cursor: str | None = None
    end_cursor: str | None = None


class Found(msgspec.Struct, Generic[V], frozen=True):
    """One page of a search."""

    items: list[V]
    page: PageInfo


@dataclass(frozen=True, slots=True)
class Table:
    """What may be asked for of a noun. `sort` is the order when none is given; the key breaks ties."""

    name: str
    fields: Mapping[str, Field]
    specials: Mapping[str, Special] = field(default_factory=dict)
    sort: tuple[tuple[str, str], ...] = ()
    key: str = "key"

    def filter(self, given: Any) -> Filter:
        return conditions.parse(given, fields=self.fields, specials=self.specials)


@dataclass(frozen=True, slots=True)
class _Order:
    """One column of the order of rows."""

    name: str
    field: Field
    descending: bool

    def expression(self, *, backwards: bool) -> Any:
        descending = self.descending != backwards
        if not self.field.nullable:
            return F(self.field.path).desc() if descending else F(self.field.path).asc()
        ends = {"nulls_first": True} if backwards else {"nulls_last": True}
        return F(self.field.path).desc(**ends) if descending else F(self.field.path).asc(**ends)

    def equal(self, value: Any) -> Q:
        return Q(**{f"{self.field.path}__isnull": True}) if value is None else Q(**{self.field.path: value})

    def beyond(self, value: Any, *, backwards: bool) -> Q | None:
        """Rows after (or before) `value`; those without a value are the last in either order. None: there are none."""
        path = self.field.path
        if value is None:
            return Q(**{f"{path}__isnull": False}) if backwards else None
        further = Q(**{f"{path}__{'lt' if self.descending != backwards else 'gt'}": value})
        return further | Q(**{f"{path}__isnull": True}) if self.field.nullable and not backwards else further


def search(
    table: Table,
    rows: QuerySet[M],
    request: SearchRequest,
    *,
    view: Callable[[Sequence[M]], Iterable[V]],
    parsed: Filter | None = None,
) -> Found[V]:
    """One page of `rows`, as views. Raises InvalidArgument for a filter, sort or page that is none."""
    wanted = parsed if parsed is not None else table.filter(request.filter)
    order = _order(table, request.sort)
    page = request.page or PageRequest()
    limit = _limit(page)
    matching = rows.filter(wanted.q())
    total = matching.order_by()[: COUNTED + 1].count()
    backwards = page.before is not None
    slice_ = matching.order_by(*(column.expression(backwards=backwards) for column in order))
    cursor = page.before if backwards else page.after
    if cursor is not None:
        slice_ = slice_.filter(_beyond(order, _read_cursor(cursor, order), backwards=backwards))
    start = _start(page)
    found = list(slice_[start : start + limit])
    return _page(found[::-1] if backwards else found, order, total, view)


def search_in_memory(
    table: Table,
    rows: Iterable[M],
    request: SearchRequest,
    wanted: Filter,
    *,
    view: Callable[[Sequence[M]], Iterable[V]],
) -> Found[V]:
    """As `search`, for rows that are not in a table yet."""
    order = _order(table, request.sort)
    page = request.page or PageRequest()
    limit = _limit(page)
    found = [row for row in rows if wanted.matches(row)]
    for column in reversed(order):  # stable: the last one first
        present = [row for row in found if column.field.value_of(row) is not None]
        absent = [row for row in found if column.field.value_of(row) is None]
        present.sort(key=column.field.value_of, reverse=column.descending)
        found = present + absent
    total = len(found)
    if page.after is not None or page.before is not None:
        *_, key = _read_cursor(page.after or page.before or "", order)
        at = next((index for index, row in enumerate(found) if getattr(row, table.key) == key), None)
        if at is None:
            found = []
        elif page.after is not None:
            found = found[at + 1 :][:limit]
        else:
            found = found[max(0, at - limit) : at]
    else:
        found = found[_start(page) :][:limit]
    return _page(found, order, total, view)


def page_of(items: Sequence[V], request: SearchRequest, *, otherwise: str, descending: bool = False) -> Found[V]:
    """One page of views that were counted together, by `from` and `limit`; sorted by the field `otherwise` by itself."""
    page = request.page or PageRequest()
    limit = _limit(page)
    if page.after is not None or page.before is not None:
        raise InvalidArgument("Expected a page by 'from' and 'limit': these rows are counted anew each time.")
    found = list(items)
    names = dict(zip(found[0].__struct_encode_fields__, found[0].__struct_fields__, strict=True)) if found else {}
    for one in reversed(request.sort or [Sort(field=otherwise, order="DESC" if descending else "ASC")]):
        if found and one.field not in names:
            raise InvalidArgument(f"Expected one of {', '.join(sorted(names))} to sort by, found '{one.field[:100]}'.")
        if found:
            found.sort(key=functools.partial(_sortable, name=names[one.field]), reverse=one.order == "DESC")
    start = _start(page)
    return Found(items=found[start : start + limit], page=PageInfo(total_items=len(found)))


def _sortable(view: Any, *, name: str) -> tuple[bool, Any]:
    value = getattr(view, name)
    return value is None, "" if value is None else value


def _page(
    found: Sequence[M], order: Sequence[_Order], total: int, view: Callable[[Sequence[M]], Iterable[V]]
) -> Found[V]:
    return Found(
        items=list(view(found)),
        page=PageInfo(
            total_items=min(total, COUNTED),
            has_more_total_items=total > COUNTED,
            start_cursor=_write_cursor(found[0], order) if found else None,
            end_cursor=_write_cursor(found[-1], order) if found else None,
        ),
    )


def _limit(page: PageRequest) -> int:
    limit = DEFAULT_LIMIT if page.limit is None else page.limit
    if not 0 <= limit <= MAX_LIMIT:
        raise InvalidArgument(f"Expected a page limit of 0 to {MAX_LIMIT}, found {limit}.")
    if sum(value is not None for value in (page.from_, page.after, page.before)) > 1:
        raise InvalidArgument("Expected one of 'from', 'after' and 'before' for a page, found several.")
    return limit


def _start(page: PageRequest) -> int:
    start = page.from_ or 0
    if not 0 <= start <= MAX_FROM:
        raise InvalidArgument(
            f"Expected 0 to {MAX_FROM} as 'from', found {start}. Go on by the cursor 'after' instead."
        )
    return start


def _order(table: Table, sort: Sequence[Sort] | None) -> list[_Order]:
    columns: list[_Order] = []
    sortable = {name: column for name, column in table.fields.items() if column.sortable}
    for one in sort or [Sort(field=name, order=order) for name, order in table.sort]:
        if one.field not in sortable:
            raise InvalidArgument(
                f"Expected one of {', '.join(sorted(sortable))} to sort by, found '{one.field[:100]}'."
            )
        if one.order not in ("ASC", "DESC"):
            raise InvalidArgument(f"Expected ASC or DESC as order, found '{one.order[:100]}'.")
        if all(column.name != one.field for column in columns):
            columns.append(_Order(one.field, sortable[one.field], one.order == "DESC"))
    if all(column.field.path != table.key for column in columns):
        descending = columns[0].descending if columns else False
        columns.append(_Order(table.key, Field(table.key, Kind.KEY), descending))
    return columns


def _beyond(order: Sequence[_Order], values: Sequence[Any], *, backwards: bool) -> Q:
    """Equal in the first columns and beyond in the next, for each number of first columns."""
    result = Q(pk__in=[])
    equal = Q()
    for column, value in zip(order, values, strict=True):
        beyond = column.beyond(value, backwards=backwards)
        if beyond is not None:
            result |= equal & beyond
        equal &= column.equal(value)
    return result


def _signature(order: Sequence[_Order]) -> str:
    return ",".join(f"{'-' if column.descending else ''}{column.name}" for column in order)


def _write_cursor(row: Any, order: Sequence[_Order]) -> str:
    values = [column.field.value_of(row) for column in order]
    texts = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.b64encode(exact_json.encode([_signature(order), *texts])).decode()


def _read_cursor(text: str, order: Sequence[_Order]) -> list[Any]:
    expected = InvalidArgument(
        "Expected a cursor from the page before ('startCursor' or 'endCursor') of a search with the same sort."
    )
    try:
        signature, *values = exact_json.decode(base64.b64decode(text, validate=True))
        if signature != _signature(order) or len(values) != len(order):
            raise expected
        return [_cursor_value(column, value) for column, value in zip(order, values, strict=True)]
    except (InvalidArgument, ValueError, TypeError, binascii.Error) as error:
        raise expected from error


def _cursor_value(column: _Order, value: Any) -> Any:
    if value is None and column.field.nullable:
        return None
    if column.field.kind is Kind.TIME:
        return conditions.parse_time(value, what="a cursor")
    expected: type[Any] = {Kind.KEY: int, Kind.NUMBER: int, Kind.BOOLEAN: bool}.get(column.field.kind, str)
    if not isinstance(value, expected) or (isinstance(value, int) and abs(value) > 2**63 - 1):
        raise ValueError("Expected another value in a cursor.")
    return value
