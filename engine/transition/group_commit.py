"""A group commit steps several instances in one commit, which costs little more than one instance alone.

When anything breaks, nothing is saved, and each instance is then given its inputs in a commit of its own: no instance suffers by
another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError

from engine import clock, doorbell
from engine.failpoints import failpoint
from engine.journal import Given
from engine.observability import log_context, metrics, tracing
from engine.postgres import transactions
from engine.runtime.inputs import Input
from engine.transition import following, held_instances, saving, stepping
from engine.transition.held_instances import Held
from engine.transition.outbox import FollowUps
from engine.transition.rows import pending_inputs
from engine.transition.rows.instance_rows import HotRow
from engine.transition.rows.job_rows import LeasedJob, NewJob

logger = logging.getLogger(__name__)

SOME = 100
"""Inputs of one instance that are taken up together with those of others, at most; further ones come in the next commit, so that
the others do not wait long.
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An input for an instance, and the trace that its transition goes on with."""

    instance_key: int
    item: Input
    by: str
    trace_context: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A group commit returns the deliveries that still counted, the jobs that their steps opened, and those that were leased in it."""

    deliveries: Sequence[Delivery]
    opened: Sequence[NewJob]
    leased: Sequence[LeasedJob]


def deliver(
    take_out: Callable[[], Sequence[Delivery]], *, claim_next: Callable[[Sequence[NewJob]], Sequence[LeasedJob]]
) -> Delivered:
    """Deliver many inputs to many instances in one commit, as `advance.deliver` does for one.

    `take_out` is the guard: inside the transaction it changes the rows that the inputs answer and returns the deliveries that still
    count. `claim_next` receives the jobs that these steps open, before they are inserted, and may lease some of them. It returns
    all jobs that it has leased: nobody is rung for them.
    """

    def step_all() -> tuple[FollowUps, Delivered]:
        deliveries = take_out()
        found = _by_instance(deliveries)
        rows = held_instances.lock_all_free(list(found))
        stepped = []
        for instance_key, given in found.items():
            row = rows.get(instance_key)
            if row is None or row.suspended:
                _enqueue(given)
            else:
                stepped.append(_stepped_with(row, given))
        failpoint("advance.before_leases")
        opened = [new for held in stepped for new in held.new_jobs()]
        leased = claim_next(opened)
        # who came while this transaction held a row has gone away: look again after the commit
        reached = FollowUps(instances=list(found))
        reached.add(saving.save_all(stepped))
        reached.jobs = _one_a_queue(reached.jobs, but={each.job.key for each in leased})
        failpoint("advance.before_commit")
        return reached, Delivered(deliveries, opened, leased)

    with metrics.TRANSITION_SECONDS.time():
        reached, delivered = transactions.run(step_all)
    reached.instances = sorted(pending_inputs.instances_with_any(reached.instances))
    following.follow(reached)
    return delivered


def take_up(instance_keys: Sequence[int]) -> FollowUps:
    """Take up pending inputs of all these instances in one commit. Returns what is still to be done for them and for the instances
    that they reached.
    """

    def step_all() -> FollowUps:
        failpoint("advance.before_lock")
        stepped = []
        for row in held_instances.lock_all_free(instance_keys).values():
            can_step = row.has_pending and not row.suspended
            given = pending_inputs.take(row.instance.key, SOME) if can_step else []
            if given:
                stepped.append(_stepped(row, given, by=given[0].by))
        reached = saving.save_all(stepped)
        failpoint("advance.before_commit")
        return reached

    try:
        with metrics.TRANSITION_SECONDS.time():
            reached = transactions.run(step_all)
        failpoint("advance.after_taken_up")
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.warning("Inputs of %s instances could not be taken up together", len(instance_keys), exc_info=True)
        reached = FollowUps()
    reached.instances += sorted(pending_inputs.instances_with_any(instance_keys))
    return reached


def _by_instance(deliveries: Sequence[Delivery]) -> dict[int, list[Delivery]]:
    found: dict[int, list[Delivery]] = {}
    for each in deliveries:
        found.setdefault(each.instance_key, []).append(each)
    return found


def _enqueue(deliveries: Sequence[Delivery]) -> None:
    for each in deliveries:
        pending_inputs.enqueue([(each.instance_key, each.item)], by=each.by, now=clock.now())


def _stepped_with(row: HotRow, deliveries: Sequence[Delivery]) -> Held:
    """Step an instance with its pending inputs, and then with its deliveries."""
    earlier = pending_inputs.take(row.instance.key) if row.has_pending else []
    given = [*earlier, *(Given(each.item, each.by) for each in deliveries)]
    return _stepped(row, given, by=deliveries[0].by, parent=deliveries[0].trace_context)


def _stepped(row: HotRow, given: list[Given], *, by: str, parent: str = "") -> Held:
    """Step one of the instances; its transition belongs to the trace `parent`."""
    ids = {"processInstanceKey": str(row.instance.key)}
    with log_context.bound(**ids), tracing.span("transition", parent=parent, attributes=ids):
        held = held_instances.hold(row, by=by)
        stepping.take_up(held, given)
    return held


def _one_a_queue(jobs: Sequence[tuple[int, str]], *, but: set[int]) -> list[tuple[int, str]]:
    """Choose one job of each queue to ring for, none of `but`. One ring is enough: this process goes on until no job is ready, and
    the ring asks one more process to join in.
    """
    return list({doorbell.queue_of(type_): (key, type_) for key, type_ in jobs if key not in but}.values())
