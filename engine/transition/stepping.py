"""A held instance is stepped here: the core's `step` runs, its journal entry is kept, and its effects go into the outbox."""

from __future__ import annotations

from collections.abc import Iterable

from engine import actors, definitions, expression_limits, journal
from engine.failpoints import failpoint
from engine.journal import Given
from engine.models import Timer
from engine.postgres import keys
from engine.runtime import step
from engine.runtime.history import Fact, InputIgnored
from engine.runtime.inputs import KeysGranted, MessageArrived, TimerFired
from engine.transition import carriers
from engine.transition.held_instances import Held
from engine.transition.rows import pending_inputs

ROUNDS = 100
"""Steps of one instance that one transaction makes, at most; a loop over decisions that takes more goes on in the next transaction."""


def take_up(held: Held, given: list[Given]) -> None:
    """Step with these inputs, then with the answers that their effects get at once, until there are none; each step adds one
    journal entry.

    Writes nothing except what the carriers of effects evaluate (decisions): `saving` writes the rest.
    """
    model = definitions.model_of(held.definition_key)
    for _ in range(ROUNDS):
        if not given or held.ended:
            return
        if held.state.needs_keys:
            given = [Given(KeysGranted(keys.take_one()), actors.ENGINE.username), *given]
        _drop_fired(held, given)
        failpoint("advance.before_step")
        done = step(model, held.state, [each.input for each in given], now=held.now, limits=expression_limits.limits())
        failpoint("advance.after_step")
        held.state = done.state
        held.sequence += 1
        held.entries.append(
            journal.new_entry(
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
    pending_inputs.enqueue([(held.instance.key, each.input) for each in given], by=actors.ENGINE.username, now=held.now)
    held.outbox.follow_ups.instances.append(held.instance.key)


def _drop_fired(held: Held, given: Iterable[Given]) -> None:
    """Drop the rows of timers that catch up: this step opens the next ones, and later timers need not wait for these any more."""
    for each in given:
        if isinstance(each.input, TimerFired):
            opened = held.state.open.get(each.input.timer)
            if opened is not None and opened.catches_up:
                held.outbox.withdraw(Timer, each.input.timer)


def _late_messages(given: Iterable[Given], facts: Iterable[Fact]) -> list[int]:
    """Return the keys of messages that nobody in this instance waits for any more: another instance may get them."""
    ignored = {fact.key for fact in facts if isinstance(fact, InputIgnored)}
    return [
        each.input.message
        for each in given
        if isinstance(each.input, MessageArrived)
        and each.input.subscription in ignored
        and each.input.message is not None
    ]
