"""The engine in memory itself: what it checks, and how it runs jobs, scripts and decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from engine.handlers import BpmnError
from engine.runtime.effects import MAX_CALL_DEPTH, IncidentType, Outcome
from engine.testing import Engine, InvalidDiagramError, ReplayDiffersError
from tests.conftest import Figure
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, boundary, end, flows, job, message, node, timer
from tests.machine import slowness

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


def test_a_process_of_a_year_is_tested_in_milliseconds(engine: Engine, figure: Figure) -> None:
    """A subscription: billed each month, reminded by a timer when a bill stays unpaid, ended after twelve bills."""
    gate = '<bpmn:exclusiveGateway id="more" default="more_end"/>'
    again = (
        '<bpmn:sequenceFlow id="again" sourceRef="more" targetRef="month"><bpmn:conditionExpression '
        'xsi:type="bpmn:tFormalExpression">=count(bills) &lt; 12</bpmn:conditionExpression></bpmn:sequenceFlow>'
    )
    paid = node("intermediateCatchEvent", "paid", '<bpmn:messageEventDefinition messageRef="m"/>')
    late = '<bpmn:sequenceFlow id="late_remind" sourceRef="late" targetRef="remind"/>'
    engine.deploy(
        process(
            START + node("intermediateCatchEvent", "month", timer("timeDuration", "P1M")) + job("bill")
            + '<bpmn:eventBasedGateway id="wait"/>' + paid + node("intermediateCatchEvent", "late", timer("timeDuration", "P14D"))
            + job("remind") + gate + again + end() + late
            + flows("start month bill wait paid more end", "wait late", "remind wait"),
            root=message("paid", "customer"),
        )
    )  # fmt: skip
    reminded: list[Any] = []
    engine.on_job("bill", lambda variables: {"bills": [*variables.get("bills", []), str(engine.now)]})
    engine.on_job("remind", lambda variables: reminded.append(engine.now))
    began, clock = engine.now, perf_counter()

    instance = engine.start("p", {"customer": "ada", "bills": []})
    for month in range(12):
        engine.advance(timedelta(days=31))
        if month == 5:
            engine.advance(timedelta(days=15))
        engine.publish("paid", correlation_key="ada")
    took = (perf_counter() - clock) * 1_000

    assert instance.outcome is Outcome.COMPLETED
    assert len(instance.variables["bills"]) == 12
    assert len(reminded) == 1
    assert engine.now - began == timedelta(days=12 * 31 + 15)
    figure("milliseconds for a process of 387 days", took)
    figure("journal entries of it", len(instance.journal))
    assert took < 2_000 * slowness()


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


HANDLERS = """
from stepwell import JobContext, handler

@handler("double-in-memory")
def work(n: int, job: JobContext) -> dict[str, int]:
    return {"twice": 2 * n}
"""


def test_the_handlers_of_a_file_do_their_jobs(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "handlers.py"
    file.write_text(HANDLERS, "utf-8")
    engine.deploy(process(START + job("double-in-memory") + end() + flows("start double-in-memory end")))
    engine.use_handlers(file)
    assert engine.start("p", {"n": 21}).variables["twice"] == 42


def test_a_file_that_cannot_be_imported_says_so(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "handlers.py"
    file.write_text("import a_package_that_nobody_has", "utf-8")
    with pytest.raises(ModuleNotFoundError, match="a_package_that_nobody_has"):
        engine.use_handlers(file)


def test_a_process_that_calls_itself_ends_at_a_depth_with_an_incident() -> None:
    engine = Engine()
    engine.deploy(
        process(START + '<bpmn:callActivity id="again" calledElement="p"/>' + end() + flows("start again end"))
    )
    engine.start("p")
    assert len(engine.instances) == MAX_CALL_DEPTH + 1
    (incident,) = [each for instance in engine.instances for each in instance.incidents]
    assert "at most 100 call activities" in incident.message
