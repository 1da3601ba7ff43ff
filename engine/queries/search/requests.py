"""A search is asked with a filter, an order and a page; the bounds of each are here."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.errors import InvalidArgument

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000
MAX_FROM = 10_000
COUNTED = 1_000
"""Up to so many rows are counted; beyond them the page says that there are more (`hasMoreTotalItems`, as Camunda's API caps its count)."""


class Sort(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    field: str
    order: str = "ASC"


class PageRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    limit: int | None = None
    from_: int | None = None
    after: str | None = None
    before: str | None = None


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every search takes this; `filter` is read by the noun's table."""

    filter: Any = None
    sort: list[Sort] | None = None
    page: PageRequest | None = None


def limit_of(page: PageRequest) -> int:
    limit = DEFAULT_LIMIT if page.limit is None else page.limit
    if not 0 <= limit <= MAX_LIMIT:
        raise InvalidArgument(f"Expected a page limit of 0 to {MAX_LIMIT}, found {limit}.")
    if sum(value is not None for value in (page.from_, page.after, page.before)) > 1:
        raise InvalidArgument("Expected one of 'from', 'after' and 'before' for a page, found several.")
    return limit


def start_of(page: PageRequest) -> int:
    start = page.from_ or 0
    if not 0 <= start <= MAX_FROM:
        raise InvalidArgument(
            f"Expected 0 to {MAX_FROM} as 'from', found {start}. Go on by the cursor 'after' instead."
        )
    return start
