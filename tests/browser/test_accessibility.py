"""No page has a grave fault by axe-core, in either theme, wide or narrow."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.installation import Installation
from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import PATIENCE, LogIn
from tests.browser.test_inbox import approval, open_task, order

pytestmark = pytest.mark.timeout(300)
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def waiting(api: httpx.Client) -> str:
    return order(api, "AXE-1")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_login_page(installation: Installation, browser: Browser, dark: bool) -> None:
    page = browser.new_page(color_scheme="dark" if dark else "light")
    page.goto(installation.address)
    page.get_by_label("User name").wait_for()
    assert_accessible(page)
    page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 400])
def test_the_inbox(api: httpx.Client, log_in: LogIn, waiting: str, width: int, dark: bool) -> None:
    page = log_in("alice", "/inbox", width=width, dark=dark)
    key = approval(api, waiting)["userTaskKey"]
    page.locator(f'[data-task="{key}"]').wait_for()
    assert_accessible(page)
    open_task(page, key)
    expect(page.get_by_text("Order AXE-1 of Ada Lovelace")).to_be_visible()
    assert_accessible(page)
    for tab in ("Diagram", "History", "Comments"):
        page.get_by_role("tab", name=tab).click()
        page.get_by_role("tabpanel", name=tab).wait_for()
        assert_accessible(page)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 400])
def test_operations(log_in: LogIn, waiting: str, width: int, dark: bool) -> None:
    page = log_in("alice", "/operations", width=width, dark=dark)
    page.get_by_role("heading", level=1).wait_for()
    assert_accessible(page)
    for place in (
        "instances?version=1",
        "incidents",
        "batch-operations",
        "processes/order_fulfilment",
        f"instances/{waiting}?element=approve_order",
    ):
        page.goto(f"{page.url.split('/operations')[0]}/operations/{place}")
        page.get_by_role("heading", level=1).wait_for()
        assert_accessible(page)
    page.get_by_role("tab").first.wait_for()
    page.get_by_role("region", name="About Approve order").get_by_text("User task", exact=True).wait_for()
    assert_accessible(page)
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert_accessible(page)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 400])
def test_the_modeler(log_in: LogIn, draft: str, width: int, dark: bool) -> None:
    page = log_in("alice", "/modeler", width=width, dark=dark)
    page.get_by_role("heading", level=1).wait_for()
    assert_accessible(page)
    page.goto(f"{page.url.split('/modeler')[0]}/modeler/drafts/{draft}")
    page.locator(".djs-element").first.wait_for()
    assert_accessible(page)
    page.get_by_role("button", name="Deploy").click()
    page.get_by_role("dialog").wait_for()
    assert_accessible(page)


@pytest.fixture(scope="module")
def draft(api: httpx.Client) -> str:
    content = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
    xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" id="file" targetNamespace="http://example.org/one">
  <bpmn:process id="one" isExecutable="true"><bpmn:startEvent id="start"/></bpmn:process>
  <bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="p" bpmnElement="one">
    <bpmndi:BPMNShape id="s" bpmnElement="start"><dc:Bounds x="200" y="200" width="36" height="36"/></bpmndi:BPMNShape>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>"""
    made = api.post("/v2/drafts", json={"name": "One", "kind": "BPMN", "folder": "", "content": content})
    assert made.status_code < 300, made.text
    return str(made.json()["draftKey"])
