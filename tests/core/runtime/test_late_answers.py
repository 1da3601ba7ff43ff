"""Answers that come late, twice, before the start or after the end: they change nothing, and the journal says so."""

from __future__ import annotations

from typing import Any

import pytest

from engine import exact_json
from engine.bpmn import parse
from engine.runtime import State, codec, inputs, step
from engine.runtime.effects import Outcome
from engine.runtime.history import InputIgnored
from engine.testing import Engine
from engine.testing.engine import START_OF_TIME
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, end, flows, job

LINE = process(START + job("work") + end() + flows("start work end"))
NOBODY = 999
LATE: list[tuple[inputs.Input, str]] = [
    (inputs.Started(), "the instance has started already"),
    (inputs.JobCompleted(NOBODY, {"n": 1}), "it is no longer open"),
    (inputs.JobFailed(NOBODY, "no"), "it is no longer open"),
    (inputs.JobErrorThrown(NOBODY, "E1"), "it is no longer open"),
    (inputs.UserTaskCompleted(NOBODY), "it is no longer open"),
    (inputs.UserTaskChanged(NOBODY, "assigning", "claim", {"assignee": "alice"}), "it is no longer open"),
    (inputs.UserTaskErrorThrown(NOBODY, "E1"), "it is no longer open"),
    (inputs.TimerFired(NOBODY), "it is no longer open"),
    (inputs.MessageArrived(NOBODY, "paid", {"n": 1}), "it is no longer open"),
    (inputs.SignalArrived(NOBODY, "alarm", {"n": 1}), "it is no longer open"),
    (inputs.ScriptCompleted(NOBODY, {"n": 1}), "it is no longer open"),
    (inputs.ScriptFailed(NOBODY, "no"), "it is no longer open"),
    (inputs.ScriptErrorThrown(NOBODY, "E1"), "it is no longer open"),
    (inputs.DecisionEvaluated(NOBODY, 1), "it is no longer open"),
    (inputs.DecisionFailed(NOBODY, "no"), "it is no longer open"),
    (inputs.ChildStarted(NOBODY, 1), "it is no longer open"),
    (inputs.ChildNotStarted(NOBODY, "no"), "it is no longer open"),
    (inputs.ChildCompleted(NOBODY, {"n": 1}), "it is no longer open"),
    (inputs.ChildTerminated(NOBODY), "it is no longer open"),
    (inputs.ChildErrorThrown(NOBODY, "E1"), "it is no longer open"),
    (inputs.ChildEscalated(NOBODY, "X1"), "it is no longer open"),
    (inputs.IncidentResolved(NOBODY), "it is no longer open"),
    (inputs.VariablesSet(NOBODY, {"n": 1}), "the scope is gone"),
    (inputs.Modified((), (inputs.TerminateInstruction(NOBODY),)), "it is no longer active"),
    (
        inputs.Modified((inputs.ActivateInstruction("nowhere"),)),
        "Expected an element of process 'p', found 'nowhere', which is no element of it.",
    ),
    (
        inputs.AdHocActivated(NOBODY, (inputs.ActivateInstruction("work"),)),
        "the ad-hoc sub-process is no longer active",
    ),
]
"""An input of each kind about something that is not there."""
NEVER_LATE = {
    inputs.Cancelled, inputs.Migrated, inputs.KeysGranted, inputs.Restored, inputs.Suspended, inputs.Resumed,
    inputs.TimerRescheduled,
}  # fmt: skip
"""All other kinds (`tests/engine/test_completeness.py` counts them)."""


def names(value: Any) -> str:
    return type(value).__name__


@pytest.mark.parametrize(("item", "reason"), LATE, ids=[f"{names(item)}-{reason}" for item, reason in LATE])
def test_a_late_input_changes_nothing_but_the_journal(engine: Engine, item: inputs.Input, reason: str) -> None:
    engine.deploy(LINE)
    instance = engine.start("p")
    before = instance.state.to_json()
    engine.give(instance, item)
    assert instance.state.to_json() == before
    assert [(fact.input, fact.reason) for fact in instance.facts(InputIgnored)] == [(names(item), reason)]
    assert exact_json.decode(instance.journal[-1].effects) == []


@pytest.mark.parametrize("item", [item for item, _ in LATE], ids=names)
def test_an_input_after_the_end_is_kept_as_late(engine: Engine, item: inputs.Input) -> None:
    engine.deploy(LINE)
    instance = engine.start("p")
    engine.complete_job(instance)
    done = step(instance.model, instance.state, [item], now=engine.now)
    assert [names(fact) for fact in done.history] == ["InputIgnored"]
    assert done.history[0][2] == "the instance has ended"  # type: ignore[misc]
    assert done.effects == []


@pytest.mark.parametrize("item", [item for item, _ in LATE if not isinstance(item, inputs.Started)], ids=names)
def test_an_input_before_the_start_is_kept_as_early(item: inputs.Input) -> None:
    model = parse(LINE).processes["p"]
    done = step(model, State.new(1), [item], now=START_OF_TIME)
    assert [(names(fact), fact[2]) for fact in done.history] == [("InputIgnored", "the instance has not started")]  # type: ignore[misc]


def test_an_instance_that_is_cancelled_before_its_start_ends() -> None:
    model = parse(LINE).processes["p"]
    done = step(model, State.new(1), [inputs.Cancelled()], now=START_OF_TIME)
    assert [each.outcome for each in done.effects] == [Outcome.TERMINATED]  # type: ignore[union-attr]


def test_every_input_and_every_fact_is_the_same_after_a_way_through_json(engine: Engine) -> None:
    for item, _ in LATE:
        dumped = exact_json.decode(exact_json.encode_text(codec.input_to_json(item)))
        assert codec.input_from_json(dumped) == item
    engine.deploy(LINE)
    instance = engine.start("p", {"n": [1, {"a": None}]})
    engine.fail_job(instance)
    engine.give(instance, inputs.TimerFired(NOBODY))
    engine.throw_error(instance, "E1")
    assert len({type(fact) for fact in instance.history}) > 6
    for fact in instance.history:
        dumped = exact_json.decode(exact_json.encode_text(codec.fact_to_json(fact)))
        assert codec.fact_from_json(dumped) == fact
