"""The group "Standard" of the properties panel: what BPMN says about an element beside its extensions, with undo."""

from __future__ import annotations

import os

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import PATIENCE, LogIn
from tests.browser.drawing import append, create, group, select, type_in

pytestmark = pytest.mark.timeout(300)
expect.set_options(timeout=PATIENCE)

SEVERAL = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
    xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" id="file" targetNamespace="http://example.org/votes">
  <bpmn:process id="votes" isExecutable="true">
    <bpmn:userTask id="vote" name="Vote"><bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>=3</bpmn:loopCardinality>
    </bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>
  </bpmn:process>
  <bpmn:signal id="counted" name="Counted"/><bpmn:escalation id="enough" name="Enough" escalationCode="ENOUGH"/>
  <bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="p" bpmnElement="votes">
    <bpmndi:BPMNShape id="s" bpmnElement="vote"><dc:Bounds x="300" y="200" width="100" height="80"/></bpmndi:BPMNShape>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>"""

ORDERS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
    xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" id="file"
    targetNamespace="http://example.org/orders">
  <bpmn:process id="orders" isExecutable="true">
    <bpmn:dataObject id="data"/><bpmn:dataObjectReference id="order" name="order" dataObjectRef="data"/>
    <bpmn:userTask id="sign" name="Sign"/><bpmn:sequenceFlow id="flow" sourceRef="sign" targetRef="paid"/>
    <bpmn:intermediateCatchEvent id="paid"><bpmn:messageEventDefinition id="message" messageRef="money"/></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="out" sourceRef="paid" targetRef="end"/><bpmn:endEvent id="end"/>
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="in" sourceRef="start" targetRef="sign"/>
  </bpmn:process>
  <bpmn:message id="money" name="money"/>
  <bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="p" bpmnElement="orders">
    <bpmndi:BPMNShape id="s1" bpmnElement="sign"><dc:Bounds x="200" y="200" width="100" height="80"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="s2" bpmnElement="paid"><dc:Bounds x="500" y="222" width="36" height="36"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="s3" bpmnElement="order"><dc:Bounds x="400" y="100" width="36" height="50"/></bpmndi:BPMNShape>
    <bpmndi:BPMNEdge id="s4" bpmnElement="flow"><di:waypoint x="300" y="240"/><di:waypoint x="500" y="240"/></bpmndi:BPMNEdge>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>"""


def test_a_quantity_is_set_checked_and_taken_back(log_in: LogIn) -> None:
    page = log_in("admin", "/modeler")
    create(page, "Diagram", "Quantities")
    select(page, "start")
    task = append(page, "User task", "Sign")
    standard = group(page, "Standard")
    needed = standard.get_by_label("Tokens needed to start", exact=True)
    expect(needed).to_have_value("1")
    type_in(needed, "none")
    expect(standard.get_by_text("Expected a whole number from 1.")).to_be_visible()
    type_in(needed, "2")
    expect(standard.get_by_text("Expected a whole number from 1.")).to_have_count(0)
    assert_accessible(page)
    if folder := os.environ.get("STEPWELL_PICTURES"):
        page.screenshot(path=f"{folder}/standard-properties.png")
    select(page, "start")
    select(page, task)
    expect(needed).to_have_value("2")
    page.locator("svg[data-element-id]").first.focus()
    page.keyboard.press("Control+z")
    expect(needed).to_have_value("1")


def test_a_complex_gateway_says_when_it_goes_on(log_in: LogIn) -> None:
    page = log_in("admin", "/modeler")
    create(page, "Diagram", "Two of three")
    select(page, "start")
    gateway = append(page, "Complex gateway")
    goes_on = group(page, "Standard").get_by_role("textbox", name="Go on when")
    goes_on.click()
    page.keyboard.type("activationCount >= 2")
    page.locator("svg[data-element-id]").first.click(
        position={"x": 400, "y": 420}
    )  # nothing there, and no context pad in the way
    select(page, gateway)
    expect(goes_on).to_contain_text("activationCount >= 2")


def test_the_event_of_a_behaviour_is_chosen_kept_by_another_task_type_and_taken_back_in_one_step(
    api: httpx.Client, log_in: LogIn
) -> None:
    page, draft = _open_votes(api, log_in)
    standard = group(page, "Standard")
    thrown = standard.get_by_label("Completed instances throw")
    expect(thrown).to_have_value("All")
    thrown.select_option("One")
    event = standard.get_by_label("Event thrown")
    event.select_option(label="Signal Counted")
    assert_accessible(page)
    if folder := os.environ.get("STEPWELL_PICTURES"):
        page.screenshot(path=f"{folder}/multi-instance-behaviour.png")
    page.locator('.djs-context-pad .entry[data-action="replace"]').click()
    page.locator(".djs-popup .entry").filter(has_text="Manual task").click()
    expect(event).to_have_value("counted")
    thrown.select_option("None")
    content = _saved(api, page, draft, "noneBehaviorEventRef=")
    assert content.count('signalEventDefinition id="') == 1
    assert " oneBehaviorEventRef" not in content
    _deploy(api, content)

    event.select_option(label="Escalation Enough")
    assert "escalationEventDefinition" in _saved(api, page, draft, "escalationRef=")
    page.locator("svg[data-element-id]").first.focus()
    page.keyboard.press("Control+z")
    expect(event).to_have_value("counted")
    _saved(api, page, draft, "escalationRef=", gone=True)


def test_a_complex_behaviour_is_saved_as_the_engine_reads_it(api: httpx.Client, log_in: LogIn) -> None:
    page, draft = _open_votes(api, log_in)
    standard = group(page, "Standard")
    standard.get_by_label("Completed instances throw").select_option("Complex")
    standard.get_by_title("Create new list item").click()
    standard.get_by_role("textbox", name="When").click()
    page.keyboard.type("nrOfCompletedInstances = 2")
    expect(standard.get_by_text("=nrOfCompletedInstances = 2", exact=True)).to_be_visible()
    standard.get_by_label("Event thrown").select_option(label="Escalation Enough")
    assert_accessible(page)
    if folder := os.environ.get("STEPWELL_PICTURES"):
        page.screenshot(path=f"{folder}/complex-behaviour.png")
    _saved(api, page, draft, ">=nrOfCompletedInstances = 2</bpmn:condition>")
    content = _saved(api, page, draft, "escalationRef=")
    assert ">=nrOfCompletedInstances = 2</bpmn:condition>" in content
    _deploy(api, content)


def test_data_roles_correlation_and_several_definitions_are_saved_as_the_engine_reads_them(
    api: httpx.Client, log_in: LogIn
) -> None:
    page, draft = _open(api, log_in, ORDERS)
    select(page, "sign")
    _add(page, "Resource roles").get_by_role("textbox", name="Who").click()
    page.keyboard.type("sales")
    type_in(_add(page, "Data inputs").get_by_label("Variable name"), "amount")
    association = _add(page, "Data input associations")
    expect(association.get_by_text("order → amount", exact=True)).to_be_visible()
    assert_accessible(page)
    page.locator('.djs-context-pad .entry[data-action="replace"]').click()
    page.locator(".djs-popup .entry").filter(has_text="Service task").click()
    expect(group(page, "Data input associations").get_by_text("order → amount", exact=True)).to_be_visible()
    page.locator("svg[data-element-id]").first.focus()
    page.keyboard.press("Control+z")

    select(page, "paid")
    definitions = _add(page, "Event definitions")
    definitions.get_by_label("Kind").last.select_option(label="Signal")
    definitions.get_by_label("Signal", exact=True).select_option(label="Create new ...")

    page.locator("svg[data-element-id]").first.click(position={"x": 400, "y": 420})
    _add(page, "Correlation properties").get_by_role("textbox", name="Where the message holds it").click()
    page.keyboard.type("order")
    _add(page, "Correlation keys")
    _add(page, "Interfaces")
    assert_accessible(page)
    content = _saved(api, page, draft, "<bpmn:interface ")
    assert content.count("EventDefinition id=") == 2
    for part in ("<bpmn:messagePath>=order<", "<bpmn:correlationKey ", ">sales<", 'name="amount"', "<bpmn:userTask "):
        assert part in content
    _deploy(api, content)


def _add(page: Page, title: str) -> Locator:
    """The list in the panel, with one more item, which is open."""
    found = page.locator(".bio-properties-panel-group").filter(
        has=page.locator(".bio-properties-panel-group-header-title").get_by_text(title, exact=True)
    )
    found.get_by_title("Create new list item").first.click()
    return found


def _open_votes(api: httpx.Client, log_in: LogIn) -> tuple[Page, str]:
    """The editor with the task that is done three times selected, and the key of its draft."""
    page, draft = _open(api, log_in, SEVERAL)
    select(page, "vote")
    return page, draft


def _open(api: httpx.Client, log_in: LogIn, content: str) -> tuple[Page, str]:
    made = api.post("/v2/drafts", json={"name": "Standard", "kind": "BPMN", "folder": "", "content": content})
    assert made.status_code < 300, made.text
    draft = str(made.json()["draftKey"])
    page = log_in("admin", "/modeler")
    page.goto(f"{page.url.split('/modeler')[0]}/modeler/drafts/{draft}")
    return page, draft


def _saved(api: httpx.Client, page: Page, draft: str, part: str, *, gone: bool = False) -> str:
    """The draft's content, once it has this part or has it no more."""
    content = ""
    for _ in range(PATIENCE // 250):
        content = str(api.get(f"/v2/drafts/{draft}").json()["content"])
        if (part in content) is not gone:
            return content
        page.wait_for_timeout(250)
    raise AssertionError(f"Expected a draft {'without' if gone else 'with'} {part}: {content}")


def _deploy(api: httpx.Client, content: str) -> None:
    """The engine has nothing to object."""
    deployed = api.post("/v2/deployments", files={"resources": ("votes.bpmn", content.encode())})
    assert deployed.status_code == 200, deployed.text
