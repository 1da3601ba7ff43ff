"""THE transaction: the one place where the state of a process instance changes. These are its doors.

Each transition is one commit: lock the instance's hot row (`held_instances`), read its pending inputs (`pending_inputs`), step
(`stepping`), write the state, the rows of effects and the journal (`saving`), commit (`committing`); after the commit advance those
instances that this one has reached, and ring Celery for new jobs (`following`).

| door | for | while somebody else holds the instance | while it is suspended |
| --- | --- | --- | --- |
| `deliver`, `group_commit.deliver` | workers, the engine | the input is left to the holder, as a pending one | it waits as a pending one |
| `ask` | people and operators, who want to see what came of it | the caller waits | Conflict |
| `order` | operators; who has which user task | the caller waits | it is taken up before what waits |
| `begin` | whoever starts an instance | | |
| `advance` | whoever has inserted pending inputs | they are left to the holder | they wait |

No input is lost, and no worker waits for a lock: an input that comes while another transaction holds the instance is inserted as
a row of its own and left to the holder, who looks again after its commit (`following.drain`). A step that breaks is rolled back, and
what broke it is set aside with an incident (`set_aside`), so that the rest goes on.

These functions own their transactions: call them outside of one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from engine import clock, definitions, doorbell
from engine.errors import Conflict, NotFound
from engine.failpoints import failpoint
from engine.journal import Given
from engine.models import InstanceStatus, ProcessInstance
from engine.runtime.inputs import Input, Restored, Started
from engine.transition import following, group_commit, held_instances, saving, stepping
from engine.transition.held_instances import Held
from engine.transition.outbox import FollowUps
from engine.transition.rows import instance_rows, pending_inputs
from engine.transition.rows.instance_rows import HotRow
from engine.transition.set_aside import or_keep

logger = logging.getLogger(__name__)

HERE = 20
"""Instances that a process of upkeep advances itself, at most; when it has more of them, all go to the workers."""

Guard = Callable[[], bool]
"""A guard checks and changes the rows that an input answers, inside the transaction. It raises a domain error to refuse the input,
and returns False when there is nothing to do any more.
"""


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

    Returns None when `guard` found that the instance was there before, or when the first step broke and is still to come. With
    `must_be_newest` the function raises `definitions.Outdated`, and saves nothing, when the instance's definition is not the newest
    version or when the first step broke.
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
    """Give an instance an input from a worker or the engine, in one commit with its step if nobody else holds the instance.

    An instance that someone else holds, or that is suspended, gets the input as a pending one: nobody waits. An `item` that is a
    function is called at the beginning of the transaction, and again when the transaction has to be repeated. Raises what `guard`
    and `item` raise.
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


# --- for people and operators ----------------------------------------------------------------------------------------------


def ask(instance_key: int, item: Input, *, by: str, guard: Guard | None = None) -> None:
    """Give an instance a person's input, and return when the instance has taken it up, after all that came before it.

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
    """Give an instance an operator's input, and return when the instance has taken it up. A suspended instance takes it up too,
    before the inputs that wait for it.

    The caller waits for whoever holds the instance. `definition_key` moves the instance to that definition first. Raises NotFound,
    Conflict for an instance that has ended, and what `guard` raises.
    """

    def step_now() -> FollowUps:
        return _step_after_others(_required(instance_key), item, by=by, guard=guard, definition_key=definition_key)

    _carry_out(instance_key, step_now, keep_input=lambda: _enqueue(instance_key, item, by=by, guard=guard))


# --- for whoever has inserted pending inputs -------------------------------------------------------------------------------


def advance(*instance_keys: int) -> None:
    """Take up the pending inputs of these instances until none is left, then those of the instances that they reached.

    The inputs of several instances are taken up in one commit, unless one of them breaks it.
    """
    if len(instance_keys) > 1:
        following.follow(group_commit.take_up(instance_keys))
    else:
        following.follow(FollowUps(instances=list(instance_keys)))


def advance_all(instance_keys: list[int]) -> None:
    """Advance a few instances in this process and leave many to the workers; advance all here when the broker does not answer."""
    if len(instance_keys) <= HERE or not doorbell.ring_instances(instance_keys):
        advance(*instance_keys)


# --- what the doors have in common -----------------------------------------------------------------------------------------


def _carry_out(
    instance_key: int,
    step_now: Callable[[], FollowUps],
    *,
    keep_input: Callable[[], FollowUps],
    reached: FollowUps | None = None,
) -> None:
    """Run the transition, or keep its input when the step breaks. Then follow up what the transition has reached, and what was
    `reached` before.
    """
    reached = reached or FollowUps()
    try:
        reached.add(or_keep(step_now, keep_input, instance_key=instance_key))
    except Exception:
        reached.instances.append(instance_key)  # who came while this transaction held the row has gone away
        raise
    finally:
        following.follow(reached)


def _required(instance_key: int) -> HotRow:
    """Lock the instance, after waiting for whoever holds it. Raises NotFound, and Conflict for one that has ended."""
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
    """Hold the instance and, unless it is suspended, take up the inputs that came before. Returns what is to be done after the
    commit.
    """
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
    """Call the guard of an input that comes too late: it finds its rows gone, and raises the error that says so."""
    if guard is not None:
        guard()


def _enqueue(instance_key: int, given: Input, *, by: str, guard: Guard | None) -> FollowUps:
    """Leave the input to the instance as a pending one, and look at the instance again after the commit, since its holder may have
    looked for the last time.
    """
    if guard is None or guard():
        pending_inputs.enqueue([(instance_key, given)], by=by, now=clock.now())
    return FollowUps(instances=[instance_key])
