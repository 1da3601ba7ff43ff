"""The main job, by hand in Chromium: draw a process, deploy it, start it, work on its task, read its history."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.installation import eventually
from tests.browser.conftest import PATIENCE, LogIn
from tests.browser.drawing import add_field, append, create, flows, group, select, type_in

pytestmark = pytest.mark.timeout(300)
expect.set_options(timeout=PATIENCE)


def draw_forms(page: Page) -> None:
    create(page, "Form", "Who")
    add_field(page, "textfield", label="Your name", key="name")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    create(page, "Form", "Reply")
    add_field(page, "textarea", label="Reply", key="reply")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()


def draw_process(page: Page) -> None:
    """Start with a form, a service task without a job type yet, a gateway, a user task, two ends."""
    create(page, "Diagram", "Welcome")
    select(page, "start")
    group(page, "Start form").get_by_label("Form from the library").select_option(label="Who (who)")
    append(page, "Service task", "Greet the person")
    gateway = append(page, "Exclusive gateway")
    task = append(page, "User task", "Reply to the person")
    append(page, "End event", "Replied")
    select(page, gateway)
    append(page, "End event", "Greeted")

    _, _, to_task, _, to_end = flows(page)
    select(page, to_task)
    type_in(group(page, "Condition").get_by_role("textbox", name="Condition expression"), "length > 5")
    select(page, to_end)
    page.locator('.djs-context-pad .entry[data-action="replace"]').click()
    page.locator(".djs-popup .entry").filter(has_text="Default flow").click()

    select(page, task)
    group(page, "Form").get_by_label("Form from the library").select_option(label="Reply (reply)")
    type_in(group(page, "Assignment").get_by_label("Candidate groups"), "managers")


def deploy(page: Page) -> None:
    page.get_by_role("button", name="Deploy").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Deploy").click()


def test_a_process_is_drawn_deployed_started_worked_on_and_its_history_read(api: httpx.Client, log_in: LogIn) -> None:
    page = log_in("admin", "/modeler")
    draw_forms(page)
    draw_process(page)

    # what was drawn is saved by itself
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.reload()
    expect(page.locator("g.djs-shape").filter(has_text="Greet the")).to_be_visible()

    # a deployment that is refused names the element, and leads to it
    deploy(page)
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("names no job type")
    refusal.get_by_role("button", name=re.compile("names no job type")).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("g.djs-shape.selected")).to_contain_text("Greet the")

    # the service task is picked from the list of what this installation can do
    page.locator(".bio-properties-panel").get_by_role("button", name="Select").click()
    page.locator(".djs-popup-search input").wait_for()
    page.keyboard.type("Greet")
    expect(page.locator(".djs-popup-results .entry")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".bio-properties-panel-header")).to_contain_text("Greet", ignore_case=True)
    expect(page.get_by_role("region", name="Problems").get_by_role("status")).not_to_contain_text("error")
    deploy(page)
    expect(page.get_by_role("dialog")).to_contain_text("version 1")
    expect(page.get_by_role("dialog").get_by_role("link", name="welcome")).to_be_visible()
    page.keyboard.press("Escape")

    # started from the page, by its start form
    page.get_by_role("button", name="Start", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Your name").fill("Ada Lovelace")
    dialog.get_by_role("button", name="Deploy and start").click()
    link = dialog.get_by_role("link", name=re.compile(r"^\d+$"))
    instance = link.inner_text()
    link.click()

    # the token is on the user task, the service task was done by a worker
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".djs-container").get_by_text("Reply to")).to_be_visible()
    expect(page.get_by_text("Greet the person").first).to_be_visible()
    variables = {"filter": {"processInstanceKey": instance, "name": "greeting"}}
    assert eventually(
        lambda: (
            [each["value"] for each in api.post("/v2/variables/search", json=variables).json()["items"]]
            == ['"Hello Ada Lovelace"']
        ),
        seconds=30,
    )

    # in the inbox of the managers, and of nobody else
    assert [task["name"] for task in tasks(api, instance)] == ["Reply to the person"]
    key = tasks(api, instance)[0]["userTaskKey"]
    carol = log_in("carol", "/inbox")
    expect(carol.get_by_role("main")).to_be_visible()
    alice = log_in("alice", "/inbox")
    alice.locator(f'[data-task="{key}"]').click()
    expect(carol.locator(f'[data-task="{key}"]')).to_have_count(0)
    alice.get_by_role("button", name="Claim", exact=True).click()
    alice.get_by_label("Reply", exact=True).fill("Good to see you")
    alice.get_by_role("button", name=re.compile("^Complete")).click()
    expect(alice.get_by_text("Completed by alice")).to_be_visible()

    # the page that shows the instance has followed it, without a reload, to its end
    expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
    history = page.get_by_role("region", name="History")
    for name in ("Greet the person", "Reply to the person", "Replied"):
        expect(history).to_contain_text(name)
    expect(history).not_to_contain_text("Greeted")


def test_a_process_is_drawn_by_keyboard_alone(api: httpx.Client, log_in: LogIn) -> None:
    page = log_in("admin", "/modeler")
    create(page, "Diagram", "Keys")
    page.locator('g.djs-shape[data-element-id="start"]').wait_for()
    press(page, "Outline")
    page.get_by_role("treeitem", name=re.compile("^start")).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".djs-container > svg")).to_be_focused()
    page.keyboard.press("a")  # append
    page.locator(".djs-popup-search input").wait_for()
    page.keyboard.type("User task")
    expect(page.locator(".djs-popup-results .entry").first).to_contain_text("User task")
    page.keyboard.press("Enter")
    page.locator(".djs-direct-editing-content").wait_for()
    page.keyboard.type("Sign")
    page.keyboard.press("Enter")
    expect(page.locator(".djs-container > svg")).to_be_focused()
    page.keyboard.press("a")
    page.locator(".djs-popup-search input").wait_for()
    page.keyboard.type("End event")
    expect(page.locator(".djs-popup-results .entry").first).to_contain_text("End event")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("g.djs-connection")).to_have_count(2)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()

    press(page, "Deploy")
    button = page.get_by_role("dialog").get_by_role("button", name="Deploy")
    expect(button).to_be_enabled()
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("version 1")
    found = api.post("/v2/process-definitions/search", json={"filter": {"processDefinitionId": "keys"}}).json()
    assert [each["name"] for each in found["items"]] == ["Keys"]


def press(page: Page, name: str) -> None:
    """A button, by the keyboard."""
    page.get_by_role("button", name=name, exact=True).first.focus()
    page.keyboard.press("Enter")


def tasks(api: httpx.Client, instance: str) -> list[dict[str, str]]:
    found = api.post("/v2/user-tasks/search", json={"filter": {"processInstanceKey": instance}}).json()["items"]
    return list(found)
