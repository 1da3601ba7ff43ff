"""Files that others wrote: betsy's executable processes and broken ones, and the reference diagrams of the OMG's interchange group."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.bpmn import parse

SUITE = Path(__file__).parents[4] / "shared" / "conformance"
BETSY, MIWG = SUITE / "betsy", SUITE / "miwg"

pytestmark = pytest.mark.skipif(not SUITE.is_dir(), reason="the conformance suite is not here")

REASONS = {
    "EXT006": "reference-kind",
    "EXT007": "reference-kind",
    "EXT008": "reference-kind",
    "EXT009": "reference-kind",
    "EXT011": "escalation-code-missing",
    "EXT013": "correlation-path",
    "EXT021": "event-sub-process-flow",
    "EXT023": "flow-not-listed",
    "EXT026": "default-not-outgoing",
    "EXT027": "global-conversation",
    "EXT030": "participant-multiplicity",
    "EXT031": "message-flow-same-pool",
    "EXT033": "reference-kind",
    "EXT038": "quantity-invalid",
    "EXT044": "message-data-item",
    "EXT045": "message-data-item",
    "EXT047": "message-data-count",
    "EXT049": "instantiate-incoming",
    "EXT052": "message-data-item",
    "EXT055": "loop-twice",
    "EXT056": "choreography-in-process",
    "EXT057": "event-sub-process-flow",
    "EXT058": "event-sub-process-start",
    "EXT059": "event-definition-kind",
    "EXT061": "ad-hoc-empty",
    "EXT062": "ad-hoc-event",
    "EXT063": "call-data",
    "EXT065": "io-binding",
    "EXT070": "multi-instance-item",
    "EXT078": "element-misplaced",
    "EXT080": "data-association-end",
    "EXT086": "io-set-subset",
    "EXT087": "io-set-one-sided",
    "EXT093": "event-data-count",
    "EXT094": "event-data-item",
    "EXT097": "start-event-missing",
    "EXT098": "event-definition-kind",
    "EXT099": "called-process-start",
    "EXT103": "message-flow-target",
    "EXT105": "end-event-missing",
    "EXT108": "message-flow-target",
    "EXT109": "message-flow-source",
    "EXT110_4": "boundary-non-interrupting",
    "EXT110_8": "event-definition-kind",
    "EXT114": "compensation-boundary-flow",
    "EXT115": "incoming-missing",
    "EXT116": "outgoing-missing",
    "EXT121": "event-definition-kind",
    "EXT122": "event-definition-kind",
    "EXT123_1": "condition-missing",
    "EXT123_2": "condition-informal",
    "EXT125": "link-target",
    "EXT126": "link-target",
    "EXT127": "message-missing",
    "EXT128": "message-operation-missing",
    "EXT135": "gateway-unconnected",
    "EXT138": "event-gateway-target",
    "EXT141": "event-gateway-target-incoming",
    "EXT142": "instantiate-incoming",
    "EXT146": "event-definition-kind",
    "EXT147_3": "event-definition-kind",
    "EXT147_7": "event-definition-missing",
    "EXT148": "event-definition-kind",
    "EXT149": "event-definition-kind",
    "EXT150": "outgoing-missing",
    "EXT151": "incoming-missing",
    "REF": "reference-kind",
}
"""Rule number of the suite (with the number of the case where its cases break different rules) -> the code that says so."""


def cases(group: str) -> list[str]:
    if not BETSY.is_dir():
        return []
    entries = json.loads((BETSY / "cases.json").read_text())
    return [entry["file"] for entry in entries if (entry.get("group") == "bpmn_constraints") is (group == "broken")]


@pytest.mark.parametrize("file", cases("executable"))
def test_an_executable_process_of_betsy_is_accepted_without_any_problem(file: str) -> None:
    definitions = parse((BETSY / file).read_bytes())
    assert [problem.message for problem in definitions.problems] == []
    assert definitions.processes


@pytest.mark.parametrize("file", cases("broken"))
def test_a_broken_process_of_betsy_is_rejected_for_its_reason(file: str) -> None:
    name = Path(file).stem
    rule, number = name.split("_")[:2]
    expected = REASONS.get(f"{rule}_{number}", REASONS.get(rule))
    assert expected is not None, "a rule that this table does not know yet"
    found = [problem for problem in parse((BETSY / file).read_bytes()).errors if problem.code == expected]
    assert found
    assert all(problem.element_id and problem.line for problem in found)


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
