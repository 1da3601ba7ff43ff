"""Requests wait for these things. Each is asked for all who wait at once, in one statement."""

from __future__ import annotations

from collections.abc import Collection

from engine import clock
from engine.jobs.leasing.asking import FOR_WORKERS
from engine.postgres import statements

_ENOUGH = 100
"""Of a job type, so many ready jobs are counted at most: nobody is told of more at a time."""


def ready_jobs(types: Collection[str]) -> dict[str, int]:
    """Count the ready jobs of each type, those that a worker over the API may have; a type that has none is left out."""
    found = statements.rows(
        """
SELECT wanted.type, ready.number FROM unnest(%s::text[]) AS wanted(type) CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM (
        SELECT FROM engine_job job WHERE job.status = 'CREATED' AND NOT job.on_hold AND job.type = wanted.type
            AND job.available_at <= %s AND job.kind = ANY(%s)
        LIMIT %s) AS counted) AS ready
WHERE ready.number > 0""",
        [list(types), clock.now(), [str(kind) for kind in FOR_WORKERS], _ENOUGH],
    )
    return dict(found)


def ended_instances(keys: Collection[int]) -> dict[int, int]:
    """Find those instances that have ended, or do not exist any more; who waits for one is told, hence a number beside each key."""
    found = statements.rows(
        """
SELECT wanted.key FROM unnest(%s::bigint[]) AS wanted(key)
WHERE NOT EXISTS (SELECT FROM engine_processinstance found WHERE found.key = wanted.key AND found.ended_at IS NULL)""",
        [list(keys)],
    )
    return {key: _ENOUGH for (key,) in found}


def inputs_taken_up(waits: Collection[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Find those pairs of an instance and an input's id that say: all inputs of the instance up to this one were taken up."""
    found = statements.rows(
        """
SELECT wanted.key, wanted.newest FROM unnest(%s::bigint[], %s::bigint[]) AS wanted(key, newest)
WHERE NOT EXISTS (SELECT FROM engine_pendinginput input
    WHERE input.instance_key = wanted.key AND input.id <= wanted.newest AND input.incident_key IS NULL)""",
        [[key for key, _ in waits], [newest for _, newest in waits]],
    )
    return dict.fromkeys(((key, newest) for key, newest in found), _ENOUGH)
