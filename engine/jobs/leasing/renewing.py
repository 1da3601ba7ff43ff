"""A worker that lives renews the leases of its jobs: their ends move to a later moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from engine import clock, exact_json
from engine.actors import ENGINE, Actor
from engine.jobs import open_jobs
from engine.postgres import statements


def heartbeat(key: int, *, attempt: int, lease: float, details: Any = None, by: Actor = ENGINE) -> bool:
    """Renew the lease for `lease` seconds from now and keep `details`, if there are any. False: the lease is lost, or not the actor's."""
    by.require_worker_or_operator("renew leases")
    changes: dict[str, Any] = {"lease_until": clock.now() + timedelta(seconds=lease)}
    if details is not None:
        changes["details"] = exact_json.checked(details, what="the details of a heartbeat")
    return open_jobs.held(key, by=by, attempt=attempt).update(**changes) == 1


def renew(held: Iterable[tuple[int, int]], *, lease: float) -> None:
    """Renew the leases of jobs, given as key and attempt, for `lease` seconds from now, in one statement."""
    pairs = list(held)
    statements.execute(
        "UPDATE engine_job job SET lease_until = %s FROM unnest(%s::bigint[], %s::int[]) AS held(key, attempt)"
        " WHERE job.key = held.key AND job.attempt = held.attempt AND job.status = 'ACTIVATED'",
        [clock.now() + timedelta(seconds=lease), [key for key, _ in pairs], [attempt for _, attempt in pairs]],
    )
