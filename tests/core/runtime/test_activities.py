"""Multi-instance, loops, variables, mappings and incidents of activities."""

from __future__ import annotations

import pytest

from engine.runtime.effects import IncidentType, Outcome
from engine.runtime.history import InputIgnored
from engine.runtime.inputs import JobCompleted
from engine.testing import Engine
from tests.core.bpmn.diagrams import flow, process
from tests.core.runtime.nodes import START, boundary, end, flows, job, script


def _each(*, sequential: bool, more: str = "") -> str:
    collecting = (
        '<bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=items" inputElement="item" '
        'outputCollection="results" outputElement="=result"/></bpmn:extensionElements>'
    )
    attribute = 'isSequential="true"' if sequential else ""
    loop = (
        f"<bpmn:multiInstanceLoopCharacteristics {attribute}>{collecting}{more}</bpmn:multiInstanceLoopCharacteristics>"
    )
    return process(START + job("work", loop) + end() + flows("start work end")).decode()


@pytest.mark.element(
    "multi-instance: parallel, over a collection", "multi-instance: output collection", "multi-instance: behaviour all"
)
def test_parallel_instances_run_at_once_and_collect_in_the_order_of_their_input(engine: Engine) -> None:
    engine.deploy(_each(sequential=False))
    instance = engine.start("p", {"items": [1, 2, 3]})
    assert len(instance.jobs) == 3
    for result, opened in zip(["c", "b", "a"], reversed(instance.jobs), strict=True):
        del instance.open[opened.key]
        engine.give(instance, JobCompleted(opened.key, {"result": result}))
    assert instance.variables["results"] == ["a", "b", "c"]
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("multi-instance: sequential, over a collection")
def test_sequential_instances_run_one_after_another(engine: Engine) -> None:
    engine.deploy(_each(sequential=True))
    instance = engine.start("p", {"items": [1, 2]})
    assert len(instance.jobs) == 1
    engine.on_job("work", lambda variables: {"result": variables["item"] * 10})
    assert instance.variables["results"] == [10, 20]


def test_no_items_are_no_instances(engine: Engine) -> None:
    engine.deploy(_each(sequential=False))
    instance = engine.start("p", {"items": []})
    assert instance.outcome is Outcome.COMPLETED
    assert instance.variables["results"] == []


@pytest.mark.element("multi-instance: completion condition")
def test_the_completion_condition_withdraws_the_other_instances(engine: Engine) -> None:
    condition = (
        '<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">=result = "stop"</bpmn:completionCondition>'
    )
    engine.deploy(_each(sequential=False, more=condition))
    instance = engine.start("p", {"items": [1, 2, 3]})
    engine.complete_job(instance, variables={"result": "stop"})
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("input and output mappings", "expressions: FEEL", "dialect: zeebe")
def test_input_and_output_mappings_are_the_only_door_of_an_activity(engine: Engine) -> None:
    mapping = '<zeebe:ioMapping><zeebe:input source="=a + 1" target="x"/><zeebe:output source="=y" target="b"/></zeebe:ioMapping>'
    engine.deploy(process(START + job("work", extensions=mapping) + end() + flows("start work end")))
    engine.on_job("work", lambda variables: {"y": variables["x"] * 2, "private": True})
    instance = engine.start("p", {"a": 1})
    assert instance.variables == {"a": 1, "b": 4}


@pytest.mark.element("task: script, FEEL")
def test_an_expression_of_a_script_task_writes_its_result(engine: Engine) -> None:
    engine.deploy(process(START + script("add", "a + b", "sum") + end() + flows("start add end")))
    assert engine.start("p", {"a": 1, "b": 2}).variables["sum"] == 3


@pytest.mark.element("start event: none", "task: service", "end event: none")
def test_a_job_without_attempts_left_is_an_incident_and_runs_again_when_it_is_resolved(engine: Engine) -> None:
    engine.deploy(process(START + job("work") + end() + flows("start work end")))
    instance = engine.start("p")
    engine.fail_job(instance, message="the printer is on fire")
    assert [each.type for each in instance.incidents] == [IncidentType.JOB_NO_RETRIES]
    assert "on fire" in instance.incidents[0].message
    engine.resolve(instance)
    assert instance.incidents == []
    engine.complete_job(instance)
    assert instance.outcome is Outcome.COMPLETED


def test_a_late_answer_changes_nothing_and_is_recorded(engine: Engine) -> None:
    engine.deploy(process(START + job("a") + job("b") + end() + flows("start a b end")))
    instance = engine.start("p")
    key = instance.jobs[0].key
    engine.complete_job(instance, "a")
    engine.give(instance, JobCompleted(key, {"late": True}))
    assert instance.variables == {}
    assert len(instance.facts(InputIgnored)) == 1
    assert [each.element_id for each in instance.jobs] == ["b"]


def test_a_cancelled_instance_withdraws_all_that_it_opened(engine: Engine) -> None:
    engine.deploy(process(START + job("work") + end() + flows("start work end")))
    instance = engine.start("p")
    engine.cancel(instance)
    assert instance.outcome is Outcome.TERMINATED
    assert instance.open == {}


@pytest.mark.element("sequence flow: conditional, from an activity", "sequence flow: several out of an activity")
def test_a_condition_that_is_tried_again_does_not_map_the_outputs_again(engine: Engine) -> None:
    mapping = '<zeebe:ioMapping><zeebe:output source="=count + 1" target="count"/></zeebe:ioMapping>'
    engine.deploy(
        process(
            START
            + job("work", extensions=mapping)
            + end()
            + end("other")
            + flows("start work")
            + flow("work", "end", "=limit &gt; 1")
            + flow("work", "other", "=limit &lt; 0")
        )
    )
    instance = engine.start("p", {"count": 0, "limit": 0})
    engine.complete_job(instance, "work")
    assert (instance.variables["count"], len(instance.incidents)) == (1, 1)
    engine.set_variables(instance, {"limit": 2})
    engine.resolve(instance)
    assert instance.outcome is not None
    assert instance.variables["count"] == 1


def test_a_catcher_whose_expression_fails_is_an_incident_and_not_the_end_of_the_world(engine: Engine) -> None:
    catching = '<bpmn:errorEventDefinition errorRef="e"/>'
    engine.deploy(
        process(
            START
            + job("work")
            + boundary("caught", "work", catching)
            + end()
            + end("mended")
            + flows("start work end", "caught mended"),
            root='<bpmn:error id="e" errorCode="=[1]"/>',
        )
    )
    instance = engine.start("p")
    engine.throw_error(instance, "E1")
    [incident] = instance.incidents
    assert "the code" in incident.message
    engine.cancel(instance)
    assert instance.outcome is Outcome.TERMINATED


def test_each_instance_has_an_output_of_its_own(engine: Engine) -> None:
    engine.deploy(_each(sequential=False))
    instance = engine.start("p", {"items": [1, 2]})
    engine.complete_job(instance, "work", {"result": "a"})
    engine.complete_job(instance, "work", {"done": True})
    assert instance.variables["results"] == ["a", None]
    assert "result" not in instance.variables
