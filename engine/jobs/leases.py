"""Leasing jobs to workers: the rows, for `jobs` and `job_runs`, which check who may."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F

from engine import clock, definitions, exact_json, handlers
from engine.failpoints import failpoint
from engine.jobs import job_types
from engine.models import Job, JobKind, JobStatus, JobTypeSettings
from engine.postgres import large_values, statements
from engine.runtime import State, visible_variables
from engine.transition import job_rows
from engine.transition.job_rows import NewJob

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
    variables: Mapping[str, Any]

    @property
    def version(self) -> int:
        return definitions.known(self.job.definition_key).version


@dataclass(frozen=True, slots=True)
class Asked:
    """What a worker asks for: who it is, for how long in seconds, and which kinds. `for_timeout` ends the lease with the job's own
    time-out, where it has a shorter one. `now` names together what is leased together."""

    worker: str
    lease: float
    kinds: Sequence[JobKind] = FOR_WORKERS
    for_timeout: bool = False
    now: datetime = field(default_factory=lambda: clock.now())


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
    same share, however many jobs it has; of one process the oldest first.

    Types with a limit of rate or concurrency are counted in a short transaction each; others cost none.
    """
    return _claim(job_types.admission(types), Asked(worker, lease, kinds, for_timeout), limit=limit)


def claim_or_adopt(types: Sequence[str], opened: Sequence[NewJob], asked: Asked, *, limit: int) -> list[Leased]:
    """Lease ready jobs as `claim` does, for a worker of ours; where they are fewer than `limit`, also of those that this
    transaction opens, which have no rows yet: they are to be inserted as leased.

    So what was ready before always goes first, of whatever process. A job of a type with a limit is not adopted: it is counted when it
    is claimed. A suspect is leased alone.
    """
    admission = job_types.admission(types)
    claimed = alone_if_suspected(_claim(admission, asked, limit=limit))
    leased = [Leased(job) for job in claimed]
    if any(job.is_suspect for job in claimed):
        return leased
    free, kinds = set(admission.free), set(asked.kinds)
    fitting = [new for new in opened if new.job.type in free and new.job.kind in kinds and not new.job.on_hold]
    fitting.sort(key=lambda new: (-new.job.priority, new.job.key))
    return leased + [_adopted(new, asked) for new in fitting[: max(0, limit - len(leased))]]


@dataclass(frozen=True, slots=True)
class Leased:
    job: Job
    variables: Mapping[str, Any] | None = None
    """Those that its handler wants. None: still to be read, after the commit."""


def _adopted(new: NewJob, asked: Asked) -> Leased:
    job = new.job
    job.status = JobStatus.ACTIVATED
    job.attempt += 1
    job.worker = asked.worker
    job.activated_at = asked.now
    job.lease_until = asked.now + timedelta(seconds=asked.lease)
    fetch = handlers.settings_of(job.type).fetch
    seen = _wanted(visible_variables(new.state, job.element_instance_key), fetch)
    # as who reads them from the database: numbers in JSON's form, and nothing shared with the state
    job.payload, variables = exact_json.decode(exact_json.encode([job.payload, seen]))
    return Leased(job, variables)


def _claim(admission: job_types.Admission, asked: Asked, *, limit: int) -> list[Job]:
    failpoint("job_leases.before_claim")
    found: list[Job] = []
    for job_type, limits in sorted(admission.limited.items()):
        with transaction.atomic():  # its lock lasts until the end of the caller's, where there is one; hence the order
            allowed = job_types.admit(job_type, limits, wanted=limit - len(found))
            of_type = _claim_by_lanes([job_type], asked, limit=allowed)
            failpoint("job_leases.before_count")
            job_types.count(job_type, limits, len(of_type))
        found += of_type
    found += _claim_by_lanes(admission.free, asked, limit=limit - len(found))
    if found:
        failpoint("job_leases.after_claim")
    return sorted(found, key=lambda job: (-job.priority, job.key))


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
WHERE key = ANY(ARRAY(SELECT key FROM ready)) AND status = 'CREATED' RETURNING
"""


def _claim_by_lanes(types: Sequence[str], asked: Asked, *, limit: int) -> list[Job]:
    """From lanes of the highest priority, chosen by lot, each its share of what is wanted; until there is enough, or no more."""
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
                "lease": float(asked.lease),
                "for_timeout": asked.for_timeout,
            }
            found += map(job_rows.loaded, statements.rows(_CLAIM_IN_A_LANE + job_rows.COLUMNS, share))
        if len(found) == before:
            break  # there are none, or others are just leasing them
    return found


_CLAIM_ONE = """
UPDATE engine_job SET status = 'ACTIVATED', attempt = attempt + 1, worker = %s, activated_at = %s, lease_until = %s
WHERE key = %s AND status = 'CREATED' AND NOT on_hold AND available_at <= %s AND type <> ALL(%s::text[])
  AND NOT EXISTS (SELECT FROM engine_jobtypesettings settings WHERE settings.type = engine_job.type
    AND (settings.suspended_at IS NOT NULL OR settings.rate IS NOT NULL OR settings.concurrency IS NOT NULL))
RETURNING
"""


def claim_one(key: int, *, worker: str, lease: float) -> Job | None:
    """Lease the job with this key if it is ready and its type has no limit. Without SKIP LOCKED: who claims the same job waits, and
    finds it taken."""
    now = clock.now()
    found = statements.rows(
        _CLAIM_ONE + job_rows.COLUMNS,
        [worker, now, now + timedelta(seconds=lease), key, now, job_types.limited_by_handlers()],
    )
    return job_rows.loaded(found[0]) if found else None


def with_variables(found: Sequence[Job], *, fetch: Iterable[str] | None) -> list[ActivatedJob]:
    """The jobs with the variables that their elements see, or those of `fetch`; one read an instance."""
    states = _states({job.instance_id for job in found})
    return [ActivatedJob(job, _seen(job, states, fetch)) for job in found]


def with_handlers_variables(found: Sequence[Leased]) -> list[ActivatedJob]:
    """The jobs with the variables that their handlers want, in the same order; one read for all that still have to be read."""
    states = _states({each.job.instance_id for each in found if each.variables is None})
    return [
        ActivatedJob(
            each.job,
            _seen(each.job, states, handlers.settings_of(each.job.type).fetch)
            if each.variables is None
            else each.variables,
        )
        for each in found
    ]


def _states(instance_keys: set[int]) -> dict[int, State]:
    if not instance_keys:
        return {}
    rows = statements.rows(
        "SELECT instance_key, data::text FROM engine_instancestate"
        " WHERE instance_key = ANY(%s::bigint[]) AND data IS NOT NULL",
        [list(instance_keys)],
    )
    return {key: State.from_json(large_values.decode(data)) for key, data in rows}


def _seen(job: Job, states: Mapping[int, State], fetch: Iterable[str] | None) -> dict[str, Any]:
    state = states.get(job.instance_id)  # None: it ended since; the answer will be refused
    return {} if state is None else _wanted(visible_variables(state, job.element_instance_key), fetch)


def _wanted(variables: Mapping[str, Any], fetch: Iterable[str] | None) -> dict[str, Any]:
    if fetch is None:
        return dict(variables)
    return {name: variables[name] for name in dict.fromkeys(fetch) if name in variables}


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
    statements.execute(
        "UPDATE engine_job job SET lease_until = %s FROM unnest(%s::bigint[], %s::int[]) AS held(key, attempt)"
        " WHERE job.key = held.key AND job.attempt = held.attempt AND job.status = 'ACTIVATED'",
        [clock.now() + timedelta(seconds=lease), [key for key, _ in pairs], [attempt for _, attempt in pairs]],
    )
