"""A search filters and sorts rows and returns a page of them, in the same way for every noun.

A page is asked for by `from` and `limit`, or by a cursor (`after`, `before`): cursors hold the sort values and the key of a row, so
that going on is as cheap on the thousandth page as on the first, and nothing is skipped or seen twice when rows come and go.

What matches is read in no order up to COUNTED rows. Are these all, then the page is sorted out of them alone: however rare and old
they are, no index is walked to find them. Are there more, then the rows are read in the order that is asked for, range by range,
each of which is a piece of one index (what is equal to the cursor in the first column, what is beyond it, and at last what has no
value there). Where rows would have to be passed over on the way, `engine.queries.search.page_keys` finds the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import IntegerField, Lookup, Model, Q, QuerySet

from engine.queries.search import cursors, page_keys, requests
from engine.queries.search.conditions import Filter
from engine.queries.search.ordering import OrderColumn, order_of, ranges_of
from engine.queries.search.pages import Found, page_of_rows
from engine.queries.search.requests import PageRequest, SearchRequest, limit_of, start_of
from engine.queries.search.tables import Table
from engine.queries.search.view import View

M = TypeVar("M", bound=Model)
V = TypeVar("V", bound=View)


def search(
    table: Table,
    rows: QuerySet[M],
    request: SearchRequest,
    *,
    view: Callable[[Sequence[M]], Iterable[V]],
    parsed: Filter | None = None,
) -> Found[V]:
    """Return one page of `rows`, as views. Raises InvalidArgument for a filter, sort or page that is none."""
    wanted = parsed if parsed is not None else table.filter(request.filter)
    order = order_of(table, request.sort)
    page = request.page or PageRequest()
    limit = limit_of(page)
    start = start_of(page)
    backwards = page.before is not None
    cursor = page.before if backwards else page.after
    at = None if cursor is None else cursors.read(cursor, order)
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
            counted=requests.COUNTED,
            at_once=requests.COUNTED if wanted.special else table.at_once,
        )
        found = _with_keys(table, matching, keys)
    return page_of_rows(found[::-1] if backwards else found, order, total, view)


def _counted_and_read(
    table: Table,
    matching: QuerySet[M],
    order: Sequence[OrderColumn],
    at: Sequence[Any] | None,
    start: int,
    limit: int,
    *,
    backwards: bool,
) -> tuple[int, list[M]]:
    keys = list(matching.order_by().values_list(table.key, flat=True)[: requests.COUNTED + 1])
    found: list[M] = []
    if not keys:
        return 0, found
    if len(keys) <= requests.COUNTED:
        matching = matching.filter(**{f"{table.key}__any_of": keys})
    for each in ranges_of(order, at, backwards=backwards):
        if len(found) == limit:
            break
        part = matching.filter(each.condition)
        here = list(part.order_by(*each.order)[start : start + limit - len(found)])
        if start:
            start -= start if here else part.order_by()[:start].count()
        found += here
    return len(keys), found


def _with_keys(table: Table, matching: QuerySet[M], keys: Sequence[int]) -> list[M]:
    """Return the rows in the order of `keys`, without those that match no more."""
    rows = {getattr(row, table.key): row for row in matching.filter(**{f"{table.key}__any_of": keys})} if keys else {}
    return [rows[key] for key in keys if key in rows]


def _column(rows: QuerySet[M], of: OrderColumn) -> page_keys.Column:
    return page_keys.Column(_column_name(rows, of.field.path), nullable=of.field.nullable, blank=of.field.blank)


def _column_name(rows: QuerySet[M], path: str) -> str:
    field: Any = rows.model._meta.get_field(path)
    return str(field.column)


def _index(table: Table, rows: QuerySet[M], asked: Q, order: Sequence[OrderColumn]) -> dict[str, Any] | None:
    """Return what the rows of the index that has this order have in common, by columns; None where no index helps, or none of its rows
    would have to be passed over."""
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
    """Return the columns that a condition asks to be equal to a value, and all else that it asks of; "" for what is no column."""
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


class _AnyOf(Lookup):
    """This lookup is `= ANY (array)`: one value for a thousand keys, where `IN` would have a thousand."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_values = self.process_lhs(compiler, connection)
        return f"{left} = ANY (%s::bigint[])", [*left_values, list(self.rhs)]


IntegerField.register_lookup(_AnyOf)  # and so on those of keys, which are special integers
