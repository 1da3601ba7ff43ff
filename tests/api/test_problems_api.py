"""What the API answers to requests that it cannot serve."""

import pytest
from django.test import Client

from tests.api.conftest import Api
from tests.conftest import Figure

DOORS = ["/v2/process-instances", "/v2/jobs/activation", "/v2/messages/publication", "/v2/drafts", "/v2/users/search"]


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"\xff\xfe",
        b'{"a": "\\u0000"}',
        b'{"a": "\\ud800"}',
        b'{"a": NaN}',
        b'{"a": 1e999999}',
        b'"text"',
        b"[" * 5000,
    ],
)
def test_a_body_that_is_no_json_object_is_refused(admin: Api, path: str, raw: bytes) -> None:
    answer = admin("POST", path, raw=raw)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json"), answer.text
    assert set(answer.body) >= {"type", "title", "status", "detail", "instance"}


def test_another_media_type_than_json_is_refused(admin: Api) -> None:
    answer = admin.client.post("/v2/process-instances", "a=b", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 415


def test_a_body_beyond_the_limit_is_refused(admin: Api, figure: Figure) -> None:
    answer = admin("POST", "/v2/process-instances", raw=b'{"variables": {"x": "' + b"a" * 17_000_000 + b'"}}')
    assert answer.status == 413
    assert "16777216" in answer.body["detail"].replace(",", "")
    figure("bytes refused with the limit", 17_000_000)


def test_a_method_that_an_address_has_not_is_refused(admin: Api) -> None:
    answer = admin("DELETE", "/v2/topology")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    "path",
    [
        "process-instances/{}",
        "process-instances/{}/journal",
        "process-instances/{}/sequence-flows",
        "process-instances/{}/call-hierarchy",
        "process-instances/{}/statistics/element-instances",
        "process-definitions/{}",
        "process-definitions/{}/xml",
        "process-definitions/{}/form",
        "element-instances/{}",
        "variables/{}",
        "user-tasks/{}",
        "user-tasks/{}/form",
        "user-tasks/{}/draft",
        "incidents/{}",
        "decision-definitions/{}",
        "decision-definitions/{}/xml",
        "drafts/{}",
        "changes?processInstanceKey={}",
    ],
)
def test_unknown_keys_are_not_found_and_malformed_ones_bad(admin: Api, path: str) -> None:
    assert admin.get("/v2/" + path.format(1234)).status == 404
    for key in ("abc", "-1", str(2**63), "1" * 30, "%00", "٣"):
        assert admin.get("/v2/" + path.format(key)).status == 400, key


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "process-instances/7/cancellation", None),
        ("POST", "process-instances/7/modification", {"terminateInstructions": [{"elementInstanceKey": "8"}]}),
        ("PUT", "element-instances/7/variables", {"variables": {}}),
        ("POST", "user-tasks/7/completion", None),
        ("POST", "user-tasks/7/assignment", {"assignee": "bob"}),
        ("DELETE", "user-tasks/7/assignee", None),
        ("PATCH", "user-tasks/7", {"changeset": {"priority": 3}}),
        ("POST", "user-tasks/7/comments", {"text": "x"}),
        ("POST", "jobs/7/completion", None),
        ("POST", "jobs/7/failure", None),
        ("POST", "jobs/7/error", {"errorCode": "E"}),
        ("PATCH", "jobs/7", {"changeset": {"retries": 3}}),
        ("POST", "incidents/7/resolution", None),
        ("POST", "resources/7/deletion", None),
        ("POST", "process-instances", {"processDefinitionId": "nothing"}),
        ("POST", "messages/correlation", {"name": "nothing"}),
    ],
)
def test_commands_on_what_does_not_exist_are_not_found(admin: Api, method: str, path: str, body: object) -> None:
    answer = admin(method, f"/v2/{path}", body)
    assert answer.status == 404, answer.body


def test_an_address_that_does_not_exist_is_a_problem(admin: Api) -> None:
    answer = admin.get("/v2/nothing")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.django_db
def test_every_address_of_the_api_needs_a_login() -> None:
    from webapp.api.urls import urlpatterns

    client = Client()
    for pattern in urlpatterns:
        address = "/v2/" + str(pattern.pattern).split("<")[0]
        address += "1" if "<" in str(pattern.pattern) else ""
        address += str(pattern.pattern).partition(">")[2]
        statuses = {
            client.generic(method, address, content_type="application/json").status_code
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        }
        assert statuses == {401}, address


def test_the_clock_moves_for_administrators_in_test_installations_alone(admin: Api, alice: Api, settings) -> None:  # type: ignore[no-untyped-def]
    from engine import clock

    assert admin("PUT", "/v2/clock", {"timestamp": 4_000_000_000_000}).status == 204
    assert clock.now().year == 2096
    assert alice("PUT", "/v2/clock", {"timestamp": 0}).status == 403
    assert admin("PUT", "/v2/clock", {"timestamp": 10**30}).status == 400
    assert admin.post("/v2/clock/reset").status == 204
    assert clock.now().year < 2096
    settings.STEPWELL_TEST_CLOCK = False
    answer = admin("PUT", "/v2/clock", {"timestamp": 0})
    assert (answer.status, "STEPWELL_TEST_CLOCK" in answer.body["detail"]) == (403, True)


def test_expressions_are_evaluated_for_those_who_draw_alone(alice: Api) -> None:
    answer = alice.post("/v2/expression/evaluation", {"expression": "1 + 1"})
    assert (answer.status, "evaluate expressions" in answer.body["detail"]) == (403, True)


def test_expressions_are_evaluated_exactly_and_within_a_budget(admin: Api) -> None:
    answer = admin("POST", "/v2/expression/evaluation", raw=b'{"expression": "=x * 3", "context": {"x": 0.1}}')
    assert (answer.status, '"result":0.3' in answer.text) == (200, True)
    null = admin.post("/v2/expression/evaluation", {"expression": "1 + x"}).body
    assert null["result"] is None
    assert null["warnings"]
    for endless in ("for i in 1..1000000000 return i", "1 +", "", "("):
        assert admin.post("/v2/expression/evaluation", {"expression": endless}).status == 400
