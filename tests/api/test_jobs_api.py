"""Job workers over HTTP."""

import threading
import time

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.api.conftest import Answer, Api
from tests.api.test_process_instances_api import start
from tests.engine import worlds
from webapp.accounts import tokens

pytestmark = pytest.mark.django_db(transaction=True)


def activate(api: Api, **more: object) -> Answer:
    body = {"type": "test-work", "timeout": 60_000, "maxJobsToActivate": 10, "worker": "w", "requestTimeout": -1}
    return api.post("/v2/jobs/activation", {**body, **more})


@pytest.fixture
def instance(admin: Api) -> str:
    admin.deploy(work_bpmn=worlds.WORK)
    return start(admin, "work", {"a": 1, "b": 2})


def test_a_job_is_leased_to_one_worker_and_its_completion_ends_the_instance(
    instance: str, program: Api, admin: Api
) -> None:
    [job] = activate(program, fetchVariable=["b"]).body["jobs"]
    assert (job["processInstanceKey"], job["variables"], job["retries"]) == (instance, {"b": 2}, 3)
    assert job["deadline"] > time.time() * 1000
    assert activate(program).body == {"jobs": []}

    assert program.post(f"/v2/jobs/{job['jobKey']}/completion", {"variables": {"c": 3}}).status == 204

    assert admin.get(f"/v2/process-instances/{instance}").body["state"] == "COMPLETED"
    assert program.post(f"/v2/jobs/{job['jobKey']}/completion").status == 404


def test_a_worker_that_waits_gets_the_job_that_comes(instance: str, program: Api, admin: Api) -> None:
    activate(program)
    answers: list[Answer] = []

    def wait() -> None:
        try:
            answers.append(activate(program, requestTimeout=10_000))
        finally:
            connection.close()

    waiting = threading.Thread(target=wait)
    waiting.start()
    second = start(admin, "work")
    waiting.join()
    assert [job["processInstanceKey"] for job in answers[0].body["jobs"]] == [second]


def test_a_failure_without_retries_is_an_incident_that_can_be_resolved(instance: str, program: Api, admin: Api) -> None:
    [job] = activate(program).body["jobs"]
    failure = {"retries": 0, "errorMessage": "no power", "stackTrace": "at x"}
    assert program.post(f"/v2/jobs/{job['jobKey']}/failure", failure).status == 204

    [incident] = admin.post("/v2/incidents/search", {"filter": {"processInstanceKey": instance}}).body["items"]
    assert (incident["state"], incident["errorMessage"], incident["jobKey"]) == ("ACTIVE", "no power", job["jobKey"])
    assert [attempt["message"] for attempt in incident["attempts"]] == ["no power"]
    assert admin.get(f"/v2/process-instances/{instance}").body["hasIncident"] is True

    assert admin("PATCH", f"/v2/jobs/{job['jobKey']}", {"changeset": {"retries": 2}}).status == 204
    assert admin.post(f"/v2/incidents/{incident['incidentKey']}/resolution").status == 204
    [again] = activate(program).body["jobs"]
    assert (again["jobKey"], again["retries"]) == (job["jobKey"], 2)


def test_an_answer_to_an_older_attempt_is_refused(instance: str, program: Api) -> None:
    [job] = activate(program).body["jobs"]
    program.post(f"/v2/jobs/{job['jobKey']}/failure", {"retries": 2})
    [again] = activate(program).body["jobs"]
    assert again["attempt"] == job["attempt"] + 1

    late = program.post(f"/v2/jobs/{job['jobKey']}/completion", {"attempt": job["attempt"]})

    assert late.status == 409


def test_an_error_takes_the_boundary_event(program: Api, admin: Api) -> None:
    admin.deploy(guarded_bpmn=worlds.GUARDED)
    key = start(admin, "guarded")
    [job] = activate(program).body["jobs"]
    assert program.post(f"/v2/jobs/{job['jobKey']}/error", {"errorCode": "DECLINED"}).status == 204
    [task] = admin.post("/v2/user-tasks/search", {"filter": {"processInstanceKey": key}}).body["items"]
    assert task["elementId"] == "mend"


def test_people_do_not_work_on_jobs(instance: str, alice: Api) -> None:
    assert activate(alice).status == 403


@pytest.mark.parametrize("more", [{"timeout": 0}, {"maxJobsToActivate": 0}, {"maxJobsToActivate": "x"}, {"extra": 1}])
def test_an_activation_that_is_none_is_refused(program: Api, more: dict[str, object]) -> None:
    assert activate(program, **more).status == 400


def test_queue_lengths_are_counted_by_type(instance: str, program: Api, admin: Api) -> None:
    start(admin, "work")
    activate(program, maxJobsToActivate=1)
    items = {item["type"]: item for item in admin.get("/v2/job-types/statistics").body["items"]}
    assert (items["test-work"]["waiting"], items["test-work"]["active"]) == (1, 1)
    types = {item["type"] for item in admin.get("/v2/job-types").body["items"]}
    assert types <= items.keys()
    assert types


def test_a_job_type_is_limited_suspended_and_resumed(instance: str, admin: Api, program: Api, alice: Api) -> None:
    assert alice.post("/v2/job-types/test-work/suspension").status == 403
    assert admin("PATCH", "/v2/job-types/test-work", {"changeset": {"rateLimit": "often"}}).status == 400
    assert admin("PATCH", "/v2/job-types/test-work", {"changeset": {}}).status == 400
    limits = {"rateLimit": "120/min", "concurrencyLimit": 1}
    assert admin("PATCH", "/v2/job-types/test-work", {"changeset": limits}).status == 204
    assert admin.post("/v2/job-types/test-work/suspension").status == 204
    [found] = [each for each in admin.get("/v2/job-types/statistics").body["items"] if each["type"] == "test-work"]
    assert (found["rateLimit"], found["concurrencyLimit"], found["changedBy"]) == (2, 1, "admin")
    assert found["suspendedAt"] is not None
    assert activate(program).body == {"jobs": []}
    assert admin.post("/v2/job-types/test-work/resumption").status == 204
    assert len(activate(program).body["jobs"]) == 1
    assert admin("PATCH", "/v2/job-types/test-work", {"changeset": {"rateLimit": None}}).status == 204
    [found] = [each for each in admin.get("/v2/job-types/statistics").body["items"] if each["type"] == "test-work"]
    assert (found["rateLimit"], found["concurrencyLimit"]) == (None, 1)


def test_a_job_is_not_answered_and_its_lease_not_prolonged_by_the_token_of_another_user(
    instance: str, program: Api, admin: Api
) -> None:
    token = tokens.issue(User.objects.create_user("other-bot"), "other")
    other = Api(Client(), {"Authorization": f"Bearer {token}"})
    [job] = activate(program, worker="stepwell@mine").body["jobs"]
    address = f"/v2/jobs/{job['jobKey']}"
    failure = {"retries": 0, "variables": {"late": True}}
    asked: list[tuple[str, str, dict[str, object]]] = [
        ("POST", f"{address}/completion", {}),
        ("POST", f"{address}/failure", failure),
        ("POST", f"{address}/error", {"errorCode": "E"}),
        ("PATCH", address, {"changeset": {"timeout": 900_000}}),
    ]
    for method, path, body in asked:
        assert other(method, path, body).status == 409
        assert other(method, path, {**body, "jobLeaseToken": job["jobLeaseToken"]}).status == 409
    variables = admin.post("/v2/variables/search", {"filter": {"processInstanceKey": instance}}).body["items"]
    assert {each["name"] for each in variables} == {"a", "b"}
    assert program.post(f"{address}/completion").status == 204


def test_a_lease_is_prolonged_with_the_token_of_the_activation_that_runs_and_no_other(
    instance: str, program: Api, admin: Api
) -> None:
    [old] = activate(program).body["jobs"]
    program.post(f"/v2/jobs/{old['jobKey']}/failure", {"retries": 2})
    [new] = activate(program).body["jobs"]
    longer = {"changeset": {"timeout": 900_000}}
    assert (
        program("PATCH", f"/v2/jobs/{old['jobKey']}", {**longer, "jobLeaseToken": old["jobLeaseToken"]}).status == 409
    )
    assert (
        program("PATCH", f"/v2/jobs/{new['jobKey']}", {**longer, "jobLeaseToken": new["jobLeaseToken"]}).status == 204
    )
