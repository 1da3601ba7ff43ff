"""Transitions write the rows of jobs here, many in one statement. The callers are inside a transaction."""

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
    """A transaction is about to insert this job; its instance will have this state."""

    job: Job
    state: State


@dataclass(frozen=True, slots=True)
class LeasedJob:
    """A worker of ours has just leased this job."""

    job: Job
    variables: Mapping[str, Any] | None = None
    """Its handler wants these. None: they are still to be read, after the commit."""


_GIVEN = [each for each in columns.JOB if not each.new]
"""A new job says itself what these columns have."""
_given_names = [each.name for each in _GIVEN]
_given_values = attrgetter(*columns.attributes(_GIVEN))

_INSERT: LiteralString = (
    f"INSERT INTO engine_job ({columns.names(columns.JOB)})"  # noqa: S608 - constants
    f" SELECT {', '.join(each.new or each.name for each in columns.JOB)}"
    f" FROM json_to_recordset(%s::json) AS new({columns.typed(_GIVEN)})"
)

READ: LiteralString = columns.read(columns.JOB)
"""A statement has to return this for `loaded`."""
_attributes = columns.attributes(columns.JOB)
_documents = columns.attributes(each for each in columns.JOB if each.type == "json")


def insert(found: Iterable[Job]) -> None:
    """Save new jobs, in one statement."""
    rows = [dict(zip(_given_names, _given_values(job), strict=True)) for job in found]
    if rows:
        statements.execute(_INSERT, [exact_json.encode_text(rows)])


def loaded(row: Sequence[Any]) -> Job:
    """Make the job of a row of READ."""
    job = Job.from_db("default", _attributes, row)
    for name in _documents:
        text = getattr(job, name)
        if text is not None:
            setattr(job, name, large_values.decode(text))
    return job


def open_again(keys: Sequence[int], *, now: datetime) -> set[int]:
    """Make those of the jobs that are there ready again, and return their keys: a job that is tried again after its incident keeps its
    key, by which the world outside knows it, and the count of its attempts."""
    if not keys:
        return set()
    found = statements.rows(
        "UPDATE engine_job SET retries = greatest(retries, 1), status = 'CREATED', lease_until = NULL, leased_by = NULL,"
        " available_at = %s, incident_key = NULL WHERE key = ANY(%s::bigint[]) RETURNING key",
        [now, list(keys)],
    )
    return {key for (key,) in found}


def take_out(held: Sequence[tuple[int, int]]) -> set[int]:
    """Delete the rows of leased jobs that are done, given as key and attempt; returns the keys of those that were still leased so."""
    found = statements.rows(
        "DELETE FROM engine_job job USING unnest(%s::bigint[], %s::int[]) AS done(key, attempt)"
        " WHERE job.key = done.key AND job.attempt = done.attempt AND job.status = 'ACTIVATED' RETURNING job.key",
        [[key for key, _ in held], [attempt for _, attempt in held]],
    )
    return {key for (key,) in found}
