"""A clerk's work in the inbox: by mouse, by keyboard, and beside others."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.acceptance.installation import eventually
from tests.browser.conftest import PATIENCE, LogIn

pytestmark = pytest.mark.timeout(300)
expect.set_options(timeout=PATIENCE)


def order(api: httpx.Client, order_id: str) -> str:
    """An order that waits for its approval; the key of its instance."""
    variables = {
        "orderId": order_id,
        "customer": "Ada Lovelace",
        "email": "ada@example.org",
        "items": [{"name": "Engine", "quantity": 3, "unitPrice": 500}],
        "cardNumber": "4242 4242 4242 4242",
    }
    started = api.post(
        "/v2/process-instances", json={"processDefinitionId": "order_fulfilment", "variables": variables}
    )
    assert started.status_code == 200, started.text
    instance = str(started.json()["processInstanceKey"])
    assert eventually(lambda: bool(approval(api, instance)), seconds=60)
    return instance


def approval(api: httpx.Client, instance: str) -> dict[str, Any]:
    wanted = {"processInstanceKey": instance, "elementId": "approve_order"}
    found = api.post("/v2/user-tasks/search", json={"filter": wanted}).json()["items"]
    return found[0] if found else {}


def open_task(page: Page, key: str) -> None:
    page.locator(f'[data-task="{key}"]').click()
    expect(page.get_by_role("heading", name="Approve order")).to_be_visible()


def test_a_task_is_claimed_filled_in_and_completed_by_mouse(api: httpx.Client, log_in: LogIn) -> None:
    instance = order(api, "MOUSE-1")
    page = log_in("alice", "/inbox")
    open_task(page, approval(api, instance)["userTaskKey"])
    expect(page.get_by_text("Order MOUSE-1 of Ada Lovelace")).to_be_visible()
    page.get_by_role("button", name="Claim", exact=True).click()

    complete = page.get_by_role("button", name=re.compile("^Complete"))
    complete.click()
    expect(page.get_by_text("Field is required.")).to_be_visible()
    assert approval(api, instance)["state"] == "CREATED"

    page.locator(".fjs-form").get_by_text("Approve", exact=True).click()
    complete.click()
    expect(page.get_by_text("Completed by alice")).to_be_visible()
    task = approval(api, instance)
    assert (task["state"], task["completedBy"]) == ("COMPLETED", "alice")

    page.get_by_role("tab", name="History").click()
    expect(page.get_by_role("tabpanel", name="History")).to_contain_text("alice")


def test_a_task_is_claimed_filled_in_and_completed_by_keyboard(api: httpx.Client, log_in: LogIn) -> None:
    instance = order(api, "KEYS-1")
    page = log_in("alice", "/inbox")
    task = page.locator(f'[data-task="{approval(api, instance)["userTaskKey"]}"]')
    task.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Order KEYS-1 of Ada Lovelace")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_role("button", name=re.compile("^Complete"))).to_be_visible()
    page.locator('.fjs-form input[type="radio"]').first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Good customer")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Completed by alice")).to_be_visible()
    variables = api.post(
        "/v2/variables/search", json={"filter": {"processInstanceKey": instance, "name": "approvalComment"}}
    ).json()
    assert [each["value"] for each in variables["items"]] == ['"Good customer"']


def test_what_is_typed_survives_a_reload(api: httpx.Client, log_in: LogIn) -> None:
    instance = order(api, "DRAFT-1")
    page = log_in("alice", "/inbox")
    open_task(page, approval(api, instance)["userTaskKey"])
    page.get_by_role("button", name="Claim", exact=True).click()
    page.get_by_label("Comment", exact=True).fill("Half a thou")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("Half a thou")


def test_the_loser_of_a_claim_sees_who_won(api: httpx.Client, log_in: LogIn) -> None:
    instance = order(api, "RACE-1")
    task = approval(api, instance)
    page = log_in("alice", "/inbox")
    open_task(page, task["userTaskKey"])

    def overtaken(route: Route) -> None:
        claimed = api.post(f"/v2/user-tasks/{task['userTaskKey']}/assignment", json={"assignee": "admin"})
        assert claimed.status_code == 204, claimed.text
        route.continue_()

    page.route("**/assignment", overtaken)
    page.get_by_role("button", name="Claim", exact=True).click()
    expect(
        page.get_by_role("alert")
        .filter(has_text="admin")
        .or_(page.get_by_role("status").filter(has_text="admin"))
        .first
    ).to_be_visible()


def test_others_do_not_see_a_task_of_a_group(api: httpx.Client, log_in: LogIn) -> None:
    instance = order(api, "GROUP-1")
    key = approval(api, instance)["userTaskKey"]
    page = log_in("bob", f"/inbox/{key}")
    expect(page.get_by_text(re.compile("not found|does not exist|no task", re.IGNORECASE)).first).to_be_visible()
    expect(page.locator(f'[data-task="{key}"]')).to_have_count(0)
