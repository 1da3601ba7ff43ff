"""This module gives leases: a ready job becomes ACTIVATED and belongs to one worker until the lease ends. Callers check who may
ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import LiteralString

from django.db import transaction

from engine import clock, exact_json, handlers
from engine.failpoints import failpoint
from engine.jobs.leasing import admission, lanes, suspects
from engine.jobs.leasing.activated import wanted
from engine.jobs.leasing.admission import Admission
from engine.jobs.leasing.asking import FOR_WORKERS, OURS, Asked
from engine.models import Job, JobKind, JobStatus
from engine.postgres import statements
from engine.runtime import visible_variables
from engine.transition.rows import job_rows
from engine.transition.rows.job_rows import LeasedJob, NewJob


def claim(
    types: Sequence[str],
    *,
    worker: str,
    limit: int,
    lease: float,
    by: str = OURS,
    kinds: Sequence[JobKind] = FOR_WORKERS,
    for_timeout: bool = False,
) -> list[Job]:
    """Lease ready jobs, except those that others are just leasing. Jobs of higher priority come first; among one priority every
    process has the same share, however many jobs it has; of one process the oldest come first.

    `by`: the user by whose rights they are leased, OURS for a worker of ours.

    Types with a limit of rate or concurrency are counted in a short transaction each; others cost none.
    """
    return _claim(admission.of_types(types), Asked(worker, lease, by, kinds, for_timeout), limit=limit)


def claim_next(types: Sequence[str], opened: Sequence[NewJob], asked: Asked, *, limit: int) -> list[LeasedJob]:
    """Lease ready jobs as `claim` does, for a worker of ours. When they are fewer than `limit`, also lease jobs that this
    transaction opens, which have no rows yet: the transaction inserts them as leased.

    So jobs that were ready before always come first, whatever their process. An opened job of a type with a limit is left out: it
    is counted when it is claimed. A suspect is leased alone.
    """
    admitted = admission.of_types(types)
    claimed = suspects.alone_if_suspected(_claim(admitted, asked, limit=limit))
    leased = [LeasedJob(job) for job in claimed]
    if any(job.is_suspect for job in claimed):
        return leased
    free, kinds = set(admitted.free), set(asked.kinds)
    fitting = [new for new in opened if new.job.type in free and new.job.kind in kinds and not new.job.on_hold]
    fitting.sort(key=lambda new: (-new.job.priority, new.job.key))
    return leased + [_leased_at_once(new, asked) for new in fitting[: max(0, limit - len(leased))]]


def _leased_at_once(new: NewJob, asked: Asked) -> LeasedJob:
    job = new.job
    job.status = JobStatus.ACTIVATED
    job.attempt += 1
    job.worker = asked.worker
    job.leased_by = asked.by
    job.activated_at = asked.now
    job.lease_until = asked.until
    seen = wanted(visible_variables(new.state, job.element_instance_key), handlers.settings_of(job.type).fetch)
    # as who reads them from the database: numbers in JSON's form, and nothing shared with the state
    job.payload, variables = exact_json.decode(exact_json.encode([job.payload, seen]))
    return LeasedJob(job, variables)


def _claim(admitted: Admission, asked: Asked, *, limit: int) -> list[Job]:
    failpoint("job_leases.before_claim")
    found: list[Job] = []
    for job_type, limits in sorted(admitted.limited.items()):
        with transaction.atomic():  # its lock lasts until the end of the caller's, where there is one; hence the order
            allowed = admission.admit(job_type, limits, wanted=limit - len(found))
            of_type = lanes.claim([job_type], asked, limit=allowed)
            failpoint("job_leases.before_count")
            admission.count(job_type, limits, len(of_type))
        found += of_type
    found += lanes.claim(admitted.free, asked, limit=limit - len(found))
    if found:
        failpoint("job_leases.after_claim")
    return sorted(found, key=lambda job: (-job.priority, job.key))


_CLAIM_ONE: LiteralString = (
    """
UPDATE engine_job SET status = 'ACTIVATED', attempt = attempt + 1, worker = %s, leased_by = %s, activated_at = %s,
  lease_until = %s
WHERE key = %s AND status = 'CREATED' AND NOT on_hold AND available_at <= %s AND type = ANY(%s::text[])
  AND NOT EXISTS (SELECT FROM engine_jobtypesettings settings WHERE settings.type = engine_job.type
    AND (settings.suspended_at IS NOT NULL OR settings.rate IS NOT NULL OR settings.concurrency IS NOT NULL))
RETURNING """
    + job_rows.READ
)


def claim_one(key: int, types: Sequence[str], *, worker: str, lease: float) -> Job | None:
    """Lease the job with this key to a worker of ours, if it is ready, of one of the types and without a limit.

    Without SKIP LOCKED: who claims the same job waits, and finds it taken.
    """
    now = clock.now()
    found = statements.rows(
        _CLAIM_ONE,
        [
            worker,
            OURS,
            now,
            now + timedelta(seconds=lease),
            key,
            now,
            sorted({*types} - {*admission.limited_by_handlers()}),
        ],
    )
    return job_rows.loaded(found[0]) if found else None
