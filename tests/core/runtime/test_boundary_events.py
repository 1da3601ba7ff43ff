"""Every kind of boundary event, interrupting and not; and those that fire again and again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.runtime.effects import Outcome
from engine.runtime.history import Escalated, InputIgnored
from engine.runtime.inputs import MessageArrived
from engine.testing import Engine
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, boundary, end, flows, job, node, timer
from tests.core.runtime.occurrences import ESCALATION, MESSAGE, OCCURRENCES, ROOTS, SIGNAL

INSIDE = (
    node("startEvent", "in")
    + job("work")
    + node("intermediateThrowEvent", "raise", ESCALATION)
    + job("more")
    + end("out")
    + flows("in work raise more out")
)


def guarded(kind: str, *, interrupting: bool) -> bytes:
    """A sub-process that works, escalates and works on, with one boundary event that leads to an end of its own."""
    occurrence = OCCURRENCES[kind]
    edge = boundary("caught", "host", occurrence.definition, interrupting=interrupting)
    edge = edge.replace('id="caught"', f'id="caught" {occurrence.attributes}')
    after = end() + end("mended") + flows("start host end", "caught mended")
    return process(START + node("subProcess", "host", INSIDE) + edge + after, root=ROOTS)


def _of(kind: str, how: str) -> Any:
    return pytest.param(kind, marks=pytest.mark.element(f"boundary event: {kind}, {how}"), id=kind)


@pytest.mark.parametrize("kind", [_of(kind, "interrupting") for kind in OCCURRENCES])
def test_an_interrupting_boundary_event_ends_its_activity_and_goes_on_alone(engine: Engine, kind: str) -> None:
    engine.deploy(guarded(kind, interrupting=True))
    instance = engine.start("p", {"level": 0})
    OCCURRENCES[kind].happens(engine, instance)
    assert instance.outcome is Outcome.COMPLETED
    assert instance.completed_elements[-2:] == ["caught", "mended"]
    assert "host" in instance.terminated_elements
    assert "end" not in instance.completed_elements
    assert instance.variables.get("brought") == OCCURRENCES[kind].brought


@pytest.mark.parametrize("kind", [_of(kind, "non-interrupting") for kind in OCCURRENCES if kind != "error"])
def test_a_non_interrupting_boundary_event_lets_its_activity_go_on(engine: Engine, kind: str) -> None:
    engine.deploy(guarded(kind, interrupting=False))
    instance = engine.start("p", {"level": 0})
    OCCURRENCES[kind].happens(engine, instance)
    assert instance.completed_elements.count("mended") == 1
    assert instance.outcome is None
    assert instance.terminated_elements == []
    for job_type in ("work", "more"):
        engine.on_job(job_type, lambda _: None)
    assert instance.outcome is Outcome.COMPLETED
    assert instance.completed_elements[-2:] == ["host", "end"]
    assert instance.variables.get("brought") == OCCURRENCES[kind].brought


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.element(f"boundary event: {kind}, again and again"), id=kind)
        for kind in ("message", "signal", "timer, cycle")
    ],
)
def test_a_non_interrupting_boundary_event_fires_as_often_as_it_occurs(engine: Engine, kind: str) -> None:
    engine.deploy(guarded(kind, interrupting=False))
    instance = engine.start("p")
    for times in (1, 2, 3):
        OCCURRENCES[kind].happens(engine, instance)
        assert instance.completed_elements.count("mended") == times
    assert [each.element_id for each in instance.jobs] == ["work"]


@pytest.mark.element("boundary event: conditional, again and again")
def test_a_condition_fires_when_it_becomes_true_and_not_while_it_stays_so(engine: Engine) -> None:
    engine.deploy(guarded("conditional", interrupting=False))
    instance = engine.start("p", {"level": 0})
    fired = []
    for level in (6, 7, 1, 8):
        engine.set_variables(instance, {"level": level})
        fired.append(instance.completed_elements.count("mended"))
    assert fired == [1, 1, 1, 2]


@pytest.mark.element("boundary event: escalation, again and again")
def test_each_escalation_of_a_sub_process_is_caught_and_it_goes_on(engine: Engine) -> None:
    inside = (
        node("startEvent", "in")
        + "".join(node("intermediateThrowEvent", each, ESCALATION) for each in ("first", "second"))
        + end("out", ESCALATION)
        + flows("in first second out")
    )
    caught = boundary("caught", "host", ESCALATION, interrupting=False)
    after = end() + end("told") + flows("start host end", "caught told")
    engine.deploy(process(START + node("subProcess", "host", inside) + caught + after, root=ROOTS))
    instance = engine.start("p")
    assert instance.completed_elements.count("told") == 3
    assert [(fact.element_id, fact.caught_by) for fact in instance.facts(Escalated)] == [
        ("first", "caught"),
        ("second", "caught"),
        ("out", "caught"),
    ]
    assert instance.completed_elements.count("end") == 1


def test_a_cycle_on_a_boundary_ends_with_its_count_and_with_its_activity(engine: Engine) -> None:
    engine.deploy(guarded("timer, cycle", interrupting=False))
    instance = engine.start("p")
    engine.advance(timedelta(hours=10))
    assert instance.completed_elements.count("mended") == 3
    assert instance.timers == []
    other = engine.start("p")
    for job_type in ("work", "more"):
        engine.on_job(job_type, lambda _: None)
    engine.advance(timedelta(hours=10))
    assert "mended" not in other.completed_elements


def test_a_parallel_multiple_boundary_event_waits_for_all_of_them_and_begins_anew(engine: Engine) -> None:
    engine.deploy(guarded("parallel multiple", interrupting=False))
    instance = engine.start("p")
    engine.publish("paid", "k", {"amount": 1})
    assert "mended" not in instance.completed_elements
    engine.broadcast("alarm", {"loud": True})
    assert instance.completed_elements.count("mended") == 1
    assert (instance.variables["amount"], instance.variables["loud"]) == (1, True)
    engine.broadcast("alarm")
    assert instance.completed_elements.count("mended") == 1
    engine.publish("paid", "k")
    assert instance.completed_elements.count("mended") == 2


def test_of_several_boundary_events_the_first_that_interrupts_withdraws_the_others(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + job("work")
            + boundary("late", "work", timer("timeDuration", "PT1H"))
            + boundary("paid", "work", MESSAGE)
            + boundary("warned", "work", SIGNAL, interrupting=False)
            + end()
            + end("a")
            + end("b")
            + end("c")
            + flows("start work end", "late a", "paid b", "warned c"),
            root=ROOTS,
        )
    )
    instance = engine.start("p")
    left = instance.message_subscriptions[0].key
    engine.broadcast("alarm")
    engine.advance(timedelta(hours=1))
    assert instance.completed_elements == ["start", "warned", "c", "late", "a"]
    assert instance.open == {}
    engine.give(instance, MessageArrived(left, "paid"))
    assert instance.completed_elements[-1] == "a"


def test_what_arrives_for_a_boundary_event_that_is_gone_changes_nothing(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + job("work")
            + boundary("paid", "work", MESSAGE)
            + job("next")
            + end()
            + end("b")
            + flows("start work next end", "paid b"),
            root=ROOTS,
        )
    )
    instance = engine.start("p")
    left = instance.message_subscriptions[0].key
    engine.complete_job(instance, "work")
    engine.give(instance, MessageArrived(left, "paid", {"late": True}))
    assert [each.reason for each in instance.facts(InputIgnored)] == ["it is no longer open"]
    assert instance.variables == {}
    assert [each.element_id for each in instance.jobs] == ["next"]
