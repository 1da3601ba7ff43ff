"""What operators do to a running instance: variables, modification, migration."""

from __future__ import annotations

from engine.runtime.effects import Outcome
from engine.runtime.inputs import ActivateInstruction, Modified, TerminateInstruction
from engine.testing import Engine
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, end, flows, job

LINE = START + job("a") + job("b") + end() + flows("start a b end")


def test_variables_that_an_operator_sets_are_those_of_the_process(engine: Engine) -> None:
    engine.deploy(process(LINE))
    instance = engine.start("p", {"n": 1})
    engine.set_variables(instance, {"n": 2})
    assert instance.variables == {"n": 2}


def test_a_modification_moves_the_token_to_another_element(engine: Engine) -> None:
    engine.deploy(process(LINE))
    instance = engine.start("p")
    moved = Modified(
        activate=(ActivateInstruction("b"),), terminate=(TerminateInstruction(instance.jobs[0].element_instance),)
    )
    engine.give(instance, moved)
    assert [each.element_id for each in instance.jobs] == ["b"]
    engine.complete_job(instance, "b")
    assert instance.outcome is Outcome.COMPLETED
    assert instance.terminated_elements == ["a"]


def test_a_migrated_instance_goes_on_by_the_new_diagram(engine: Engine) -> None:
    engine.deploy(process(LINE))
    instance = engine.start("p")
    engine.deploy(process(START + job("a") + job("c") + end() + flows("start a c end")))
    engine.migrate(instance, "p", {"a": "a"})
    engine.complete_job(instance, "a")
    assert [each.element_id for each in instance.jobs] == ["c"]
