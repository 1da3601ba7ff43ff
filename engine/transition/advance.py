"""THE transaction: the one place where the state of a process instance changes.

lock the instance's hot row, read its pending inputs, `step`, carry out the effects as rows, append to the journal, save the
state, commit; after the commit ring Celery, and advance those instances that this one has reached.

No input is lost and nobody waits for a lock in vain: an input that comes while another transaction holds the instance is
inserted as a row of its own and left to the holder, who looks again after its commit (`_drain`). A step that breaks is rolled
back, and what broke it is set aside with an incident (`_set_aside`), so that the rest goes on.

These functions own their transactions: call them outside of one.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from django.db import InterfaceError, OperationalError, transaction

from engine import clock, definitions, doorbell
from engine.errors import Conflict, EngineError, NotFound
from engine.failpoints import failpoint
from engine.journal import Given
from engine.models import Incident, InstanceStatus, PendingInput, ProcessInstance
from engine.observability import log_context, metrics, tracing
from engine.postgres import keys, transactions
from engine.runtime.effects import IncidentType
from engine.runtime.inputs import Input, Restored, Started
from engine.transition import held_instances, instance_rows
from engine.transition.held_instances import Held
from engine.transition.instance_rows import HotRow
from engine.transition.job_rows import LeasedJob, NewJob
from engine.transition.outbox import FollowUps

logger = logging.getLogger(__name__)
T = TypeVar("T")

PATIENCE = 1.0
"""Seconds after which further instances are left to the workers."""
HERE = 20
"""Instances that a process of upkeep advances itself at most; further ones are left to the workers."""
SOME = 100
"""Inputs of one instance that are taken up at most together with those of others, so that these do not wait for long."""
MOST_DEATHS = 3
"""Tries at an input that was left behind, after which it is taken for one that kills whoever takes it up."""

Guard = Callable[[], bool]
"""Checks and changes the rows that an input answers, inside the transaction. Raises a domain error to refuse the input;
returns False when there is nothing to do any more."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An input for an instance, and the trace that its transition goes on with."""

    instance_key: int
    item: Input
    by: str
    trace_context: str = ""


@dataclass(frozen=True, slots=True)
class DeliveredTogether:
    """What came of a group commit: the deliveries that still counted, the jobs that their steps opened, those that were leased in it."""

    delivered: Sequence[Delivery]
    opened: Sequence[NewJob]
    leased: Sequence[LeasedJob]


# --- the doors -----------------------------------------------------------------------------------------------------------


def advance(*instance_keys: int) -> None:
    """Take up the pending inputs of these instances until none is left, then of those that they reached; of several instances in one
    commit, unless one of them breaks it."""
    if len(instance_keys) > 1:
        _follow(_take_up_together(instance_keys))
    else:
        _follow(FollowUps(instances=list(instance_keys)))


def advance_all(instance_keys: list[int]) -> None:
    """Advance instances: a few right here, many by the workers, and all here when the broker does not answer."""
    if len(instance_keys) <= HERE or not doorbell.ring_instances(instance_keys):
        advance(*instance_keys)


def _take_up_together(instance_keys: Sequence[int]) -> FollowUps:
    """Returns what is still to be done for them and for those that they reached."""

    def step_all() -> FollowUps:
        failpoint("advance.before_lock")
        held_now = []
        for row in held_instances.lock_all(instance_keys).values():
            given = held_instances.pending(row.instance.key, SOME) if row.has_pending and not row.suspended else []
            if given:
                held_now.append(_stepped(row, given, by=given[0].by))
        follow_ups = held_instances.save_all(held_now)
        failpoint("advance.before_commit")
        return follow_ups

    try:
        with metrics.TRANSITION_SECONDS.time():
            reached = transactions.run(step_all)
        failpoint("advance.after_taken_up")
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.warning("Inputs of %s instances could not be taken up together", len(instance_keys), exc_info=True)
        reached = FollowUps()
    reached.instances += sorted(held_instances.with_pending(instance_keys))
    return reached


def advance_left(*instance_keys: int) -> None:
    """As `advance`, for inputs that somebody left behind, perhaps by dying of them: each try is counted before it is made, and an input
    that `MOST_DEATHS` tries did not survive is set aside with an incident."""
    reached = FollowUps()
    for instance_key in instance_keys:
        reached.add(_take_up_left(instance_key))
    _follow(reached)


def _take_up_left(instance_key: int) -> FollowUps:
    reached = FollowUps()
    begun: held_instances.Try | None = None
    try:
        with held_instances.taken_up_alone(instance_key) as alone:
            while alone and (begun := held_instances.begin_try(instance_key)) is not None:
                if begun.tries >= MOST_DEATHS:
                    trace = f"{MOST_DEATHS} processes that took it up have died of it."
                    _set_aside(instance_key, begun.oldest, trace=trace)
                    continue
                try:
                    found = _committed(partial(_take_up_pending, instance_key, begun.limit), instance_key=instance_key)
                except (OperationalError, InterfaceError):
                    raise
                except Exception:
                    if begun.limit == 1:
                        _set_aside(instance_key, begun.oldest, trace=traceback.format_exc())
                    continue
                if found is None:
                    break
                failpoint("advance.after_taken_up")
                reached.jobs += found.jobs
                reached.instances += [key for key in found.instances if key != instance_key]
    except (OperationalError, InterfaceError):
        if begun is not None:
            held_instances.forget_try(begun)  # the database's fault, not the input's
        raise
    return reached


def begin(
    instance: ProcessInstance,
    started: Started | Restored,
    *,
    by: str,
    guard: Guard | None = None,
    must_be_newest: bool = False,
) -> ProcessInstance | None:
    """Save a new instance together with its first step, in one commit, and return it as it was saved.

    None: `guard` knew that it was there before, or the first step broke and is still to come. With `must_be_newest` nothing happens
    and `definitions.Outdated` is raised when its definition is not the newest version, or when the first step broke.
    """
    saved: list[ProcessInstance] = []
    failpoint("advance.before_begin")

    def first_step() -> FollowUps:
        saved.clear()
        if guard is not None and not guard():
            return FollowUps()
        held = held_instances.hold_new(instance, by=by, must_be_newest=must_be_newest)
        held_instances.take_up(held, [Given(started, by)])
        saved.append(held.instance)
        return held_instances.save(held)

    def start_only() -> FollowUps:
        saved.clear()
        if must_be_newest:
            raise definitions.Outdated("The first step broke, perhaps by a version that is not the newest.")
        if guard is None or guard():
            instance_rows.insert([(instance, started)], by=by, now=clock.now())
        return FollowUps(instances=[instance.key])

    follow_ups = _or_set_aside(first_step, start_only, instance_key=instance.key)
    _follow(follow_ups)
    return saved[0] if saved and not follow_ups.instances else None


def ask(instance_key: int, item: Input, *, by: str, guard: Guard | None = None) -> None:
    _deliver(instance_key, item, by=by, guard=guard, wait=True)


def order(
    instance_key: int, item: Input, *, by: str, guard: Guard | None = None, definition_key: int | None = None
) -> None:
    _deliver(instance_key, item, by=by, guard=guard, wait=True, even_suspended=True, definition_key=definition_key)


def deliver(instance_key: int, item: Input | Callable[[], Input], *, by: str, guard: Guard | None = None) -> None:
    _deliver(instance_key, item, by=by, guard=guard)


def _deliver(
    instance_key: int,
    item: Input | Callable[[], Input],
    *,
    by: str,
    guard: Guard | None = None,
    wait: bool = False,
    even_suspended: bool = False,
    definition_key: int | None = None,
) -> None:
    """Give an input to an instance and advance it, in one commit where nobody else holds the instance.

    Without `wait` an instance that someone else holds gets the input as a pending one, which the holder takes up: so do job
    workers. With `wait` the input is taken up when this returns, after all that came before it, and a `guard` sees the state
    that they left: so do people. `even_suspended` gives it to a suspended instance before what waits there.
    `definition_key` migrates the instance to that definition. An `item` that is a function is made at the beginning of the
    transaction, and again when that has to be repeated. Raises NotFound, Conflict, and what `guard` and `item` raise.
    """

    def made() -> Input:
        return item() if callable(item) else item

    def step_now() -> FollowUps:
        given = made()
        row = held_instances.lock(instance_key, wait=wait)
        if row is None:
            return _enqueue(given) if not wait else _refuse_ended(instance_key)
        if row.suspended and not even_suspended:
            if wait:
                raise Conflict(f"Expected process instance {instance_key} to run; it is suspended. Resume it first.")
            return _enqueue(given)
        # who came while this transaction held the row has gone away: look again after the commit
        earlier = FollowUps(instances=[instance_key])
        held = held_instances.hold(row, by=by)
        pending = held_instances.pending(instance_key) if row.has_pending and not row.suspended else []
        if pending:
            held_instances.take_up(held, pending)
            earlier.add(held_instances.save(held))
            if held.ended:
                return _too_late(earlier)
            held = held_instances.hold_again(held, by=by)
        if guard is not None and not guard():
            return earlier
        if definition_key is not None:
            held_instances.move_to(held, definition_key)
        held_instances.take_up(held, [Given(given, by)])
        earlier.add(held_instances.save(held))
        return earlier

    def _too_late(earlier: FollowUps) -> FollowUps:
        if guard is not None:
            guard()  # finds its rows gone and refuses
        if wait:
            _refuse_ended(instance_key)
        return earlier

    def _enqueue(given: Input) -> FollowUps:
        if guard is None or guard():
            instance_rows.enqueue([(instance_key, given)], by=by, now=clock.now())
        return FollowUps(instances=[instance_key])

    def enqueue_only() -> FollowUps:
        return _enqueue(made())

    reached = FollowUps()
    if wait and not even_suspended:
        reached = _drain(instance_key)  # an input that breaks its step is set aside before this one's turn comes
    try:
        reached.add(_or_set_aside(step_now, enqueue_only, instance_key=instance_key))
    except Exception:
        reached.instances.append(instance_key)  # who came while this transaction held the row has gone away
        raise
    finally:
        _follow(reached)


def deliver_together(
    take_out: Callable[[], Sequence[Delivery]], *, claim_next: Callable[[Sequence[NewJob]], Sequence[LeasedJob]]
) -> DeliveredTogether:
    """A group commit: what `deliver` does for one input without `wait`, for many inputs of many instances in one transaction.

    `take_out` guards: inside the transaction it changes the rows that the inputs answer and returns those deliveries that still
    count. `claim_next` is given the jobs that these steps open, before they are inserted, and may make leased ones of them; it returns
    all jobs that it has leased: nobody is rung for them. When anything breaks nothing has happened: give each input by itself then.
    """

    def step_all() -> tuple[FollowUps, DeliveredTogether]:
        delivered = take_out()
        found: dict[int, list[Delivery]] = {}
        for each in delivered:
            found.setdefault(each.instance_key, []).append(each)
        rows = held_instances.lock_all(list(found))
        # who came while this transaction held a row has gone away: look again after the commit
        follow_ups = FollowUps(instances=list(found))
        held_now = []
        for instance_key, deliveries in found.items():
            row = rows.get(instance_key)
            if row is None or row.suspended:
                for each in deliveries:
                    instance_rows.enqueue([(instance_key, each.item)], by=each.by, now=clock.now())
                continue
            earlier = held_instances.pending(instance_key) if row.has_pending else []
            given = [*earlier, *(Given(each.item, each.by) for each in deliveries)]
            first = deliveries[0]
            held_now.append(_stepped(row, given, by=first.by, parent=first.trace_context))
        failpoint("advance.before_leases")
        opened = [new for held in held_now for new in held.new_jobs()]
        leased = claim_next(opened)
        leased_keys = {each.job.key for each in leased}
        follow_ups.add(held_instances.save_all(held_now))
        # one ring a queue: the caller goes on until nothing is ready, this is for one more process to join in
        not_leased = {
            doorbell.queue_of(type_): (key, type_) for key, type_ in follow_ups.jobs if key not in leased_keys
        }
        follow_ups.jobs = list(not_leased.values())
        failpoint("advance.before_commit")
        return follow_ups, DeliveredTogether(delivered, opened, leased)

    with metrics.TRANSITION_SECONDS.time():
        reached, together = transactions.run(step_all)
    reached.instances = sorted(held_instances.with_pending(reached.instances))
    _follow(reached)
    return together


def _stepped(row: HotRow, given: list[Given], *, by: str, parent: str = "") -> Held:
    """One of several instances of a transaction; its transition belongs to the trace `parent`."""
    ids = {"processInstanceKey": str(row.instance.key)}
    with log_context.bound(**ids), tracing.span("transition", parent=parent, attributes=ids):
        held = held_instances.hold(row, by=by)
        held_instances.take_up(held, given)
    return held


def follow(follow_ups: FollowUps) -> None:
    """After a commit: ring for the jobs and advance the instances."""
    _follow(follow_ups)


# --- after the commit ----------------------------------------------------------------------------------------------------


def _follow(follow_ups: FollowUps) -> None:
    failpoint("advance.after_commit")
    deadline = time.monotonic() + PATIENCE
    jobs = list(follow_ups.jobs)
    waiting = deque(dict.fromkeys(follow_ups.instances))
    while waiting and time.monotonic() < deadline:
        more = _drain(waiting.popleft(), until=deadline)
        jobs += more.jobs
        waiting.extend(key for key in dict.fromkeys(more.instances) if key not in waiting)
    if jobs:
        doorbell.ring_jobs(jobs)
    if waiting:
        doorbell.ring_instances(list(waiting))


def _drain(instance_key: int, *, until: float | None = None) -> FollowUps:
    """Take up pending inputs in as many transactions as it needs.

    Looking again after the last commit closes the gap between "no more inputs" and the release of the lock: who inserted one
    in between found the row locked and went away.
    """
    reached = FollowUps()
    suspect: int | None = None
    while (oldest := held_instances.oldest_pending(instance_key)) is not None:
        if until is not None and time.monotonic() > until:
            reached.instances.append(instance_key)
            break
        limit = held_instances.BATCH if suspect is None else 1
        try:
            found = _committed(partial(_take_up_pending, instance_key, limit), instance_key=instance_key)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            if suspect is not None:
                _set_aside(instance_key, suspect, trace=traceback.format_exc())
            suspect = oldest if suspect is None else None  # one by one, to find the input that breaks the step
            continue
        if found is None:
            break
        failpoint("advance.after_taken_up")
        suspect = None
        reached.jobs += found.jobs
        reached.instances += [key for key in found.instances if key != instance_key]
    return reached


def _take_up_pending(instance_key: int, limit: int) -> FollowUps | None:
    """In a transaction. None when another one holds the instance, it is suspended, or it has ended."""
    row = held_instances.lock(instance_key, wait=False)
    if row is None or row.suspended:
        return None
    pending = held_instances.pending(instance_key, limit)
    if not pending:
        return FollowUps()
    held = held_instances.hold(row, by=pending[0].by)
    held_instances.take_up(held, pending)
    return held_instances.save(held)


def _or_set_aside(
    step_now: Callable[[], FollowUps], enqueue_only: Callable[[], FollowUps], *, instance_key: int
) -> FollowUps:
    """Run `step_now` in a transaction. When the step itself breaks, keep its input as a pending one, where the step is tried
    once more and then set aside."""
    try:
        return _committed(step_now, instance_key=instance_key)
    except (EngineError, OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("A step broke; its input is kept and will be set aside if it breaks again")
        return _committed(enqueue_only, instance_key=instance_key)


def _committed(work: Callable[[], T], *, instance_key: int) -> T:
    def all_of_it() -> T:
        result = work()
        failpoint("advance.before_commit")
        return result

    ids = {"processInstanceKey": str(instance_key)}
    with (
        log_context.bound(**ids),
        tracing.span("transition", attributes=ids),
        metrics.TRANSITION_SECONDS.time(),
    ):
        return transactions.run(all_of_it)


# --- inside the transaction ------------------------------------------------------------------------------------------------


def _refuse_ended(instance_key: int) -> FollowUps:
    instance = ProcessInstance.objects.filter(key=instance_key).first()
    if instance is None:
        raise NotFound(f"Expected a process instance with the key {instance_key}, found none.")
    status = instance.status if instance.status != InstanceStatus.ACTIVE else InstanceStatus.COMPLETED
    raise Conflict(f"Expected process instance {instance_key} to run; its state is {status}.")


def _set_aside(instance_key: int, input_id: int, *, trace: str) -> None:
    """The pending input breaks its step: mark it and raise an incident on the instance. The last line of `trace` is the reason."""
    metrics.STEPS_BROKEN.inc()
    logger.error("A step of process instance %s broke; its input is set aside\n%s", instance_key, trace)
    with transaction.atomic(durable=True):
        row = held_instances.lock(instance_key, wait=True)
        culprit = PendingInput.objects.filter(id=input_id, incident_key=None).first()
        if row is None or culprit is None:
            return
        incident = Incident.objects.create(
            key=keys.take_one(),
            instance_key=instance_key,
            definition_key=row.definition_key,
            process_id=row.instance.process_id,
            element_id=row.instance.process_id,
            element_instance_key=instance_key,
            type=IncidentType.UNKNOWN,
            message=f"The engine could not take up the input {culprit.input!s:.200}: {trace.strip().splitlines()[-1]:.500}",
            stack_trace=trace,
            created_at=clock.now(),
            in_state=False,
        )
        culprit.incident_key = incident.key
        culprit.save(update_fields=["incident_key"])
        failpoint("advance.before_set_aside")
    failpoint("advance.after_set_aside")
