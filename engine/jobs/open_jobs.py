"""An open job has a row: this module finds it, deletes it when the job is answered, and explains its absence."""

from __future__ import annotations

from engine.errors import Conflict, NotFound
from engine.models import Job, JobStatus


def require(key: int) -> Job:
    """Read an open job. Raises NotFound."""
    job = Job.objects.filter(key=key).first()
    if job is None:
        raise never_or_ended(key)
    return job


def instance_of(key: int) -> int | None:
    """Return the key of an open job's instance; None when the job is not open any more."""
    return Job.objects.filter(key=key).values_list("instance_id", flat=True).first()


def take_out(key: int, *, attempt: int | None, doing: str) -> bool:
    """Delete the row of a job that is answered, and return True. Without `attempt` this takes a job whose lease has ended too, if
    nobody else has it.

    Raises NotFound when the job has ended and Conflict when someone else has it; `doing` says in their texts what was tried.
    """
    rows = Job.objects.filter(key=key)
    if attempt is None:
        rows = rows.filter(status__in=[JobStatus.ACTIVATED, JobStatus.CREATED])
    else:
        rows = rows.filter(status=JobStatus.ACTIVATED, attempt=attempt)
    deleted, _ = rows.delete()
    if not deleted:
        raise gone(key, doing)
    return True


def never_or_ended(key: int) -> NotFound:
    """Return the error for a job that has ended or never was."""
    return NotFound(f"Expected an open job with the key {key}, found none: it never was, or has ended.")


def gone(key: int, doing: str) -> NotFound | Conflict:
    """Return the error for a job that its caller may not change: it has ended, or someone else has it."""
    job = Job.objects.filter(key=key).first()
    if job is None:
        return NotFound(f"Expected an open job with the key {key} to {doing}, found none: it has ended.")
    return Conflict(
        f"Expected job {key} to be leased by the caller to {doing} it; its state is {job.status}, attempt {job.attempt}."
    )
