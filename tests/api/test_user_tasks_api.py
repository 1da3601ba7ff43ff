"""User tasks over HTTP: alice and bob are managers, carol is not."""

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from engine import exact_json
from tests.api.conftest import Answer, Api
from tests.api.test_process_instances_api import start
from tests.engine import worlds

pytestmark = pytest.mark.django_db(transaction=True)

FORM = exact_json.encode(
    {
        "id": "decision",
        "type": "default",
        "components": [
            {"type": "number", "key": "amount", "id": "a", "validate": {"required": True, "max": 100}},
            {"type": "textfield", "key": "owner", "id": "o", "disabled": True},
        ],
    }
)
ASKED = worlds.diagram(
    "asked",
    worlds.START,
    worlds.user("check", 'candidateGroups="managers"').replace(
        "<zeebe:userTask/>", '<zeebe:userTask/><zeebe:formDefinition formId="decision"/>'
    ),
    worlds.END,
    flows="start>check check>end",
)


@pytest.fixture
def task(admin: Api) -> str:
    admin.deploy(review_bpmn=worlds.REVIEW)
    return task_of(admin, start(admin, "review", {"a": 1}))


def task_of(api: Api, instance_key: str) -> str:
    items = api.post("/v2/user-tasks/search", {"filter": {"processInstanceKey": instance_key}}).body["items"]
    assert len(items) == 1
    key: str = items[0]["userTaskKey"]
    return key


def claim(api: Api, task: str, username: str) -> Answer:
    return api.post(f"/v2/user-tasks/{task}/assignment", {"assignee": username, "allowOverride": False})


def test_candidates_see_a_task_and_others_do_not_know_of_it(task: str, alice: Api, bob: Api, carol: Api) -> None:
    for api, seen in ((alice, [task]), (bob, [task]), (carol, [])):
        items = api.post("/v2/user-tasks/search", {"filter": {"state": "CREATED"}}).body["items"]
        assert [item["userTaskKey"] for item in items] == seen
    assert alice.get(f"/v2/user-tasks/{task}").body["candidateGroups"] == ["managers"]
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/form", None),
        ("POST", "/completion", None),
        ("POST", "/assignment", {"assignee": "carol"}),
        ("POST", "/variables/search", None),
        ("POST", "/comments", {"text": "hm"}),
        ("POST", "/comments/search", None),
        ("PUT", "/draft", {"variables": {}}),
        ("PATCH", "", {"changeset": {"priority": 1}}),
    ):
        assert carol(method, f"/v2/user-tasks/{task}{path}", body).status == 404, path


def test_of_two_who_claim_at_once_one_wins_and_the_other_learns_who(task: str, alice: Api, bob: Api) -> None:
    answers: dict[str, Answer] = {}
    together = threading.Barrier(2)

    def run(api: Api, username: str) -> None:
        try:
            together.wait()
            answers[username] = claim(api, task, username)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in ((alice, "alice"), (bob, "bob"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status for answer in answers.values()) == [204, 409]
    winner = next(name for name, answer in answers.items() if answer.status == 204)
    loser = next(answer for answer in answers.values() if answer.status == 409)
    assert f"'{winner}'" in loser.body["detail"]
    assert alice.get(f"/v2/user-tasks/{task}").body["assignee"] == winner


@pytest.mark.parametrize("nobody", ["alise", "Alice", "x" * 151, "gone"])
def test_a_task_is_not_assigned_to_a_name_that_nobody_has(task: str, admin: Api, carol: Api, nobody: str) -> None:
    User.objects.create_user("gone", is_active=False)
    answer = admin.post(f"/v2/user-tasks/{task}/assignment", {"assignee": nobody})
    assert answer.status == 400
    assert nobody[:100] in answer.body["detail"]
    assert admin.get(f"/v2/user-tasks/{task}").body["assignee"] is None
    assert admin.post(f"/v2/user-tasks/{task}/assignment", {"assignee": "carol"}).status == 204
    assert carol.get(f"/v2/user-tasks/{task}").body["assignee"] == "carol"


def test_what_is_assigned_to_alice_bob_can_neither_complete_nor_take(task: str, alice: Api, bob: Api) -> None:
    assert claim(alice, task, "alice").status == 204
    assert bob.post(f"/v2/user-tasks/{task}/completion").status == 403
    assert bob.post(f"/v2/user-tasks/{task}/assignment", {"assignee": "bob"}).status == 403
    assert bob("DELETE", f"/v2/user-tasks/{task}/assignee").status == 403
    assert alice("DELETE", f"/v2/user-tasks/{task}/assignee").status == 204
    assert bob.post(f"/v2/user-tasks/{task}/completion", {"variables": {"ok": True}}).status == 204


def test_a_completion_goes_on_with_the_instance_and_a_second_one_is_a_conflict(task: str, alice: Api, bob: Api) -> None:
    body = {"variables": {"ok": True}}
    assert alice.post(f"/v2/user-tasks/{task}/completion", body).status == 204

    late = bob.post(f"/v2/user-tasks/{task}/completion", body)

    assert (late.status, "'alice'" in late.body["detail"]) == (409, True)
    done = alice.get(f"/v2/user-tasks/{task}").body
    assert (done["state"], done["completedBy"]) == ("COMPLETED", "alice")


def test_a_repeated_completion_with_the_same_idempotency_key_is_no_conflict(task: str, alice: Api) -> None:
    path = f"/v2/user-tasks/{task}/completion"
    for _ in range(2):
        assert alice.post(path, {"variables": {"ok": 1}}, **{"Idempotency-Key": "once"}).status == 204


@pytest.mark.parametrize(
    ("variables", "wrong"), [({}, ["amount"]), ({"amount": 101}, ["amount"]), ({"amount": "many"}, ["amount"])]
)
def test_data_that_the_form_does_not_allow_is_refused_by_field(
    admin: Api, alice: Api, variables: dict[str, Any], wrong: list[str]
) -> None:
    admin.deploy(asked_bpmn=ASKED, decision_form=FORM)
    task = task_of(admin, start(admin, "asked"))
    assert alice.get(f"/v2/user-tasks/{task}/form").body["formId"] == "decision"

    answer = alice.post(f"/v2/user-tasks/{task}/completion", {"variables": variables})

    assert (answer.status, sorted(answer.body["errors"])) == (400, wrong)
    assert alice.get(f"/v2/user-tasks/{task}").body["state"] == "CREATED"


def test_a_persons_start_is_checked_by_the_start_form_and_a_programs_is_not(
    admin: Api, alice: Api, program: Api
) -> None:
    asking = (
        '<bpmn:startEvent id="start"><bpmn:extensionElements><zeebe:formDefinition formId="decision"/>'
        "</bpmn:extensionElements></bpmn:startEvent>"
    )
    opened = worlds.diagram("opened", asking, worlds.END, flows="start>end")
    assert admin.deploy(opened_bpmn=opened, decision_form=FORM).status == 200

    body = {"processDefinitionId": "opened", "variables": {"amount": 101}}
    refused = alice.post("/v2/process-instances", body)
    assert (refused.status, list(refused.body["errors"])) == (400, ["amount"])
    assert admin.post("/v2/process-instances/search").body["items"] == []
    assert alice.post("/v2/process-instances", {**body, "variables": {"amount": 7}}).status == 200
    assert program.post("/v2/process-instances", body).status == 200


def test_a_disabled_field_is_not_taken_from_the_client(admin: Api, alice: Api) -> None:
    admin.deploy(asked_bpmn=ASKED, decision_form=FORM)
    key = start(admin, "asked", {"owner": "ada"})
    task = task_of(admin, key)

    body = {"variables": {"amount": 5, "owner": "mallory"}}
    assert alice.post(f"/v2/user-tasks/{task}/completion", body).status == 204

    found = admin.post("/v2/variables/search", {"filter": {"processInstanceKey": key}}).body["items"]
    assert {item["name"]: item["value"] for item in found} == {"owner": '"ada"', "amount": "5"}


def test_drafts_belong_to_their_writers_and_go_with_the_task(task: str, alice: Api, bob: Api) -> None:
    path = f"/v2/user-tasks/{task}/draft"
    assert alice.get(path).status == 204
    assert alice("PUT", path, {"variables": {"note": "half"}}).status == 204
    assert alice.get(path).body["variables"] == {"note": "half"}
    assert bob.get(path).status == 204
    assert alice("DELETE", path).status == 204
    assert alice.get(path).status == 204


def test_comments_are_read_in_order(task: str, alice: Api, bob: Api) -> None:
    for api, text in ((alice, "first"), (bob, "second")):
        assert api.post(f"/v2/user-tasks/{task}/comments", {"text": text}).status == 201
    items = bob.post(f"/v2/user-tasks/{task}/comments/search").body["items"]
    assert [(item["author"], item["text"]) for item in items] == [("alice", "first"), ("bob", "second")]


def test_a_task_sees_the_variables_around_it_and_its_dates_can_be_changed(task: str, alice: Api) -> None:
    found = alice.post(f"/v2/user-tasks/{task}/variables/search").body["items"]
    assert [(item["name"], item["value"]) for item in found] == [("a", "1")]
    change = {"changeset": {"dueDate": "2030-01-01T00:00:00Z", "priority": 80}}
    assert alice("PATCH", f"/v2/user-tasks/{task}", change).status == 204
    assert alice("PATCH", f"/v2/user-tasks/{task}", {"changeset": {"priority": 101}}).status == 400
    changed = alice.get(f"/v2/user-tasks/{task}").body
    assert (changed["dueDate"], changed["priority"]) == ("2030-01-01T00:00:00Z", 80)
    assert alice("PATCH", f"/v2/user-tasks/{task}", {"changeset": {"dueDate": ""}}).status == 204
    assert alice.get(f"/v2/user-tasks/{task}").body["dueDate"] is None
