"""Every rule of the table is broken by a diagram of its own, and named with the element and the line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.bpmn import parse
from engine.bpmn.model import Severity
from engine.bpmn.rule_table import RULES
from tests.core.bpmn.broken import BROKEN
from tests.core.bpmn.diagrams import LINE_OF_TASKS, codes, errors, file

WITHOUT_PLACE = {"file-too-large", "too-many-elements"}


def test_each_rule_of_the_table_has_a_diagram_that_breaks_it() -> None:
    assert set(BROKEN) == set(RULES)


ENGINES = re.compile(rb"http://camunda.org/schema/zeebe/1.0|http://camunda.org/schema/1.0/bpmn")


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_rule_is_reported_with_its_severity(code: str) -> None:
    xml = ENGINES.sub(b"urn:nobody", BROKEN[code]) if RULES[code].tolerated else BROKEN[code]
    problems = [problem for problem in parse(xml).problems if problem.code == code]
    assert problems
    assert problems[0].severity is RULES[code].severity
    assert len(problems[0].message) > 20


@pytest.mark.parametrize("code", [code for code, rule in RULES.items() if rule.tolerated])
def test_a_rule_that_engines_do_not_hold_to_warns_in_a_file_for_an_engine(code: str) -> None:
    declared = b'<bpmn:definitions xmlns:modeler="http://camunda.org/schema/modeler/1.0"'
    xml = BROKEN[code].replace(b"<bpmn:definitions", declared, 1)
    assert {problem.severity for problem in parse(xml).problems if problem.code == code} == {Severity.WARNING}


@pytest.mark.parametrize("code", sorted(set(BROKEN) - WITHOUT_PLACE))
def test_a_problem_says_where_it_is(code: str) -> None:
    problems = [problem for problem in parse(BROKEN[code]).problems if problem.code == code]
    assert all(problem.line for problem in problems)


@pytest.mark.parametrize("code", sorted(code for code, rule in RULES.items() if rule.severity is Severity.WARNING))
def test_a_warning_does_not_stop_the_deployment(code: str) -> None:
    assert errors(BROKEN[code]) == set()


def test_a_rule_only_warns_in_a_process_that_is_not_executable() -> None:
    broken = '<bpmn:startEvent id="s"/><bpmn:serviceTask id="t"/>'
    assert errors(file(f'<bpmn:process id="p" isExecutable="true">{broken}</bpmn:process>'))
    harmless = file(f'<bpmn:process id="p" isExecutable="false">{broken}</bpmn:process>')
    assert errors(harmless) == set()
    assert {"end-event-missing", "job-type-missing"} <= codes(harmless)


def test_the_same_broken_expression_is_reported_for_each_element_that_holds_it() -> None:
    two = LINE_OF_TASKS.format(
        first='<zeebe:ioMapping><zeebe:input source="=1 +" target="a"/></zeebe:ioMapping>',
        second='<zeebe:ioMapping><zeebe:input source="=1 +" target="b"/></zeebe:ioMapping>',
    ).encode()
    found = [problem.element_id for problem in parse(two).errors if problem.code == "expression-syntax"]
    assert found == ["first", "second"]


def test_the_page_of_problems_is_that_of_the_table() -> None:
    from engine.bpmn.problem_page import page

    path = Path(__file__).parents[3] / "docs" / "problems.md"
    assert path.read_text() == page(), "write it anew: python -m engine.bpmn.problem_page > docs/problems.md"
