"""What every transition does is written as plain statements, past Django's query compiler.

The server binds the parameters, and a statement that comes again on a connection is prepared there (settings: `prepare_threshold`). It
is planned anew each time all the same (`plan_cache_mode`): tables such as the jobs' are empty in one second and large in the next.
Errors are Django's, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import psycopg
from django.db import connection

Parameters = Sequence[Any] | Mapping[str, Any]


def execute(statement: LiteralString, parameters: Parameters = ()) -> int:
    """Run a statement and return the number of rows that it changed."""
    return int(_executed(statement, parameters).rowcount)


def rows(statement: LiteralString, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = _executed(statement, parameters).fetchall()
    return found


def _executed(statement: LiteralString, parameters: Parameters) -> Any:
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = connection.make_cursor(psycopg.Cursor(connection.connection))  # type: ignore[arg-type]
    cursor.execute(statement, parameters)
    return cursor
