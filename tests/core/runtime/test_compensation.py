"""Compensation: what is undone, in which order, and with which variables (BPMN 2.0, 10.7 and 13.5.5)."""

from __future__ import annotations

from engine.runtime.effects import Outcome
from engine.runtime.inputs import Modified, TerminateInstruction
from engine.testing import Engine, Instance
from tests.core.bpmn.diagrams import flow, process
from tests.core.runtime.nodes import START, boundary, end, flows, job, node

COMPENSATE = "<bpmn:compensateEventDefinition/>"
FORMAL = 'xsi:type="bpmn:tFormalExpression"'
ERROR = '<bpmn:errorEventDefinition errorRef="e"/>'
ERROR_ROOT = '<bpmn:error id="e" errorCode="E1"/>'
SIGNAL = '<bpmn:signalEventDefinition signalRef="s"/>'
SIGNAL_ROOT = '<bpmn:signal id="s" name="go"/>'


def undoable(name: str, *, mapped: str = "", inner: str = "", handler: str = "") -> str:
    """A service task, and the service task that undoes it."""
    undo = job(f"undo_{name}", handler).replace("<bpmn:serviceTask", '<bpmn:serviceTask isForCompensation="true"')
    association = (
        f'<bpmn:association id="as_{name}" associationDirection="One" sourceRef="on_{name}" targetRef="undo_{name}"/>'
    )
    return job(name, inner, extensions=mapped) + boundary(f"on_{name}", name, COMPENSATE) + undo + association


def throw(identifier: str = "undo", activity: str = "") -> str:
    named = f'activityRef="{activity}"' if activity else ""
    return node("intermediateThrowEvent", identifier, f"<bpmn:compensateEventDefinition {named}/>")


def own(name: str, source: str) -> str:
    return f'<zeebe:ioMapping><zeebe:input source="={source}" target="{name}"/></zeebe:ioMapping>'


def undone(engine: Engine, instance: Instance, name: str = "") -> list[tuple[str, object]]:
    """Complete the handlers, one after another; which they were, and the variable `name` that each had."""
    found = []
    while instance.outcome is None and instance.jobs and instance.jobs[0].element_id.startswith("undo_"):
        [handler] = instance.jobs
        variables = instance.state.elements[handler.element_instance].variables or {}
        found.append((handler.element_id, variables.get(name)))
        engine.complete_job(instance, handler.element_id)
    return found


def test_each_round_of_a_way_back_is_undone_also_where_two_left_the_same(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node("exclusiveGateway", "again")
            + undoable("a", mapped=own("kept", "n"))
            + node("exclusiveGateway", "x", attributes='default="x_undo"')
            + throw(activity="a")
            + end()
            + flows("start again a x undo end")
            + flow("x", "again", "=n &lt; 3")
        )
    )
    instance = engine.start("p", {"n": 1})
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "a")
    engine.set_variables(instance, {"n": 3})
    engine.complete_job(instance, "a")
    assert undone(engine, instance, "kept") == [("undo_a", 1)] * 3
    assert instance.outcome is Outcome.COMPLETED


def test_what_still_runs_is_not_undone(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node("parallelGateway", "fork")
            + undoable("a")
            + undoable("b")
            + throw()
            + end()
            + flows("start fork a undo end", "fork b end")
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert sorted(each.element_id for each in instance.jobs) == ["b", "undo_a"]
    engine.complete_job(instance, "undo_a")
    engine.complete_job(instance, "b")
    assert instance.outcome is Outcome.COMPLETED


def sub_process(inside: str, identifier: str = "sub", *, tag: str = "subProcess", attributes: str = "") -> str:
    return node(tag, identifier, inside, attributes)


def test_what_completed_in_an_event_sub_process_is_undone_with_its_scope(engine: Engine) -> None:
    handler = (
        node("startEvent", "called", SIGNAL, 'isInterrupting="false"')
        + undoable("b")
        + end("heard")
        + flows("called b heard")
    )
    engine.deploy(
        process(
            START
            + undoable("a")
            + job("wait")
            + throw()
            + end()
            + flows("start a wait undo end")
            + sub_process(handler, "meanwhile", attributes='triggeredByEvent="true"'),
            root=SIGNAL_ROOT,
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    engine.broadcast("go")
    engine.complete_job(instance, "b")
    engine.complete_job(instance, "wait")
    assert undone(engine, instance) == [("undo_b", None), ("undo_a", None)]
    assert instance.outcome is Outcome.COMPLETED


def test_an_event_sub_process_undoes_what_completed_in_its_scope_and_in_itself(engine: Engine) -> None:
    rescue = node("startEvent", "failed", ERROR) + undoable("b") + throw() + end("saved") + flows("failed b undo saved")
    engine.deploy(
        process(
            START
            + undoable("a")
            + job("work")
            + end()
            + flows("start a work end")
            + sub_process(rescue, "rescue", attributes='triggeredByEvent="true"'),
            root=ERROR_ROOT,
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    engine.throw_error(instance, "E1")
    engine.complete_job(instance, "b")
    assert undone(engine, instance) == [("undo_b", None), ("undo_a", None)]
    assert instance.outcome is Outcome.COMPLETED


def test_a_cancelled_transaction_undoes_what_completed_in_its_sub_processes_running_or_not(engine: Engine) -> None:
    cancel = "<bpmn:cancelEventDefinition/>"
    done = node("startEvent", "in_1") + undoable("a") + end("out_1") + flows("in_1 a out_1")
    running = node("startEvent", "in_2") + undoable("b") + job("c") + end("out_2") + flows("in_2 b c out_2")
    inside = (
        node("startEvent", "in")
        + node("parallelGateway", "fork")
        + sub_process(done, "done")
        + sub_process(running, "running")
        + job("wait")
        + end("stop", cancel)
        + end("out")
        + flows("in fork done wait stop", "fork running out")
    )
    engine.deploy(
        process(
            START
            + sub_process(inside, "t", tag="transaction")
            + boundary("cancelled", "t", cancel)
            + end()
            + end("undone")
            + flows("start t end", "cancelled undone")
        )
    )
    instance = engine.start("p")
    for name in ("a", "b", "wait"):
        engine.complete_job(instance, name)
    assert "c" in instance.terminated_elements
    assert undone(engine, instance) == [("undo_b", None), ("undo_a", None)]
    assert instance.completed_elements[-1] == "undone"


def test_an_error_that_a_handler_s_own_boundary_event_catches_lets_the_others_be_undone(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + undoable("a")
            + undoable("b")
            + boundary("caught", "undo_b", ERROR)
            + end("noted")
            + throw()
            + end()
            + flows("start a b undo end", "caught noted"),
            root=ERROR_ROOT,
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "b")
    engine.throw_error(instance, "E1", "undo_b")
    assert undone(engine, instance) == [("undo_a", None)]
    assert instance.outcome is Outcome.COMPLETED
    assert "noted" in instance.completed_elements


def test_an_error_that_nothing_at_a_handler_catches_ends_the_compensation_with_its_scope(engine: Engine) -> None:
    inside = node("startEvent", "in") + undoable("a") + throw() + end("out") + flows("in a undo out")
    engine.deploy(
        process(
            START
            + sub_process(inside)
            + boundary("caught", "sub", ERROR)
            + end()
            + end("mended")
            + flows("start sub end", "caught mended"),
            root=ERROR_ROOT,
        )
    )
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    engine.throw_error(instance, "E1", "undo_a")
    assert instance.completed_elements[-1] == "mended"
    assert {"undo", "sub"} <= set(instance.terminated_elements)


def test_a_handler_may_be_a_multi_instance_activity(engine: Engine) -> None:
    number = f"<bpmn:loopCardinality {FORMAL}>=2</bpmn:loopCardinality>"
    loop = f"<bpmn:multiInstanceLoopCharacteristics>{number}</bpmn:multiInstanceLoopCharacteristics>"
    engine.deploy(process(START + undoable("a", handler=loop) + throw() + end() + flows("start a undo end")))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    assert [each.element_id for each in instance.jobs] == ["undo_a", "undo_a"]
    engine.complete_job(instance, "undo_a")
    assert instance.outcome is None
    engine.complete_job(instance, "undo_a")
    assert instance.outcome is Outcome.COMPLETED


def test_a_compensation_end_event_in_the_process_reaches_into_completed_sub_processes(engine: Engine) -> None:
    inside = node("startEvent", "in") + undoable("a") + undoable("b") + end("out") + flows("in a b out")
    engine.deploy(
        process(START + sub_process(inside) + undoable("c") + end("end", COMPENSATE) + flows("start sub c end"))
    )
    instance = engine.start("p")
    for name in ("a", "b", "c"):
        engine.complete_job(instance, name)
    assert [name for name, _ in undone(engine, instance)] == ["undo_c", "undo_b", "undo_a"]
    assert instance.outcome is Outcome.COMPLETED


def test_a_handler_that_an_operator_ends_lets_the_compensation_go_on(engine: Engine) -> None:
    engine.deploy(process(START + undoable("a") + undoable("b") + throw() + end() + flows("start a b undo end")))
    instance = engine.start("p")
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "b")
    engine.give(instance, Modified((), (TerminateInstruction(instance.jobs[0].element_instance),)))
    assert undone(engine, instance) == [("undo_a", None)]
    assert instance.outcome is Outcome.COMPLETED
