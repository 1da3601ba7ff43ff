"""A lane holds the ready jobs of one type and one process. Each lane gives a share of the jobs that a worker wants, so that a
process with many jobs does not keep those of others waiting.

Lanes are found by skipping through the index `job_lane`: the cost grows with their number, not with that of the jobs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import LiteralString

from engine.jobs.leasing.asking import Asked
from engine.models import Job
from engine.postgres import statements
from engine.transition.rows import job_rows

_LEAST_SHARE = 4
"""Jobs that a lane gives, if it has them, however many lanes there are: when they are many, each claim takes from a few, chosen at
random.
"""

_LANES: LiteralString = """
WITH RECURSIVE lane AS (
    SELECT wanted.type, (SELECT min(job.process_id) FROM engine_job job
        WHERE job.status = 'CREATED' AND NOT job.on_hold AND job.type = wanted.type) AS process_id
    FROM unnest(%(types)s::text[]) AS wanted(type)
  UNION ALL
    SELECT lane.type, (SELECT min(job.process_id) FROM engine_job job
        WHERE job.status = 'CREATED' AND NOT job.on_hold AND job.type = lane.type AND job.process_id > lane.process_id)
    FROM lane WHERE lane.process_id IS NOT NULL
)
SELECT lane.type, lane.process_id, count(*) OVER (PARTITION BY head.priority)
FROM lane CROSS JOIN LATERAL (
    SELECT job.priority FROM engine_job job
    WHERE job.status = 'CREATED' AND NOT job.on_hold AND job.type = lane.type AND job.process_id = lane.process_id
      AND job.available_at <= %(now)s AND job.kind = ANY(%(kinds)s)
    ORDER BY job.priority DESC, job.available_at, job.key LIMIT 1) AS head
WHERE lane.process_id IS NOT NULL
ORDER BY head.priority DESC, random()
"""

# MATERIALIZED: a subquery with a lock may be run again for each row, and each time finds further jobs.
_CLAIM_IN_A_LANE: LiteralString = (
    """
WITH ready AS MATERIALIZED (
    SELECT job.key FROM engine_job job
    WHERE job.status = 'CREATED' AND NOT job.on_hold AND job.type = %(type)s AND job.process_id = %(process_id)s
      AND job.available_at <= %(now)s AND job.kind = ANY(%(kinds)s)
    ORDER BY job.priority DESC, job.available_at, job.key LIMIT %(limit)s FOR UPDATE OF job SKIP LOCKED
)
UPDATE engine_job SET status = 'ACTIVATED', attempt = attempt + 1, worker = %(worker)s, leased_by = %(by)s,
  activated_at = %(now)s,
  lease_until = %(now)s + interval '1 second'
    * CASE WHEN %(for_timeout)s THEN least(%(lease)s, coalesce(timeout, %(lease)s)) ELSE %(lease)s END
WHERE key = ANY(ARRAY(SELECT key FROM ready)) AND status = 'CREATED' RETURNING """  # noqa: S608 - constants
    + job_rows.READ
)


def claim(types: Sequence[str], asked: Asked, *, limit: int) -> list[Job]:
    """Lease jobs from lanes of the highest priority, chosen at random, from each its share; until there are enough, or no more."""
    found: list[Job] = []
    kinds = [str(kind) for kind in asked.kinds]
    while types and len(found) < limit:
        before = len(found)
        lanes = statements.rows(_LANES, {"types": list(types), "now": asked.now, "kinds": kinds})
        for job_type, process_id, of_priority in lanes:
            left = limit - len(found)
            if left == 0:
                break
            share = {
                "type": job_type,
                "process_id": process_id,
                "now": asked.now,
                "kinds": kinds,
                "limit": min(left, max(_LEAST_SHARE, math.ceil(left / of_priority))),
                "worker": asked.worker,
                "by": asked.by,
                "lease": float(asked.lease),
                "for_timeout": asked.for_timeout,
            }
            found += map(job_rows.loaded, statements.rows(_CLAIM_IN_A_LANE, share))
        if len(found) == before:
            break  # there are none, or others are just leasing them
    return found
