"""Rows in memory are searched here, and views that were counted together are put into pages."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Model

from engine.errors import InvalidArgument
from engine.queries.search import cursors
from engine.queries.search.conditions import Filter
from engine.queries.search.ordering import order_of
from engine.queries.search.pages import Found, PageInfo, page_of_rows
from engine.queries.search.requests import PageRequest, SearchRequest, Sort, limit_of, start_of
from engine.queries.search.tables import Table
from engine.queries.search.view import View

M = TypeVar("M", bound=Model)
V = TypeVar("V", bound=View)


def search_in_memory(
    table: Table,
    rows: Iterable[M],
    request: SearchRequest,
    wanted: Filter,
    *,
    view: Callable[[Sequence[M]], Iterable[V]],
) -> Found[V]:
    """Search like `search`, among rows that are not in a table yet."""
    order = order_of(table, request.sort)
    page = request.page or PageRequest()
    limit = limit_of(page)
    found = [row for row in rows if wanted.matches(row)]
    for column in reversed(order):  # stable: the last one first
        present = [row for row in found if not column.is_absent(column.field.value_of(row))]
        absent = [row for row in found if column.is_absent(column.field.value_of(row))]
        present.sort(key=column.field.value_of, reverse=column.descending)
        found = present + absent
    total = len(found)
    if page.after is not None or page.before is not None:
        *_, key = cursors.read(page.after or page.before or "", order)
        at = next((index for index, row in enumerate(found) if getattr(row, table.key) == key), None)
        if at is None:
            found = []
        elif page.after is not None:
            found = found[at + 1 :][:limit]
        else:
            found = found[max(0, at - limit) : at]
    else:
        found = found[start_of(page) :][:limit]
    return page_of_rows(found, order, total, view)


def page_of(items: Sequence[V], request: SearchRequest, *, otherwise: str, descending: bool = False) -> Found[V]:
    """Return one page, by `from` and `limit`, of views that were counted together; sorted by the field `otherwise` where the request
    names none."""
    page = request.page or PageRequest()
    limit = limit_of(page)
    if page.after is not None or page.before is not None:
        raise InvalidArgument("Expected a page by 'from' and 'limit': these rows are counted anew each time.")
    found = list(items)
    names = dict(zip(found[0].__struct_encode_fields__, found[0].__struct_fields__, strict=True)) if found else {}
    for one in reversed(request.sort or [Sort(field=otherwise, order="DESC" if descending else "ASC")]):
        if found and one.field not in names:
            raise InvalidArgument(f"Expected one of {', '.join(sorted(names))} to sort by, found '{one.field[:100]}'.")
        if found:
            found.sort(key=functools.partial(_sortable, name=names[one.field]), reverse=one.order == "DESC")
    start = start_of(page)
    return Found(items=found[start : start + limit], page=PageInfo(total_items=len(found)))


def _sortable(view: Any, *, name: str) -> tuple[bool, Any]:
    value = getattr(view, name)
    return value is None, "" if value is None else value
