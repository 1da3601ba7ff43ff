"""A page of views answers a search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

import msgspec
from django.db.models import Model

from engine.queries.search import cursors, requests
from engine.queries.search.ordering import OrderColumn
from engine.queries.search.view import View

M = TypeVar("M", bound=Model)
V = TypeVar("V", bound=View)


class PageInfo(View, frozen=True, kw_only=True):
    total_items: int
    has_more_total_items: bool = False
    start_cursor: str | None = None
    end_cursor: str | None = None


class Found(msgspec.Struct, Generic[V], frozen=True):
    """This is one page of a search."""

    items: list[V]
    page: PageInfo


def page_of_rows(
    found: Sequence[M], order: Sequence[OrderColumn], total: int, view: Callable[[Sequence[M]], Iterable[V]]
) -> Found[V]:
    return Found(
        items=list(view(found)),
        page=PageInfo(
            total_items=min(total, requests.COUNTED),
            has_more_total_items=total > requests.COUNTED,
            start_cursor=cursors.write(found[0], order) if found else None,
            end_cursor=cursors.write(found[-1], order) if found else None,
        ),
    )
