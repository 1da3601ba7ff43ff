"""A held instance is locked or made by this transaction, which keeps in memory what its steps change.

`stepping` steps held instances, `saving` writes what the steps have changed. Callers are inside a transaction, which may hold many.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine import clock, definitions, journal
from engine.failpoints import failpoint
from engine.models import ProcessInstance
from engine.runtime import State
from engine.transition.outbox import Outbox
from engine.transition.rows import instance_rows
from engine.transition.rows.instance_rows import HotRow
from engine.transition.rows.job_rows import NewJob


@dataclass(slots=True)
class Held:
    """A held instance is one that this transaction has locked or made."""

    instance: ProcessInstance
    definition_key: int
    state: State
    sequence: int
    """Number of the last journal entry; 0 before the first."""
    is_new: bool
    """The instance has no rows yet."""
    now: datetime
    outbox: Outbox
    entries: list[journal.NewEntry] = field(default_factory=list)
    """Journal entries of the steps made so far."""
    must_be_newest: bool = False
    """True for a new instance whose definition was presumed to be the newest: saving it checks that."""

    @property
    def ended(self) -> bool:
        return self.outbox.end is not None

    def new_jobs(self) -> list[NewJob]:
        """Return the jobs that its steps have opened and that have no rows yet."""
        if not self.entries:
            return []
        return [NewJob(job, self.state) for job in self.outbox.new_jobs()]


# --- locking ---------------------------------------------------------------------------------------------------------------


def lock_waiting(instance_key: int) -> HotRow | None:
    """Lock the instance until the transaction ends, after waiting for whoever holds it. Returns None when it has ended or never
    was.
    """
    failpoint("advance.before_lock")
    return instance_rows.lock_waiting(instance_key)


def lock_free(instance_key: int) -> HotRow | None:
    """Lock the instance until the transaction ends. Returns None when someone else holds it, and when it has ended or never was."""
    failpoint("advance.before_lock")
    return instance_rows.lock_free([instance_key]).get(instance_key)


def lock_all_free(instance_keys: Sequence[int]) -> dict[int, HotRow]:
    """Lock those of the instances that run and that nobody else holds, until the transaction ends."""
    return instance_rows.lock_free(instance_keys)


# --- holding ---------------------------------------------------------------------------------------------------------------


def hold(row: HotRow, *, by: str) -> Held:
    """Hold the instance of a locked row; `by` is who gives its next inputs."""
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
    """Hold the instance for the next steps of the same transaction, after the rows of the steps before were written."""
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
    """Hold an instance that has no rows yet. The caller's `instance` is not changed, so that the transaction can be repeated."""
    instance = copy.copy(instance)
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


def move_to(held: Held, definition_key: int) -> None:
    """Move the instance to another definition, by which its next step runs, and write its cold row. Raises NotFound."""
    definition = definitions.process_definition(definition_key)
    held.instance.definition = definition
    held.instance.process_id = definition.process_id
    held.instance.version = definition.version
    held.instance.save(update_fields=["definition", "process_id", "version"])
    failpoint("advance.after_migration")
    held.definition_key = definition_key
    held.outbox.definition_key = definition_key
