"""Event sub-processes with every kind of start event, interrupting and not, at every place that can hold one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.runtime.effects import Outcome
from engine.testing import Engine
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, boundary, end, flows, job, node
from tests.core.runtime.occurrences import ERROR, ESCALATION, OCCURRENCES, ROOTS

WORK = job("work") + node("intermediateThrowEvent", "raise", ESCALATION) + job("more")


def reacting(kind: str, *, interrupting: bool, name: str = "react", inner: str = "") -> str:
    """An event sub-process that does the job `mend`."""
    occurrence = OCCURRENCES[kind]
    attributes = occurrence.attributes + ("" if interrupting else ' isInterrupting="false"')
    inside = (
        node("startEvent", f"{name}_caught", occurrence.definition, attributes)
        + job(f"{name}_mend")
        + end(f"{name}_end")
        + flows(f"{name}_caught {name}_mend {name}_end")
    )
    return node("subProcess", name, inside + inner, 'triggeredByEvent="true"')


def at_work(handler: str) -> bytes:
    return process(START + WORK + end() + flows("start work raise more end") + handler, root=ROOTS)


def _of(kind: str, how: str) -> Any:
    return pytest.param(kind, marks=pytest.mark.element(f"event sub-process: {kind}, {how}"), id=kind)


@pytest.mark.parametrize("kind", [_of(kind, "interrupting") for kind in OCCURRENCES])
def test_an_interrupting_event_sub_process_ends_what_its_scope_does_and_runs_instead(engine: Engine, kind: str) -> None:
    engine.deploy(at_work(reacting(kind, interrupting=True)))
    instance = engine.start("p", {"level": 0})
    OCCURRENCES[kind].happens(engine, instance)
    assert [each.element_id for each in instance.jobs] == ["react_mend"]
    assert instance.timers == []
    assert instance.message_subscriptions == []
    engine.complete_job(instance)
    assert instance.outcome is Outcome.COMPLETED
    assert "end" not in instance.completed_elements
    assert instance.completed_elements[-1] == "react"
    assert instance.variables.get("brought") == OCCURRENCES[kind].brought


@pytest.mark.parametrize("kind", [_of(kind, "non-interrupting") for kind in OCCURRENCES if kind != "error"])
def test_a_non_interrupting_event_sub_process_runs_beside_its_scope_which_waits_for_it(
    engine: Engine, kind: str
) -> None:
    engine.deploy(at_work(reacting(kind, interrupting=False)))
    instance = engine.start("p", {"level": 0})
    OCCURRENCES[kind].happens(engine, instance)
    for job_type in ("work", "more"):
        engine.on_job(job_type, lambda _: None)
    assert "end" in instance.completed_elements
    assert instance.outcome is None
    assert instance.terminated_elements == []
    engine.on_job("react_mend", lambda _: None)
    assert instance.outcome is Outcome.COMPLETED
    assert instance.variables.get("brought") == OCCURRENCES[kind].brought


@pytest.mark.element("event sub-process: non-interrupting, again and again")
def test_a_non_interrupting_event_sub_process_runs_once_for_each_occurrence_at_once(engine: Engine) -> None:
    engine.deploy(at_work(reacting("message", interrupting=False)))
    instance = engine.start("p")
    for _ in range(3):
        engine.publish("paid", "k")
    assert [each.element_id for each in instance.jobs] == ["work", "react_mend", "react_mend", "react_mend"]
    for job_type in ("work", "more", "react_mend"):
        engine.on_job(job_type, lambda _: None)
    assert instance.outcome is Outcome.COMPLETED
    assert instance.completed_elements.count("react") == 3


def _held(tag: str, *, interrupting: bool) -> bytes:
    inside = (
        node("startEvent", "in")
        + job("work")
        + end("out")
        + flows("in work out")
        + reacting("signal", interrupting=interrupting)
    )
    return process(START + node(tag, "host", inside) + job("next") + end() + flows("start host next end"), root=ROOTS)


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param("subProcess", marks=pytest.mark.element("event sub-process: in a sub-process")),
        pytest.param("transaction", marks=pytest.mark.element("event sub-process: in a transaction")),
    ],
)
@pytest.mark.parametrize("interrupting", [True, False])
def test_an_event_sub_process_belongs_to_its_sub_process_alone(engine: Engine, tag: str, interrupting: bool) -> None:
    engine.deploy(_held(tag, interrupting=interrupting))
    instance = engine.start("p")
    engine.broadcast("alarm")
    working = ["react_mend"] if interrupting else ["work", "react_mend"]
    assert [each.element_id for each in instance.jobs] == working
    engine.on_job("react_mend", lambda _: None)
    engine.on_job("work", lambda _: None)
    assert "host" in instance.completed_elements
    engine.broadcast("alarm")
    assert [each.element_id for each in instance.jobs] == ["next"]
    engine.complete_job(instance, "next")
    assert instance.completed_elements[-1] == "end"


@pytest.mark.element("event sub-process: in an event sub-process")
def test_an_event_sub_process_within_another_listens_while_that_one_runs(engine: Engine) -> None:
    inner = reacting("signal", interrupting=True, name="inner")
    engine.deploy(at_work(reacting("message", interrupting=True, inner=inner)))
    instance = engine.start("p")
    engine.broadcast("alarm")
    assert [each.element_id for each in instance.jobs] == ["work"]
    engine.publish("paid", "k")
    engine.broadcast("alarm")
    assert [each.element_id for each in instance.jobs] == ["inner_mend"]
    engine.complete_job(instance)
    assert instance.completed_elements[-2:] == ["inner", "react"]


def test_an_error_within_an_event_sub_process_goes_outward_and_not_to_itself(engine: Engine) -> None:
    throwing = node("startEvent", "caught", ERROR) + end("worse", ERROR) + flows("caught worse")
    inside = (
        node("startEvent", "in")
        + job("work")
        + end("out")
        + flows("in work out")
        + node("subProcess", "react", throwing, 'triggeredByEvent="true"')
    )
    outside = boundary("outer", "host", ERROR) + end() + end("mended")
    engine.deploy(
        process(
            START + node("subProcess", "host", inside) + outside + flows("start host end", "outer mended"), root=ROOTS
        )
    )
    instance = engine.start("p")
    engine.throw_error(instance, "E1", "work")
    assert instance.completed_elements == ["start", "in", "caught", "worse", "outer", "mended"]
    assert instance.outcome is Outcome.COMPLETED


def test_an_event_sub_process_that_interrupts_takes_the_others_of_its_scope_with_it(engine: Engine) -> None:
    other = reacting("message", interrupting=False, name="other")
    engine.deploy(at_work(reacting("signal", interrupting=True) + other))
    instance = engine.start("p")
    engine.publish("paid", "k")
    engine.broadcast("alarm")
    assert [each.element_id for each in instance.jobs] == ["react_mend"]
    assert "other" in instance.terminated_elements
    engine.publish("paid", "k")
    assert [each.element_id for each in instance.jobs] == ["react_mend"]


def test_a_parallel_multiple_start_of_an_event_sub_process_waits_for_all_of_its_events(engine: Engine) -> None:
    engine.deploy(at_work(reacting("parallel multiple", interrupting=False)))
    instance = engine.start("p")
    for expected in (1, 2):
        engine.broadcast("alarm")
        assert len(instance.jobs) == expected
        engine.publish("paid", "k")
        assert len(instance.jobs) == expected + 1


def test_a_cycle_starts_an_event_sub_process_as_often_as_it_says(engine: Engine) -> None:
    engine.deploy(at_work(reacting("timer, cycle", interrupting=False)))
    engine.on_job("react_mend", lambda _: None)
    instance = engine.start("p")
    engine.advance(timedelta(hours=10))
    assert instance.completed_elements.count("react") == 3
    assert instance.timers == []


def test_what_an_event_brings_is_seen_in_its_event_sub_process(engine: Engine) -> None:
    engine.deploy(at_work(reacting("multiple", interrupting=False)))
    instance = engine.start("p")
    engine.publish("paid", "k", {"amount": 7})
    assert instance.variables["amount"] == 7
