"""Operators suspend, resume and limit a job type. What they set wins over what the handler says."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from engine import clock, doorbell, handlers
from engine.actors import Actor
from engine.errors import InvalidArgument
from engine.handlers.limits import JobTypeLimits, per_second
from engine.models import JobTypeSettings

KEEP: Any = object()
"""A value that stands for a limit that is not to be changed."""
MAX_TYPE = 1_000
"""Characters of a job type, at most; a longer one is refused."""


def suspend(job_type: str, *, by: Actor) -> None:
    """Stop handing out the type's jobs; they do not use up their waiting time either. Jobs that run go on."""
    by.require_operator("suspend job types")
    _change(job_type, {"suspended_at": clock.now()}, by=by)


def resume(job_type: str, *, by: Actor) -> None:
    """Hand the type's jobs out again, and ring for them."""
    by.require_operator("resume job types")
    _change(job_type, {"suspended_at": None}, by=by)
    doorbell.ring_queue(doorbell.queue_of(job_type))


def limit(job_type: str, *, by: Actor, rate: str | float | None = KEEP, concurrency: int | None = KEEP) -> None:
    """Set the limits that hold over all workers; None lets the handler's limit count again. Raises InvalidArgument."""
    by.require_operator("limit job types")
    changes: dict[str, Any] = {}
    try:
        if rate is not KEEP:
            changes["rate"] = None if rate is None else per_second(rate)
        if concurrency is not KEEP:
            changes["concurrency"] = concurrency
        JobTypeLimits(changes.get("rate"), changes.get("concurrency"))
    except ValueError as error:
        raise InvalidArgument(str(error)) from error
    if not changes:
        raise InvalidArgument("Expected a 'rateLimit' or a 'concurrencyLimit', found neither.")
    _change(job_type, changes, by=by)


def effective_limits(job_type: str, row: JobTypeSettings | None) -> JobTypeLimits:
    """Return the limits that count: those that an operator has set in `row`, else the handler's."""
    own = handlers.settings_of(job_type).limits
    if row is None:
        return own
    return JobTypeLimits(
        own.rate if row.rate is None else row.rate, own.concurrency if row.concurrency is None else row.concurrency
    )


def settings_by_type() -> dict[str, JobTypeSettings]:
    """Read what operators have set, by job type; types without a row are left out."""
    return {row.type: row for row in JobTypeSettings.objects.all()}


def _change(job_type: str, changes: dict[str, Any], *, by: Actor) -> None:
    if not job_type or len(job_type) > MAX_TYPE or "\x00" in job_type:
        raise InvalidArgument(f"Expected a job type of 1 to {MAX_TYPE} characters, without NUL.")
    with transaction.atomic(durable=True):
        JobTypeSettings.objects.update_or_create(
            type=job_type, defaults={**changes, "changed_at": clock.now(), "changed_by": by.username}
        )
