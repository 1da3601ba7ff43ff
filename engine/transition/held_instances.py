"""Instances that a transaction of `advance` holds: locking them, stepping them, and saving what the steps changed.

Everything is set-based, for a transaction may hold many. Callers are inside of one.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from engine import actors, clock, definitions, exact_json, journal
from engine.failpoints import failpoint
from engine.journal import Given
from engine.models import PendingInput, ProcessInstance
from engine.observability import metrics
from engine.postgres import keys, large_values, statements
from engine.runtime import State, codec, step
from engine.runtime.history import Fact, InputIgnored
from engine.runtime.inputs import KeysGranted, MessageArrived
from engine.transition import carriers, instance_rows
from engine.transition.instance_rows import HotRow
from engine.transition.job_rows import NewJob
from engine.transition.outbox import FollowUps, Outbox, flush

BATCH = 10_000
"""Pending inputs that one transaction takes up at most: each batch writes the whole state once, so few large ones cost less."""
BATCH_BYTES = 16 * 1024 * 1024
"""The same in bytes of their JSON, so that large variables do not fill the memory; one input is always taken."""
ROUNDS = 100
"""Steps of one transaction at most: beyond it a loop over decisions goes on in the next one."""


@dataclass(slots=True)
class Held:
    """An instance that this transaction has locked or made."""

    instance: ProcessInstance
    definition_key: int
    state: State
    sequence: int
    is_new: bool
    now: datetime
    outbox: Outbox
    entries: list[journal.Draft] = field(default_factory=list)
    must_be_newest: bool = False
    """Of a new one: its definition was presumed to be the newest, which is checked when it is saved."""

    @property
    def ended(self) -> bool:
        return self.outbox.end is not None

    def new_jobs(self) -> list[NewJob]:
        """That its steps have opened and that have no rows yet."""
        if not self.entries:
            return []
        return [NewJob(job, self.state) for job in self.outbox.new_jobs()]


# --- locking ---------------------------------------------------------------------------------------------------------------


def lock(instance_key: int, *, wait: bool) -> HotRow | None:
    """The hot row, locked until the transaction ends. None: it has ended or, without `wait`, someone else holds it."""
    failpoint("advance.before_lock")
    if wait:
        return instance_rows.lock_waiting(instance_key)
    return instance_rows.lock_free([instance_key]).get(instance_key)


def lock_all(instance_keys: Sequence[int]) -> dict[int, HotRow]:
    """The hot rows of those that run and that nobody else holds, locked until the transaction ends."""
    return instance_rows.lock_free(instance_keys)


def hold(row: HotRow, *, by: str) -> Held:
    state = State.from_json(row.data) if row.data is not None else State.new(row.instance.key)
    now = clock.now()
    return Held(
        instance=row.instance,
        definition_key=row.definition_key,
        state=state,
        sequence=row.sequence,
        is_new=False,
        now=now,
        outbox=Outbox(
            row.instance,
            definition_key=row.definition_key,
            now=now,
            by=by,
            last_key=state.last_key,
            on_hold=row.suspended,
        ),
    )


def hold_again(held: Held, *, by: str) -> Held:
    """For the next steps of the same transaction, after the rows of those before were written."""
    outbox = Outbox(
        held.instance,
        definition_key=held.definition_key,
        now=held.now,
        by=by,
        last_key=held.state.last_key,
        on_hold=held.outbox.on_hold,
    )
    return replace(held, outbox=outbox, entries=[])


def hold_new(instance: ProcessInstance, *, by: str, must_be_newest: bool = False) -> Held:
    instance = copy.copy(instance)  # the caller's stays as it was, for another try
    now = clock.now()
    return Held(
        instance=instance,
        definition_key=instance.definition_id,
        state=State.new(instance.key),
        sequence=0,
        is_new=True,
        now=now,
        outbox=Outbox(instance, definition_key=instance.definition_id, now=now, by=by, is_new=True),
        must_be_newest=must_be_newest,
    )


# --- pending inputs --------------------------------------------------------------------------------------------------------


def with_pending(instance_keys: Collection[int]) -> set[int]:
    """Those of the instances that have pending inputs which are not set aside."""
    if not instance_keys:
        return set()
    found = statements.rows(
        "SELECT DISTINCT instance_key FROM engine_pendinginput"
        " WHERE instance_key = ANY(%s::bigint[]) AND incident_key IS NULL",
        [list(instance_keys)],
    )
    return {key for (key,) in found}


def oldest_pending(instance_key: int) -> int | None:
    found = statements.rows(
        "SELECT id FROM engine_pendinginput WHERE instance_key = %s AND incident_key IS NULL ORDER BY id LIMIT 1",
        [instance_key],
    )
    return found[0][0] if found else None


def pending(instance_key: int, limit: int = BATCH) -> list[Given]:
    """Remove and return the oldest pending inputs that are not set aside."""
    found = statements.rows(
        "WITH oldest AS MATERIALIZED (SELECT id, pg_column_size(input) AS size FROM engine_pendinginput"
        "   WHERE instance_key = %s AND incident_key IS NULL ORDER BY id LIMIT %s),"
        " chosen AS (SELECT id FROM (SELECT id, size, sum(size) OVER (ORDER BY id) AS so_far FROM oldest) AS summed"
        "   WHERE so_far - size < %s),"
        " taken AS (DELETE FROM engine_pendinginput WHERE id IN (SELECT id FROM chosen) RETURNING id, input::text, by)"
        " SELECT input, by FROM taken ORDER BY id",
        [instance_key, limit, BATCH_BYTES],
    )
    return [Given(codec.input_from_json(exact_json.decode(text)), by) for text, by in found]


@dataclass(frozen=True, slots=True)
class Try:
    """`ids` are the pending inputs that are to be taken up, the oldest first; `tries` of that one came before."""

    ids: Sequence[int]
    tries: int

    @property
    def oldest(self) -> int:
        return self.ids[0]

    @property
    def limit(self) -> int:
        return len(self.ids)


@contextmanager
def taken_up_alone(instance_key: int) -> Iterator[bool]:
    """False: another process takes up what was left behind for this instance; one that has died does no more. Without this, tries that
    go on at the same time would count as deaths. The lock is the session's: keep the connection until the end."""
    [(alone,)] = statements.rows("SELECT pg_try_advisory_lock(%s)", [instance_key])
    try:
        yield alone
    finally:
        if alone:
            with suppress(OperationalError, InterfaceError):  # a session that has ended holds nothing
                statements.rows("SELECT pg_advisory_unlock(%s)", [instance_key])


def begin_try(instance_key: int) -> Try | None:
    """Count, in a transaction of its own, that what was left behind is about to be taken up: who dies of it leaves the count. What has
    been tried before is tried one by one, so that the input that kills is known. None: nothing is left, or another is at it."""
    with transaction.atomic(durable=True):
        row = instance_rows.lock_free([instance_key]).get(instance_key)
        if row is None or row.suspended:
            return None
        waiting = PendingInput.objects.filter(instance_key=instance_key, incident_key=None).order_by("id")
        oldest = waiting.values_list("id", "tries").first()
        if oldest is None:
            return None
        id_, tries = oldest
        ids = [id_] if tries else list(waiting.values_list("id", flat=True)[:BATCH])
        PendingInput.objects.filter(id__in=ids).update(tries=F("tries") + 1)
        failpoint("advance.before_tried")
    failpoint("advance.after_tried")
    return Try(ids, tries)


def forget_try(begun: Try) -> None:
    """It came to nothing, and nobody died of it."""
    with suppress(OperationalError, InterfaceError):
        connection.close_if_unusable_or_obsolete()
        PendingInput.objects.filter(id__in=begun.ids).update(tries=begun.tries)


# --- stepping --------------------------------------------------------------------------------------------------------------


def take_up(held: Held, given: list[Given]) -> None:
    """Step until the world's answers that can be given at once are given. One journal entry a step."""
    model = definitions.model_of(held.definition_key)
    for _ in range(ROUNDS):
        if not given or held.ended:
            return
        if held.state.needs_keys:
            given = [Given(KeysGranted(keys.take_one()), actors.ENGINE.username), *given]
        failpoint("advance.before_step")
        done = step(model, held.state, [each.input for each in given], now=held.now)
        failpoint("advance.after_step")
        held.state = done.state
        held.sequence += 1
        held.entries.append(
            journal.draft(
                held.instance.key,
                held.sequence,
                definition_key=held.definition_key,
                at=held.now,
                inputs=given,
                facts=done.history,
            )
        )
        held.outbox.late_messages += _late_messages(given, done.history)
        given = [Given(answer, actors.ENGINE.username) for answer in carriers.collect(held.outbox, done.effects)]
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


def move_to(held: Held, definition_key: int) -> None:
    definition = definitions.process_definition(definition_key)
    held.instance.definition = definition
    held.instance.process_id = definition.process_id
    held.instance.version = definition.version
    held.instance.save(update_fields=["definition", "process_id", "version"])
    failpoint("advance.after_migration")
    held.definition_key = definition_key
    held.outbox.definition_key = definition_key


# --- saving ----------------------------------------------------------------------------------------------------------------


def save(held: Held) -> FollowUps:
    return save_all([held])


def save_all(found: Sequence[Held]) -> FollowUps:
    """Write rows, journal and state of all, in few statements."""
    found = [held for held in found if held.entries]
    if not found:
        return FollowUps()
    failpoint("advance.before_state")
    # the state before the rows: a message that waited for a new subscription finds a running instance; and before the journal:
    # its position is taken by a transaction that has an id (see `projection`)
    going_on = [held for held in found if not held.ended]
    _insert_cold(held for held in going_on if held.is_new)
    instance_rows.insert_states(_state_row(held) for held in going_on if held.is_new)
    instance_rows.update_states(_state_row(held) for held in going_on if not held.is_new)
    failpoint("advance.before_rows")
    follow_ups = flush([held.outbox for held in found])
    ended = [held for held in found if held.ended]
    _insert_cold(held for held in ended if held.is_new)
    instance_rows.end([held.instance for held in ended if not held.is_new])
    failpoint("advance.before_journal")
    entries = [entry for held in found for entry in held.entries]
    journal.append(entries)
    transaction.on_commit(partial(metrics.TRANSITIONS.inc, len(entries)))
    failpoint("advance.after_journal")
    return follow_ups


def _insert_cold(new: Iterable[Held]) -> None:
    for held in new:
        if held.must_be_newest:
            instance_rows.insert_newest(held.instance)
        else:
            instance_rows.insert_new([held.instance])


def _state_row(held: Held) -> instance_rows.StateRow:
    data = large_values.encode_state(held.instance.key, held.state.to_json())
    return instance_rows.StateRow(held.instance.key, held.definition_key, data, held.sequence)
