"""Timers, messages, signals, errors and escalations, as catching, boundary and starting events."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.runtime.effects import IncidentType, Outcome
from engine.testing import Engine
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, boundary, end, flows, job, message, node, timer

HOUR = timedelta(hours=1)
ERROR = '<bpmn:errorEventDefinition errorRef="e"/>'
ERROR_ROOT = '<bpmn:error id="e" errorCode="E1"/>'
MESSAGE = '<bpmn:messageEventDefinition messageRef="m"/>'


@pytest.mark.element("intermediate catch event: timer, duration")
def test_a_timer_fires_when_its_time_has_come_and_not_before(engine: Engine) -> None:
    catching = node("intermediateCatchEvent", "wait", timer("timeDuration", "PT1H"))
    engine.deploy(process(START + catching + end() + flows("start wait end")))
    instance = engine.start("p")
    engine.advance(HOUR - timedelta(seconds=1))
    assert instance.outcome is None
    engine.advance(timedelta(seconds=1))
    assert instance.outcome is Outcome.COMPLETED


def test_timers_that_follow_each_other_fire_within_one_skip_at_their_own_times(engine: Engine) -> None:
    waits = "".join(node("intermediateCatchEvent", each, timer("timeDuration", "PT1H")) for each in "abc")
    engine.deploy(process(START + waits + end() + flows("start a b c end")))
    instance = engine.start("p")
    began = engine.now
    engine.advance(HOUR * 10)
    assert [entry.now - began for entry in instance.journal] == [HOUR * n for n in range(4)]


@pytest.mark.element("start event: timer, cycle")
def test_a_process_begins_by_its_cycle_as_often_as_the_cycle_says(engine: Engine) -> None:
    engine.deploy(process(node("startEvent", "daily", timer("timeCycle", "R2/P1D")) + end() + flows("daily end")))
    engine.advance(timedelta(days=5))
    assert [instance.outcome for instance in engine.instances] == [Outcome.COMPLETED] * 2


@pytest.mark.parametrize(
    "interrupting",
    [
        pytest.param(True, marks=pytest.mark.element("boundary event: timer, duration, interrupting")),
        pytest.param(False, marks=pytest.mark.element("boundary event: timer, duration, non-interrupting")),
    ],
)
def test_a_boundary_timer_ends_its_activity_only_when_it_interrupts(engine: Engine, interrupting: bool) -> None:
    late = boundary("late", "work", timer("timeDuration", "PT1H"), interrupting=interrupting)
    engine.deploy(process(START + job("work") + late + end() + end("warned") + flows("start work end", "late warned")))
    instance = engine.start("p")
    engine.advance(HOUR * 2)
    assert "warned" in instance.completed_elements
    assert bool(instance.jobs) is not interrupting
    if not interrupting:
        engine.complete_job(instance)
    assert instance.outcome is Outcome.COMPLETED


def test_a_boundary_timer_is_withdrawn_with_its_activity(engine: Engine) -> None:
    late = boundary("late", "work", timer("timeDuration", "PT1H"))
    engine.deploy(process(START + job("work") + late + end() + end("warned") + flows("start work end", "late warned")))
    instance = engine.start("p")
    engine.complete_job(instance)
    engine.advance(HOUR * 2)
    assert "warned" not in instance.completed_elements


@pytest.mark.element("boundary event: error, interrupting", "errorRef")
def test_an_error_takes_the_boundary_event_with_its_code(engine: Engine) -> None:
    caught = boundary("caught", "work", ERROR)
    engine.deploy(
        process(
            START + job("work") + caught + end() + end("mended") + flows("start work end", "caught mended"),
            root=ERROR_ROOT,
        )
    )
    instance = engine.start("p")
    engine.throw_error(instance, "E1", variables={"why": "x"})
    assert instance.completed_elements[-1] == "mended"
    assert instance.variables["why"] == "x"


def test_a_job_error_that_nothing_catches_raises_an_incident(engine: Engine) -> None:
    engine.deploy(process(START + job("work") + end() + flows("start work end")))
    instance = engine.start("p")
    engine.throw_error(instance, "OTHER")
    assert [each.type for each in instance.incidents] == [IncidentType.UNHANDLED_ERROR_EVENT]


@pytest.mark.element("intermediate catch event: message", "correlation: by name and key expression", "messageRef")
def test_a_message_goes_to_the_instance_with_its_key_only(engine: Engine) -> None:
    engine.deploy(
        process(
            START + node("intermediateCatchEvent", "wait", MESSAGE) + end() + flows("start wait end"),
            root=message("paid", "order"),
        )
    )
    one, two = engine.start("p", {"order": "1"}), engine.start("p", {"order": "2"})
    engine.publish("paid", "2", {"amount": 7})
    assert (one.outcome, two.outcome) == (None, Outcome.COMPLETED)
    assert two.variables["amount"] == 7


@pytest.mark.parametrize(("lives", "outcome"), [(HOUR * 2, Outcome.COMPLETED), (HOUR, None)])
def test_a_message_waits_for_its_receiver_as_long_as_it_lives(
    engine: Engine, lives: timedelta, outcome: Outcome | None
) -> None:
    engine.deploy(
        process(
            START + node("intermediateCatchEvent", "wait", MESSAGE) + end() + flows("start wait end"),
            root=message("paid", "order"),
        )
    )
    engine.publish("paid", "1", time_to_live=lives)
    engine.advance(HOUR)
    assert engine.start("p", {"order": "1"}).outcome is outcome


@pytest.mark.element("start event: message")
def test_a_message_starts_an_instance_and_waits_while_one_with_its_key_runs(engine: Engine) -> None:
    engine.deploy(
        process(
            node("startEvent", "begin", MESSAGE) + job("work") + end() + flows("begin work end"),
            root='<bpmn:message id="m" name="placed"/>',
        )
    )
    for _ in range(2):
        engine.publish("placed", "1", time_to_live=HOUR)
    assert len(engine.instances) == 1
    engine.complete_job(engine.instances[0])
    assert len(engine.instances) == 2


@pytest.mark.element("intermediate catch event: signal", "signalRef")
def test_a_signal_reaches_every_instance_that_waits(engine: Engine) -> None:
    catching = node("intermediateCatchEvent", "wait", '<bpmn:signalEventDefinition signalRef="s"/>')
    engine.deploy(process(START + catching + end() + flows("start wait end"), root='<bpmn:signal id="s" name="open"/>'))
    instances = [engine.start("p") for _ in range(3)]
    engine.broadcast("open")
    assert [each.outcome for each in instances] == [Outcome.COMPLETED] * 3
