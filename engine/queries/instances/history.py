"""The journal of an instance is read here, and whether anything has changed since."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db import connection

from engine import journal
from engine.actors import Actor
from engine.errors import InvalidArgument
from engine.models import InstanceState, JournalEntry
from engine.queries.search.view import View
from engine.queries.search.visibility import require_instance
from engine.runtime import keys
from engine.runtime.history import Fact

MAX_ENTRIES = 1_000


class JournalEntryView(View, frozen=True, kw_only=True):
    sequence: int
    at: datetime
    by: str
    inputs: list[dict[str, Any]]
    """The inputs, each with its type, such as `jobCompleted`, its fields, and `by` where that differs."""
    facts: list[dict[str, Any]]


class VersionView(View, frozen=True, kw_only=True):
    version: str
    """An opaque text that differs from the one before when something has changed."""


def entries(key: int, *, by: Actor, after: int = 0, limit: int = 100) -> list[JournalEntryView]:
    """Return the entries of an instance with a sequence above `after`, in order. Raises NotFound."""
    if after < 0 or not 1 <= limit <= MAX_ENTRIES:
        raise InvalidArgument(f"Expected 'after' from 0 on and a limit of 1 to {MAX_ENTRIES}.")
    require_instance(key, by=by)
    rows = JournalEntry.objects.filter(instance_key=key, sequence__gt=after).order_by("sequence")[:limit]
    return [_entry(journal.entry_of(row)) for row in rows]


def version_of_all() -> VersionView:
    """Return a version of everything. The running transactions say it: it differs after every commit that wrote anything, and costs no
    look-up.

    It may differ where nothing was changed that a page shows.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return VersionView(version=cursor.fetchone()[0])


def version_of_instance(key: int, *, by: Actor) -> VersionView:
    """Return a version of one instance. Raises NotFound."""
    instance = require_instance(key, by=by)
    newest = (
        JournalEntry.objects.filter(instance_key=key).order_by("-sequence").values_list("sequence", flat=True).first()
    )
    state = InstanceState.objects.filter(instance_id=key).values_list("suspended", flat=True).first()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT coalesce(sum(revision + 1), 0) FROM engine_usertask WHERE instance_key = %s),"
            " (SELECT md5(string_agg(concat(key, status, attempt, retries), ',' ORDER BY key)) FROM"
            "   (SELECT key, status, attempt, retries FROM engine_job WHERE instance_key = %s ORDER BY key LIMIT 500) AS job),"
            " (SELECT count(*) FROM engine_incident WHERE instance_key = %s AND status = 'ACTIVE')",
            [key, key, key],
        )
        parts = [newest or 0, instance.status, state, *cursor.fetchone()]
    return VersionView(version=".".join(str(part) for part in parts))


def _entry(entry: journal.Entry) -> JournalEntryView:
    return JournalEntryView(
        sequence=entry.sequence,
        at=entry.at,
        by=entry.by,
        inputs=[
            {
                "type": _type_of(given.input),
                **_fields(given.input),
                **({"by": given.by} if given.by != entry.by else {}),
            }
            for given in entry.inputs
        ],
        facts=[fact_view(fact) for fact in entry.facts],
    )


def fact_view(fact: Fact) -> dict[str, Any]:
    """Return a fact with its type, such as `flowTaken`, and its fields."""
    return {"type": _type_of(fact), **_fields(fact)}


def _type_of(record: Any) -> str:
    name = type(record).__name__
    return name[0].lower() + name[1:]


_OTHER_NAMES = {("ElementActivated", "type"): "elementType", ("IncidentRaised", "type"): "errorType"}
"""The type of an entry is that of the record itself."""


def _fields(record: Any) -> dict[str, Any]:
    """An input, a fact, or a record within an input: names as everywhere in JSON, keys as texts."""
    kind = type(record)
    return {
        _OTHER_NAMES.get((kind.__name__, name)) or _camel(name): _plain(kind, name, getattr(record, name))
        for name in kind.__annotations__
    }


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _plain(kind: type[Any], name: str, value: Any) -> Any:
    if name in keys.fields_of(kind, outer=True):
        return None if value is None else str(value)
    if name in keys.records_in(kind):
        return [_fields(each) for each in value]
    return value
