"""Searches: filter, sort and pages, the same for every noun."""

from engine.queries.search.searches import (
    MAX_FROM,
    MAX_LIMIT,
    Found,
    Index,
    PageInfo,
    PageRequest,
    SearchRequest,
    Sort,
    Table,
    page_of,
    search,
    search_in_memory,
)

__all__ = [
    "MAX_FROM",
    "MAX_LIMIT",
    "Found",
    "Index",
    "PageInfo",
    "PageRequest",
    "SearchRequest",
    "Sort",
    "Table",
    "page_of",
    "search",
    "search_in_memory",
]
