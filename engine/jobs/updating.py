"""An operator or a worker changes an open job: the attempts that it has left, its lease, its priority."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Least

from engine import clock
from engine.actors import Actor
from engine.errors import InvalidArgument
from engine.jobs import open_jobs
from engine.jobs.leasing.asking import check_lease
from engine.models import Job


def update(
    key: int,
    *,
    by: Actor,
    retries: int | None = None,
    lease: float | None = None,
    priority: int | None = None,
    attempt: int | None = None,
) -> None:
    """Change the attempts left, the lease (seconds from now, of a leased job) or the priority; with `attempt` only while that one runs.

    Raises NotFound, Conflict for the lease of a job that is not leased or that `by` may not answer, InvalidArgument.
    """
    by.require_worker_or_operator("change jobs")
    if retries is not None and retries < 1:
        raise InvalidArgument(f"Expected a number of retries from 1 on, found {retries}.")
    if lease is not None:
        check_lease(lease)
    open_jobs.require(key)
    changes: dict[str, Any] = {}
    if retries is not None:
        changes["retries"] = retries
    if priority is not None:
        changes["priority"] = priority
    rows = Job.objects.filter(key=key)
    if lease is not None or attempt is not None:
        rows = open_jobs.held(key, by=by, attempt=attempt)
    if lease is not None:
        # a job without a time-out of its own has no end of the attempt: null, which `Least` leaves out
        end_of_attempt = F("activated_at") + F("timeout") * timedelta(seconds=1)
        changes["lease_until"] = Least(Value(clock.now() + timedelta(seconds=lease)), end_of_attempt)
    if changes and rows.update(**changes) != 1:
        raise open_jobs.gone(key, "change")
