"""Operators activate and end elements anywhere, and move instances to other diagrams with the tokens that wait at joins."""

from __future__ import annotations

from engine.runtime.effects import Outcome
from engine.runtime.inputs import ActivateInstruction, Modified, TerminateInstruction, VariablesSet
from engine.testing import Engine
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, end, flows, job, node

INNER = node("startEvent", "begin") + job("deep") + job("deeper") + end("over") + flows("begin deep deeper over")
MIDDLE = node("startEvent", "in") + node("subProcess", "inner", INNER) + end("out") + flows("in inner out")
NESTED = process(START + job("first") + node("subProcess", "outer", MIDDLE) + end() + flows("start first outer end"))


def test_activating_a_nested_element_makes_the_scopes_around_it_without_their_starts(engine: Engine) -> None:
    engine.deploy(NESTED)
    instance = engine.start("p")
    engine.give(instance, Modified((ActivateInstruction("deeper", variables={"why": "moved"}),)))
    assert [each.element_id for each in instance.jobs] == ["first", "deeper"]
    assert "begin" not in instance.completed_elements
    [deeper] = [each for each in instance.jobs if each.element_id == "deeper"]
    scope = instance.state.elements[instance.state.elements[deeper.element_instance].scope or 0]
    assert (scope.node, scope.variables) == ("inner", {"why": "moved"})
    engine.complete_job(instance, "deeper")
    engine.complete_job(instance, "first")
    engine.complete_job(instance, "deep")
    engine.complete_job(instance, "deeper")
    assert instance.outcome is Outcome.COMPLETED
    assert instance.completed_elements.count("outer") == 2


def test_activating_within_an_ancestor_takes_that_scope_of_several(engine: Engine) -> None:
    engine.deploy(NESTED)
    instance = engine.start("p")
    engine.give(instance, Modified((ActivateInstruction("deep"),)))
    engine.complete_job(instance, "first")
    scopes = [key for key, element in instance.state.elements.items() if element.node == "inner"]
    assert len(scopes) == 2
    for scope in scopes:
        engine.give(instance, Modified((ActivateInstruction("deeper", ancestor_scope=scope),)))
    found = [
        instance.state.elements[each.element_instance].scope for each in instance.jobs if each.element_id == "deeper"
    ]
    assert found == scopes


def test_a_move_keeps_the_scope_that_it_leaves_and_enters(engine: Engine) -> None:
    engine.deploy(NESTED)
    instance = engine.start("p")
    engine.complete_job(instance, "first")
    deep = instance.jobs[0].element_instance
    engine.give(instance, Modified((ActivateInstruction("deeper"),), (TerminateInstruction(deep),)))
    assert instance.terminated_elements == ["deep"]
    assert instance.activated_elements.count("inner") == 1
    engine.complete_job(instance, "deeper")
    assert instance.completed_elements[-1] == "end"


def test_ending_the_last_element_of_a_scope_ends_the_scope_and_goes_on(engine: Engine) -> None:
    engine.deploy(NESTED)
    instance = engine.start("p")
    engine.complete_job(instance, "first")
    engine.give(instance, Modified((), (TerminateInstruction(instance.jobs[0].element_instance),)))
    assert instance.completed_elements[-4:] == ["inner", "out", "outer", "end"]


def test_ending_the_process_itself_cancels_the_instance(engine: Engine) -> None:
    engine.deploy(NESTED)
    instance = engine.start("p")
    engine.give(instance, Modified((), (TerminateInstruction(instance.key),)))
    assert instance.outcome is Outcome.TERMINATED


def test_ending_one_of_several_instances_of_an_activity_lets_the_others_finish_it(engine: Engine) -> None:
    several = (
        '<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality xsi:type="bpmn:tFormalExpression">3</bpmn:loopCardinality>'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
    engine.deploy(process(START + job("work", several) + end() + flows("start work end")))
    instance = engine.start("p")
    engine.give(instance, Modified((), (TerminateInstruction(instance.jobs[1].element_instance),)))
    assert len(instance.jobs) == 2
    engine.on_job("work", lambda _: None)
    assert instance.outcome is Outcome.COMPLETED


def test_variables_can_be_set_in_exactly_one_scope(engine: Engine) -> None:
    engine.deploy(NESTED)
    instance = engine.start("p", {"n": 1})
    engine.complete_job(instance, "first")
    [outer] = [key for key, element in instance.state.elements.items() if element.node == "outer"]
    engine.give(instance, VariablesSet(outer, {"n": 2}, local=True))
    assert instance.state.elements[outer].variables == {"n": 2}
    assert instance.variables == {"n": 1}
    deep = instance.jobs[0].element_instance
    engine.give(instance, VariablesSet(deep, {"n": 3}))
    assert instance.state.elements[outer].variables == {"n": 3}


def _fork(join: str, a: str, b: str, kind: str) -> bytes:
    return process(
        START
        + node("parallelGateway", "fork")
        + job(a)
        + job(b)
        + node(kind, join)
        + job("last")
        + end()
        + flows(f"start fork {a} {join} last end", f"fork {b} {join}")
    )


def test_a_token_that_waits_at_a_join_moves_with_its_instance(engine: Engine) -> None:
    for kind in ("parallelGateway", "inclusiveGateway"):
        engine.deploy(_fork("join", "a", "b", kind))
        instance = engine.start("p")
        engine.complete_job(instance, "a")
        engine.deploy(_fork("meet", "one", "two", kind))
        engine.migrate(instance, "p", {"b": "two", "join": "meet"})
        assert [each.element_id for each in instance.jobs] == ["b"]  # the job keeps the name under which it was opened
        engine.complete_job(instance)
        assert [each.element_id for each in instance.jobs] == ["last"]
        assert "meet" in instance.completed_elements
