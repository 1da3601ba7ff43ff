"""The executable processes and the constraints of betsy, the engine test system of the University of Bamberg."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from engine.bpmn.model import ElementType, Severity
from engine.runtime.effects import Outcome
from engine.runtime.history import ElementActivated, ElementCompleted
from engine.testing import Engine, Instance, InvalidDiagramError
from tests.conformance import betsy
from tests.conformance.suites import BETSY
from tests.core.betsy_constraints import CONSTRAINTS

CASES = betsy.read()

pytestmark = pytest.mark.skipif(not CASES, reason=f"betsy is not at {BETSY}")


def _executable() -> list[Any]:
    return [
        pytest.param(test, case, id=f"{test['group']}-{test['name']}-{case['n']}")
        for test in CASES
        if test["group"] != betsy.CONSTRAINTS
        for case in test["cases"]
    ]


@pytest.mark.parametrize(("test", "case"), _executable())
def test_a_process_leaves_the_expected_trace(engine: Engine, test: dict[str, Any], case: dict[str, Any]) -> None:
    found = _trace(engine, test, case)
    if case["expected"] == ["ERROR"]:
        assert found in (["ERROR_deployment"], ["ERROR_runtime"])
    else:
        assert found == sorted(case["expected"])
    if not case["expected"]:
        assert all(instance.outcome is not None or instance.state.open for instance in engine.instances)


@pytest.mark.parametrize(
    "test", [pytest.param(test, id=test["name"]) for test in CASES if test["group"] == betsy.CONSTRAINTS]
)
def test_a_diagram_that_breaks_a_rule_is_rejected_for_that_rule_with_the_element_named(
    engine: Engine, test: dict[str, Any]
) -> None:
    with pytest.raises(InvalidDiagramError) as rejected:
        engine.deploy(betsy.content(test))
    if test["name"] not in CONSTRAINTS:
        return  # of betsy's other diagrams our table does not say yet which rule of ours it is
    rule, element = CONSTRAINTS[test["name"]]
    found = [problem for problem in rejected.value.problems if (problem.code, problem.element_id) == (rule, element)]
    assert found
    assert all(problem.severity is Severity.ERROR and problem.line for problem in found)
    assert all(re.search(rf"\b{re.escape(element)}\b", problem.message) for problem in found)


def _trace(engine: Engine, test: dict[str, Any], case: dict[str, Any]) -> list[str]:
    try:
        engine.deploy(betsy.content(test))
    except InvalidDiagramError:
        return ["ERROR_deployment"]
    variables = {"integerVariable": case["integerVariable"], "testCaseNumber": case["n"]}
    if case["test"] is not None:
        variables["test"] = case["test"]
    if case["parallel"]:
        engine.start("ParallelProcess", variables)
    engine.start(test["process"], variables)
    engine.advance(timedelta(milliseconds=case["delay_ms"]))
    markers = []
    if sum(len(instance.jobs) for instance in engine.instances) > 1:
        markers.append("EXECUTION_parallel")
    engine.on_job("wait", lambda _: None)
    if any(instance.incidents for instance in engine.instances):
        markers.append("ERROR_runtime")
    if any(instance.outcome is Outcome.ERROR for instance in engine.instances):
        markers.append("ERROR_thrownErrorEvent")
    return sorted(markers + [token for instance in engine.instances for token in _tokens(instance, test["tokens"])])


def _tokens(instance: Instance, tokens: dict[str, str]) -> list[str]:
    """Of the tasks that completed; the body around a task's instances is not one."""
    bodies = {
        fact.element_instance
        for fact in instance.facts(ElementActivated)
        if fact.type is ElementType.MULTI_INSTANCE_BODY
    }
    return [
        tokens[fact.element_id]
        for fact in instance.facts(ElementCompleted)
        if fact.element_id in tokens and fact.element_instance not in bodies
    ]
