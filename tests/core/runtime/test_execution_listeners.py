"""Execution listeners: jobs that must end before an element begins, or before it ends (Camunda 8)."""

from __future__ import annotations

import pytest

from engine.runtime.effects import IncidentType, JobKind, Outcome
from engine.testing import Engine, Instance
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, boundary, end, flows, job, node


def listeners(*events: str, prefix: str = "on") -> str:
    each = "".join(f'<zeebe:executionListener eventType="{event}" type="{prefix}_{event}"/>' for event in events)
    return f"<zeebe:executionListeners>{each}</zeebe:executionListeners>"


def extended(inner: str) -> str:
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>"


def opened(instance: Instance) -> list[tuple[str, str]]:
    return [(each.element_id, each.type) for each in instance.jobs]


def test_those_of_a_process_run_before_its_first_element_and_after_its_last(engine: Engine) -> None:
    engine.deploy(process(extended(listeners("start", "end")) + START + job("a") + end() + flows("start a end")))
    instance = engine.start("p")
    assert opened(instance) == [("p", "on_start")]
    assert instance.jobs[0].kind is JobKind.EXECUTION_LISTENER
    engine.complete_job(instance, "p", {"n": 1})
    assert (opened(instance), instance.variables) == ([("a", "a")], {"n": 1})
    engine.complete_job(instance, "a")
    assert (opened(instance), instance.outcome) == ([("p", "on_end")], None)
    engine.complete_job(instance, "p")
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.parametrize(
    ("tag", "default"),
    [("exclusiveGateway", 'default="x_end"'), ("parallelGateway", ""), ("inclusiveGateway", ""), ("manualTask", "")],
)
def test_those_at_the_start_of_any_element_run_before_it(engine: Engine, tag: str, default: str) -> None:
    body = START + node(tag, "x", extended(listeners("start")), default) + end() + end("other")
    engine.deploy(process(body + flows("start x end", "x other")))
    instance = engine.start("p")
    assert opened(instance) == [("x", "on_start")]
    engine.complete_job(instance, "x")
    assert instance.outcome is Outcome.COMPLETED
    assert instance.completed_elements[:2] == ["start", "x"]


def test_those_of_events_run_at_their_start_and_end(engine: Engine) -> None:
    body = (
        node("startEvent", "start", extended(listeners("end")))
        + node("endEvent", "end", extended(listeners("start", "end")))
        + flows("start end")
    )
    engine.deploy(process(body))
    instance = engine.start("p")
    for expected in (("start", "on_end"), ("end", "on_start"), ("end", "on_end")):
        assert opened(instance) == [expected]
        engine.complete_job(instance, expected[0])
    assert instance.outcome is Outcome.COMPLETED


def test_each_instance_of_a_multi_instance_activity_has_its_own(engine: Engine) -> None:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality "
        'xsi:type="bpmn:tFormalExpression">=2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>'
    )
    engine.deploy(process(START + job("a", loop, extensions=listeners("start")) + end() + flows("start a end")))
    instance = engine.start("p")
    assert opened(instance) == [("a", "on_start"), ("a", "on_start")]


def test_while_those_at_the_end_of_a_sub_process_run_nothing_begins_in_it_any_more(engine: Engine) -> None:
    signal = '<bpmn:signalEventDefinition signalRef="s"/>'
    handler = node("startEvent", "called", signal, 'isInterrupting="false"') + end("heard") + flows("called heard")
    inside = (
        extended(listeners("end"))
        + node("startEvent", "in")
        + job("a")
        + end("out")
        + flows("in a out")
        + node("subProcess", "meanwhile", handler, 'triggeredByEvent="true"')
    )
    engine.deploy(
        process(
            START
            + node("subProcess", "sub", inside)
            + boundary("stop", "sub", signal)
            + end()
            + end("stopped")
            + flows("start sub end", "stop stopped"),
            root='<bpmn:signal id="s" name="go"/>',
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert opened(instance) == [("sub", "on_end")]
    engine.broadcast("go")
    assert "meanwhile" not in instance.activated_elements
    assert instance.completed_elements[-1] == "stopped"
    assert (instance.jobs, instance.outcome) == ([], Outcome.COMPLETED)


def test_several_of_one_event_run_one_after_another_and_once_each(engine: Engine) -> None:
    twice = listeners("end", prefix="first") + listeners("end", prefix="second")
    engine.deploy(process(START + job("a", extensions=twice) + end() + flows("start a end")))
    instance = engine.start("p")
    engine.complete_job(instance, "a", {"n": 1})
    for expected in ("first_end", "second_end"):
        assert opened(instance) == [("a", expected)]
        engine.complete_job(instance, "a")
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.parametrize("event", ["start", "end"])
def test_an_error_of_a_listener_that_nothing_catches_is_an_incident_that_asks_it_again(
    engine: Engine, event: str
) -> None:
    engine.deploy(process(START + job("a", extensions=listeners(event)) + end() + flows("start a end")))
    instance = engine.start("p")
    if event == "end":
        engine.complete_job(instance, "a")
    engine.throw_error(instance, "E1", "a")
    assert [each.type for each in instance.incidents] == [IncidentType.UNHANDLED_ERROR_EVENT]
    engine.resolve(instance)
    assert opened(instance) == [("a", f"on_{event}")]


def test_a_listener_whose_job_cannot_be_made_is_an_incident_that_is_mended(engine: Engine) -> None:
    wanted = (
        '<zeebe:executionListeners><zeebe:executionListener eventType="end" type="=kind"/></zeebe:executionListeners>'
    )
    engine.deploy(process(START + job("a", extensions=wanted) + end() + flows("start a end")))
    instance = engine.start("p", {"kind": None})
    engine.complete_job(instance, "a")
    assert [each.type for each in instance.incidents] == [IncidentType.EXTRACT_VALUE_ERROR]
    engine.set_variables(instance, {"kind": "tidy"})
    engine.resolve(instance)
    assert opened(instance) == [("a", "tidy")]
