"""Files that others wrote: betsy's executable processes and broken ones, and the reference diagrams of the OMG's interchange group."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.bpmn import parse
from tests.conformance import betsy
from tests.conformance.suites import MIWG, miwg_diagrams

EXECUTABLE = [
    test
    for test in betsy.read()
    if test["group"] != betsy.CONSTRAINTS and ["ERROR"] not in [case["expected"] for case in test["cases"]]
]
"""Those of which betsy does not leave it open whether the deployment rejects them."""
needs_c_1_0 = pytest.mark.skipif(
    not (MIWG / "C.1.0.bpmn").is_file(), reason=f"the reference diagrams are not at {MIWG}"
)
KNOWN = [name for name in ("A.1.0", "A.2.0", "A.3.0", "B.1.0") if (MIWG / f"{name}.bpmn").is_file()]
"""Diagrams of which we know that nothing is wrong with them."""


@pytest.mark.parametrize("test", [pytest.param(test, id=test["name"]) for test in EXECUTABLE])
def test_an_executable_process_of_betsy_is_accepted_without_any_problem(test: dict[str, Any]) -> None:
    definitions = parse(betsy.content(test))
    assert [problem.message for problem in definitions.problems] == []
    assert definitions.processes


@pytest.mark.parametrize("file", [pytest.param(file, id=file.stem) for file in miwg_diagrams()])
def test_a_problem_of_a_reference_diagram_names_its_element(file: Path) -> None:
    definitions = parse(file.read_bytes())
    assert [problem for problem in definitions.errors if not (problem.code and problem.element_id)] == []


@pytest.mark.parametrize("name", KNOWN)
def test_a_reference_diagram_is_accepted(name: str) -> None:
    definitions = parse((MIWG / f"{name}.bpmn").read_bytes())
    assert [problem.message for problem in definitions.errors] == []


@needs_c_1_0
def test_the_executable_reference_diagram_is_accepted_but_for_its_java_delegate() -> None:
    definitions = parse((MIWG / "C.1.0.bpmn").read_bytes())
    (problem,) = definitions.errors
    assert (problem.code, problem.element_id, problem.element_name) == (
        "java-code",
        "archiveInvoice",
        "Archive Invoice",
    )
    assert "set a job type" in problem.message


@needs_c_1_0
def test_the_executable_reference_diagram_runs_once_the_delegate_is_a_job_type() -> None:
    xml = (MIWG / "C.1.0.bpmn").read_bytes()
    xml = xml.replace(
        b'camunda:delegateExpression="#{archiveService}"', b'camunda:type="external" camunda:topic="archive"'
    )
    definitions = parse(xml)
    assert definitions.errors == ()
    process = definitions.processes["bpmn-miwg-test-case-c.1.0"]
    archive, approve = process.nodes["archiveInvoice"], process.nodes["approveInvoice"]
    assert archive.job is not None
    assert archive.job.type.source == "archive"
    assert approve.user_task is not None
    assert approve.user_task.assignee is not None
    assert approve.user_task.assignee.source == "${approver}"
    assert process.lanes["approveInvoice"] == "Approver"
    assert process.flows["reviewSuccessful"].condition is not None


@needs_c_1_0
def test_unknown_extensions_of_other_tools_are_no_problem() -> None:
    definitions = parse((MIWG / "C.1.0.bpmn").read_bytes())
    assert not [problem for problem in definitions.problems if "signavio" in problem.message or "w4" in problem.message]
