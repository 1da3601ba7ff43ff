"""The row of an open job is found, taken out when the job is answered, or its absence is explained."""

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
    """Read the key of the instance of an open job; None when it is not open any more."""
    return Job.objects.filter(key=key).values_list("instance_id", flat=True).first()


def take_out(key: int, *, attempt: int | None, doing: str) -> bool:
    """Delete the row of a job that is answered; returns True. Without `attempt` also one whose lease has ended and nobody else has.

    Raises NotFound when it has ended and Conflict when someone else has it; `doing` says in their texts what was tried.
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
    """Make the error that says that there is no such open job."""
    return NotFound(f"Expected an open job with the key {key}, found none: it never was, or has ended.")


def gone(key: int, doing: str) -> NotFound | Conflict:
    """Make the error that says why a job could not be changed as its leaseholder may: it has ended, or is someone else's."""
    job = Job.objects.filter(key=key).first()
    if job is None:
        return NotFound(f"Expected an open job with the key {key} to {doing}, found none: it has ended.")
    return Conflict(
        f"Expected job {key} to be leased by the caller to {doing} it; its state is {job.status}, attempt {job.attempt}."
    )
