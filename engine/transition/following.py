"""After a commit, this module advances the instances that the commit has reached and rings for the new jobs."""

from __future__ import annotations

import time
import traceback
from collections import deque
from functools import partial

from django.db import InterfaceError, OperationalError

from engine import doorbell
from engine.failpoints import failpoint
from engine.transition import held_instances, saving, stepping
from engine.transition.committing import committed
from engine.transition.outbox import FollowUps
from engine.transition.rows import pending_inputs
from engine.transition.set_aside import set_aside

PATIENCE = 1.0
"""Seconds that a process spends on the instances that its commit has reached; those that are left after that go to the workers."""


def follow(follow_ups: FollowUps) -> None:
    """Advance the instances, and those that these reach in turn, for up to `PATIENCE` seconds; then ring for the jobs and for the rest."""
    failpoint("advance.after_commit")
    deadline = time.monotonic() + PATIENCE
    jobs = list(follow_ups.jobs)
    waiting = deque(dict.fromkeys(follow_ups.instances))
    while waiting and time.monotonic() < deadline:
        more = drain(waiting.popleft(), until=deadline)
        jobs += more.jobs
        waiting.extend(key for key in dict.fromkeys(more.instances) if key not in waiting)
    if jobs:
        doorbell.ring_jobs(jobs)
    if waiting:
        doorbell.ring_instances(list(waiting))


def drain(instance_key: int, *, until: float | None = None) -> FollowUps:
    """Take up what waits for the instance, in as many transactions as it needs. Returns what is to be done after them.

    A last look after the last commit closes the gap between "no more inputs" and the release of the lock: whoever inserted an input
    in between found the row locked and went away. When a batch breaks, its inputs are taken up one by one, so that the one that
    breaks its step is found and set aside. After the moment `until` (of `time.monotonic`) the function stops and leaves the
    instance among the follow-ups.
    """
    reached = FollowUps()
    suspect: int | None = None
    while (oldest := pending_inputs.oldest(instance_key)) is not None:
        if until is not None and time.monotonic() > until:
            reached.instances.append(instance_key)
            break
        limit = pending_inputs.BATCH if suspect is None else 1
        try:
            found = take_up_pending(instance_key, limit)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            if suspect is not None:
                set_aside(instance_key, suspect, trace=traceback.format_exc())
            suspect = oldest if suspect is None else None
            continue
        if found is None:
            break
        suspect = None
        reached.add(taken_up(instance_key, found))
    return reached


def take_up_pending(instance_key: int, limit: int) -> FollowUps | None:
    """Take up at most `limit` pending inputs in one transaction. Returns what is to be done after it.

    Returns None when another transaction holds the instance, or when it is suspended or has ended.
    """
    return committed(partial(_step_with_pending, instance_key, limit), instance_key=instance_key)


def taken_up(instance_key: int, found: FollowUps) -> FollowUps:
    """Remove the instance itself from its follow-ups, for a caller that looks at the instance again anyway."""
    failpoint("advance.after_taken_up")
    return FollowUps(jobs=found.jobs, instances=[key for key in found.instances if key != instance_key])


def _step_with_pending(instance_key: int, limit: int) -> FollowUps | None:
    row = held_instances.lock_free(instance_key)
    if row is None or row.suspended:
        return None
    pending = pending_inputs.take(instance_key, limit)
    if not pending:
        return FollowUps()
    held = held_instances.hold(row, by=pending[0].by)
    stepping.take_up(held, pending)
    return saving.save(held)
