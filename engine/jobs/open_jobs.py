"""The row of an open job is found, taken out when the job is answered, or its absence is explained.

Who may answer is said here, once:

| whose job | who may answer |
| --- | --- |
| a script's | the engine alone, by `running.script_execution`, or by failing it |
| leased | the user who was given the lease; of a lease that has ended, while nobody else has leased the job |
| any other than a script's | also an operator, and the engine |
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from engine.actors import ENGINE, Actor
from engine.errors import Conflict, NotFound
from engine.models import Job, JobKind, JobStatus


def require(key: int) -> Job:
    """Read an open job. Raises NotFound."""
    job = Job.objects.filter(key=key).first()
    if job is None:
        raise never_or_ended(key)
    return job


def instance_of(key: int) -> int | None:
    """Return the key of an open job's instance; None when the job is not open any more."""
    return Job.objects.filter(key=key).values_list("instance_id", flat=True).first()


def answerable(key: int, *, by: Actor, attempt: int | None) -> QuerySet[Job]:
    """Choose the job's row, if it waits for an answer that `by` may give. Without `attempt` also one whose lease has ended and that
    nobody else has leased."""
    if attempt is not None:
        return held(key, by=by, attempt=attempt)
    waiting = Job.objects.filter(key=key, status__in=[JobStatus.ACTIVATED, JobStatus.CREATED])
    return waiting.filter(_answered_by(by))


def held(key: int, *, by: Actor, attempt: int | None) -> QuerySet[Job]:
    """Choose the job's row, if it is leased and `by` may answer it. `attempt` None: at any attempt."""
    rows = Job.objects.filter(key=key, status=JobStatus.ACTIVATED)
    if attempt is not None:
        rows = rows.filter(attempt=attempt)
    return rows.filter(_answered_by(by))


def _answered_by(by: Actor) -> Q:
    if by.is_engine:
        return Q()
    for_workers = ~Q(kind=JobKind.SCRIPT)
    if by.may_operate:
        return for_workers
    # leased and by nobody: by a process of the version before, which did not write down whose it is
    return for_workers & (Q(leased_by=by.username) | Q(leased_by=None, status=JobStatus.ACTIVATED))


def take_out(key: int, *, by: Actor, attempt: int | None, doing: str) -> bool:
    """Delete the row of a job that is answered; returns True. Without `attempt` also one whose lease has ended and nobody else has.

    Raises NotFound when it has ended and Conflict when `by` may not answer it; `doing` says in their texts what was tried.
    """
    deleted, _ = answerable(key, by=by, attempt=attempt).exclude(kind=JobKind.SCRIPT).delete()
    if not deleted:
        raise gone(key, doing)
    return True


def take_out_script(key: int, *, attempt: int) -> bool:
    """Delete the row of a script that the engine has run; returns True. Raises NotFound and Conflict as `take_out`."""
    deleted, _ = held(key, by=ENGINE, attempt=attempt).filter(kind=JobKind.SCRIPT).delete()
    if not deleted:
        raise gone(key, "answer")
    return True


def never_or_ended(key: int) -> NotFound:
    """Return the error for a job that has ended or never was."""
    return NotFound(f"Expected an open job with the key {key}, found none: it never was, or has ended.")


def gone(key: int, doing: str) -> NotFound | Conflict:
    """Make the error that says why a job could not be changed as its leaseholder may: it has ended, is someone else's, or a script."""
    job = Job.objects.filter(key=key).first()
    if job is None:
        return NotFound(f"Expected an open job with the key {key} to {doing}, found none: it has ended.")
    if job.kind == JobKind.SCRIPT:
        return Conflict(
            f"Expected a job of job workers to {doing}, found {key}, the script of '{job.element_id}': the engine runs it, and "
            "nobody else answers it. Cancel or modify the process instance to end it."
        )
    return Conflict(
        f"Expected job {key} to be leased by the caller to {doing} it; its state is {job.status}, attempt {job.attempt}. Activate "
        "it first, or let an operator do it."
    )
