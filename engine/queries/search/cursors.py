"""A cursor is a text that a client hands back: the values of a row in the columns that it is sorted by."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine import exact_json
from engine.errors import InvalidArgument
from engine.queries.search.fields import Kind, parse_time
from engine.queries.search.ordering import OrderColumn


def _signature(order: Sequence[OrderColumn]) -> str:
    return ",".join(f"{'-' if column.descending else ''}{column.name}" for column in order)


def write(row: Any, order: Sequence[OrderColumn]) -> str:
    values = [column.field.value_of(row) for column in order]
    texts = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.b64encode(exact_json.encode([_signature(order), *texts])).decode()


def read(text: str, order: Sequence[OrderColumn]) -> list[Any]:
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


def _cursor_value(column: OrderColumn, value: Any) -> Any:
    if value is None and column.field.nullable:
        return None
    if column.field.kind is Kind.TIME:
        return parse_time(value, what="a cursor")
    expected: type[Any] = {Kind.KEY: int, Kind.NUMBER: int, Kind.BOOLEAN: bool}.get(column.field.kind, str)
    if not isinstance(value, expected) or (isinstance(value, int) and abs(value) > 2**63 - 1):
        raise ValueError("Expected another value in a cursor.")
    return value
