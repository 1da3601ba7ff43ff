"""These functions write the rows of jobs, many in one statement. Their callers are inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, LiteralString

from engine import exact_json
from engine.models import Job
from engine.postgres import large_values, statements
from engine.runtime import State
from engine.transition.rows import columns


@dataclass(frozen=True, slots=True)
class NewJob:
    """A new job is one that a transaction is about to insert; `state` is what its instance will have then."""

    job: Job
    state: State


@dataclass(frozen=True, slots=True)
class LeasedJob:
    """A leased job is one that a worker of ours has just leased."""

    job: Job
    variables: Mapping[str, Any] | None = None
    """The variables that its handler wants; None while they are still to be read, after the commit."""


_GIVEN = [each for each in columns.JOB if not each.new]
"""The columns for which each new job brings its own value."""
_given_names = [each.name for each in _GIVEN]
_given_values = attrgetter(*columns.attributes(_GIVEN))

_INSERT: LiteralString = (
    f"INSERT INTO engine_job ({columns.names(columns.JOB)})"  # noqa: S608 - constants
    f" SELECT {', '.join(each.new or each.name for each in columns.JOB)}"
    f" FROM json_to_recordset(%s::json) AS new({columns.typed(_GIVEN)})"
)

READ: LiteralString = columns.read(columns.JOB)
"""What a statement has to return for `loaded`."""
_attributes = columns.attributes(columns.JOB)
_documents = columns.attributes(each for each in columns.JOB if each.type == "json")


def insert(found: Iterable[Job]) -> None:
    """Save new jobs, in one statement."""
    rows = [dict(zip(_given_names, _given_values(job), strict=True)) for job in found]
    if rows:
        statements.execute(_INSERT, [exact_json.encode_text(rows)])


def loaded(row: Sequence[Any]) -> Job:
    """Make a Job of a row that a statement returned as READ."""
    job = Job.from_db("default", _attributes, row)
    for name in _documents:
        text = getattr(job, name)
        if text is not None:
            setattr(job, name, large_values.decode(text))
    return job


def open_again(keys: Sequence[int], *, now: datetime) -> set[int]:
    """Make jobs ready again, and return the keys of those that had a row. A job that is tried again after its incident keeps its
    key, by which the world outside knows it, and the count of its attempts.
    """
    if not keys:
        return set()
    found = statements.rows(
        "UPDATE engine_job SET retries = greatest(retries, 1), status = 'CREATED', lease_until = NULL, leased_by = NULL,"
        " available_at = %s, incident_key = NULL WHERE key = ANY(%s::bigint[]) RETURNING key",
        [now, list(keys)],
    )
    return {key for (key,) in found}


def take_out(held: Sequence[tuple[int, int]]) -> set[int]:
    """Delete the rows of leased jobs that are done, given as key and attempt. Returns the keys of those whose attempt still held
    the lease.
    """
    found = statements.rows(
        "DELETE FROM engine_job job USING unnest(%s::bigint[], %s::int[]) AS done(key, attempt)"
        " WHERE job.key = done.key AND job.attempt = done.attempt AND job.status = 'ACTIVATED' RETURNING job.key",
        [[key for key, _ in held], [attempt for _, attempt in held]],
    )
    return {key for (key,) in found}
