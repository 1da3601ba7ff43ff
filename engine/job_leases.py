"""Leasing jobs to workers: the rows, for `jobs` and `job_runs`, which check who may."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, QuerySet

from engine import clock, job_types
from engine.failpoints import failpoint
from engine.models import InstanceState, Job, JobKind, JobStatus, JobTypeSettings
from engine.runtime import State, visible_variables

FOR_WORKERS = tuple(kind for kind in JobKind if kind is not JobKind.SCRIPT)
"""The kinds that job workers may have; scripts are run by the engine."""
OWN_WORKER = "stepwell@"
"""How the names of our own workers begin, which run the jobs that they lease one after the other."""


_LEAST_SHARE = 4
"""Jobs that are taken from a lane at least: with many lanes each claim serves a few, by lot."""


@dataclass(frozen=True, slots=True)
class ActivatedJob:
    """A leased job with the variables that its element sees."""

    job: Job
    version: int
    variables: Mapping[str, Any]


def claim(
    types: Sequence[str],
    *,
    worker: str,
    limit: int,
    lease: float,
    kinds: Sequence[JobKind] = FOR_WORKERS,
    for_timeout: bool = False,
) -> list[Job]:
    """Lease ready jobs, skipping those that others are just leasing: higher priority first; of one priority every process has the
    same share, however many jobs it has; of one process the oldest first. `for_timeout` ends the lease with the job's own
    time-out, where it has a shorter one.

    Types with a limit of rate or concurrency are counted in a short transaction each; others cost none.
    """
    failpoint("job_leases.before_claim")
    admission = job_types.admission(types)
    asked = _Asked(clock.now(), worker, lease, [str(kind) for kind in kinds], for_timeout)
    keys: list[int] = []
    for job_type, limits in sorted(admission.limited.items()):
        with transaction.atomic():  # its lock lasts until the end of the caller's, where there is one; hence the order
            allowed = job_types.admit(job_type, limits, wanted=limit - len(keys))
            found = _claim_by_lanes([job_type], asked, limit=allowed)
            job_types.count(job_type, limits, len(found))
        keys += found
    keys += _claim_by_lanes(admission.free, asked, limit=limit - len(keys))
    if not keys:
        return []
    failpoint("job_leases.after_claim")
    return sorted(_with_instances().filter(key__in=keys), key=lambda job: (-job.priority, job.key))


@dataclass(frozen=True, slots=True)
class _Asked:
    now: datetime
    worker: str
    lease: float
    kinds: list[str]
    for_timeout: bool


# A lane is the ready jobs of one type and one process. Lanes are found by skipping through the index `job_lane`: their number
# counts, not that of the jobs.
_LANES = """
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
_CLAIM_IN_A_LANE = """
WITH ready AS MATERIALIZED (
    SELECT job.key FROM engine_job job
    WHERE job.status = 'CREATED' AND NOT job.on_hold AND job.type = %(type)s AND job.process_id = %(process_id)s
      AND job.available_at <= %(now)s AND job.kind = ANY(%(kinds)s)
    ORDER BY job.priority DESC, job.available_at, job.key LIMIT %(limit)s FOR UPDATE OF job SKIP LOCKED
)
UPDATE engine_job SET status = 'ACTIVATED', attempt = attempt + 1, worker = %(worker)s, activated_at = %(now)s,
  lease_until = %(now)s + interval '1 second'
    * CASE WHEN %(for_timeout)s THEN least(%(lease)s, coalesce(timeout, %(lease)s)) ELSE %(lease)s END
WHERE key = ANY(ARRAY(SELECT key FROM ready)) AND status = 'CREATED' RETURNING key
"""


def _claim_by_lanes(types: Sequence[str], asked: _Asked, *, limit: int) -> list[int]:
    """From lanes of the highest priority, chosen by lot, each its share of what is wanted; until there is enough, or no more."""
    keys: list[int] = []
    while types and len(keys) < limit:
        before = len(keys)
        with connection.cursor() as cursor:
            cursor.execute(_LANES, {"types": list(types), "now": asked.now, "kinds": asked.kinds})
            for job_type, process_id, lanes in cursor.fetchall():
                left = limit - len(keys)
                if left == 0:
                    break
                cursor.execute(
                    _CLAIM_IN_A_LANE,
                    {
                        "type": job_type,
                        "process_id": process_id,
                        "now": asked.now,
                        "kinds": asked.kinds,
                        "limit": min(left, max(_LEAST_SHARE, math.ceil(left / lanes))),
                        "worker": asked.worker,
                        "lease": asked.lease,
                        "for_timeout": asked.for_timeout,
                    },
                )
                keys += [key for (key,) in cursor.fetchall()]
        if len(keys) == before:
            break  # there are none, or others are just leasing them
    return keys


def claim_one(key: int, *, worker: str, lease: float) -> Job | None:
    """Lease the job with this key if it is ready and its type has no limit. Without SKIP LOCKED: who claims the same job waits, and
    finds it taken."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE engine_job job SET status = 'ACTIVATED', attempt = attempt + 1, worker = %s, activated_at = %s,"
            " lease_until = %s WHERE job.key = %s AND job.status = 'CREATED' AND NOT job.on_hold AND job.available_at <= %s"
            " AND job.type <> ALL(%s) AND NOT EXISTS (SELECT FROM engine_jobtypesettings settings"
            "   WHERE settings.type = job.type AND (settings.suspended_at IS NOT NULL OR settings.rate IS NOT NULL"
            "   OR settings.concurrency IS NOT NULL))",
            [worker, now, now + timedelta(seconds=lease), key, now, job_types.limited_by_handlers()],
        )
        if cursor.rowcount != 1:
            return None
    return _with_instances().filter(key=key).first()


def with_variables(found: Sequence[Job], *, fetch: Iterable[str] | None) -> list[ActivatedJob]:
    """The jobs with the variables that their elements see, or those of `fetch`; one read an instance."""
    wanted = None if fetch is None else set(fetch)
    rows = InstanceState.objects.filter(instance_id__in={job.instance_id for job in found})
    states = {row.instance_id: State.from_json(row.data) for row in rows if row.data is not None}
    activated = []
    for job in found:
        state = states.get(job.instance_id)  # None: it ended since; the answer will be refused
        variables = visible_variables(state, job.element_instance_key) if state is not None else {}
        activated.append(
            ActivatedJob(
                job=job,
                version=job.instance.version,
                variables={name: value for name, value in variables.items() if wanted is None or name in wanted},
            )
        )
    return activated


def alone_if_suspected(found: list[Job]) -> list[Job]:
    """Of jobs that a worker of ours has just leased: all, or the first suspect alone, with the others given back.

    A suspect was leased by a worker that died or hung, with others, so that nobody knows which of them it was.
    """
    suspect = next((job for job in found if job.is_suspect), None)
    if suspect is None or len(found) == 1:
        return found
    for job in found:
        if job is not suspect:
            Job.objects.filter(key=job.key, attempt=job.attempt, status=JobStatus.ACTIVATED).update(
                status=JobStatus.CREATED, lease_until=None
            )
    return [suspect]


def give_back_suspects(job: Job, *, expired_before: datetime) -> bool:
    """True when others were leased together with this job, whose lease has ended: then all of them are ready again, as suspects, and
    no attempt is used up. A worker of ours runs what it leased one by one: with one left it is known which it was."""
    together = Job.objects.filter(status=JobStatus.ACTIVATED, worker=job.worker, activated_at=job.activated_at)
    if together.count() < 2:
        return False
    together.filter(lease_until__lt=expired_before).update(
        status=JobStatus.CREATED, lease_until=None, available_at=clock.now(), is_suspect=True
    )
    return True


def waiting_too_long(*, limit: int) -> list[Job]:
    """Ready jobs, of types that are not suspended, that nobody has taken within their `wait_timeout`."""
    now = clock.now()
    late = ExpressionWrapper(F("available_at") + F("wait_timeout") * timedelta(seconds=1), output_field=DateTimeField())
    suspended = JobTypeSettings.objects.filter(suspended_at__isnull=False).values("type")
    rows = Job.objects.filter(
        status=JobStatus.CREATED, on_hold=False, wait_timeout__isnull=False, available_at__lt=now
    ).exclude(type__in=suspended)
    return list(rows.annotate(late=late).filter(late__lt=now).order_by("available_at")[:limit])


def renew_leases(held: Iterable[tuple[int, int]], *, lease: float) -> None:
    """Renew the leases of jobs, given as key and attempt, in one statement."""
    pairs = list(held)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE engine_job job SET lease_until = %s FROM unnest(%s::bigint[], %s::int[]) AS held(key, attempt)"
            " WHERE job.key = held.key AND job.attempt = held.attempt AND job.status = 'ACTIVATED'",
            [clock.now() + timedelta(seconds=lease), [key for key, _ in pairs], [attempt for _, attempt in pairs]],
        )


def _with_instances() -> QuerySet[Job]:
    return Job.objects.select_related("instance")
