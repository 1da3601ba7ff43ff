"""An operator's work: find what is held up, see why, mend it, try again; one instance, and many at once."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.acceptance.installation import eventually
from tests.browser.conftest import PATIENCE, LogIn

pytestmark = pytest.mark.timeout(300)
expect.set_options(timeout=PATIENCE)

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="http://stepwell.test" id="defs">
  <process id="{id}" name="{name}" isExecutable="true">
    <startEvent id="start" name="Asked"/><sequenceFlow id="f1" sourceRef="start" targetRef="greet"/>
    <serviceTask id="greet" name="Greet the person">
      <extensionElements><zeebe:taskDefinition type="greet"/></extensionElements>
    </serviceTask>
    <sequenceFlow id="f2" sourceRef="greet" targetRef="end"/><endEvent id="end" name="Greeted"/>
  </process>
</definitions>"""


def held_up(api: httpx.Client, process_id: str, name: str, *, count: int) -> list[str]:
    """Instances whose handler finds no variable `name`; their keys."""
    file = PROCESS.format(id=process_id, name=name).encode()
    assert api.post("/v2/deployments", files={"resources": (f"{process_id}.bpmn", file)}).status_code == 200
    keys = [
        str(
            api.post(
                "/v2/process-instances", json={"processDefinitionId": process_id, "businessId": f"{process_id} {n}"}
            ).json()["processInstanceKey"]
        )
        for n in range(count)
    ]
    assert eventually(lambda: open_incidents(api, process_id) == count, seconds=60)
    return keys


def open_incidents(api: httpx.Client, process_id: str) -> int:
    wanted = {"processDefinitionId": process_id, "state": "ACTIVE"}
    return int(api.post("/v2/incidents/search", json={"filter": wanted}).json()["page"]["totalItems"])


def test_an_instance_is_found_its_variable_mended_and_what_failed_is_tried_again(
    api: httpx.Client, log_in: LogIn
) -> None:
    [key] = held_up(api, "mending", "Mending", count=1)
    page = log_in("alice", "/operations")

    # from the process to where its instances stand, and to the one
    page.get_by_role("link", name="1 of Mending with incidents").wait_for()
    page.get_by_role("link", name="Mending", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mending")
    page.locator('g.djs-element[data-element-id="greet"] > .djs-hit').first.click(force=True)
    expect(page.get_by_text("0 running, 1 with incidents")).to_be_visible()
    expect(page.get_by_role("link", name="1 of version 1 with incidents")).to_be_visible()
    page.get_by_role("button", name="Show instances that are here").click()
    page.get_by_role("link", name=key).click()

    # why: in short at the element, in full beside it
    page.get_by_role("region", name="History").get_by_role("button", name="Greet the person").click()
    about = page.get_by_role("region", name="About Greet the person")
    expect(about).to_contain_text("Expected a variable 'name'")
    expect(about).to_contain_text("greet, failed, 0 retries left")
    about.get_by_role("button", name="Close the details").click()
    expect(about).to_have_count(0)
    page.get_by_role("tab", name="Incidents (1)").click()
    incident = page.get_by_role("tabpanel", name="Incidents")
    expect(incident).to_contain_text("Expected a variable 'name'")

    # a value is checked before it is sent
    page.get_by_role("tab", name="Variables").click()
    page.get_by_role("button", name="Add").click()
    form = page.get_by_role("form", name="New variable")
    form.get_by_label("Name").fill("name")
    form.get_by_label("Type of name").select_option("number")
    form.get_by_label("Value of name").fill("Ada")
    form.get_by_role("button", name="Save").click()
    expect(form).to_contain_text("Expected a number")
    form.get_by_label("Type of name").select_option("text")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    expect(page.get_by_role("tabpanel", name="Variables")).to_contain_text('"Ada"')

    # again
    page.get_by_role("tab", name="Incidents (1)").click()
    incident.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
    expect(incident).to_contain_text("Resolved")
    expect(page.get_by_role("region", name="History")).to_contain_text("Greeted")

    # and it is written down who did what
    page.get_by_role("tab", name="Journal").click()
    journal = page.get_by_role("list", name="Journal")
    expect(journal).to_contain_text("by alice")
    expect(journal).to_contain_text('name = "Ada"')
    assert page.url.endswith("tab=journal")


def test_many_incidents_are_tried_again_at_once_with_the_result_of_each(api: httpx.Client, log_in: LogIn) -> None:
    keys = held_up(api, "many", "Many", count=12)
    for key in keys[:11]:
        put = api.put(f"/v2/element-instances/{key}/variables", json={"variables": {"name": "Ada"}})
        assert put.status_code == 204, put.text
    page = log_in("alice", "/operations/incidents")
    page.get_by_label("Process", exact=True).select_option(label="Many")
    groups = page.get_by_role("list", name="By error, process and element")
    groups.get_by_role("listitem").filter(has_text="Many, greet").get_by_role("button", name="Retry 12").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Retry 12 incidents?")
    dialog.get_by_role("button", name="Retry", exact=True).click()
    toast = page.get_by_role("region", name="Retry incidents")
    expect(toast).to_contain_text("12 done")
    # the one that was not mended fails again, and stands alone
    expect(page.get_by_role("row").filter(has_text=keys[11])).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(2)
    assert eventually(lambda: states(api, "many") == ["ACTIVE"] + ["COMPLETED"] * 11, seconds=60)


def test_chosen_instances_are_cancelled_together(api: httpx.Client, log_in: LogIn) -> None:
    keys = held_up(api, "ending", "Ending", count=3)
    page = log_in("alice", "/operations/instances?process=ending")
    for key in keys[:2]:
        page.get_by_role("row").filter(has_text=key).locator("label").click()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Cancel instances").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Cancel instances").click()
    toast = page.get_by_role("region", name="Cancel instances")
    expect(toast).to_contain_text("2 done")
    for key in keys[:2]:
        expect(page.get_by_role("row").filter(has_text=key)).to_contain_text("Cancelled")
    page.get_by_label("State").select_option(label="With incidents")
    expect(page.get_by_role("row")).to_have_count(2)
    assert re.search("state=INCIDENT", page.url)
    assert states(api, "ending") == ["ACTIVE", "TERMINATED", "TERMINATED"]


def test_chosen_instances_are_retried_together_and_what_is_refused_says_why(api: httpx.Client, log_in: LogIn) -> None:
    keys = held_up(api, "bulk", "Bulk", count=2)
    for key in keys:
        api.put(f"/v2/element-instances/{key}/variables", json={"variables": {"name": "Ada"}})
    page = log_in("alice", "/operations/instances?process=bulk")
    page.locator("th label").first.click()
    page.get_by_role("button", name="Retry incidents").click()
    page.get_by_role("dialog").get_by_role("button", name="Retry incidents").click()
    page.get_by_role("region", name="Retry incidents").get_by_role("link", name="Show each").click()
    items = page.get_by_role("region", name="Items", exact=True)
    for key in keys:
        expect(items.get_by_role("row").filter(has_text=key)).to_contain_text("Done")
    assert eventually(lambda: states(api, "bulk") == ["COMPLETED"] * 2, seconds=60)

    # an operation over what cannot be moved: each says why
    more = held_up(api, "stuck", "Stuck", count=1)
    move = [{"sourceElementId": "end", "targetElementId": "greet"}]
    asked = {"filter": {"processDefinitionId": "stuck"}, "moveInstructions": move}
    api.post("/v2/process-instances/modification", json=asked)
    page.goto(page.url.partition("?")[0])
    row = page.get_by_role("row").filter(has_text="Modify instances")
    expect(row).to_contain_text("1 of 1 refused")
    row.get_by_role("button", name="Modify instances").click()
    expect(items.get_by_role("row").filter(has_text=more[0])).to_contain_text("Expected an active instance")


def test_an_administrator_sets_how_long_ended_instances_are_kept_and_deletes_one(
    api: httpx.Client, log_in: LogIn
) -> None:
    [key] = held_up(api, "fading", "Fading", count=1)
    api.post(f"/v2/process-instances/{key}/cancellation")
    page = log_in("admin", "/operations/processes/fading")
    expect(page.get_by_text("Ended ones are kept for ever")).to_be_visible()
    page.get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("For some days after the end").click()
    dialog.get_by_label("Days", exact=True).fill("30")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Ended ones are kept for 30 days, then archived")).to_be_visible()

    page.goto(page.url.replace("processes/fading", f"instances/{key}"))
    page.get_by_role("button", name="Delete instance").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete instance").click()
    expect(page.get_by_text("The instance was deleted")).to_be_visible()
    assert api.get(f"/v2/process-instances/{key}").status_code == 404


def test_a_version_is_suspended_with_its_instances_and_resumed(api: httpx.Client, log_in: LogIn) -> None:
    held_up(api, "resting", "Resting", count=1)
    page = log_in("alice", "/operations/processes/resting")
    page.get_by_role("button", name="Suspend version").click()
    page.get_by_role("dialog").get_by_role("button", name="Suspend version").click()
    expect(page.get_by_role("region", name="Suspend instances")).to_contain_text("1 done")
    expect(page.get_by_text("by alice")).to_be_visible()
    refused = api.post("/v2/process-instances", json={"processDefinitionId": "resting"})
    assert (refused.status_code, states(api, "resting")) == (409, ["SUSPENDED"])

    page.get_by_role("button", name="Resume version").click()
    page.get_by_role("dialog").get_by_role("button", name="Resume version").click()
    expect(page.get_by_role("button", name="Suspend version")).to_be_visible()
    assert eventually(lambda: states(api, "resting") == ["ACTIVE"], seconds=30)


def test_who_may_not_operate_sees_their_own_instances_alone(api: httpx.Client, log_in: LogIn) -> None:
    [key] = held_up(api, "foreign", "Foreign", count=1)
    page = log_in("carol", f"/operations/instances/{key}")
    expect(page.get_by_text("This instance does not exist")).to_be_visible()
    page.goto(page.url.split("/operations")[0] + "/operations/instances?process=foreign")
    expect(page.get_by_text("None fits these filters.")).to_be_visible()


def states(api: httpx.Client, process_id: str) -> list[str]:
    found = api.post(
        "/v2/process-instances/search", json={"filter": {"processDefinitionId": process_id}, "page": {"limit": 50}}
    ).json()
    return sorted(str(each["state"]) for each in found["items"])
