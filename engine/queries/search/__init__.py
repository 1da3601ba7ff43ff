"""Searches filter, sort and page the rows of every noun in one way.

A noun's module says in a `Table` what may be asked for of it, and calls `search`. Who may read what is in `visibility`, the base of
all answers in `view`; both are imported directly.
"""

from engine.queries.search.conditions import OPERATORS, Filter, conditions_of
from engine.queries.search.fields import Field, Kind, Special, flag, parse_time
from engine.queries.search.in_memory import page_of, search_in_memory
from engine.queries.search.like import like_in_memory, liker
from engine.queries.search.pages import Found, PageInfo
from engine.queries.search.requests import MAX_FROM, MAX_LIMIT, PageRequest, SearchRequest, Sort
from engine.queries.search.searches import search
from engine.queries.search.tables import Index, Table

__all__ = [
    "MAX_FROM",
    "MAX_LIMIT",
    "OPERATORS",
    "Field",
    "Filter",
    "Found",
    "Index",
    "Kind",
    "PageInfo",
    "PageRequest",
    "SearchRequest",
    "Sort",
    "Special",
    "Table",
    "conditions_of",
    "flag",
    "like_in_memory",
    "liker",
    "page_of",
    "parse_time",
    "search",
    "search_in_memory",
]
