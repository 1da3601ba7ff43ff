"""The engine in memory itself: what it checks, and how it runs jobs, scripts and decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.handlers import BpmnError
from engine.runtime.effects import IncidentType, Outcome
from engine.testing import Engine, InvalidDiagramError, ReplayDiffersError
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, boundary, end, flows, job, node

LINE = process(START + job("work") + end() + flows("start work end"))


def test_a_replay_that_gives_anything_else_is_found() -> None:
    engine = Engine()
    engine.deploy(LINE)
    instance = engine.start("p", {"n": 1})
    entry = instance.journal[0]
    for name in ("state", "effects", "facts"):
        instance.journal[0] = replace(entry, **{name: getattr(entry, name).replace("work", "other")})
        with pytest.raises(ReplayDiffersError, match=name):
            engine.check()
    instance.journal[0] = entry
    engine.check()


def test_what_stays_open_after_the_end_is_found() -> None:
    engine = Engine()
    engine.deploy(LINE)
    instance = engine.start("p")
    left = instance.jobs[0]
    engine.complete_job(instance)
    instance.open[left.key] = left
    with pytest.raises(AssertionError, match="nothing open"):
        engine.check()


def test_a_broken_diagram_is_refused_with_its_problems(engine: Engine) -> None:
    with pytest.raises(InvalidDiagramError) as refused:
        engine.deploy(process(START + flows("start nowhere")))
    assert refused.value.problems


def test_what_does_not_wait_is_named_with_what_does(engine: Engine) -> None:
    engine.deploy(LINE)
    with pytest.raises(LookupError, match="OpenJob at 'work'"):
        engine.complete_user_task(engine.start("p"), "approve")


def test_a_function_that_fails_is_tried_as_often_as_the_task_says(engine: Engine) -> None:
    attempts: list[int] = []

    def fails(variables: dict[str, Any]) -> None:
        attempts.append(1)
        raise OSError("out of paper")

    engine.deploy(LINE)
    engine.on_job("work", fails)
    instance = engine.start("p")
    assert instance.incidents[0].type is IncidentType.JOB_NO_RETRIES
    assert "out of paper" in instance.incidents[0].message
    assert len(attempts) == max(1, instance.jobs[0].retries or 1)


def test_a_bpmn_error_of_a_function_takes_the_boundary_event(engine: Engine) -> None:
    caught = boundary("caught", "work", '<bpmn:errorEventDefinition errorRef="e"/>')
    engine.deploy(
        process(
            START + job("work") + caught + end() + end("mended") + flows("start work end", "caught mended"),
            root='<bpmn:error id="e" errorCode="E1"/>',
        )
    )

    def throws(variables: dict[str, Any]) -> None:
        raise BpmnError("E1")

    engine.on_job("work", throws)
    assert engine.start("p").completed_elements[-1] == "mended"


def test_a_python_script_runs_in_the_sandbox(engine: Engine) -> None:
    script = node("scriptTask", "add", "<bpmn:script>total = a + 1</bpmn:script>", 'scriptFormat="python"')
    engine.deploy(process(START + script + end() + flows("start add end")))
    instance = engine.start("p", {"a": 1})
    assert (instance.outcome, instance.variables["total"]) == (Outcome.COMPLETED, 2)


def test_a_decision_answers_a_business_rule_task(engine: Engine) -> None:
    called = '<bpmn:extensionElements><zeebe:calledDecision decisionId="discount" resultVariable="percent"/></bpmn:extensionElements>'
    engine.deploy(process(START + node("businessRuleTask", "rule", called) + end() + flows("start rule end")))
    engine.deploy_decisions(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://example.com/d">'
        '<inputData id="in" name="amount"><variable id="v" name="amount"/></inputData><decision id="discount" name="discount">'
        '<variable id="w" name="discount"/><informationRequirement id="r"><requiredInput href="#in"/></informationRequirement>'
        '<literalExpression id="l"><text>if amount > 10 then 5 else 0</text></literalExpression></decision></definitions>'
    )
    assert engine.start("p", {"amount": 20}).variables["percent"] == 5


def test_the_clock_stands_still_while_nobody_lets_it_go_on(engine: Engine) -> None:
    began = engine.now
    engine.deploy(LINE)
    engine.start("p")
    assert engine.now == began
    engine.advance(timedelta(hours=3))
    assert engine.now == began + timedelta(hours=3)


def test_a_job_function_runs_again_when_its_incident_is_resolved(engine: Engine) -> None:
    broken = [True]

    def prints(variables: dict[str, Any]) -> dict[str, Any]:
        if broken[0]:
            raise OSError("out of paper")
        return {"printed": True}

    engine.deploy(LINE)
    engine.on_job("work", prints)
    instance = engine.start("p")
    broken[0] = False
    engine.resolve(instance)
    assert instance.outcome is Outcome.COMPLETED
    assert instance.variables == {"printed": True}


def test_a_signal_that_one_instance_throws_starts_another_process(engine: Engine) -> None:
    signal = '<bpmn:signalEventDefinition signalRef="s"/>'
    root = '<bpmn:signal id="s" name="go"/>'
    engine.deploy(process(START + end("end", signal) + flows("start end"), root=root))
    begins = process(node("startEvent", "begin", signal) + end() + flows("begin end"), root=root)
    engine.deploy(begins.replace(b'id="p"', b'id="q"'))
    engine.start("p")
    assert [(each.model.id, each.outcome) for each in engine.instances] == [
        ("p", Outcome.COMPLETED),
        ("q", Outcome.COMPLETED),
    ]
