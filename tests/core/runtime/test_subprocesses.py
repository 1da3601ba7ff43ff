"""Sub-processes, event sub-processes, called processes, compensation and termination."""

from __future__ import annotations

import pytest

from engine.runtime.effects import IncidentType, Outcome
from engine.testing import Engine
from tests.core.bpmn.diagrams import file, process
from tests.core.runtime.nodes import START, boundary, end, flows, job, node

ERROR = '<bpmn:errorEventDefinition errorRef="e"/>'
ERROR_ROOT = '<bpmn:error id="e" errorCode="E1"/>'


@pytest.mark.element("end event: error")
def test_an_error_end_event_leaves_the_sub_process_by_its_boundary_event(engine: Engine) -> None:
    inside = (
        node("startEvent", "in")
        + node("parallelGateway", "fork")
        + job("a")
        + job("b")
        + end("fails", ERROR)
        + end("fine")
        + flows("in fork a fails", "fork b fine")
    )
    engine.deploy(
        process(
            START
            + node("subProcess", "sub", inside)
            + boundary("caught", "sub", ERROR)
            + end()
            + end("mended")
            + flows("start sub end", "caught mended"),
            root=ERROR_ROOT,
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert instance.completed_elements[-1] == "mended"
    assert {"b", "sub"} <= set(instance.terminated_elements)


@pytest.mark.element("event sub-process: error, interrupting", "event sub-process: in a process")
def test_an_event_sub_process_catches_what_its_scope_throws(engine: Engine) -> None:
    handler = node("startEvent", "failed", ERROR) + end("handled") + flows("failed handled")
    engine.deploy(
        process(
            START
            + job("work")
            + end()
            + flows("start work end")
            + node("subProcess", "rescue", handler, 'triggeredByEvent="true"'),
            root=ERROR_ROOT,
        )
    )
    instance = engine.start("p")
    engine.throw_error(instance, "E1")
    assert instance.outcome is Outcome.COMPLETED
    assert "handled" in instance.completed_elements


@pytest.mark.element("end event: terminate")
def test_a_terminate_end_event_ends_all_that_still_runs_in_its_scope(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node("parallelGateway", "fork")
            + job("a")
            + job("b")
            + end("stop", "<bpmn:terminateEventDefinition/>")
            + end()
            + flows("start fork a stop", "fork b end")
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert instance.outcome is not None
    assert instance.terminated_elements == ["b"]


def _caller_and_called(inside: str, *, caught: bool = False) -> bytes:
    call = '<bpmn:extensionElements><zeebe:calledElement processId="q" propagateAllChildVariables="true"/></bpmn:extensionElements>'
    mended = boundary("caught", "call", ERROR) + end("mended") + flows("caught mended") if caught else ""
    return file(
        f'<bpmn:process id="p" isExecutable="true">{START}{node("callActivity", "call", call)}{end()}{flows("start call end")}'
        f'{mended}</bpmn:process><bpmn:process id="q" isExecutable="true">{inside}</bpmn:process>{ERROR_ROOT}'
    )


@pytest.mark.element("call activity: binding latest")
def test_a_called_process_gets_the_variables_and_gives_its_own_back(engine: Engine) -> None:
    engine.deploy(_caller_and_called(node("startEvent", "in") + job("work") + end("out") + flows("in work out")))
    parent = engine.start("p", {"n": 1})
    child = engine.instances[1]
    assert child.variables == {"n": 1}
    engine.complete_job(child, variables={"n": 2})
    assert parent.outcome is Outcome.COMPLETED
    assert parent.variables == {"n": 2}


@pytest.mark.element("call activity: an error passes up")
def test_an_error_of_a_called_process_is_caught_by_the_caller(engine: Engine) -> None:
    engine.deploy(_caller_and_called(node("startEvent", "in") + end("out", ERROR) + flows("in out"), caught=True))
    parent = engine.start("p")
    assert parent.completed_elements[-1] == "mended"
    assert engine.instances[1].outcome is Outcome.ERROR


def test_cancelling_the_caller_cancels_the_called_process(engine: Engine) -> None:
    engine.deploy(_caller_and_called(node("startEvent", "in") + job("work") + end("out") + flows("in work out")))
    engine.cancel(engine.start("p"))
    assert [each.outcome for each in engine.instances] == [Outcome.TERMINATED] * 2


def test_a_call_of_what_is_not_deployed_is_an_incident(engine: Engine) -> None:
    call = '<bpmn:extensionElements><zeebe:calledElement processId="none"/></bpmn:extensionElements>'
    engine.deploy(process(START + node("callActivity", "call", call) + end() + flows("start call end")))
    instance = engine.start("p")
    assert [each.type for each in instance.incidents] == [IncidentType.CALLED_ELEMENT_ERROR]


@pytest.mark.element(
    "intermediate throw event: compensation", "boundary event: compensation", "compensation: of a task"
)
def test_compensation_undoes_completed_activities_in_reverse_order(engine: Engine) -> None:
    throwing = node("intermediateThrowEvent", "undo", "<bpmn:compensateEventDefinition/>")
    engine.deploy(process(START + undoable("a") + undoable("b") + throwing + end() + flows("start a b undo end")))
    for job_type in ("a", "b", "undo_a", "undo_b"):
        engine.on_job(job_type, lambda _: None)
    instance = engine.start("p")
    assert instance.outcome is Outcome.COMPLETED
    assert [each for each in instance.activated_elements if each.startswith("undo_")] == ["undo_b", "undo_a"]


def undoable(name: str) -> str:
    """A service task with a compensation handler that is a service task as well."""
    undo = job(f"undo_{name}").replace("<bpmn:serviceTask", '<bpmn:serviceTask isForCompensation="true"')
    return (
        job(name)
        + boundary(f"on_{name}", name, "<bpmn:compensateEventDefinition/>")
        + undo
        + f'<bpmn:association id="as_{name}" associationDirection="One" sourceRef="on_{name}" targetRef="undo_{name}"/>'
    )


def test_a_compensation_that_is_not_waited_for_lets_its_thrower_go_on(engine: Engine) -> None:
    throwing = node("intermediateThrowEvent", "undo", '<bpmn:compensateEventDefinition waitForCompletion="false"/>')
    engine.deploy(process(START + undoable("a") + throwing + job("next") + end() + flows("start a undo next end")))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert sorted(each.element_id for each in instance.jobs) == ["next", "undo_a"]
    engine.complete_job(instance, "next")
    assert instance.outcome is None  # what is being undone belongs to the process
    engine.complete_job(instance, "undo_a")
    assert instance.outcome is Outcome.COMPLETED
    assert instance.completed_elements.count("undo") == 2


@pytest.mark.element("end event: cancel", "boundary event: cancel", "transaction: cancelled")
def test_a_cancel_end_event_is_left_once(engine: Engine) -> None:
    inside = node("startEvent", "in") + undoable("a") + end("stop", "<bpmn:cancelEventDefinition/>")
    engine.deploy(
        process(
            START
            + node("transaction", "t", inside + flows("in a stop"))
            + boundary("cancelled", "t", "<bpmn:cancelEventDefinition/>")
            + end()
            + end("undone")
            + flows("start t end", "cancelled undone")
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "undo_a")
    assert instance.completed_elements[-1] == "undone"
    assert "stop" not in instance.terminated_elements
