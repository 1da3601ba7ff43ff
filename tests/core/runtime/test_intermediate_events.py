"""Intermediate events that catch and throw, and end events."""

from __future__ import annotations

from typing import Any

import pytest

from engine import exact_json
from engine.runtime.effects import BroadcastSignal, Outcome, PublishMessage
from engine.runtime.history import ErrorThrown, Escalated
from engine.testing import Engine, Instance
from tests.core.bpmn.diagrams import file, process
from tests.core.runtime.nodes import START, boundary, end, flows, job, message, node
from tests.core.runtime.occurrences import ERROR, ESCALATION, MESSAGE, OCCURRENCES, ROOTS, SIGNAL

CATCHABLE = [kind for kind in OCCURRENCES if kind not in ("error", "escalation")]
CORRELATED = message("paid", "order")


def effects_of(instance: Instance, kind: str) -> list[Any]:
    """Of this kind, from the journal, as `[name, field, ...]`."""
    return [each for entry in instance.journal for each in exact_json.decode(entry.effects) if each[0] == kind]


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.element(f"intermediate catch event: {kind}"), id=kind) for kind in CATCHABLE],
)
def test_a_catch_event_waits_for_what_it_names_and_goes_on(engine: Engine, kind: str) -> None:
    occurrence = OCCURRENCES[kind]
    waiting = node("intermediateCatchEvent", "wait", occurrence.definition, occurrence.attributes)
    engine.deploy(process(START + waiting + end() + flows("start wait end"), root=ROOTS))
    instance = engine.start("p", {"level": 0})
    assert instance.completed_elements == ["start"]
    occurrence.happens(engine, instance)
    assert instance.completed_elements == ["start", "wait", "end"]
    assert instance.outcome is Outcome.COMPLETED
    assert instance.variables.get("brought") == occurrence.brought


def test_a_parallel_multiple_catch_event_goes_on_when_the_last_of_its_events_has_occurred(engine: Engine) -> None:
    occurrence = OCCURRENCES["parallel multiple"]
    waiting = node("intermediateCatchEvent", "wait", occurrence.definition, occurrence.attributes)
    engine.deploy(process(START + waiting + end() + flows("start wait end"), root=ROOTS))
    instance = engine.start("p")
    engine.broadcast("alarm", {"a": 1})
    engine.broadcast("alarm", {"a": 2})
    assert instance.outcome is None
    engine.publish("paid", "k", {"b": 3})
    assert instance.outcome is Outcome.COMPLETED
    assert instance.variables == {"a": 1, "b": 3}


def test_a_multiple_catch_event_needs_one_of_its_events_and_withdraws_the_others(engine: Engine) -> None:
    waiting = node("intermediateCatchEvent", "wait", OCCURRENCES["multiple"].definition)
    engine.deploy(process(START + waiting + job("next") + end() + flows("start wait next end"), root=ROOTS))
    instance = engine.start("p")
    engine.publish("paid", "k")
    assert instance.signal_subscriptions == []
    assert [each.element_id for each in instance.jobs] == ["next"]


@pytest.mark.element("intermediate throw event: none")
def test_a_throw_event_without_a_definition_is_passed(engine: Engine) -> None:
    engine.deploy(process(START + node("intermediateThrowEvent", "milestone") + end() + flows("start milestone end")))
    assert engine.start("p").completed_elements == ["start", "milestone", "end"]


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param("intermediateThrowEvent", marks=pytest.mark.element("intermediate throw event: message")),
        pytest.param("endEvent", marks=pytest.mark.element("end event: message")),
    ],
)
def test_a_thrown_message_reaches_the_instance_with_its_key_and_brings_its_variables(engine: Engine, tag: str) -> None:
    ends = "" if tag == "endEvent" else end() + flows("tell end")
    told = node("startEvent", "begin") + node("intermediateCatchEvent", "wait", MESSAGE) + end("done")
    engine.deploy(
        file(
            f'<bpmn:process id="p" isExecutable="true">{START}{node(tag, "tell", MESSAGE)}{ends}{flows("start tell")}</bpmn:process>'
            f'<bpmn:process id="q" isExecutable="true">{told}{flows("begin wait done")}</bpmn:process>{CORRELATED}'
        )
    )
    other, waiting = engine.start("q", {"order": "7"}), engine.start("q", {"order": "8"})
    thrower = engine.start("p", {"order": "8", "amount": 3})
    assert (other.outcome, waiting.outcome) == (None, Outcome.COMPLETED)
    assert waiting.variables["amount"] == 3
    [published] = effects_of(thrower, PublishMessage.__name__)
    assert published[3:6] == ["tell", "paid", "8"]
    assert thrower.outcome is Outcome.COMPLETED


@pytest.mark.element("intermediate throw event: message, by a job")
def test_a_message_event_with_a_job_type_is_thrown_by_the_job(engine: Engine) -> None:
    sending = node(
        "intermediateThrowEvent",
        "tell",
        '<bpmn:extensionElements><zeebe:taskDefinition type="mail"/></bpmn:extensionElements>' + MESSAGE,
    )
    engine.deploy(process(START + sending + end() + flows("start tell end"), root=ROOTS))
    instance = engine.start("p")
    assert [each.type for each in instance.jobs] == ["mail"]
    engine.complete_job(instance, variables={"sent": True})
    assert effects_of(instance, PublishMessage.__name__) == []
    assert instance.outcome is Outcome.COMPLETED
    assert instance.variables == {"sent": True}


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param("intermediateThrowEvent", marks=pytest.mark.element("intermediate throw event: signal")),
        pytest.param("endEvent", marks=pytest.mark.element("end event: signal")),
    ],
)
def test_a_thrown_signal_reaches_all_that_wait_in_this_instance_and_in_others(engine: Engine, tag: str) -> None:
    ends = "" if tag == "endEvent" else end() + flows("tell end")
    body = (
        START
        + node("parallelGateway", "fork")
        + node("intermediateCatchEvent", "here", SIGNAL)
        + job("work")
        + node(tag, "tell", SIGNAL)
        + end("heard")
        + flows("start fork here heard", "fork work tell")
        + ends
    )
    engine.deploy(process(body, root=ROOTS))
    one, two = engine.start("p"), engine.start("p")
    engine.complete_job(one, "work")
    assert one.outcome is Outcome.COMPLETED
    assert one.completed_elements.count("heard") == 1
    assert two.completed_elements[-1] == "heard"
    assert [each[4] for each in effects_of(one, BroadcastSignal.__name__)] == ["alarm"]


@pytest.mark.element("intermediate throw event: link", "intermediate catch event: link")
def test_a_link_goes_on_at_its_catching_event_as_often_as_it_is_thrown(engine: Engine) -> None:
    def link(tag: str, identifier: str) -> str:
        return node(tag, identifier, '<bpmn:linkEventDefinition name="below"/>')

    engine.deploy(
        process(
            START
            + node("parallelGateway", "fork")
            + link("intermediateThrowEvent", "from_a")
            + link("intermediateThrowEvent", "from_b")
            + link("intermediateCatchEvent", "to")
            + end()
            + flows("start fork from_a", "fork from_b", "to end")
        )
    )
    instance = engine.start("p")
    assert sorted(instance.completed_elements) == ["end", "end", "fork", "from_a", "from_b", "start", "to", "to"]
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param(
            "intermediateThrowEvent", marks=pytest.mark.element("intermediate throw event: escalation", "escalationRef")
        ),
        pytest.param("endEvent", marks=pytest.mark.element("end event: escalation")),
    ],
)
def test_an_escalation_goes_to_the_nearest_catcher_of_its_code(engine: Engine, tag: str) -> None:
    ends = "" if tag == "endEvent" else end("out") + flows("raise out")
    inner = node(
        "subProcess", "inner", node("startEvent", "in") + node(tag, "raise", ESCALATION) + ends + flows("in raise")
    )
    middle = node("startEvent", "begin") + inner + end("over") + flows("begin inner over")
    other = '<bpmn:escalationEventDefinition escalationRef="y"/>'
    engine.deploy(
        process(
            START
            + node("subProcess", "outer", middle)
            + boundary("wrong", "outer", other, interrupting=False)
            + boundary("right", "outer", ESCALATION, interrupting=False)
            + end()
            + end("a")
            + end("b")
            + flows("start outer end", "wrong a", "right b"),
            root=ROOTS + '<bpmn:escalation id="y" escalationCode="Y"/>',
        )
    )
    instance = engine.start("p")
    assert [(fact.code, fact.caught_by) for fact in instance.facts(Escalated)] == [("X1", "right")]
    assert "a" not in instance.completed_elements
    assert {"b", "end"} <= set(instance.completed_elements)


def test_an_escalation_that_nothing_catches_is_in_the_history_and_all_goes_on(engine: Engine) -> None:
    engine.deploy(process(START + end("end", ESCALATION) + flows("start end"), root=ROOTS))
    instance = engine.start("p")
    assert [(fact.code, fact.caught_by) for fact in instance.facts(Escalated)] == [("X1", None)]
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param("intermediateThrowEvent", marks=pytest.mark.element("intermediate throw event: multiple")),
        pytest.param("endEvent", marks=pytest.mark.element("end event: multiple")),
    ],
)
def test_a_multiple_event_throws_all_that_it_names(engine: Engine, tag: str) -> None:
    ends = "" if tag == "endEvent" else end() + flows("tell end")
    engine.deploy(
        process(START + node(tag, "tell", MESSAGE + SIGNAL + ESCALATION) + flows("start tell") + ends, root=ROOTS)
    )
    instance = engine.start("p")
    assert len(effects_of(instance, PublishMessage.__name__)) == 1
    assert len(effects_of(instance, BroadcastSignal.__name__)) == 1
    assert len(instance.facts(Escalated)) == 1
    assert instance.completed_elements.count("tell") == 1
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("end event: none", "sub-process: embedded")
def test_an_end_event_ends_its_own_token_and_the_scope_with_the_last(engine: Engine) -> None:
    inside = (
        node("startEvent", "in")
        + node("parallelGateway", "fork")
        + job("a")
        + job("b")
        + end("out_a")
        + end("out_b")
        + flows("in fork a out_a", "fork b out_b")
    )
    engine.deploy(process(START + node("subProcess", "host", inside) + end() + flows("start host end")))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert instance.completed_elements[-1] == "out_a"
    engine.complete_job(instance, "b")
    assert instance.completed_elements[-3:] == ["out_b", "host", "end"]


def test_an_error_end_event_that_nothing_catches_ends_the_instance_by_its_error(engine: Engine) -> None:
    body = START + node("parallelGateway", "fork") + job("work") + end() + end("broken", ERROR)
    engine.deploy(process(body + flows("start fork work end", "fork broken"), root=ROOTS))
    instance = engine.start("p", {"n": 1})
    assert instance.outcome is Outcome.ERROR
    assert instance.end is not None
    assert (instance.end.error_code, instance.variables) == ("E1", {"n": 1})
    assert instance.terminated_elements == ["work"]
    assert [(fact.code, fact.caught_by) for fact in instance.facts(ErrorThrown)] == [("E1", None)]
