"""Searches: filter, sort and pages, the same for every noun.

A page is asked for by `from` and `limit`, or by a cursor (`after`, `before`): cursors hold the sort values and the key of a row, so
that going on is as cheap on the thousandth page as on the first, and nothing is skipped or seen twice when rows come and go.

What matches is read in no order up to COUNTED rows. Are these all, then the page is sorted out of them alone: however rare and old
they are, no index is walked to find them. Are there more, then the rows are read in the order that is asked for, range by range,
each of which is a piece of one index (what is equal to the cursor in the first column, what is beyond it, and at last what has no
value there). Where rows would have to be passed over on the way, `engine.queries.search.page_keys` finds the page.
"""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from django.db.models import Case, F, IntegerField, Lookup, Model, Q, QuerySet, When

from engine import exact_json
from engine.errors import InvalidArgument
from engine.queries.search import conditions, page_keys
from engine.queries.search.conditions import Field, Filter, Kind, Special
from engine.queries.search.view import View

M = TypeVar("M", bound=Model)
V = TypeVar("V", bound=View)

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000
MAX_FROM = 10_000
COUNTED = 1_000
"""Rows are counted up to here; beyond it the page says that there are more (`hasMoreTotalItems`, as Camunda's API caps its count)."""


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
class Index:
    """One that has rows that are equal in the columns `equal` in the order of `by` and their key."""

    by: str
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """What may be asked for of a noun. `sort` is the order when none is given; the key breaks ties.

    `indexes`: for those that grow large, what may be read in its order without being sorted. `at_once`: how many rows may be sorted
    before it is known that an index is of no help, where the filter looks into no other table.
    """

    name: str
    fields: Mapping[str, Field]
    specials: Mapping[str, Special] = field(default_factory=dict)
    sort: tuple[tuple[str, str], ...] = ()
    key: str = "key"
    indexes: tuple[Index, ...] = ()
    at_once: int = COUNTED

    def filter(self, given: Any) -> Filter:
        return conditions.parse(given, fields=self.fields, specials=self.specials)


@dataclass(frozen=True, slots=True)
class _Order:
    """One column of the order of rows."""

    name: str
    field: Field
    descending: bool

    @property
    def may_be_absent(self) -> bool:
        return self.field.nullable or self.field.blank

    def is_absent(self, value: Any) -> bool:
        return value is None or (self.field.blank and value == "")

    def absent(self) -> Q:
        return Q(**({self.field.path: ""} if self.field.blank else {f"{self.field.path}__isnull": True}))

    def expression(self, *, backwards: bool) -> Any:
        """Where there is a value."""
        return F(self.field.path).desc() if self.descending != backwards else F(self.field.path).asc()

    def equal(self, value: Any) -> Q:
        return self.absent() if self.is_absent(value) else Q(**{self.field.path: value})

    def further(self, value: Any, *, backwards: bool) -> Q:
        further = Q(**{f"{self.field.path}__{'lt' if self.descending != backwards else 'gt'}": value})
        return further & ~self.absent() if self.field.blank else further


@dataclass(frozen=True, slots=True)
class _Range:
    """Rows that one index can have side by side, in its order."""

    condition: Q
    order: tuple[Any, ...]


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
    start = _start(page)
    backwards = page.before is not None
    cursor = page.before if backwards else page.after
    at = None if cursor is None else _read_cursor(cursor, order)
    asked = wanted.q()
    matching = rows.filter(asked)
    index = _index(table, rows, asked, order) if limit else None
    if index is None:
        total, found = _counted_and_read(table, matching, order, at, start, limit, backwards=backwards)
    else:
        first = order[0]
        total, keys = page_keys.find(
            matching,
            page_keys.Place(
                by=None if first.field.path == table.key else _column(rows, first),
                key=table.key,
                descending=first.descending,
                at=at,
                start=start,
                limit=limit,
                backwards=backwards,
            ),
            index=index,
            counted=COUNTED,
            at_once=COUNTED if wanted.special else table.at_once,
        )
        found = _with_keys(table, matching, keys)
    return _page(found[::-1] if backwards else found, order, total, view)


def _counted_and_read(
    table: Table,
    matching: QuerySet[M],
    order: Sequence[_Order],
    at: Sequence[Any] | None,
    start: int,
    limit: int,
    *,
    backwards: bool,
) -> tuple[int, list[M]]:
    keys = list(matching.order_by().values_list(table.key, flat=True)[: COUNTED + 1])
    found: list[M] = []
    if not keys:
        return 0, found
    if len(keys) <= COUNTED:
        matching = matching.filter(**{f"{table.key}__any_of": keys})
    for each in _ranges(order, at, backwards=backwards):
        if len(found) == limit:
            break
        part = matching.filter(each.condition)
        here = list(part.order_by(*each.order)[start : start + limit - len(found)])
        if start:
            start -= start if here else part.order_by()[:start].count()
        found += here
    return len(keys), found


def _with_keys(table: Table, matching: QuerySet[M], keys: Sequence[int]) -> list[M]:
    """Rows in the order of `keys`; without those that match no more."""
    rows = {getattr(row, table.key): row for row in matching.filter(**{f"{table.key}__any_of": keys})} if keys else {}
    return [rows[key] for key in keys if key in rows]


def _column(rows: QuerySet[M], of: _Order) -> page_keys.Column:
    return page_keys.Column(_column_name(rows, of.field.path), nullable=of.field.nullable, blank=of.field.blank)


def _column_name(rows: QuerySet[M], path: str) -> str:
    field: Any = rows.model._meta.get_field(path)
    return str(field.column)


def _index(table: Table, rows: QuerySet[M], asked: Q, order: Sequence[_Order]) -> dict[str, Any] | None:
    """What the rows of the index that has this order have in common, by columns, where some of them would have to be passed over."""
    first, *others = order
    if any(column.descending != first.descending for column in others) or len(others) > 1:
        return None
    equal, rest = _equal_in(asked)
    usable = [each for each in table.indexes if each.by == first.field.path and equal.keys() >= set(each.equal)]
    if not usable:
        return None
    best = max(usable, key=lambda each: len(each.equal))
    passes_over = bool(rows.query.where) or rest - {best.by} or equal.keys() - set(best.equal)
    return {_column_name(rows, path): equal[path] for path in best.equal} if passes_over else None


def _equal_in(condition: Q) -> tuple[dict[str, Any], set[str]]:
    """The columns that a condition asks to be equal to a value, and all else that it asks of; "" for what is no column."""
    if condition.negated or (condition.connector != Q.AND and len(condition.children) > 1):
        return {}, {""}
    equal: dict[str, Any] = {}
    rest: set[str] = set()
    for child in condition.children:
        if isinstance(child, Q):
            more, others = _equal_in(child)
            equal |= more
            rest |= others
        elif isinstance(child, tuple):
            path, _, lookup = child[0].rpartition("__")
            if not path:
                equal[lookup] = child[1]
            else:
                rest.add(path if lookup in ("gt", "gte", "lt", "lte") else "")
        else:
            rest.add("")
    return equal, rest


def _ranges(order: Sequence[_Order], at: Sequence[Any] | None, *, backwards: bool) -> Iterator[_Range]:
    """All rows, or those after (before) the values `at`, in their order; rows without a value are the last in either order."""
    if at is None:
        yield from _within(Q(), order, backwards=backwards)
        return
    for equal in reversed(range(len(order))):
        same = Q()
        for column, value in zip(order[:equal], at[:equal], strict=True):
            same &= column.equal(value)
        column, value = order[equal], at[equal]
        if not column.is_absent(value):
            yield _present(same & column.further(value, backwards=backwards), order[equal:], backwards=backwards)
            if column.may_be_absent and not backwards:
                yield from _within(same & column.absent(), order[equal + 1 :], backwards=backwards)
        elif backwards:
            yield _present(same & ~column.absent(), order[equal:], backwards=backwards)


def _within(condition: Q, order: Sequence[_Order], *, backwards: bool) -> Iterator[_Range]:
    """All rows of `condition`."""
    first, *others = order
    if not first.may_be_absent:
        yield _present(condition, order, backwards=backwards)
        return
    ranges = [
        _present(condition & ~first.absent(), order, backwards=backwards),
        *_within(condition & first.absent(), others, backwards=backwards),
    ]
    yield from reversed(ranges) if backwards else ranges


def _present(condition: Q, order: Sequence[_Order], *, backwards: bool) -> _Range:
    """Rows of `condition`, which all have a value in the first column."""
    first, *others = order
    expressions: list[Any] = [first.expression(backwards=backwards)]
    for column in others:
        if column.may_be_absent:
            expressions.append(Case(When(column.absent(), then=0 if backwards else 1), default=1 if backwards else 0))
        expressions.append(column.expression(backwards=backwards))
    return _Range(condition, tuple(expressions))


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
        present = [row for row in found if not column.is_absent(column.field.value_of(row))]
        absent = [row for row in found if column.is_absent(column.field.value_of(row))]
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


class _AnyOf(Lookup):
    """`= ANY (array)`: one value for a thousand keys, where `IN` would be a thousand."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_values = self.process_lhs(compiler, connection)
        return f"{left} = ANY (%s::bigint[])", [*left_values, list(self.rhs)]


IntegerField.register_lookup(_AnyOf)  # and so on those of keys, which are special integers
