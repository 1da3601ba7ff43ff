"""The group "Standard" of the properties panel: what BPMN says about an element beside its extensions, with undo."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import PATIENCE, LogIn
from tests.browser.drawing import append, create, group, select, type_in

pytestmark = pytest.mark.timeout(300)
expect.set_options(timeout=PATIENCE)


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
