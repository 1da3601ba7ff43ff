"""Commands on job types: suspend, resume, limit. What an operator sets wins over what the handler says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from engine import clock, doorbell, handlers
from engine.actors import Actor
from engine.errors import InvalidArgument
from engine.handlers import limits as job_limits
from engine.handlers.limits import Limits
from engine.models import Job, JobStatus, JobTypeSettings
from engine.postgres import statements

KEEP: Any = object()
"""Of a limit: leave it as it is."""
MAX_TYPE = 1_000


@dataclass(frozen=True, slots=True)
class Admission:
    """Of the job types that a worker asks for: those that are free, and those whose limits count."""

    free: list[str]
    limited: dict[str, Limits]


def suspend(job_type: str, *, by: Actor) -> None:
    """Its jobs are handed out no more, and do not wait out their time; those that run go on."""
    by.require_operator("suspend job types")
    _change(job_type, {"suspended_at": clock.now()}, by=by)


def resume(job_type: str, *, by: Actor) -> None:
    by.require_operator("resume job types")
    _change(job_type, {"suspended_at": None}, by=by)
    doorbell.ring_queue(doorbell.queue_of(job_type))


def limit(job_type: str, *, by: Actor, rate: str | float | None = KEEP, concurrency: int | None = KEEP) -> None:
    """Set the limits over all workers; None gives them back to the handler. Raises InvalidArgument."""
    by.require_operator("limit job types")
    changes: dict[str, Any] = {}
    try:
        if rate is not KEEP:
            changes["rate"] = None if rate is None else job_limits.per_second(rate)
        if concurrency is not KEEP:
            changes["concurrency"] = concurrency
        Limits(changes.get("rate"), changes.get("concurrency"))
    except ValueError as error:
        raise InvalidArgument(str(error)) from error
    if not changes:
        raise InvalidArgument("Expected a 'rateLimit' or a 'concurrencyLimit', found neither.")
    _change(job_type, changes, by=by)


def admission(types: Sequence[str]) -> Admission:
    """Which of these types may be handed out now, and under which limits. One read of a tiny table."""
    found = statements.rows(
        "SELECT type, suspended_at, rate, concurrency FROM engine_jobtypesettings WHERE type = ANY(%s::text[])",
        [list(types)],
    )
    rows = {row[0]: JobTypeSettings(type=row[0], suspended_at=row[1], rate=row[2], concurrency=row[3]) for row in found}
    free: list[str] = []
    limited: dict[str, Limits] = {}
    for job_type in types:
        row = rows.get(job_type)
        if row is not None and row.suspended_at is not None:
            continue
        limits = effective(job_type, row)
        if limits.apply:
            limited[job_type] = limits
        else:
            free.append(job_type)
    return Admission(free, limited)


def effective(job_type: str, row: JobTypeSettings | None) -> Limits:
    own = handlers.settings_of(job_type).limits
    if row is None:
        return own
    return Limits(
        own.rate if row.rate is None else row.rate, own.concurrency if row.concurrency is None else row.concurrency
    )


def limited_by_handlers() -> list[str]:
    return [name for name, handler in handlers.by_type().items() if handler.limits.apply]


def admit(job_type: str, limits: Limits, *, wanted: int) -> int:
    """How many jobs of the type may be handed out now, up to `wanted`. In a transaction: who else asks waits for its end, which
    is to lease so many jobs at most, and to call `count` when it has."""
    JobTypeSettings.objects.bulk_create([JobTypeSettings(type=job_type)], ignore_conflicts=True)
    row = JobTypeSettings.objects.select_for_update().get(type=job_type)
    if row.suspended_at is not None:
        return 0
    allowed = wanted
    if limits.rate is not None:
        allowed = min(allowed, job_limits.admitted(limits.rate, row.free_at, clock.now()))
    if limits.concurrency is not None and allowed > 0:
        running = Job.objects.filter(type=job_type, status=JobStatus.ACTIVATED).count()
        allowed = min(allowed, limits.concurrency - running)
    return max(0, allowed)


def count(job_type: str, limits: Limits, number: int) -> None:
    """So many jobs were leased, in the transaction of `admit`."""
    if limits.rate is None or number == 0:
        return
    row = JobTypeSettings.objects.get(type=job_type)
    row.free_at = job_limits.free_after(limits.rate, row.free_at, clock.now(), number)
    row.save(update_fields=["free_at"])


def settings_by_type(types: Collection[str] | None = None) -> dict[str, JobTypeSettings]:
    rows = JobTypeSettings.objects.all() if types is None else JobTypeSettings.objects.filter(type__in=types)
    return {row.type: row for row in rows}


def _change(job_type: str, changes: dict[str, Any], *, by: Actor) -> None:
    if not job_type or len(job_type) > MAX_TYPE or "\x00" in job_type:
        raise InvalidArgument(f"Expected a job type of 1 to {MAX_TYPE} characters, without NUL.")
    with transaction.atomic(durable=True):
        JobTypeSettings.objects.update_or_create(
            type=job_type, defaults={**changes, "changed_at": clock.now(), "changed_by": by.username}
        )
