"""A lease that reached nobody is taken back: the client had gone before it got its answer."""

from __future__ import annotations

from collections.abc import Sequence

from engine import doorbell
from engine.jobs.leasing.activated import ActivatedJob
from engine.postgres import statements


def give_back(found: Sequence[ActivatedJob]) -> None:
    """Make these jobs ready again, those of them whose lease still is the one that was given; no attempt of theirs is used up."""
    given = statements.rows(
        """
UPDATE engine_job SET status = 'CREATED', worker = '', activated_at = NULL, lease_until = NULL
FROM unnest(%s::bigint[], %s::int[]) AS given(key, attempt)
WHERE engine_job.key = given.key AND engine_job.attempt = given.attempt AND engine_job.status = 'ACTIVATED'
RETURNING engine_job.key, engine_job.type""",
        [[each.job.key for each in found], [each.job.attempt for each in found]],
    )
    doorbell.ring_jobs(given)
