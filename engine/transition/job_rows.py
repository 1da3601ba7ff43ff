"""The rows of jobs as transitions write them, many in one statement. For callers inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from engine import exact_json
from engine.models import Job
from engine.postgres import large_values, statements
from engine.runtime import State


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that a transaction is about to insert, and the state that its instance will have."""

    job: Job
    state: State


def insert(found: Iterable[Job]) -> None:
    rows = [_row(job) for job in found]
    if not rows:
        return
    statements.execute(
        "INSERT INTO engine_job (key, instance_key, definition_key, process_id, element_id, element_instance_key, type, kind,"
        " listener_event, status, priority, retries, attempt, headers, payload, backoff, timeout, wait_timeout, is_suspect, on_hold,"
        " available_at, lease_until, activated_at, worker, trace_context, error_message, created_at)"
        " SELECT key, instance_key, definition_key, process_id, element_id, element_instance_key, type, kind, listener_event, status,"
        " priority, retries, attempt, headers, payload, backoff, timeout, wait_timeout, false, on_hold, available_at, lease_until,"
        " activated_at, worker, trace_context, '', created_at FROM json_to_recordset(%s::json) AS new(key bigint,"
        " instance_key bigint, definition_key bigint, process_id text, element_id text, element_instance_key bigint, type text,"
        " kind text, listener_event text, status text, priority int, retries int, attempt int, headers json, payload json,"
        " backoff float8[], timeout float8, wait_timeout float8, on_hold boolean, available_at timestamptz,"
        " lease_until timestamptz, activated_at timestamptz, worker text, trace_context text, created_at timestamptz)",
        [exact_json.encode_text(rows)],
    )


def _row(job: Job) -> dict[str, Any]:
    return {
        "key": job.key,
        "instance_key": job.instance_id,
        "definition_key": job.definition_key,
        "process_id": job.process_id,
        "element_id": job.element_id,
        "element_instance_key": job.element_instance_key,
        "type": job.type,
        "kind": str(job.kind),
        "listener_event": job.listener_event,
        "status": str(job.status),
        "priority": job.priority,
        "retries": job.retries,
        "attempt": job.attempt,
        "headers": job.headers,
        "payload": job.payload,
        "backoff": job.backoff,
        "timeout": job.timeout,
        "wait_timeout": job.wait_timeout,
        "on_hold": job.on_hold,
        "available_at": job.available_at,
        "lease_until": job.lease_until,
        "activated_at": job.activated_at,
        "worker": job.worker,
        "trace_context": job.trace_context,
        "created_at": job.created_at,
    }


COLUMNS: LiteralString = (
    "key, instance_key, definition_key, process_id, element_id, element_instance_key, type, kind, listener_event, status, priority,"
    " retries, attempt, headers::text, payload::text, backoff, timeout, wait_timeout, is_suspect, on_hold, available_at, lease_until,"
    " activated_at, worker, trace_context, details::text, error_message, incident_key, created_at"
)
"""What `loaded` reads: all, in the order of the model's fields."""
_NAMES = [each.attname for each in Job._meta.concrete_fields]
_DOCUMENTS = ("headers", "payload", "details")


def loaded(row: Sequence[Any]) -> Job:
    """The job of a row of COLUMNS."""
    job = Job.from_db("default", _NAMES, row)
    for name in _DOCUMENTS:
        text = getattr(job, name)
        if text is not None:
            setattr(job, name, large_values.decode(text))
    return job


def open_again(keys: Sequence[int], *, now: datetime) -> set[int]:
    """Those of the jobs that are there: a job that is tried again after its incident keeps its key, by which the world outside knows
    it, and the count of its attempts."""
    if not keys:
        return set()
    found = statements.rows(
        "UPDATE engine_job SET retries = greatest(retries, 1), status = 'CREATED', lease_until = NULL, available_at = %s,"
        " incident_key = NULL WHERE key = ANY(%s::bigint[]) RETURNING key",
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
