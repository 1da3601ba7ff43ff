"""THE transaction: the one place where the state of a process instance changes.

lock the instance's hot row, read its pending inputs, `step`, carry out the effects as rows, append to the journal, save the
state, commit; after the commit ring Celery, and advance those instances that this one has reached.

No input is lost and nobody waits for a lock in vain: an input that comes while another transaction holds the instance is
inserted as a row of its own and left to the holder, who looks again after its commit (`_drain`). A step that breaks is rolled
back, and what broke it is set aside with an incident (`_set_aside`), so that the rest goes on.

These functions own their transactions: call them outside of one.
"""

from __future__ import annotations

import copy
import logging
import time
import traceback
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

from engine import (
    actors,
    clock,
    definitions,
    doorbell,
    effect_carriers,
    exact_json,
    instance_rows,
    journal,
    keys,
    large_values,
    log_context,
    metrics,
    tracing,
    transactions,
)
from engine.errors import Conflict, EngineError, NotFound
from engine.failpoints import failpoint
from engine.journal import Given
from engine.models import Incident, InstanceState, InstanceStatus, JournalEntry, PendingInput, ProcessInstance
from engine.outbox import FollowUps, Outbox, flush
from engine.runtime import State, codec, step
from engine.runtime.effects import IncidentType
from engine.runtime.history import Fact, InputIgnored
from engine.runtime.inputs import Input, KeysGranted, MessageArrived, Restored, Started

logger = logging.getLogger(__name__)
T = TypeVar("T")

BATCH = 10_000
"""Pending inputs that one transaction takes up at most: each batch writes the whole state once, so few large ones cost less."""
BATCH_BYTES = 16 * 1024 * 1024
"""The same in bytes of their JSON, so that large variables do not fill the memory; one input is always taken."""
ROUNDS = 100
"""Steps of one transaction at most: beyond it a loop over decisions goes on in the next one."""
PATIENCE = 1.0
"""Seconds after which further instances are left to the workers."""

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


@dataclass(slots=True)
class _Held:
    """An instance that this transaction has locked or made."""

    instance: ProcessInstance
    definition_key: int
    state: State
    sequence: int
    is_new: bool
    now: datetime
    outbox: Outbox
    entries: list[JournalEntry] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.outbox.end is not None


# --- the doors -----------------------------------------------------------------------------------------------------------


def advance(*instance_keys: int) -> None:
    """Take up the pending inputs of these instances until none is left, then of those that they reached."""
    _follow(FollowUps(instances=list(instance_keys)))


def begin(
    instance: ProcessInstance, started: Started | Restored, *, by: str, guard: Guard | None = None
) -> ProcessInstance | None:
    """Save a new instance together with its first step, in one commit, and return it as it was saved.

    None: `guard` knew that it was there before, or the first step broke and is still to come.
    """
    saved: list[ProcessInstance] = []

    def first_step() -> FollowUps:
        saved.clear()
        if guard is not None and not guard():
            return FollowUps()
        held = _held_new(instance, by=by)
        _take_up(held, [Given(started, by)])
        saved.append(held.instance)
        return _save(held)

    def start_only() -> FollowUps:
        saved.clear()
        if guard is None or guard():
            instance_rows.insert([(instance, started)], by=by, now=clock.now())
        return FollowUps(instances=[instance.key])

    follow_ups = _or_set_aside(first_step, start_only, instance_key=instance.key)
    _follow(follow_ups)
    return saved[0] if saved and not follow_ups.instances else None


def deliver(
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
        row = _lock(instance_key, wait=wait)
        if row is None:
            return _enqueue(given) if not wait else _refuse_ended(instance_key)
        if row.suspended and not even_suspended:
            if wait:
                raise Conflict(f"Expected process instance {instance_key} to run; it is suspended. Resume it first.")
            return _enqueue(given)
        # who came while this transaction held the row has gone away: look again after the commit
        earlier = FollowUps(instances=[instance_key])
        held = _held(row, by=by)
        pending = [] if row.suspended else _pending(instance_key, BATCH)
        if pending:
            _take_up(held, pending)
            earlier.add(_save(held))
            if held.ended:
                return _too_late(earlier)
            held = _held_again(held, by=by)
        if guard is not None and not guard():
            return earlier
        if definition_key is not None:
            _move_to(held, definition_key)
        _take_up(held, [Given(given, by)])
        earlier.add(_save(held))
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
    finally:
        _follow(reached)


def deliver_together(take_out: Callable[[], Sequence[Delivery]], *, and_then: Callable[[], Collection[int]]) -> None:
    """A group commit: what `deliver` does for one input without `wait`, for many inputs of many instances in one transaction.

    `take_out` guards: inside the transaction it changes the rows that the inputs answer and returns those deliveries that still
    count. `and_then` runs before the commit and returns the keys of jobs that the caller has leased there: nobody is rung for
    them. When anything breaks nothing has happened: give each input by itself then.
    """

    def step_all() -> FollowUps:
        found: dict[int, list[Delivery]] = {}
        for each in take_out():
            found.setdefault(each.instance_key, []).append(each)
        rows = _lock_all(list(found))
        # who came while this transaction held a row has gone away: look again after the commit
        follow_ups = FollowUps(instances=list(found))
        waiting = _with_pending(list(rows))
        held_now = []
        for instance_key, deliveries in found.items():
            row = rows.get(instance_key)
            if row is None or row.suspended:
                for each in deliveries:
                    instance_rows.enqueue([(instance_key, each.item)], by=each.by, now=clock.now())
                continue
            ids = {"processInstanceKey": str(instance_key)}
            with (
                log_context.bound(**ids),
                tracing.span("transition", parent=deliveries[0].trace_context, attributes=ids),
            ):
                held = _held(row, by=deliveries[0].by)
                earlier = _pending(instance_key, BATCH) if instance_key in waiting else []
                _take_up(held, [*earlier, *(Given(each.item, each.by) for each in deliveries)])
            held_now.append(held)
        follow_ups.add(_save_all(held_now))
        failpoint("advance.before_leases")
        leased = set(and_then())
        # one ring a queue: the caller goes on until nothing is ready, this is for one more process to join in
        not_leased = {doorbell.queue_of(type_): (key, type_) for key, type_ in follow_ups.jobs if key not in leased}
        follow_ups.jobs = list(not_leased.values())
        failpoint("advance.before_commit")
        return follow_ups

    with metrics.TRANSITION_SECONDS.time():
        reached = transactions.run(step_all)
    reached.instances = sorted(_with_pending(reached.instances))
    _follow(reached)


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
    while (oldest := _oldest_pending(instance_key)) is not None:
        if until is not None and time.monotonic() > until:
            reached.instances.append(instance_key)
            break
        limit = BATCH if suspect is None else 1
        try:
            found = _committed(partial(_take_up_pending, instance_key, limit), instance_key=instance_key)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            if suspect is not None:
                _set_aside(instance_key, suspect)
            suspect = oldest if suspect is None else None  # one by one, to find the input that breaks the step
            continue
        if found is None:
            break
        suspect = None
        reached.jobs += found.jobs
        reached.instances += [key for key in found.instances if key != instance_key]
    return reached


def _take_up_pending(instance_key: int, limit: int) -> FollowUps | None:
    """In a transaction. None when another one holds the instance, it is suspended, or it has ended."""
    row = _lock(instance_key, wait=False)
    if row is None or row.suspended:
        return None
    pending = _pending(instance_key, limit)
    if not pending:
        return FollowUps()
    held = _held(row, by=pending[0].by)
    _take_up(held, pending)
    return _save(held)


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


def _lock(instance_key: int, *, wait: bool) -> InstanceState | None:
    """The hot row, locked until the transaction ends. None: it has ended or, without `wait`, someone else holds it."""
    failpoint("advance.before_lock")
    rows = InstanceState.objects.select_related("instance", "instance__definition").filter(instance_id=instance_key)
    return rows.select_for_update(of=("self",), skip_locked=not wait).first()


def _lock_all(instance_keys: Sequence[int]) -> dict[int, InstanceState]:
    """The hot rows of those that run and that nobody else holds, locked until the transaction ends."""
    rows = InstanceState.objects.select_related("instance", "instance__definition").filter(
        instance_id__in=instance_keys
    )
    return {row.instance_id: row for row in rows.order_by("pk").select_for_update(of=("self",), skip_locked=True)}


def _with_pending(instance_keys: Sequence[int]) -> set[int]:
    """Those of the instances that have pending inputs which are not set aside."""
    if not instance_keys:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT instance_key FROM engine_pendinginput WHERE instance_key = ANY(%s) AND incident_key IS NULL",
            [list(instance_keys)],
        )
        return {row[0] for row in cursor.fetchall()}


def _pending(instance_key: int, limit: int) -> list[Given]:
    """Remove and return the oldest pending inputs that are not set aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH oldest AS MATERIALIZED (SELECT id, pg_column_size(input) AS size FROM engine_pendinginput"
            "   WHERE instance_key = %s AND incident_key IS NULL ORDER BY id LIMIT %s),"
            " chosen AS (SELECT id FROM (SELECT id, size, sum(size) OVER (ORDER BY id) AS so_far FROM oldest) AS summed"
            "   WHERE so_far - size < %s),"
            " taken AS (DELETE FROM engine_pendinginput WHERE id IN (SELECT id FROM chosen) RETURNING id, input::text, by)"
            " SELECT input, by FROM taken ORDER BY id",
            [instance_key, limit, BATCH_BYTES],
        )
        return [Given(codec.input_from_json(exact_json.decode(text)), by) for text, by in cursor.fetchall()]


def _oldest_pending(instance_key: int) -> int | None:
    rows = PendingInput.objects.filter(instance_key=instance_key, incident_key=None).order_by("id")
    return rows.values_list("id", flat=True).first()


def _held(row: InstanceState, *, by: str) -> _Held:
    state = State.from_json(row.data) if row.data is not None else State.new(row.instance_id)
    now = clock.now()
    return _Held(
        instance=row.instance,
        definition_key=row.definition_key,
        state=state,
        sequence=row.sequence,
        is_new=False,
        now=now,
        outbox=Outbox(row.instance, definition_key=row.definition_key, now=now, by=by, on_hold=row.suspended),
    )


def _held_again(held: _Held, *, by: str) -> _Held:
    """For the next steps of the same transaction, after the rows of those before were written."""
    on_hold = held.outbox.on_hold
    outbox = Outbox(held.instance, definition_key=held.definition_key, now=held.now, by=by, on_hold=on_hold)
    return replace(held, outbox=outbox, entries=[])


def _held_new(instance: ProcessInstance, *, by: str) -> _Held:
    instance = copy.copy(instance)  # the caller's stays as it was, for another try
    now = clock.now()
    return _Held(
        instance=instance,
        definition_key=instance.definition_id,
        state=State.new(instance.key),
        sequence=0,
        is_new=True,
        now=now,
        outbox=Outbox(instance, definition_key=instance.definition_id, now=now, by=by, is_new=True),
    )


def _take_up(held: _Held, given: list[Given]) -> None:
    """Step until the world's answers that can be given at once are given. One journal entry a step."""
    model = definitions.model_of(held.definition_key)
    for _ in range(ROUNDS):
        if not given or held.ended:
            return
        if held.state.needs_keys:
            given = [Given(KeysGranted(keys.take_one()), actors.ENGINE.username), *given]
        done = step(model, held.state, [each.input for each in given], now=held.now)
        failpoint("advance.after_step")
        held.state = done.state
        held.sequence += 1
        held.entries.append(
            journal.row(
                held.instance.key,
                held.sequence,
                definition_key=held.definition_key,
                at=held.now,
                inputs=given,
                facts=done.history,
            )
        )
        held.outbox.late_messages += _late_messages(given, done.history)
        given = [Given(answer, actors.ENGINE.username) for answer in effect_carriers.collect(held.outbox, done.effects)]
    instance_rows.enqueue([(held.instance.key, each.input) for each in given], by=actors.ENGINE.username, now=held.now)
    held.outbox.follow_ups.instances.append(held.instance.key)


def _late_messages(given: Iterable[Given], facts: Iterable[Fact]) -> list[int]:
    ignored = {fact.key for fact in facts if isinstance(fact, InputIgnored)}
    return [
        each.input.message
        for each in given
        if isinstance(each.input, MessageArrived)
        and each.input.subscription in ignored
        and each.input.message is not None
    ]


def _move_to(held: _Held, definition_key: int) -> None:
    definition = definitions.process_definition(definition_key)
    held.instance.definition = definition
    held.instance.process_id = definition.process_id
    held.instance.version = definition.version
    held.instance.save(update_fields=["definition", "process_id", "version"])
    failpoint("advance.after_migration")
    held.definition_key = definition_key
    held.outbox.definition_key = definition_key


def _save(held: _Held) -> FollowUps:
    return _save_all([held])


def _save_all(found: Sequence[_Held]) -> FollowUps:
    """Write rows, journal and state of all, in few statements."""
    found = [held for held in found if held.entries]
    if not found:
        return FollowUps()
    failpoint("advance.before_state")
    # the state before the rows: a message that waited for a new subscription finds a running instance; and before the journal:
    # its position is taken by a transaction that has an id (see `projection`)
    going_on = [held for held in found if not held.ended]
    instance_rows.insert_new(held.instance for held in going_on if held.is_new)
    instance_rows.insert_states(_state_row(held) for held in going_on if held.is_new)
    instance_rows.update_states(_state_row(held) for held in going_on if not held.is_new)
    failpoint("advance.before_rows")
    follow_ups = flush([held.outbox for held in found])
    ended = [held for held in found if held.ended]
    instance_rows.insert_new(held.instance for held in ended if held.is_new)
    instance_rows.end([held.instance for held in ended if not held.is_new])
    failpoint("advance.before_journal")
    entries = [entry for held in found for entry in held.entries]
    journal.append(entries)
    transaction.on_commit(partial(metrics.TRANSITIONS.inc, len(entries)))
    failpoint("advance.after_journal")
    return follow_ups


def _state_row(held: _Held) -> instance_rows.StateRow:
    data = large_values.encode_state(held.instance.key, held.state.to_json())
    return instance_rows.StateRow(held.instance.key, held.definition_key, data, held.sequence)


def _refuse_ended(instance_key: int) -> FollowUps:
    instance = ProcessInstance.objects.filter(key=instance_key).first()
    if instance is None:
        raise NotFound(f"Expected a process instance with the key {instance_key}, found none.")
    status = instance.status if instance.status != InstanceStatus.ACTIVE else InstanceStatus.COMPLETED
    raise Conflict(f"Expected process instance {instance_key} to run; its state is {status}.")


def _set_aside(instance_key: int, input_id: int) -> None:
    """The pending input breaks its step: mark it and raise an incident on the instance. Call while handling the error."""
    trace = traceback.format_exc()
    metrics.STEPS_BROKEN.inc()
    logger.error("A step of process instance %s broke; its input is set aside\n%s", instance_key, trace)
    with transaction.atomic(durable=True):
        row = _lock(instance_key, wait=True)
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
