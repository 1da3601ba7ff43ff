"""THE transaction: the one place where the state of a process instance changes. These are its doors.

Each transition is one commit: lock the instance's hot row (`held_instances`), read its pending inputs (`pending_inputs`), step
(`stepping`), write the state, the rows of effects and the journal (`saving`), commit (`committing`); after the commit ring Celery, and
advance those instances that this one has reached (`following`).

| door | for | while somebody else holds the instance | while it is suspended |
| --- | --- | --- | --- |
| `deliver`, `deliver_together` | workers, the engine | the input is left to the holder, as a pending one | it waits as a pending one |
| `ask` | people, who want to see what came of it | the caller waits | Conflict |
| `order` | operators | the caller waits | it is taken up before what waits |
| `begin` | whoever starts an instance | | |
| `advance` | whoever has inserted pending inputs | they are left to the holder | they wait |

No input is lost and nobody waits for a lock in vain: an input that comes while another transaction holds the instance is inserted as
a row of its own and left to the holder, who looks again after its commit (`following.drain`). A step that breaks is rolled back, and
what broke it is set aside with an incident (`set_aside`), so that the rest goes on.

These functions own their transactions: call them outside of one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError

from engine import clock, definitions, doorbell
from engine.errors import Conflict, NotFound
from engine.failpoints import failpoint
from engine.journal import Given
from engine.models import InstanceStatus, ProcessInstance
from engine.observability import log_context, metrics, tracing
from engine.postgres import transactions
from engine.runtime.inputs import Input, Restored, Started
from engine.transition import following, held_instances, instance_rows, pending_inputs, saving, stepping
from engine.transition.held_instances import Held
from engine.transition.instance_rows import HotRow
from engine.transition.job_rows import NewJob
from engine.transition.outbox import FollowUps
from engine.transition.set_aside import or_keep

logger = logging.getLogger(__name__)

HERE = 20
"""Instances that a process of upkeep advances itself; when it has more of them, all go to the workers."""
SOME = 100
"""Inputs of one instance that are taken up together with those of others; further ones come after, so that the others do not wait long."""

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


# --- for whoever starts an instance ----------------------------------------------------------------------------------------


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
        stepping.take_up(held, [Given(started, by)])
        saved.append(held.instance)
        return saving.save(held)

    def start_only() -> FollowUps:
        saved.clear()
        if must_be_newest:
            raise definitions.Outdated("The first step broke, perhaps by a version that is not the newest.")
        if guard is None or guard():
            instance_rows.insert([(instance, started)], by=by, now=clock.now())
        return FollowUps(instances=[instance.key])

    follow_ups = or_keep(first_step, start_only, instance_key=instance.key)
    following.follow(follow_ups)
    return saved[0] if saved and not follow_ups.instances else None


# --- for workers -----------------------------------------------------------------------------------------------------------


def deliver(instance_key: int, item: Input | Callable[[], Input], *, by: str, guard: Guard | None = None) -> None:
    """Give an instance what a worker or the engine has for it, in one commit with its step where nobody else holds the instance.

    An instance that someone else holds, or that is suspended, gets the input as a pending one: nobody waits. An `item` that is a
    function is made at the beginning of the transaction, and again when that has to be repeated. Raises what `guard` and `item` raise.
    """

    def made() -> Input:
        return item() if callable(item) else item

    def step_now() -> FollowUps:
        given = made()
        row = held_instances.lock_free(instance_key)
        if row is None or row.suspended:
            return _enqueue(instance_key, given, by=by, guard=guard)
        held, reached = _caught_up(row, by=by)
        if held.ended:
            _let_refuse(guard)
            return reached
        return _step(held, given, by=by, guard=guard, reached=reached)

    _carry_out(instance_key, step_now, keep_input=lambda: _enqueue(instance_key, made(), by=by, guard=guard))


def deliver_together(
    take_out: Callable[[], Sequence[Delivery]], *, lease: Callable[[Sequence[NewJob]], Collection[int]]
) -> None:
    """Deliver many inputs to many instances in one commit (a group commit).

    `take_out` guards: inside the transaction it changes the rows that the inputs answer and returns those deliveries that still
    count. `lease` is given the jobs that these steps open, before they are inserted, and may make leased ones of them; it returns
    the keys of all jobs that the caller has leased: nobody is rung for them. When anything breaks nothing has happened: give each
    input by itself then.
    """

    def step_all() -> FollowUps:
        found: dict[int, list[Delivery]] = {}
        for each in take_out():
            found.setdefault(each.instance_key, []).append(each)
        rows = held_instances.lock_all_free(list(found))
        held_now = []
        for instance_key, deliveries in found.items():
            row = rows.get(instance_key)
            if row is None or row.suspended:
                _enqueue_all(deliveries)
            else:
                held_now.append(_stepped_with(row, deliveries))
        failpoint("advance.before_leases")
        leased = set(lease([new for held in held_now for new in held.new_jobs()]))
        # who came while this transaction held a row has gone away: look again after the commit
        reached = FollowUps(instances=list(found))
        reached.add(saving.save_all(held_now))
        reached.jobs = _one_a_queue([(key, type_) for key, type_ in reached.jobs if key not in leased])
        failpoint("advance.before_commit")
        return reached

    with metrics.TRANSITION_SECONDS.time():
        reached = transactions.run(step_all)
    reached.instances = sorted(pending_inputs.instances_with_any(reached.instances))
    following.follow(reached)


# --- for people and operators ----------------------------------------------------------------------------------------------


def ask(instance_key: int, item: Input, *, by: str, guard: Guard | None = None) -> None:
    """Give an instance what a person has done; it has taken it up when this returns, after all that came before it.

    The caller waits for whoever holds the instance, and `guard` sees the state that those before have left. Raises NotFound,
    Conflict for an instance that is suspended or has ended, and what `guard` raises.
    """

    def step_now() -> FollowUps:
        row = _required(instance_key)
        if row.suspended:
            raise Conflict(f"Expected process instance {instance_key} to run; it is suspended. Resume it first.")
        return _step_after_others(row, item, by=by, guard=guard)

    _carry_out(
        instance_key,
        step_now,
        keep_input=lambda: _enqueue(instance_key, item, by=by, guard=guard),
        reached=following.drain(
            instance_key
        ),  # an input that breaks its step is set aside before this one's turn comes
    )


def order(
    instance_key: int, item: Input, *, by: str, guard: Guard | None = None, definition_key: int | None = None
) -> None:
    """Give an instance an operator's input; it has taken it up when this returns, also when it is suspended: before what waits then.

    The caller waits for whoever holds the instance. `definition_key` moves the instance to that definition first. Raises NotFound,
    Conflict for an instance that has ended, and what `guard` raises.
    """

    def step_now() -> FollowUps:
        return _step_after_others(_required(instance_key), item, by=by, guard=guard, definition_key=definition_key)

    _carry_out(instance_key, step_now, keep_input=lambda: _enqueue(instance_key, item, by=by, guard=guard))


# --- for whoever has inserted pending inputs -------------------------------------------------------------------------------


def advance(*instance_keys: int) -> None:
    """Take up the pending inputs of these instances until none is left, then of those that they reached.

    The inputs of several instances are taken up in one commit, unless one of them breaks it.
    """
    if len(instance_keys) > 1:
        following.follow(_take_up_together(instance_keys))
    else:
        following.follow(FollowUps(instances=list(instance_keys)))


def advance_all(instance_keys: list[int]) -> None:
    """Advance a few instances right here, many by the workers; and all here when the broker does not answer."""
    if len(instance_keys) <= HERE or not doorbell.ring_instances(instance_keys):
        advance(*instance_keys)


def _take_up_together(instance_keys: Sequence[int]) -> FollowUps:
    """Take up inputs of all in one commit; returns what is still to be done for them and for those that they reached."""

    def step_all() -> FollowUps:
        failpoint("advance.before_lock")
        held_now = []
        for row in held_instances.lock_all_free(instance_keys).values():
            can_step = row.has_pending and not row.suspended
            given = pending_inputs.take(row.instance.key, SOME) if can_step else []
            if given:
                held_now.append(_stepped(row, given, by=given[0].by))
        follow_ups = saving.save_all(held_now)
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
    reached.instances += sorted(pending_inputs.instances_with_any(instance_keys))
    return reached


# --- what the doors have in common -----------------------------------------------------------------------------------------


def _carry_out(
    instance_key: int,
    step_now: Callable[[], FollowUps],
    *,
    keep_input: Callable[[], FollowUps],
    reached: FollowUps | None = None,
) -> None:
    """Run the transition, or keep its input when the step breaks; then follow up what it has reached, and what was `reached` before."""
    reached = reached or FollowUps()
    try:
        reached.add(or_keep(step_now, keep_input, instance_key=instance_key))
    except Exception:
        reached.instances.append(instance_key)  # who came while this transaction held the row has gone away
        raise
    finally:
        following.follow(reached)


def _required(instance_key: int) -> HotRow:
    """Lock the instance after whoever holds it. Raises NotFound, Conflict for one that has ended."""
    row = held_instances.lock_waiting(instance_key)
    if row is None:
        raise _refusal(instance_key)
    return row


def _refusal(instance_key: int) -> NotFound | Conflict:
    instance = ProcessInstance.objects.filter(key=instance_key).first()
    if instance is None:
        return NotFound(f"Expected a process instance with the key {instance_key}, found none.")
    status = instance.status if instance.status != InstanceStatus.ACTIVE else InstanceStatus.COMPLETED
    return Conflict(f"Expected process instance {instance_key} to run; its state is {status}.")


def _step_after_others(
    row: HotRow, given: Input, *, by: str, guard: Guard | None, definition_key: int | None = None
) -> FollowUps:
    held, reached = _caught_up(row, by=by)
    if held.ended:
        _let_refuse(guard)
        raise _refusal(row.instance.key)
    return _step(held, given, by=by, guard=guard, reached=reached, definition_key=definition_key)


def _caught_up(row: HotRow, *, by: str) -> tuple[Held, FollowUps]:
    """Hold the instance and take up what came for it before, unless it is suspended; returns what is to be done after the commit."""
    # who came while this transaction held the row has gone away: look again after the commit
    reached = FollowUps(instances=[row.instance.key])
    held = held_instances.hold(row, by=by)
    earlier = pending_inputs.take(row.instance.key) if row.has_pending and not row.suspended else []
    if not earlier:
        return held, reached
    stepping.take_up(held, earlier)
    reached.add(saving.save(held))
    return (held if held.ended else held_instances.hold_again(held, by=by)), reached


def _step(
    held: Held, given: Input, *, by: str, guard: Guard | None, reached: FollowUps, definition_key: int | None = None
) -> FollowUps:
    if guard is not None and not guard():
        return reached
    if definition_key is not None:
        held_instances.move_to(held, definition_key)
    stepping.take_up(held, [Given(given, by)])
    reached.add(saving.save(held))
    return reached


def _let_refuse(guard: Guard | None) -> None:
    """Ask the guard of an input that comes too late: it finds its rows gone, and says so in its own words."""
    if guard is not None:
        guard()


def _enqueue(instance_key: int, given: Input, *, by: str, guard: Guard | None) -> FollowUps:
    """Leave the input to the instance as a pending one; its holder may have looked for the last time, so it is looked at again."""
    if guard is None or guard():
        instance_rows.enqueue([(instance_key, given)], by=by, now=clock.now())
    return FollowUps(instances=[instance_key])


def _enqueue_all(deliveries: Sequence[Delivery]) -> None:
    for each in deliveries:
        instance_rows.enqueue([(each.instance_key, each.item)], by=each.by, now=clock.now())


def _stepped_with(row: HotRow, deliveries: Sequence[Delivery]) -> Held:
    """Step an instance of a group commit, with what came for it before and then with its deliveries."""
    earlier = pending_inputs.take(row.instance.key) if row.has_pending else []
    given = [*earlier, *(Given(each.item, each.by) for each in deliveries)]
    return _stepped(row, given, by=deliveries[0].by, parent=deliveries[0].trace_context)


def _stepped(row: HotRow, given: list[Given], *, by: str, parent: str = "") -> Held:
    """Step one of several instances of a transaction; its transition belongs to the trace `parent`."""
    ids = {"processInstanceKey": str(row.instance.key)}
    with log_context.bound(**ids), tracing.span("transition", parent=parent, attributes=ids):
        held = held_instances.hold(row, by=by)
        stepping.take_up(held, given)
    return held


def _one_a_queue(jobs: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Choose one job a queue to ring for: the caller goes on until nothing is ready, the ring is for one more process to join in."""
    return list({doorbell.queue_of(type_): (key, type_) for key, type_ in jobs}.values())
