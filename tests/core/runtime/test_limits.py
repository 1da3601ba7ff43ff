"""Cycles without a wait, keys that run out, and expressions that go wrong while a condition is watched."""

from __future__ import annotations

import pytest

from engine import exact_json
from engine.bpmn import parse
from engine.runtime import State, Step, StepLimits, inputs, step
from engine.runtime.effects import IncidentType, OpenJob, RaiseIncident
from engine.runtime.history import WarningRecorded
from engine.runtime.state import KEYS_PER_BLOCK, KEYS_RESERVE, OpenKind
from engine.testing import Engine
from engine.testing.engine import START_OF_TIME
from tests.core.bpmn.diagrams import flow, process
from tests.core.runtime.nodes import START, boundary, condition, end, flows, job, node, script

CYCLE = process(
    START
    + node("exclusiveGateway", "again")
    + script("count", "n + 1", "n")
    + node("exclusiveGateway", "x", attributes='default="x_again"')
    + end()
    + flows("start again count x again")
    + flow("x", "end", "=n &gt;= 100")
)


def stepped(state: State, item: inputs.Input, *, steps: int, source: bytes = CYCLE) -> Step:
    """One step, on a state that came through JSON."""
    loaded = State.from_json(exact_json.decode(exact_json.encode_text(state.to_json())))
    return step(parse(source).processes["p"], loaded, [item], now=START_OF_TIME, limits=StepLimits(steps=steps))


def test_a_cycle_without_a_wait_stops_in_an_incident_and_goes_on_when_it_is_resolved() -> None:
    done = stepped(State.new(1), inputs.Started({"n": 0}), steps=200)
    [raised] = [each for each in done.effects if isinstance(each, RaiseIncident)]
    assert raised.type is IncidentType.STEP_LIMIT_EXCEEDED
    assert "A cycle without a user task, job, timer or message never ends" in raised.message
    rounds = 0
    while done.state.ended is None:
        rounds += 1
        [incident] = [key for key, opened in done.state.open.items() if opened.kind is OpenKind.INCIDENT]
        done = stepped(done.state, inputs.IncidentResolved(incident), steps=200)
    assert 2 < rounds < 10
    assert not done.state.elements


def test_a_stopped_cycle_can_be_cancelled() -> None:
    done = stepped(State.new(1), inputs.Started({"n": 0}), steps=50)
    done = stepped(done.state, inputs.Cancelled(), steps=50)
    assert done.state.ended is not None
    assert (done.state.elements, done.state.open) == ({}, {})


LINE = process(START + job("a") + job("b") + end() + flows("start a b end"))


def test_an_instance_takes_further_keys_from_the_block_that_it_was_granted() -> None:
    done = stepped(State.new(KEYS_PER_BLOCK), inputs.Started(), steps=50, source=LINE)
    done.state.counter = KEYS_PER_BLOCK - KEYS_RESERVE
    assert not done.state.needs_keys
    done.state.counter = KEYS_PER_BLOCK - 1
    assert done.state.needs_keys
    granted = stepped(done.state, inputs.KeysGranted(7 * KEYS_PER_BLOCK), steps=50, source=LINE)
    assert not granted.state.needs_keys
    [opened] = [key for key, each in granted.state.open.items() if each.kind is OpenKind.JOB]
    done = stepped(granted.state, inputs.JobCompleted(opened), steps=50, source=LINE)
    keys = [each.key for each in done.effects if isinstance(each, OpenJob)]
    assert keys == [7 * KEYS_PER_BLOCK + 1]


def test_an_instance_without_keys_stops_rather_than_use_another_s() -> None:
    done = stepped(State.new(KEYS_PER_BLOCK), inputs.Started(), steps=50, source=LINE)
    [opened] = done.state.open
    done.state.counter = KEYS_PER_BLOCK - 1
    with pytest.raises(RuntimeError, match="further block of keys"):
        stepped(done.state, inputs.JobCompleted(opened), steps=50, source=LINE)


def watching(expression: str, *, interrupting: bool = True) -> bytes:
    return process(
        START
        + job("work")
        + boundary("met", "work", condition(expression), interrupting=interrupting)
        + end()
        + end("other")
        + flows("start work end", "met other")
    )


@pytest.mark.parametrize("value", [None, "no truth value"])
def test_a_watched_condition_that_is_no_truth_value_counts_as_false_and_is_recorded(
    engine: Engine, value: object
) -> None:
    engine.deploy(watching("ready"))
    instance = engine.start("p")
    engine.set_variables(instance, {"ready": value})
    assert [each.element_id for each in instance.jobs] == ["work"]
    assert instance.incidents == []
    assert instance.facts(WarningRecorded)[-1].element_id in ("met", "work")
    engine.set_variables(instance, {"ready": True})
    assert instance.completed_elements[-1] == "other"


def test_a_condition_that_holds_from_the_beginning_fires_at_once(engine: Engine) -> None:
    engine.deploy(watching("ready"))
    assert engine.start("p", {"ready": True}).completed_elements == ["start", "met", "other"]


def test_conditions_are_looked_at_before_the_scope_moves_on(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node(
                "subProcess",
                "host",
                node("startEvent", "in")
                + script("first", "true", "ready")
                + script("second", "true", "moved")
                + end("out")
                + flows("in first second out"),
            )
            + boundary("met", "host", condition("ready"))
            + end()
            + end("other")
            + flows("start host end", "met other")
        )
    )
    instance = engine.start("p")
    assert "second" not in instance.completed_elements
    assert "moved" not in instance.variables
    assert instance.completed_elements[-1] == "other"
