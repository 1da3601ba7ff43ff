"""FEEL fields of the modeler: the result stands below the field, with the sample values of the draft."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import PATIENCE, LogIn
from tests.browser.drawing import append, create, flows, group, select

pytestmark = pytest.mark.timeout(300)
expect.set_options(timeout=PATIENCE)


def draw_condition(page: Page, name: str) -> str:
    """Two flows out of a gateway; the id of the one whose condition is to be written."""
    create(page, "Diagram", name)
    select(page, "start")
    gateway = append(page, "Exclusive gateway")
    append(page, "End event", "Large")
    select(page, gateway)
    append(page, "End event", "Small")
    return flows(page)[1]


def condition(page: Page) -> Locator:
    return group(page, "Condition").get_by_role("textbox", name="Condition expression")


def result(page: Page) -> Locator:
    return page.locator(".sw-feel-result")


def sample(page: Page, text: str) -> None:
    values = page.get_by_label("Variables, as a JSON object")
    if not values.is_visible():
        page.get_by_role("button", name="Sample values").click()
    values.fill(text)


def test_a_feel_field_shows_what_its_expression_gives(log_in: LogIn) -> None:
    page = log_in("admin", "/modeler")
    flow = draw_condition(page, "Sizes")
    select(page, flow)
    condition(page).click()
    page.keyboard.type("amount / 3 > 1000")
    expect(result(page)).to_contain_text("null")
    expect(result(page)).to_contain_text("no variable is called 'amount'")

    sample(page, '{"amount": 6000}')
    expect(result(page).locator("pre")).to_have_text("true")
    sample(page, '{"amount": ')
    expect(result(page)).to_have_count(0)
    expect(page.get_by_text("This is not JSON")).to_be_visible()
    sample(page, '{"amount": 1}')
    expect(result(page).locator("pre")).to_have_text("false")
    assert_accessible(page)

    # every digit, not the browser's sixteen
    condition(page).press("Control+a")
    page.keyboard.type("amount / 3")
    expect(result(page).locator("pre")).to_have_text("0." + "3" * 34)

    # a mistake has its place, and typing on takes it away
    page.keyboard.type(" +")
    expect(result(page)).to_contain_text("line 1, column 13")
    page.keyboard.type(" 1")
    expect(result(page).locator("pre")).to_have_text("1." + "3" * 33)

    # the samples stay with the draft, the result with its field
    select(page, "start")
    expect(result(page)).to_have_count(0)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.reload()
    select(page, flow)
    condition(page).click()
    expect(result(page).locator("pre")).to_have_text("1." + "3" * 33)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_results_are_readable_on_a_phone_in_both_themes(log_in: LogIn, *, dark: bool) -> None:
    page = log_in("admin", "/modeler", dark=dark)
    flow = draw_condition(page, f"Narrow {'dark' if dark else 'light'}")
    select(page, flow)
    condition(page).click()
    page.keyboard.type('{total: amount * 1.19, text: "x" + 1}')
    sample(page, '{"amount": 100}')
    page.set_viewport_size({"width": 400, "height": 800})
    expect(result(page).locator("pre")).to_contain_text('"total": 119')
    expect(result(page)).to_contain_text("'+' is not defined for string and number")
    box = result(page).bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 400
    assert_accessible(page)
