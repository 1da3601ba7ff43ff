"""This module decides which job types may be handed out now, and how many jobs of a type that has limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine import clock, handlers
from engine.handlers import limits as arithmetic
from engine.handlers.limits import JobTypeLimits
from engine.jobs.job_types import effective_limits
from engine.models import Job, JobStatus, JobTypeSettings
from engine.postgres import statements


@dataclass(frozen=True, slots=True)
class Admission:
    """An admission splits the job types that a worker asks for into free and limited ones; suspended types are in neither."""

    free: list[str]
    limited: dict[str, JobTypeLimits]


def of_types(types: Sequence[str]) -> Admission:
    """Return which of these types may be handed out now, and under which limits. Reads one tiny table once."""
    found = statements.rows(
        "SELECT type, suspended_at, rate, concurrency FROM engine_jobtypesettings WHERE type = ANY(%s::text[])",
        [list(types)],
    )
    rows = {row[0]: JobTypeSettings(type=row[0], suspended_at=row[1], rate=row[2], concurrency=row[3]) for row in found}
    free: list[str] = []
    limited: dict[str, JobTypeLimits] = {}
    for job_type in types:
        row = rows.get(job_type)
        if row is not None and row.suspended_at is not None:
            continue
        limits = effective_limits(job_type, row)
        if limits.apply:
            limited[job_type] = limits
        else:
            free.append(job_type)
    return Admission(free, limited)


def limited_by_handlers() -> list[str]:
    """Return the job types whose handlers set a limit."""
    return [name for name, handler in handlers.by_type().items() if handler.limits.apply]


def admit(job_type: str, limits: JobTypeLimits, *, wanted: int) -> int:
    """Return how many jobs of the type may be handed out now, up to `wanted`. For callers inside a transaction, which lease at most
    so many jobs and then call `count`; another caller for the same type waits for its end.
    """
    JobTypeSettings.objects.bulk_create([JobTypeSettings(type=job_type)], ignore_conflicts=True)
    row = JobTypeSettings.objects.select_for_update().get(type=job_type)
    if row.suspended_at is not None:
        return 0
    allowed = wanted
    if limits.rate is not None:
        allowed = min(allowed, arithmetic.admitted(limits.rate, row.free_at, clock.now()))
    if limits.concurrency is not None and allowed > 0:
        running = Job.objects.filter(type=job_type, status=JobStatus.ACTIVATED).count()
        allowed = min(allowed, limits.concurrency - running)
    return max(0, allowed)


def count(job_type: str, limits: JobTypeLimits, number: int) -> None:
    """Charge the type's rate for `number` leased jobs, in the transaction of `admit`."""
    if limits.rate is None or number == 0:
        return
    row = JobTypeSettings.objects.get(type=job_type)
    row.free_at = arithmetic.free_after(limits.rate, row.free_at, clock.now(), number)
    row.save(update_fields=["free_at"])
