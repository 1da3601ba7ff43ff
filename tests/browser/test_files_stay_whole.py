"""A file from elsewhere that is opened in the modeler stays as it is until a person changes it, who knows by then what is lost."""

from __future__ import annotations

import httpx
from playwright.sync_api import Page, expect

from tests.browser import drawing
from tests.browser.conftest import LogIn

DUPLICATE_ID = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
<bpmn:process id="dup" isExecutable="true"><bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>
<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"></bpmn:sequenceFlow></bpmn:process>
<bpmn:process id="dup2"><bpmn:laneSet id="dup"><bpmn:lane id="l" name="Clerk"/></bpmn:laneSet><bpmn:task id="T"/></bpmn:process>
</bpmn:definitions>"""
PREFIX = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:tns="http://acme" targetNamespace="http://acme" id="defs">
<error id="err1" errorCode="E1"/>
<process id="qn" isExecutable="true"><startEvent id="s"/><userTask id="u"/>
<boundaryEvent id="b" attachedToRef="tns:u"><errorEventDefinition errorRef="tns:err1"/></boundaryEvent><endEvent id="e"/>
<sequenceFlow id="f1" sourceRef="tns:s" targetRef="tns:u"/><sequenceFlow id="f2" sourceRef="b" targetRef="e"/></process></definitions>"""
TWO_POOLS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="D" targetNamespace="x">
<bpmn:collaboration id="c"><bpmn:participant id="p1" name="Customer" processRef="A"/><bpmn:participant id="p2" name="Shop" processRef="B"/>
<bpmn:messageFlow id="m" sourceRef="a1" targetRef="b0"/></bpmn:collaboration>
<bpmn:process id="A"><bpmn:startEvent id="a0"/><bpmn:sendTask id="a1"/>
<bpmn:sequenceFlow id="x1" sourceRef="a0" targetRef="a1"/></bpmn:process>
<bpmn:process id="B"><bpmn:startEvent id="b0"><bpmn:messageEventDefinition/></bpmn:startEvent><bpmn:task id="b1"/>
<bpmn:sequenceFlow id="y1" sourceRef="b0" targetRef="b1"/></bpmn:process></bpmn:definitions>"""
LONGER_THAN_A_SAVE_WAITS = 2_500
"""Milliseconds: the editor hands over what changed after 0.3 s, and it is sent 0.8 s later."""


def open_draft(page: Page, api: httpx.Client, name: str, content: str) -> str:
    created = api.post("/v2/drafts", json={"name": name, "kind": "BPMN", "folder": "", "content": content})
    key = str(created.raise_for_status().json()["draftKey"])
    page.goto(f"{page.url.split('/inbox')[0].rstrip('/')}/modeler/drafts/{key}")
    return key


def stored(api: httpx.Client, key: str) -> str:
    return str(api.get(f"/v2/drafts/{key}").raise_for_status().json()["content"])


def test_a_part_that_cannot_be_read_is_named_and_stays_in_the_file(log_in: LogIn, api: httpx.Client) -> None:
    page = log_in("admin")
    key = open_draft(page, api, "Duplicate id", DUPLICATE_ID)
    expect(page.get_by_text("One part of this file cannot be read by the editor.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="laneSet “dup” in line 5")).to_be_visible()
    expect(page.locator('g.djs-shape[data-element-id="s"]')).to_be_visible()
    page.wait_for_timeout(LONGER_THAN_A_SAVE_WAITS)
    assert stored(api, key) == DUPLICATE_ID


def test_saving_over_what_cannot_be_read_is_a_choice(log_in: LogIn, api: httpx.Client) -> None:
    page = log_in("admin")
    key = open_draft(page, api, "Duplicate id, edited", DUPLICATE_ID)
    page.get_by_role("button", name="Open for editing anyway").click()
    dialog = page.get_by_role("dialog", name="Open for editing anyway?")
    expect(dialog.get_by_text("laneSet “dup”")).to_be_visible()
    dialog.get_by_role("button", name="Open and lose them").click()
    drawing.select(page, "s")
    assert stored(api, key) == DUPLICATE_ID
    drawing.append(page, "User task", "More")
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    assert "userTask" in stored(api, key)
    assert "laneSet" not in stored(api, key)


def test_references_with_a_prefix_are_read_and_kept(log_in: LogIn, api: httpx.Client) -> None:
    page = log_in("admin")
    key = open_draft(page, api, "Prefix", PREFIX)
    drawing.select(page, "b")
    assert set(drawing.flows(page)) == {"f1", "f2"}
    page.wait_for_timeout(LONGER_THAN_A_SAVE_WAITS)
    assert stored(api, key) == PREFIX
    drawing.select(page, "u")
    drawing.append(page, "User task", "More")
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    assert 'attachedToRef="u"' in stored(api, key)
    assert 'errorRef="err1"' in stored(api, key)


def test_two_pools_without_a_picture_are_drawn_as_two(log_in: LogIn, api: httpx.Client) -> None:
    page = log_in("admin")
    key = open_draft(page, api, "Two pools", TWO_POOLS)
    drawing.select(page, "b1")
    assert set(drawing.shapes(page)) >= {"p1", "p2", "a0", "a1", "b0", "b1"}
    assert set(drawing.flows(page)) == {"m", "x1", "y1"}
    page.wait_for_timeout(LONGER_THAN_A_SAVE_WAITS)
    assert stored(api, key) == TWO_POOLS
