"""Files that others wrote: betsy's executable processes and broken ones, and the reference diagrams of the OMG's interchange group."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.bpmn import parse

SUITE = Path(__file__).parents[4] / "shared" / "conformance"
BETSY, MIWG = SUITE / "betsy", SUITE / "miwg"

pytestmark = pytest.mark.skipif(not SUITE.is_dir(), reason="the conformance suite is not here")


def executable() -> list[str]:
    if not BETSY.is_dir():
        return []
    entries = json.loads((BETSY / "cases.json").read_text())
    return [entry["file"] for entry in entries if entry.get("group") != "bpmn_constraints"]


@pytest.mark.parametrize("file", executable())
def test_an_executable_process_of_betsy_is_accepted_without_any_problem(file: str) -> None:
    definitions = parse((BETSY / file).read_bytes())
    assert [problem.message for problem in definitions.problems] == []
    assert definitions.processes


@pytest.mark.parametrize("name", ["A.1.0", "A.2.0", "A.3.0", "B.1.0"])
def test_a_reference_diagram_is_accepted(name: str) -> None:
    definitions = parse((MIWG / f"{name}.bpmn").read_bytes())
    assert [problem.message for problem in definitions.errors] == []


def test_the_executable_reference_diagram_is_accepted_but_for_its_java_delegate() -> None:
    definitions = parse((MIWG / "C.1.0.bpmn").read_bytes())
    (problem,) = definitions.errors
    assert (problem.code, problem.element_id, problem.element_name) == (
        "java-code",
        "archiveInvoice",
        "Archive Invoice",
    )
    assert "set a job type" in problem.message


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


def test_unknown_extensions_of_other_tools_are_no_problem() -> None:
    definitions = parse((MIWG / "C.1.0.bpmn").read_bytes())
    assert not [problem for problem in definitions.problems if "signavio" in problem.message or "w4" in problem.message]
