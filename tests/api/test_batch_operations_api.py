from collections.abc import Callable
from typing import Any

import pytest

from engine import jobs
from engine.batch_operations import collecting, working_off
from tests.api.conftest import Api
from tests.engine import worlds
from tests.engine.worlds import WORKER

pytestmark = pytest.mark.django_db
RUNNING = {"filter": {"processDefinitionId": "pause", "state": "ACTIVE"}}


def start(api: Api, process_id: str) -> str:
    answer = api.post("/v2/process-instances", {"processDefinitionId": process_id})
    assert answer.status == 200, answer.text
    return str(answer.body["processInstanceKey"])


def items(api: Api, key: str) -> list[Any]:
    found = api.post("/v2/batch-operation-items/search", {"filter": {"batchOperationKey": key}}).body["items"]
    assert isinstance(found, list)
    return found


def test_many_are_cancelled_in_the_background(admin: Api) -> None:
    admin.deploy(pause_bpmn=worlds.PAUSE)
    keys = [start(admin, "pause") for _ in range(3)]

    assert admin.post("/v2/process-instances/cancellation", {"filter": {}}).status == 400
    answer = admin.post("/v2/process-instances/cancellation", RUNNING)
    assert answer.status == 200
    assert answer.body["batchOperationType"] == "CANCEL_PROCESS_INSTANCE"
    key = answer.body["batchOperationKey"]
    before = admin.get(f"/v2/batch-operations/{key}").body
    assert (before["state"], before["operationsTotalCount"], before["endDate"]) == ("CREATED", 0, None)

    working_off.run()

    after = admin.get(f"/v2/batch-operations/{key}").body
    assert after["endDate"] is not None
    del after["startDate"], after["endDate"]
    assert after == {
        "batchOperationKey": key,
        "batchOperationType": "CANCEL_PROCESS_INSTANCE",
        "isDryRun": False,
        "state": "COMPLETED",
        "actorType": "USER",
        "actorId": "admin",
        "operationsTotalCount": 3,
        "operationsCompletedCount": 3,
        "operationsFailedCount": 0,
        "errors": [],
    }
    found = items(admin, key)
    assert [item["itemKey"] for item in found] == keys
    assert {item["state"] for item in found} == {"COMPLETED"}
    assert found[0]["processInstanceKey"] == found[0]["rootProcessInstanceKey"] == keys[0]
    assert found[0]["errorMessage"] is None


def test_a_request_that_comes_twice_with_its_key_is_one_operation(admin: Api) -> None:
    first, second = (
        admin.post("/v2/process-instances/cancellation", RUNNING, **{"Idempotency-Key": "k"}) for _ in range(2)
    )
    assert first.body == second.body
    assert admin.post("/v2/batch-operations/search", {}).body["page"]["totalItems"] == 1


def test_operations_are_suspended_resumed_cancelled_and_found(admin: Api, program: Api) -> None:
    key = program.post("/v2/process-instances/suspension", RUNNING).body["batchOperationKey"]
    path = f"/v2/batch-operations/{key}"
    assert program.post(f"{path}/suspension").status == 409
    collecting.collect(int(key))
    assert program.post(f"{path}/suspension").status == 204
    assert program.post(f"{path}/resumption").status == 204
    assert program.post(f"{path}/cancellation").status == 204
    assert program.post(f"{path}/cancellation").status == 409
    assert program.get("/v2/batch-operations/1").status == 404

    sought = {"state": "CANCELED", "operationType": "SUSPEND_PROCESS_INSTANCE", "actorType": "CLIENT"}
    found = admin.post("/v2/batch-operations/search", {"filter": sought}).body["items"]
    assert [each["batchOperationKey"] for each in found] == [key]
    assert admin.post("/v2/batch-operations/search", {"filter": {"actorType": "USER"}}).body["items"] == []


@pytest.mark.parametrize(
    ("path", "more", "type_"),
    [
        ("migration", {"migrationPlan": {"mappingInstructions": []}}, "MIGRATE_PROCESS_INSTANCE"),
        (
            "modification",
            {"moveInstructions": [{"sourceElementId": "wait", "targetElementId": "end"}]},
            "MODIFY_PROCESS_INSTANCE",
        ),
        ("incident-resolution", {}, "RESOLVE_INCIDENT"),
        ("resumption", {}, "RESUME_PROCESS_INSTANCE"),
        ("deletion", {}, "DELETE_PROCESS_INSTANCE"),
    ],
)
def test_each_kind_answers_with_its_type_and_is_done(admin: Api, path: str, more: dict[str, Any], type_: str) -> None:
    deployed = admin.deploy(pause_bpmn=worlds.PAUSE).body["deployments"][0]["processDefinition"]
    start(admin, "pause")
    if path == "migration":
        more["migrationPlan"]["targetProcessDefinitionKey"] = deployed["processDefinitionKey"]

    answer = admin.post(f"/v2/process-instances/{path}", {**RUNNING, **more})
    assert (answer.status, answer.body["batchOperationType"]) == (200, type_)
    working_off.run()

    done = admin.get(f"/v2/batch-operations/{answer.body['batchOperationKey']}").body
    assert (done["state"], done["operationsFailedCount"]) == ("COMPLETED", 0)
    assert done["operationsTotalCount"] == (1 if path in ("migration", "modification") else 0)


def test_who_runs_no_processes_may_not_even_read_them(as_user: Callable[[str], Api]) -> None:
    carol, olga = as_user("carol"), as_user("olga")
    assert carol.post("/v2/process-instances/cancellation", RUNNING).status == 403
    assert carol.post("/v2/batch-operations/search", {}).status == 403
    assert carol.post("/v2/batch-operation-items/search", {}).status == 403
    assert olga.post("/v2/batch-operations/search", {}).status == 200
    assert olga.post("/v2/process-instances/deletion", RUNNING).status == 403


def test_an_ended_instance_is_deleted_by_an_administrator_and_it_stays_known_by_whom(
    admin: Api, as_user: Callable[[str], Api]
) -> None:
    admin.deploy(pause_bpmn=worlds.PAUSE)
    key = start(admin, "pause")
    path = f"/v2/process-instances/{key}"
    refused = admin.post(f"{path}/deletion")
    assert refused.status == 409
    assert "to have ended" in refused.body["detail"]
    admin.post(f"{path}/cancellation")

    assert as_user("olga").post(f"{path}/deletion").status == 403
    assert admin.post(f"{path}/deletion").status == 204
    assert admin.get(path).status == 404
    assert admin.post(f"{path}/deletion").status == 404
    kept = admin.post("/v2/batch-operations/search", {"filter": {"operationType": "DELETE_PROCESS_INSTANCE"}})
    assert [each["actorId"] for each in kept.body["items"]] == ["admin"]
    assert items(admin, kept.body["items"][0]["batchOperationKey"])[0]["processInstanceKey"] == key


def test_the_incidents_of_an_instance_that_is_not_there_are_not_resolved(admin: Api) -> None:
    answer = admin.post("/v2/process-instances/12345/incident-resolution")
    assert answer.status == 404, answer.body
    assert "12345" in answer.body["detail"]


def test_the_incidents_that_a_filter_finds_are_resolved(admin: Api) -> None:
    admin.deploy(work_bpmn=worlds.WORK)
    start(admin, "work")
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=60, by=WORKER)
    jobs.fail(activated.job.key, retries=0, message="no", by=WORKER)

    assert admin.post("/v2/incidents/resolution", {"filter": {}}).status == 400
    answer = admin.post("/v2/incidents/resolution", {"filter": {"errorMessage": "no", "elementId": "do"}})
    assert (answer.status, answer.body["batchOperationType"]) == (200, "RESOLVE_INCIDENT")
    working_off.run()

    [item] = items(admin, answer.body["batchOperationKey"])
    assert item["state"] == "COMPLETED"
    assert admin.post("/v2/incidents/search", {"filter": {"state": "ACTIVE"}}).body["items"] == []
