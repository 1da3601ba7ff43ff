"""Leasing jobs to workers: the rows, for `jobs` and `job_runs`, which check who may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from engine import clock
from engine.models import InstanceState, Job, JobKind
from engine.runtime import State, visible_variables

FOR_WORKERS = tuple(kind for kind in JobKind if kind is not JobKind.SCRIPT)
"""The kinds that job workers may have; scripts are run by the engine."""


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
) -> list[Job]:
    """Lease ready jobs of running instances, skipping those that others are just leasing."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            # MATERIALIZED: a subquery with a lock may be run again for each row, and each time finds further jobs
            "WITH ready AS MATERIALIZED ("
            "   SELECT job.key FROM engine_job job"
            "   JOIN engine_instancestate state ON state.instance_key = job.instance_key AND NOT state.suspended"
            "   WHERE job.status = 'CREATED' AND job.type = ANY(%s) AND job.kind = ANY(%s) AND job.available_at <= %s"
            "   ORDER BY job.priority DESC, job.key LIMIT %s FOR UPDATE OF job SKIP LOCKED)"
            " UPDATE engine_job SET status = 'ACTIVATED', attempt = attempt + 1, worker = %s, activated_at = %s,"
            " lease_until = %s WHERE key IN (SELECT key FROM ready) AND status = 'CREATED' RETURNING key",
            [list(types), [str(kind) for kind in kinds], now, limit, worker, now, now + timedelta(seconds=lease)],
        )
        keys = [row[0] for row in cursor.fetchall()]
    if not keys:
        return []
    return sorted(_with_instances().filter(key__in=keys), key=lambda job: (-job.priority, job.key))


def claim_one(key: int, *, worker: str, lease: float) -> Job | None:
    """Lease the job with this key if it is ready. Without SKIP LOCKED: who claims the same job waits, and finds it taken."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE engine_job job SET status = 'ACTIVATED', attempt = attempt + 1, worker = %s, activated_at = %s,"
            " lease_until = %s FROM engine_instancestate state WHERE job.key = %s AND job.status = 'CREATED'"
            " AND job.available_at <= %s AND state.instance_key = job.instance_key AND NOT state.suspended",
            [worker, now, now + timedelta(seconds=lease), key, now],
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
