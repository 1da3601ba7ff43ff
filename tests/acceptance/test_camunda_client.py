"""Camunda's own Python client against a running installation: its models refuse every answer that lacks a field."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from camunda_orchestration_sdk import CamundaClient, models
from camunda_orchestration_sdk.semantic_types import GroupId, Username

from tests.acceptance.installation import Installation, eventually

pytestmark = pytest.mark.timeout(300)

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="file" targetNamespace="http://example.org/loan">
  <bpmn:error id="refused" errorCode="REFUSED"/>
  <bpmn:process id="loan" name="Loan" isExecutable="true">
    <bpmn:startEvent id="asked">
      <bpmn:extensionElements><zeebe:formDefinition formId="loan_form"/></bpmn:extensionElements>
    </bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="asked" targetRef="check"/>
    <bpmn:userTask id="check" name="Check the loan">
      <bpmn:extensionElements>
        <zeebe:userTask/><zeebe:formDefinition formId="loan_form"/>
        <zeebe:assignmentDefinition candidateGroups="managers"/>
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="pay"/>
    <bpmn:serviceTask id="pay">
      <bpmn:extensionElements>
        <zeebe:taskDefinition type="pay-loan" retries="3"/>
        <zeebe:taskHeaders><zeebe:header key="bank" value="first"/></zeebe:taskHeaders>
      </bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:boundaryEvent id="not_paid" attachedToRef="pay"><bpmn:errorEventDefinition id="e1" errorRef="refused"/></bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f3" sourceRef="pay" targetRef="rate"/>
    <bpmn:businessRuleTask id="rate">
      <bpmn:extensionElements><zeebe:calledDecision decisionId="rate" resultVariable="rate"/></bpmn:extensionElements>
    </bpmn:businessRuleTask>
    <bpmn:sequenceFlow id="f4" sourceRef="rate" targetRef="paid"/>
    <bpmn:endEvent id="paid"/>
    <bpmn:sequenceFlow id="f5" sourceRef="not_paid" targetRef="refusal"/>
    <bpmn:endEvent id="refusal"/>
  </bpmn:process>
</bpmn:definitions>
"""
FORM = """{"id": "loan_form", "type": "default", "schemaVersion": 18,
    "components": [{"key": "approved", "type": "checkbox", "label": "Approved", "id": "a"}]}"""
DECISION = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="rates" name="Rates" namespace="http://example.org/rates">
  <decision id="rate" name="Rate"><variable name="Rate"/>
    <decisionTable hitPolicy="FIRST">
      <input><inputExpression typeRef="number"><text>amount</text></inputExpression></input>
      <output name="rate" typeRef="number"/>
      <rule><inputEntry><text>&lt; 1000</text></inputEntry><outputEntry><text>5</text></outputEntry></rule>
      <rule><inputEntry><text>-</text></inputEntry><outputEntry><text>3</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""


class Token:
    """How the client says who it is."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CamundaClient]:
    with Installation(tmp_path_factory.mktemp("camunda"), STEPWELL_TEST_CLOCK="1") as it:
        it.start()
        token = it.manage("api_token", "admin").stdout.strip().splitlines()[-1]
        with CamundaClient(
            configuration={"CAMUNDA_REST_ADDRESS": f"{it.address}/v2"}, auth_provider=Token(token)
        ) as client:
            yield client
        it.stop()


@pytest.fixture(scope="module")
def deployed(client: CamundaClient, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("loan")
    files = {"loan.bpmn": PROCESS, "loan.form": FORM, "loan.dmn": DECISION}
    for name, content in files.items():
        (folder / name).write_text(content, "utf-8")
    return client.deploy_resources_from_files([str(Path(folder, name)) for name in files])


def make(model: str, **fields: Any) -> Any:
    return getattr(models, model).from_dict(fields)


def start(client: CamundaClient, **variables: Any) -> Any:
    return client.create_process_instance(
        data=make("ProcessCreationById", processDefinitionId="loan", variables=variables, businessId="B-1")
    )


def task_of(client: CamundaClient, key: str) -> Any:
    found = client.search_user_tasks(data=make("UserTaskSearchQuery", filter={"processInstanceKey": key}))
    return found.items[0]


def activate(client: CamundaClient) -> Any:
    request = make(
        "JobActivationRequest", type="pay-loan", timeout=60_000, maxJobsToActivate=1, worker="w", requestTimeout=10_000
    )
    [job] = client.activate_jobs(data=request).jobs
    return job


def test_what_was_deployed_is_found_by_its_keys(client: CamundaClient, deployed: Any) -> None:
    [process], [form], [decision], [requirements] = (
        deployed.processes,
        deployed.forms,
        deployed.decisions,
        deployed.decision_requirements,
    )
    found = client.search_process_definitions(
        data=make("ProcessDefinitionSearchQuery", filter={"processDefinitionId": "loan", "isLatestVersion": True})
    )
    assert [each.process_definition_key for each in found.items] == [process.process_definition_key]
    assert client.get_process_definition(process.process_definition_key).name == "Loan"
    assert "Check the loan" in client.get_process_definition_xml(process.process_definition_key)
    assert client.get_start_process_form(process.process_definition_key).form_id == "loan_form"
    assert '"loan_form"' in client.get_form_by_key(form.form_key).schema
    assert client.get_resource(form.form_key).resource_name == "loan.form"
    assert client.get_resource_content(form.form_key)
    assert client.get_decision_definition(decision.decision_definition_key).name == "Rate"
    assert "FIRST" in client.get_decision_definition_xml(decision.decision_definition_key)
    assert client.get_decision_requirements(requirements.decision_requirements_key).version == 1
    assert client.search_decision_definitions().page.total_items == 1
    evaluated = client.evaluate_decision(
        data=make("DecisionEvaluationByID", decisionDefinitionId="rate", variables={"amount": 10})
    )
    assert (evaluated.output, evaluated.failed_decision_definition_id) == ("5", None)


def test_an_instance_goes_through_every_hand(client: CamundaClient, deployed: Any) -> None:
    instance = start(client, amount=500)
    key = instance.process_instance_key

    task = task_of(client, key)
    assert (task.name, task.business_id, task.root_process_instance_key) == ("Check the loan", "B-1", key)
    assert client.get_user_task_form(task.user_task_key).form_id == "loan_form"
    seen = client.search_user_task_effective_variables(task.user_task_key)
    assert [(each.name, each.value) for each in seen.items] == [("amount", "500")]
    client.update_user_task(task.user_task_key, data=make("UserTaskUpdateRequest", changeset={"priority": 70}))
    client.assign_user_task(task.user_task_key, data=make("UserTaskAssignmentRequest", assignee="admin"))
    assert client.get_user_task(task.user_task_key).priority == 70
    client.complete_user_task(task.user_task_key, data=make("UserTaskCompletionRequest", variables={"approved": True}))

    job = activate(client)
    assert job.variables.to_dict() == {"amount": 500, "approved": True}
    assert (job.custom_headers.to_dict(), job.business_id) == ({"bank": "first"}, "B-1")
    client.complete_job(
        job.job_key, data=make("JobCompletionRequest", variables={"paid": True}, jobLeaseToken=job.job_lease_token)
    )

    assert eventually(lambda: client.get_process_instance(key).state == "COMPLETED", seconds=90)
    variables = client.search_variables(
        data=make("VariableSearchQuery", filter={"processInstanceKey": key}), truncate_values=False
    )
    assert {each.name: each.value for each in variables.items} == {
        "amount": "500",
        "approved": "true",
        "paid": "true",
        "rate": "5",
    }
    elements = client.search_element_instances(
        data=make("ElementInstanceSearchQuery", filter={"processInstanceKey": key, "state": "COMPLETED"})
    )
    assert {each.element_id for each in elements.items} >= {"asked", "check", "pay", "rate", "paid"}
    [decision] = client.search_decision_instances(
        data=make("DecisionInstanceSearchQuery", filter={"processInstanceKey": key})
    ).items
    assert client.get_decision_instance(decision.decision_evaluation_instance_key).result == "5"
    flows = client.get_process_instance_sequence_flows(key)
    assert {flow.element_id for flow in flows.items} == {"f1", "f2", "f3", "f4"}


def test_a_failed_job_becomes_an_incident_that_is_resolved(client: CamundaClient, deployed: Any) -> None:
    key = start(client, amount=1).process_instance_key
    client.complete_user_task(task_of(client, key).user_task_key)
    job = activate(client)
    client.fail_job(job.job_key, data=make("JobFailRequest", retries=0, errorMessage="The bank is closed"))

    query = make("IncidentSearchQuery", filter={"processInstanceKey": key, "state": "ACTIVE"})
    assert eventually(lambda: client.search_incidents(data=query).page.total_items == 1, seconds=30)
    [incident] = client.search_incidents(data=query).items
    assert (incident.error_type, incident.error_message) == ("JOB_NO_RETRIES", "The bank is closed")
    [error] = client.get_process_instance_statistics_by_error().items
    assert error.active_instances_with_error_count == 1
    [place] = client.get_process_instance_statistics_by_definition(
        data=make("IncidentProcessInstanceStatisticsByDefinitionQuery", filter={"errorHashCode": error.error_hash_code})
    ).items
    assert place.process_definition_id == "loan"
    found = client.search_process_instances(
        data=make("ProcessInstanceSearchQuery", filter={"incidentErrorHashCode": error.error_hash_code})
    )
    assert [each.process_instance_key for each in found.items] == [key]

    client.update_job(job.job_key, data=make("JobUpdateRequest", changeset={"retries": 1}))
    client.resolve_incident(incident.incident_key)
    again = activate(client)
    client.throw_job_error(again.job_key, data=make("JobErrorRequest", errorCode="REFUSED"))
    assert eventually(lambda: client.get_process_instance(key).state == "COMPLETED", seconds=30)


def test_an_answer_with_the_token_of_an_earlier_lease_is_refused(client: CamundaClient, deployed: Any) -> None:
    key = start(client, amount=1).process_instance_key
    client.complete_user_task(task_of(client, key).user_task_key)
    earlier = activate(client)
    client.fail_job(earlier.job_key, data=make("JobFailRequest", retries=2, retryBackOff=0))
    later = activate(client)
    assert later.job_key == earlier.job_key
    with pytest.raises(Exception, match="409"):
        client.complete_job(earlier.job_key, data=make("JobCompletionRequest", jobLeaseToken=earlier.job_lease_token))
    client.complete_job(later.job_key, data=make("JobCompletionRequest", jobLeaseToken=later.job_lease_token))
    assert eventually(lambda: client.get_process_instance(key).state == "COMPLETED", seconds=90)


def test_an_operator_suspends_modifies_migrates_and_cancels(client: CamundaClient, deployed: Any) -> None:
    instance = start(client, amount=1)
    key = instance.process_instance_key
    client.suspend_process_instance(key, data=None)
    suspended = client.get_process_instance(key)
    assert (suspended.state, suspended.suspended_date is None) == ("SUSPENDED", False)
    found = client.search_process_instances(
        data=make("ProcessInstanceSearchQuery", filter={"processInstanceKey": key, "state": "ACTIVE"})
    )
    assert found.items == []
    client.resume_process_instance(key, data=None)
    assert client.get_process_instance(key).state == "ACTIVE"

    client.create_element_instance_variables(key, data=make("SetVariableRequest", variables={"note": "x"}))
    client.migrate_process_instance(
        key,
        data=make(
            "ProcessInstanceMigrationInstruction",
            targetProcessDefinitionKey=instance.process_definition_key,
            mappingInstructions=[{"sourceElementId": "check", "targetElementId": "check"}],
        ),
    )
    client.modify_process_instance(
        key,
        data=make(
            "ProcessInstanceModificationInstruction",
            activateInstructions=[{"elementId": "pay", "variableInstructions": []}],
            moveInstructions=[],
            terminateInstructions=[],
        ),
    )
    statistics = {str(each.element_id): each.active for each in client.get_process_instance_statistics(key).items}
    assert (statistics["check"], statistics["pay"]) == (1, 1)
    client.cancel_process_instance(key, data=None)
    assert client.get_process_instance(key).state == "TERMINATED"


def test_batch_operations_are_worked_off_in_the_background(client: CamundaClient, deployed: Any) -> None:
    keys = sorted(start(client, amount=1).process_instance_key for _ in range(2))
    meant = {"processInstanceKey": {"$in": keys}}

    def done(created: Any) -> Any:
        key = created.batch_operation_key
        assert eventually(lambda: client.get_batch_operation(key).state == "COMPLETED", seconds=90)
        found = client.get_batch_operation(key)
        assert (found.operations_total_count, found.operations_completed_count, found.actor_id) == (2, 2, "admin")
        return found

    suspension = make("ProcessInstanceSuspensionBatchOperationRequest", filter=meant)
    done(client.suspend_process_instances_batch_operation(data=suspension))
    resumption = make("ProcessInstanceResumptionBatchOperationRequest", filter=meant)
    done(client.resume_process_instances_batch_operation(data=resumption))
    move = {"sourceElementId": "check", "targetElementId": "pay"}
    modification = make("ProcessInstanceModificationBatchOperationRequest", filter=meant, moveInstructions=[move])
    done(client.modify_process_instances_batch_operation(data=modification))
    cancellation = make("ProcessInstanceCancellationBatchOperationRequest", filter=meant)
    cancelled = done(client.cancel_process_instances_batch_operation(data=cancellation))

    sought = make("BatchOperationItemSearchQuery", filter={"batchOperationKey": cancelled.batch_operation_key})
    items = client.search_batch_operation_items(data=sought).items
    assert [(each.process_instance_key, each.state) for each in items] == [(key, "COMPLETED") for key in keys]
    types = {each.batch_operation_type for each in client.search_batch_operations().items}
    assert types >= {"CANCEL_PROCESS_INSTANCE", "MODIFY_PROCESS_INSTANCE", "SUSPEND_PROCESS_INSTANCE"}
    deletion = make("ProcessInstanceDeletionBatchOperationRequest", filter=meant)
    done(client.delete_process_instances_batch_operation(data=deletion))
    query = make("ProcessInstanceSearchQuery", filter=meant)
    assert client.search_process_instances(data=query).items == []


def test_counts_people_and_the_installation_itself(client: CamundaClient, deployed: Any) -> None:
    start(client, amount=1)
    by_process = client.get_process_definition_instance_statistics(
        data=make("ProcessDefinitionInstanceStatisticsQuery")
    )
    assert {each.process_definition_id for each in by_process.items} >= {"loan", "order_fulfilment"}
    [version] = client.get_process_definition_instance_version_statistics(
        data=make("ProcessDefinitionInstanceVersionStatisticsQuery", filter={"processDefinitionId": "loan"})
    ).items
    assert version.active_instances_without_incident_count >= 1
    assert client.get_topology().brokers[0].partitions[0].health == "healthy"
    assert client.get_authentication().username == "admin"
    client.get_status()
    assert client.get_user(Username("alice")).username == "alice"
    assert {each.username for each in client.search_users_for_group(GroupId("managers")).items} == {"alice"}


def test_messages_signals_expressions_and_the_clock(client: CamundaClient, deployed: Any) -> None:
    publication = make(
        "MessagePublicationRequest", name="nobody-waits", correlationKey="k", timeToLive=1000, messageId="1"
    )
    assert client.publish_message(data=publication).message_key
    assert client.broadcast_signal(data=make("SignalBroadcastRequest", signalName="dawn")).signal_key
    assert client.search_message_subscriptions().items is not None
    evaluation = models.ExpressionEvaluationRequest(
        expression="=x.y + 1", variables=models.ExpressionEvaluationRequestVariables.from_dict({"x": {"y": 2}})
    )
    assert client.evaluate_expression(data=evaluation).result == 3
    client.pin_clock(data=make("ClockPinRequest", timestamp=int(time.time() * 1000) + 60_000))
    client.reset_clock()
