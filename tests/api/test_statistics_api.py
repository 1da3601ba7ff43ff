"""Counts over many instances: what an operator sees first."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.api.conftest import Api
from tests.engine import worlds

pytestmark = pytest.mark.django_db(transaction=True)
GROUPS = "/v2/incidents/statistics/groups"


def fail(api: Api, *messages: str) -> None:
    """Start an instance of `work` for each message, and let its job fail with it for good."""
    api.deploy(work_bpmn=worlds.WORK)
    for message in messages:
        assert api.post("/v2/process-instances", {"processDefinitionId": "work", "variables": {}}).status == 200
        body = {"type": "test-work", "maxJobsToActivate": 1, "timeout": 60_000, "requestTimeout": -1}
        [job] = api.post("/v2/jobs/activation", body).body["jobs"]
        assert api.post(f"/v2/jobs/{job['jobKey']}/failure", {"retries": 0, "errorMessage": message}).status == 204


def test_incidents_are_grouped_by_message_process_and_element_the_largest_group_first(admin: Api) -> None:
    fail(admin, "no power", "no paper", "no power")

    found = admin.post(GROUPS, {"filter": {"processDefinitionId": "work"}})

    assert found.status == 200, found.body
    assert [
        (row["errorMessage"], row["processDefinitionId"], row["elementId"], row["activeIncidentCount"])
        for row in found.body["items"]
    ] == [("no power", "work", "do", 2), ("no paper", "work", "do", 1)]
    assert found.body["page"]["totalItems"] == 2


def test_groups_are_of_one_process_when_it_is_named(admin: Api) -> None:
    fail(admin, "no power")

    assert admin.post(GROUPS, {"filter": {"processDefinitionId": "another"}}).body["items"] == []
    assert len(admin.post(GROUPS).body["items"]) == 1


def test_a_resolved_incident_is_in_no_group(admin: Api) -> None:
    fail(admin, "no power")
    [incident] = admin.post("/v2/incidents/search").body["items"]
    admin.post(f"/v2/incidents/{incident['incidentKey']}/resolution")

    assert admin.post(GROUPS).body["items"] == []


def test_groups_hold_only_what_a_person_may_see(admin: Api, as_user: Callable[[str], Api]) -> None:
    fail(admin, "no power")

    assert len(as_user("olga").post(GROUPS).body["items"]) == 1
    assert as_user("carol").post(GROUPS).body["items"] == []
    assert Client().post(GROUPS, "{}", content_type="application/json").status_code == 401


def test_groups_refuse_a_sort_by_what_they_do_not_have(admin: Api) -> None:
    fail(admin, "no power")

    answer = admin.post(GROUPS, {"sort": [{"field": "colour"}]})

    assert answer.status == 400
    assert "activeIncidentCount" in answer.body["detail"]
