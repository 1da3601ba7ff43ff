"""Deploying, starting, watching and steering process instances over HTTP."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.api.conftest import Api
from tests.conftest import Figure
from tests.engine import worlds
from tests.engine.test_places import EACH, NESTED, SEVERAL

pytestmark = pytest.mark.django_db(transaction=True)
Enter = Callable[[str], Api]


def start(api: Api, process_id: str, variables: dict[str, Any] | None = None, **more: Any) -> str:
    answer = api.post(
        "/v2/process-instances", {"processDefinitionId": process_id, "variables": variables or {}, **more}
    )
    assert answer.status == 200, answer.body
    key: str = answer.body["processInstanceKey"]
    return key


def test_a_deployment_names_what_it_made_and_unchanged_files_make_nothing_new(admin: Api) -> None:
    first = admin.deploy(review_bpmn=worlds.REVIEW)
    again = admin.deploy(review_bpmn=worlds.REVIEW)

    assert (first.status, again.status) == (200, 200)
    made = first.body["deployments"][0]["processDefinition"]
    assert (made["processDefinitionId"], made["processDefinitionVersion"]) == ("review", 1)
    assert (first.body["isNew"], again.body["isNew"]) == (True, False)
    assert again.body["deploymentKey"] == first.body["deploymentKey"]

    definition = admin.get(f"/v2/process-definitions/{made['processDefinitionKey']}").body
    assert (definition["name"], definition["isLatestVersion"]) == ("Review", True)
    xml = admin.get(f"/v2/process-definitions/{made['processDefinitionKey']}/xml")
    assert (xml.text.encode(), xml.headers["Content-Type"]) == (worlds.REVIEW, "text/xml; charset=utf-8")
    assert admin.get(f"/v2/process-definitions/{made['processDefinitionKey']}/form").status == 204


def test_a_deployment_with_mistakes_lists_them_by_element(admin: Api) -> None:
    broken = worlds.diagram("broken", worlds.START, worlds.END, flows="start>nowhere")

    answer = admin.deploy(good_bpmn=worlds.WORK, broken_bpmn=broken)

    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    found = [problem for problem in answer.body["problems"] if problem["severity"] == "error"]
    assert {problem["resourceName"] for problem in found} == {"broken.bpmn"}
    assert "f0" in {problem["elementId"] for problem in found}
    assert all(problem["message"] and problem["line"] for problem in found)
    assert admin.post("/v2/process-definitions/search").body["items"] == []


def test_only_modelers_deploy(alice: Api, program: Api) -> None:
    assert alice.deploy(review_bpmn=worlds.REVIEW).status == 403
    assert program.deploy(review_bpmn=worlds.REVIEW).status == 200


@pytest.mark.parametrize("content", [b"", b"<a", b"\xff\xfe\x00", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"])
def test_a_file_that_is_no_diagram_is_refused(admin: Api, content: bytes) -> None:
    answer = admin.deploy(x_bpmn=content)
    assert (answer.status, bool(answer.body["problems"])) == (400, True)


def test_numbers_are_exact_from_the_start_to_every_read(admin: Api) -> None:
    admin.deploy(pause_bpmn=worlds.PAUSE)
    variables = {"price": Decimal("0.10"), "big": 10**30, "list": [Decimal("1.5"), None, True]}

    key = start(admin, "pause", variables)

    found = admin.post("/v2/variables/search", {"filter": {"processInstanceKey": key}}).body["items"]
    assert {item["name"]: item["value"] for item in found} == {
        "big": "1" + "0" * 30,
        "list": "[1.5,null,true]",
        "price": "0.10",
    }


def test_an_instance_is_found_and_told_exactly_at_once(admin: Api) -> None:
    admin.deploy(review_bpmn=worlds.REVIEW)
    key = start(admin, "review", {"a": 1}, tags=["red"], businessId="B-1")

    one = admin.get(f"/v2/process-instances/{key}").body
    assert (one["state"], one["hasIncident"], one["businessId"], one["tags"]) == ("ACTIVE", False, "B-1", ["red"])
    found = admin.post("/v2/process-instances/search", {"filter": {"state": "ACTIVE", "tags": ["red"]}}).body
    assert [item["processInstanceKey"] for item in found["items"]] == [key]
    elements = admin.post("/v2/element-instances/search", {"filter": {"processInstanceKey": key}}).body["items"]
    assert {(item["elementId"], item["type"], item["state"]) for item in elements} == {
        ("review", "PROCESS", "ACTIVE"),
        ("start", "START_EVENT", "COMPLETED"),
        ("check", "USER_TASK", "ACTIVE"),
    }
    statistics = admin.get(f"/v2/process-instances/{key}/statistics/element-instances").body["items"]
    assert {item["elementId"]: (item["active"], item["completed"]) for item in statistics}["check"] == (1, 0)
    flows = admin.get(f"/v2/process-instances/{key}/sequence-flows").body["items"]
    assert [flow["elementId"] for flow in flows] == ["f0"]
    journal = admin.get(f"/v2/process-instances/{key}/journal").body["items"]
    assert journal[0]["by"] == "admin"
    assert journal[0]["inputs"][0]["type"] == "started"
    assert {"type": "elementCompleted", "elementId": "start"}.items() <= {
        k: v for fact in journal[0]["facts"] if fact["type"] == "elementCompleted" for k, v in fact.items()
    }.items()
    assert admin.get(f"/v2/process-instances/{key}/journal?after={journal[-1]['sequence']}").body["items"] == []


def test_the_end_is_awaited_with_its_variables(admin: Api) -> None:
    admin.deploy(empty_bpmn=worlds.diagram("empty", worlds.START, worlds.END, flows="start>end"))
    body = {"processDefinitionId": "empty", "variables": {"a": 1, "b": 2}, "awaitCompletion": True}

    assert admin.post("/v2/process-instances", body).body["variables"] == {"a": 1, "b": 2}
    only = admin.post("/v2/process-instances", {**body, "fetchVariables": ["b"]})
    assert only.body["variables"] == {"b": 2}


def test_an_end_that_does_not_come_in_time_is_504_and_the_instance_goes_on(admin: Api) -> None:
    admin.deploy(pause_bpmn=worlds.PAUSE)
    body = {"processDefinitionId": "pause", "awaitCompletion": True, "requestTimeout": 100}

    assert admin.post("/v2/process-instances", body).status == 504
    assert admin.post("/v2/process-instances/search", {"filter": {"state": "ACTIVE"}}).body["page"]["totalItems"] == 1


def test_the_same_start_with_an_idempotency_key_starts_once(admin: Api) -> None:
    admin.deploy(pause_bpmn=worlds.PAUSE)
    body = {"processDefinitionId": "pause", "variables": {"a": 1}}
    keys = {
        admin.post("/v2/process-instances", body, **{"Idempotency-Key": "k"}).body["processInstanceKey"]
        for _ in range(3)
    }
    assert len(keys) == 1
    other = admin.post("/v2/process-instances", {**body, "variables": {"a": 2}}, **{"Idempotency-Key": "k"})
    assert other.status == 409


def test_a_plain_user_starts_instances_and_reads_only_their_own(admin: Api, alice: Api, carol: Api) -> None:
    admin.deploy(pause_bpmn=worlds.PAUSE)
    key = start(carol, "pause", {"secret": 1})

    assert carol.get(f"/v2/process-instances/{key}").status == 200
    assert alice.get(f"/v2/process-instances/{key}").status == 404
    filter_ = {"filter": {"processInstanceKey": key}}
    assert alice.post("/v2/variables/search", filter_).status in (200, 404)
    for noun in ("process-instances", "element-instances", "timers"):
        assert alice.post(f"/v2/{noun}/search", filter_).body["items"] == [], noun
        assert len(carol.post(f"/v2/{noun}/search", filter_).body["items"]) >= 1, noun


def test_only_operators_cancel_and_a_second_time_is_a_conflict(admin: Api, as_user: Enter, carol: Api) -> None:
    admin.deploy(pause_bpmn=worlds.PAUSE)
    key = start(carol, "pause")

    assert carol.post(f"/v2/process-instances/{key}/cancellation").status == 403
    olga = as_user("olga")
    assert olga.post(f"/v2/process-instances/{key}/cancellation").status == 204
    assert admin.get(f"/v2/process-instances/{key}").body["state"] == "TERMINATED"
    assert olga.post(f"/v2/process-instances/{key}/cancellation").status in (404, 409)


def test_variables_are_written_and_seen_at_once(admin: Api) -> None:
    admin.deploy(pause_bpmn=worlds.PAUSE)
    key = start(admin, "pause", {"a": 1})

    assert admin("PUT", f"/v2/element-instances/{key}/variables", {"variables": {"a": 2, "b": "x"}}).status == 204

    found = admin.post("/v2/variables/search", {"filter": {"scopeKey": key}}).body["items"]
    assert {item["name"]: item["value"] for item in found} == {"a": "2", "b": '"x"'}


def test_a_change_changes_the_version_and_nothing_else_does(admin: Api) -> None:
    admin.deploy(pause_bpmn=worlds.PAUSE)
    key = start(admin, "pause")
    path = f"/v2/changes?processInstanceKey={key}"
    before, all_before = admin.get(path).body, admin.get("/v2/changes").body
    assert admin.get(path).body == before

    admin("PUT", f"/v2/element-instances/{key}/variables", {"variables": {"a": 2}})

    assert admin.get(path).body != before
    assert admin.get("/v2/changes").body != all_before


def test_elements_are_moved_by_modification(admin: Api) -> None:
    admin.deploy(review_bpmn=worlds.REVIEW)
    key = start(admin, "review")
    move = {"moveInstructions": [{"sourceElementId": "check", "targetElementId": "end"}]}
    assert admin.post(f"/v2/process-instances/{key}/modification", move).status == 204
    assert admin.get(f"/v2/process-instances/{key}").body["state"] == "COMPLETED"


def test_a_start_inside_a_sub_process_opens_it_with_its_boundary_timer(admin: Api, as_user: Enter) -> None:
    admin.deploy(nested_bpmn=NESTED)
    instructions = [{"elementId": "C"}]
    body = {"processDefinitionId": "nested", "startInstructions": instructions}
    assert as_user("alice").post("/v2/process-instances", body).status == 403
    key = start(as_user("olga"), "nested", startInstructions=instructions)
    filtered = {"filter": {"processInstanceKey": key, "state": "ACTIVE"}}
    active = admin.post("/v2/element-instances/search", filtered).body["items"]
    assert [item["elementId"] for item in active] == ["nested", "sp", "C"]
    timers = admin.post("/v2/timers/search", {"filter": {"processInstanceKey": key}}).body["items"]
    assert [item["elementId"] for item in timers] == ["late"]
    [task] = admin.post("/v2/user-tasks/search", {"filter": {"processInstanceKey": key}}).body["items"]
    assert admin.post(f"/v2/user-tasks/{task['userTaskKey']}/completion", {}).status == 204
    offered = admin.post("/v2/user-tasks/search", {"filter": {"processInstanceKey": key, "state": "CREATED"}})
    assert [item["elementId"] for item in offered.body["items"]] == ["Z"]


def test_a_modification_at_an_impossible_place_is_400_with_the_reason(admin: Api) -> None:
    admin.deploy(several_bpmn=SEVERAL, each_bpmn=EACH)
    key = start(admin, "each", {"xs": [1, 2]})
    filtered = {"filter": {"processInstanceKey": key, "elementId": "A", "state": "ACTIVE"}}
    for item in admin.post("/v2/element-instances/search", filtered).body["items"]:
        wish = {"elementId": "A", "ancestorElementInstanceKey": item["elementInstanceKey"]}
        answer = admin.post(f"/v2/process-instances/{key}/modification", {"activateInstructions": [wish]})
        assert (answer.status, "as its ancestor" in answer.body["detail"]) == (400, True)
    key = start(admin, "several", {"xs": [1, 2]})
    for ancestor, reason in (("-1", "Name one of them"), ("17", "found 17"), (key, "an ancestor outside it")):
        wish = {"elementId": "C", "ancestorElementInstanceKey": ancestor}
        answer = admin.post(f"/v2/process-instances/{key}/modification", {"activateInstructions": [wish]})
        assert (answer.status, reason in answer.body["detail"]) == (400, True), answer.body
    assert admin.post("/v2/incidents/search", {}).body["items"] == []


def test_a_timer_is_listed_until_it_fires(admin: Api) -> None:
    admin.deploy(pause_bpmn=worlds.PAUSE)
    key = start(admin, "pause")
    timer = admin.post("/v2/timers/search", {"filter": {"processInstanceKey": key}}).body["items"][0]
    assert (timer["elementId"], timer["processInstanceKey"]) == ("wait", key)


def test_messages_reach_who_waits_for_them(admin: Api) -> None:
    admin.deploy(payment_bpmn=worlds.PAYMENT)
    first, second = start(admin, "payment", {"order": "1"}), start(admin, "payment", {"order": "2"})
    waiting = admin.post("/v2/message-subscriptions/search", {"filter": {"correlationKey": "1"}}).body["items"]
    assert [item["processInstanceKey"] for item in waiting] == [first]

    answer = admin.post("/v2/messages/correlation", {"name": "paid", "correlationKey": "1"})
    assert (answer.status, answer.body["processInstanceKey"]) == (200, first)
    assert admin.post("/v2/messages/correlation", {"name": "paid", "correlationKey": "1"}).status == 404

    publish = {"name": "paid", "correlationKey": "2", "timeToLive": 60_000, "messageId": "m"}
    assert admin.post("/v2/messages/publication", publish).status == 200
    assert admin.post("/v2/messages/publication", publish).status == 409
    states = {key: admin.get(f"/v2/process-instances/{key}").body["state"] for key in (first, second)}
    assert set(states.values()) == {"COMPLETED"}


def test_a_true_condition_starts_an_instance_with_its_variables(admin: Api, alice: Api) -> None:
    deployed = admin.deploy(hot_bpmn=worlds.HOT).body["deployments"][0]["processDefinition"]
    path = "/v2/conditionals/evaluation"
    answer = admin.post(path, {"variables": {"degrees": 31}})
    assert answer.status == 200
    [started] = answer.body["processInstances"]
    assert started["processDefinitionKey"] == deployed["processDefinitionKey"]
    variables = {"filter": {"processInstanceKey": started["processInstanceKey"]}}
    assert admin.post("/v2/variables/search", variables).body["items"][0]["value"] == "31"

    named = {"variables": {"degrees": 31}, "processDefinitionKey": deployed["processDefinitionKey"]}
    assert len(admin.post(path, named).body["processInstances"]) == 1
    assert admin.post(path, {"variables": {"degrees": 20}}).body["processInstances"] == []
    assert admin.post(path, {"variables": {}, "processDefinitionKey": "17"}).status == 404
    assert admin.post(path, {"variables": {}, "processDefinitionKey": "x"}).status == 400
    assert alice.post(path, {"variables": {}}).status == 403


def test_signals_reach_all_who_wait(admin: Api) -> None:
    admin.deploy(alarm_bpmn=worlds.ALARM)
    keys = [start(admin, "alarm") for _ in range(2)]
    assert admin.post("/v2/signals/broadcast", {"signalName": "alarm"}).status == 200
    assert {admin.get(f"/v2/process-instances/{key}").body["state"] for key in keys} == {"COMPLETED"}


def test_elements_of_an_ad_hoc_sub_process_are_activated_while_it_runs(admin: Api) -> None:
    inside = (
        f"{worlds.service('a', 'sort')}{worlds.service('b', 'sort')}{worlds.service('c', 'sort')}"
        '<bpmn:sequenceFlow id="inner" sourceRef="b" targetRef="c"/>'
        '<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">=done</bpmn:completionCondition>'
    )
    chosen = '<bpmn:extensionElements><zeebe:adHoc activeElementsCollection="=[]"/></bpmn:extensionElements>'
    ad_hoc = f'<bpmn:adHocSubProcess id="work">{chosen}{inside}</bpmn:adHocSubProcess>'
    admin.deploy(adhoc_bpmn=worlds.diagram("adhoc", worlds.START, ad_hoc, worlds.END, flows="start>work work>end"))
    key = start(admin, "adhoc", {"done": False})
    found = admin.post(
        "/v2/element-instances/search", {"filter": {"processInstanceKey": key, "elementId": "work", "state": "ACTIVE"}}
    )
    scope = found.body["items"][0]["elementInstanceKey"]
    way = f"/v2/element-instances/ad-hoc-activities/{scope}/activation"

    refused = admin.post(way, {"elements": [{"elementId": "c"}]})
    assert (refused.status, "no flow leads to" in refused.body["detail"]) == (400, True)
    assert admin.post(way, {"elements": []}).status == 400
    wrong = f"/v2/element-instances/ad-hoc-activities/{key}/activation"
    assert admin.post(wrong, {"elements": [{"elementId": "a"}]}).status == 404

    assert admin.post(way, {"elements": [{"elementId": "a", "variables": {"n": 1}}]}).status == 204
    jobs = admin.post("/v2/jobs/activation", {"type": "sort", "timeout": 60_000, "maxJobsToActivate": 9}).body["jobs"]
    assert [(job["elementId"], job["variables"]["n"]) for job in jobs] == [("a", 1)]
    done = admin.post(f"/v2/jobs/{jobs[0]['jobKey']}/completion", {"variables": {"done": True}})
    assert done.status == 204
    assert admin.get(f"/v2/process-instances/{key}").body["state"] == "COMPLETED"


def test_an_instance_is_reset_in_place_and_as_another_one(admin: Api, alice: Api) -> None:
    admin.deploy(work_bpmn=worlds.WORK)
    key = start(admin, "work", {"a": 1})
    address = f"/v2/process-instances/{key}/reset"
    assert alice.post(address, {"sequence": 1}).status == 403
    assert admin.post(address, {"sequence": 0}).status == 400
    assert admin.post(address, {"sequence": 7}).status == 404
    assert admin.post(address, {"sequence": 1}).body == {"processInstanceKey": key}
    other = admin.post(address, {"sequence": 1, "asNewInstance": True}).body["processInstanceKey"]
    assert other != key
    assert admin.get(f"/v2/process-instances/{other}").body["state"] == "ACTIVE"
    journal = admin.get(f"/v2/process-instances/{key}/journal").body["items"]
    assert [entry["by"] for entry in journal] == ["admin", "admin"]


def test_a_timer_is_moved_and_fired(admin: Api) -> None:
    admin.deploy(pause_bpmn=worlds.PAUSE)
    key = start(admin, "pause")
    [timer] = admin.post("/v2/timers/search").body["items"]
    address = f"/v2/timers/{timer['timerKey']}"
    assert admin("PATCH", address, {"changeset": {"dueDate": "2040-01-01T00:00:00"}}).status == 400
    assert admin("PATCH", address, {"changeset": {"dueDate": "2040-01-01T00:00:00Z"}}).status == 204
    assert admin.post("/v2/timers/search").body["items"][0]["dueDate"] == "2040-01-01T00:00:00Z"
    assert admin.post(f"{address}/trigger").status == 204
    assert admin.get(f"/v2/process-instances/{key}").body["state"] == "COMPLETED"
    assert admin.post(f"{address}/trigger").status == 404


def test_a_diagram_is_rehearsed_by_what_was_recorded_before_it_is_deployed(admin: Api, alice: Api) -> None:
    admin.deploy(work_bpmn=worlds.WORK)
    key = start(admin, "work", {"a": 1})
    [job] = admin.post("/v2/jobs/activation", {"type": "test-work", "timeout": 60_000, "maxJobsToActivate": 9}).body[
        "jobs"
    ]
    admin.post(f"/v2/jobs/{job['jobKey']}/completion")
    longer = worlds.diagram(
        "work", worlds.START, worlds.service("do", "test-work"), worlds.user("check"), worlds.END,
        flows="start>do do>check check>end",
    )  # fmt: skip

    found = admin.deploy("/v2/deployments/rehearsal?limit=5", new_bpmn=longer)

    assert (found.status, found.body["sameCount"], found.body["differentCount"]) == (200, 0, 1)
    [item] = found.body["items"]
    assert (item["processInstanceKey"], item["entries"], found.body["isComplete"]) == (key, 1, True)
    assert (item["difference"]["sequence"], item["difference"]["elementId"]) == (2, "f1")
    assert admin.deploy("/v2/deployments/rehearsal", new_bpmn=worlds.WORK).body["differentCount"] == 0
    assert admin.deploy("/v2/deployments/rehearsal?runningOnly=true", new_bpmn=worlds.WORK).body["items"] == []
    assert admin.deploy("/v2/deployments/rehearsal?limit=0", new_bpmn=worlds.WORK).status == 400
    assert alice.deploy("/v2/deployments/rehearsal", new_bpmn=worlds.WORK).status == 403


def test_a_migration_is_tried_before_it_is_done(admin: Api) -> None:
    admin.deploy(work_bpmn=worlds.WORK)
    key = start(admin, "work")
    made = admin.deploy(work_bpmn=worlds.WORK.replace(b'id="do"', b'id="make"').replace(b'"do"', b'"make"'))
    target = made.body["deployments"][0]["processDefinition"]["processDefinitionKey"]
    plan: dict[str, Any] = {"targetProcessDefinitionKey": target, "mappingInstructions": []}
    address = f"/v2/process-instances/{key}/migration"
    assert admin.post(address, {**plan, "dryRun": True}).status == 409
    plan["mappingInstructions"] = [{"sourceElementId": "do", "targetElementId": "make"}]
    tried = admin.post(address, {**plan, "dryRun": True})
    assert (tried.status, [fact["elementId"] for fact in tried.body["facts"]]) == (200, ["work", "make"])
    assert admin.get(f"/v2/process-instances/{key}").body["processDefinitionVersion"] == 1
    created = admin.post(
        "/v2/process-instances/migration",
        {"filter": {"processInstanceKey": key}, "migrationPlan": plan, "dryRun": True},
    )
    operation = admin.get(f"/v2/batch-operations/{created.body['batchOperationKey']}").body
    assert operation["isDryRun"] is True
    assert admin.post(address, plan).status == 204
    assert admin.get(f"/v2/process-instances/{key}").body["processDefinitionVersion"] == 2


def test_a_message_and_a_completion_answer_with_the_variables_after_their_step(
    admin: Api, program: Api, figure: Figure
) -> None:
    """A synchronous update: what the caller gets is what the process made of it, expressions evaluated."""
    total = worlds.catch("wait", worlds.on_message("paid")).replace(
        "<bpmn:messageEventDefinition",
        '<bpmn:extensionElements><zeebe:ioMapping><zeebe:output source="=amount * 2" target="total"/></zeebe:ioMapping>'
        "</bpmn:extensionElements><bpmn:messageEventDefinition",
    )
    admin.deploy(
        pay_bpmn=worlds.diagram(
            "pay", worlds.START, total, worlds.service("do", "test-work"), worlds.user("check"), worlds.END,
            flows="start>wait wait>do do>check check>end", roots=worlds.message("paid", "=order"),
        )
    )  # fmt: skip
    key = start(admin, "pay", {"order": "7"})
    message = {"name": "paid", "correlationKey": "7", "variables": {"amount": 21}, "returnVariables": True}

    answer = admin.post("/v2/messages/correlation", message)
    assert (answer.status, answer.body["variables"]) == (200, {"order": "7", "total": 42})

    activation = {"type": "test-work", "timeout": 60_000, "maxJobsToActivate": 9}
    [job] = program.post("/v2/jobs/activation", activation).body["jobs"]
    address = f"/v2/jobs/{job['jobKey']}/completion"
    done = {"variables": {"booked": True}, "returnVariables": True}
    for _ in range(2):  # the repetition is answered as well
        answer = program.post(address, done, **{"Idempotency-Key": "k"})
        assert (answer.status, answer.body["variables"]) == (200, {"order": "7", "total": 42, "booked": True})

    [task] = admin.post("/v2/user-tasks/search", {"filter": {"processInstanceKey": key}}).body["items"]
    answer = admin.post(
        f"/v2/user-tasks/{task['userTaskKey']}/completion", {"variables": {"ok": 1}, "returnVariables": True}
    )
    assert answer.body["variables"] == {"order": "7", "total": 42, "booked": True, "ok": 1}
    assert admin.get(f"/v2/process-instances/{key}").body["state"] == "COMPLETED"

    start(admin, "pay", {"order": "8"})
    assert admin.post("/v2/messages/correlation", {"name": "paid", "correlationKey": "8"}).body["variables"] is None
    suspended = start(admin, "pay", {"order": "9"})
    admin.post(f"/v2/process-instances/{suspended}/suspension")
    late = admin.post("/v2/messages/correlation", {**message, "correlationKey": "9"})
    assert (late.status, "taken up later" in late.body["detail"]) == (504, True)
    assert admin.post(f"/v2/process-instances/{suspended}/resumption").status == 204
    found = admin.post("/v2/variables/search", {"filter": {"processInstanceKey": suspended, "name": "total"}}).body
    assert found["items"][0]["value"] == "42"
    figure("kinds of synchronous update, each answered with the variables after its step", 3)


def test_the_same_business_id_is_started_once_where_that_is_asked(admin: Api) -> None:
    admin.deploy(work_bpmn=worlds.WORK)
    unique: dict[str, Any] = {"businessId": "order-7", "uniqueBusinessId": True}
    first = start(admin, "work", **unique)
    again = admin.post("/v2/process-instances", {"processDefinitionId": "work", **unique})
    assert (again.status, first in again.body["detail"]) == (409, True)
    assert start(admin, "work", businessId="order-7") != first
    assert admin.post("/v2/process-instances", {"processDefinitionId": "work", "uniqueBusinessId": True}).status == 400


def test_the_journal_of_any_instance_is_exported_as_json_at_any_time(admin: Api, alice: Api, figure: Figure) -> None:
    """While it runs, in an incident, suspended and ended: each export begins with the one before, and holds every input, every element
    entered and left, every variable written, by whom and when."""
    admin.deploy(
        two_bpmn=worlds.diagram(
            "two", worlds.START, worlds.service("do", "test-work"), worlds.user("check", 'candidateGroups="managers"'),
            worlds.END, flows="start>do do>check check>end",
        )
    )  # fmt: skip
    key = start(alice, "two", {"a": 1})
    exports: list[list[dict[str, Any]]] = []

    def export() -> None:
        entries: list[dict[str, Any]] = []
        while found := admin.get(f"/v2/process-instances/{key}/journal?after={len(entries)}&limit=2").body["items"]:
            entries += found
        assert entries == admin.get(f"/v2/process-instances/{key}/journal?limit=1000").body["items"]
        assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
        assert not exports or entries[: len(exports[-1])] == exports[-1]
        exports.append(entries)

    activation = {"type": "test-work", "timeout": 60_000, "maxJobsToActivate": 1}
    export()
    [job] = admin.post("/v2/jobs/activation", activation).body["jobs"]
    admin.post(f"/v2/jobs/{job['jobKey']}/failure", {"retries": 0, "errorMessage": "no"})
    export()
    [incident] = admin.post("/v2/incidents/search", {"filter": {"processInstanceKey": key}}).body["items"]
    admin.post(f"/v2/incidents/{incident['incidentKey']}/resolution")
    [job] = admin.post("/v2/jobs/activation", activation).body["jobs"]
    admin.post(f"/v2/jobs/{job['jobKey']}/completion", {"variables": {"b": 2}})
    admin.post(f"/v2/process-instances/{key}/suspension")
    export()
    admin.post(f"/v2/process-instances/{key}/resumption")
    [task] = alice.post("/v2/user-tasks/search", {"filter": {"processInstanceKey": key}}).body["items"]
    assert alice.post(f"/v2/user-tasks/{task['userTaskKey']}/completion", {"variables": {"a": 3}}).status == 204
    export()

    whole = exports[-1]
    assert [(entry["by"], entry["inputs"][0]["type"]) for entry in whole] == [
        ("alice", "started"), ("admin", "jobFailed"), ("admin", "incidentResolved"), ("admin", "jobCompleted"),
        ("admin", "suspended"), ("admin", "resumed"), ("alice", "userTaskCompleted"),
    ]  # fmt: skip
    assert [entry["at"] for entry in whole] == sorted(entry["at"] for entry in whole)
    facts = [fact for entry in whole for fact in entry["facts"]]
    entered = {fact["elementInstance"] for fact in facts if fact["type"] == "elementActivated"}
    left = {fact["elementInstance"] for fact in facts if fact["type"] == "elementCompleted"}
    elements = admin.post("/v2/element-instances/search", {"filter": {"processInstanceKey": key}}).body["items"]
    assert entered == left == {element["elementInstanceKey"] for element in elements}
    written = [(fact["name"], fact["value"]) for fact in facts if fact["type"] == "variableWritten"]
    assert written == [("a", 1), ("b", 2), ("a", 3)]
    figure("exports of one instance in four states, each the beginning of the next", len(exports))
    figure("journal entries exported", len(whole))
