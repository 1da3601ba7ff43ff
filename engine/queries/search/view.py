"""Reads return views, with the names of the API, ready to be encoded."""

from __future__ import annotations

import msgspec

DEFAULT_TENANT = "<default>"
"""There is one tenant; clients of Camunda 8 expect its name in every answer."""


class View(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A view is an answer of the API. Keys are texts of digits, times are aware."""


class ElementStatistics(View, frozen=True, kw_only=True):
    """These figures say how many instances of an element are in which state."""

    element_id: str
    active: int = 0
    canceled: int = 0
    incidents: int = 0
    completed: int = 0


def key_text(key: int | None) -> str | None:
    return None if key is None else str(key)


def text_or_none(text: str) -> str | None:
    """Return the text; None for an empty one, which columns keep where there is no text."""
    return text or None
