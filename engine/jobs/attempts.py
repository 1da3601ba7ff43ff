"""Each attempt that failed, or whose lease ended, is recorded: what it was given, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine import exact_json
from engine.jobs.leasing import activated
from engine.models import AttemptOutcome, Job, JobAttempt, JobKind

_SHOWN_INPUT = 2_000
"""Characters that the record keeps of a variable's JSON; the rest is cut off, and the record says how many there were."""


def record(
    job: Job,
    outcome: AttemptOutcome,
    *,
    message: str,
    stack_trace: str,
    given: Mapping[str, Any] | None,
    started_at: datetime | None,
    ended_at: datetime,
) -> None:
    """Keep a row for the running attempt of `job`, unless it has one. `given` and `started_at` are None where only the job's own
    row tells them.
    """
    attempt = JobAttempt(
        job_key=job.key,
        instance_key=job.instance_id,
        element_id=job.element_id,
        attempt=job.attempt,
        worker=job.worker,
        started_at=started_at or job.activated_at,
        ended_at=ended_at,
        message=message,
        stack_trace=stack_trace,
        outcome=outcome,
        inputs={name: _shown(value) for name, value in (_seen(job) if given is None else given).items()},
    )
    JobAttempt.objects.bulk_create([attempt], ignore_conflicts=True)


def crashes_of(job: Job) -> int:
    """Count the attempts at a job that ended with its lease: its worker died, or hung."""
    return JobAttempt.objects.filter(job_key=job.key, outcome=AttemptOutcome.LEASE_EXPIRED).count()


def _seen(job: Job) -> Mapping[str, Any]:
    """Return the variables that the attempt has seen: a script's own, else those that its element sees."""
    if job.kind == JobKind.SCRIPT and (own := (job.payload or {}).get("variables")) is not None:
        variables: Mapping[str, Any] = own
        return variables
    [found] = activated.with_variables([job], fetch=None)
    return found.variables


def _shown(value: Any) -> Any:
    text = exact_json.encode_text(value)
    return value if len(text) <= _SHOWN_INPUT else f"{text[:_SHOWN_INPUT]}… ({len(text)} characters)"
