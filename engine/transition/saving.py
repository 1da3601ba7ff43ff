"""Before the commit, this module writes what steps have changed, each kind in few statements: states, rows of effects, ends,
journal entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from django.db import transaction

from engine import journal
from engine.failpoints import failpoint
from engine.observability import metrics
from engine.postgres import large_values
from engine.transition import outbox
from engine.transition.held_instances import Held
from engine.transition.outbox import FollowUps
from engine.transition.rows import instance_rows


def save(held: Held) -> FollowUps:
    """Write what the steps of one instance have changed, as `save_all` does for many."""
    return save_all([held])


def save_all(found: Sequence[Held]) -> FollowUps:
    """Write what the steps of these instances have changed. Returns what is to be done after the commit.

    An instance that made no step is left alone.
    """
    stepped = [held for held in found if held.entries]
    if not stepped:
        return FollowUps()
    failpoint("advance.before_state")
    # the state before the rows: a message that waited for a new subscription finds a running instance; and before the journal:
    # its position is taken by a transaction that has an id (see `engine.journal.projection`)
    going_on = [held for held in stepped if not held.ended]
    _insert_cold(held for held in going_on if held.is_new)
    instance_rows.insert_states(_state_row(held) for held in going_on if held.is_new)
    instance_rows.update_states(_state_row(held) for held in going_on if not held.is_new)
    failpoint("advance.before_rows")
    follow_ups = outbox.flush([held.outbox for held in stepped])
    ended = [held for held in stepped if held.ended]
    _insert_cold(held for held in ended if held.is_new)
    instance_rows.end([held.instance for held in ended if not held.is_new])
    failpoint("advance.before_journal")
    entries = [entry for held in stepped for entry in held.entries]
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
