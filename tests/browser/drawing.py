"""Drawing by hand: what a person does on the modeler's pages, by mouse and keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def create(page: Page, kind: str, name: str) -> None:
    """A new draft, from the library to its open editor. `kind` as the menu names it."""
    page.get_by_role("link", name="Modeler").first.click()
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("menuitem", name=kind).click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def add_field(page: Page, kind: str, *, label: str, key: str) -> None:
    """Drag a component of the open form's palette onto it, and name it."""
    source = page.locator(f'.fjs-palette-field[data-field-type="{kind}"]')
    target = page.locator(".fjs-drop-container-vertical").first
    drag(page, source, target)
    properties = page.locator(".fjs-properties-container")
    field = properties.get_by_label("Field label", exact=True)
    if not field.is_visible():
        properties.get_by_text("General", exact=True).click()
    type_in(field, label)
    type_in(properties.get_by_label("Key", exact=True), key)


def drag(page: Page, source: Locator, target: Locator) -> None:
    start, end = middle(source), middle(target)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=12)
    page.mouse.move(end[0], end[1] + 2, steps=3)
    page.mouse.up()
    expect(page.locator(".fjs-properties-container")).to_be_visible()


def middle(place: Locator) -> tuple[float, float]:
    place.wait_for()
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def append(page: Page, what: str, name: str = "") -> str:
    """Append an element to the selected one, by searching for it; the new element's id."""
    before = set(shapes(page))
    page.locator('.djs-context-pad .entry[data-action="append"]').click()
    page.locator(".djs-popup-search input").wait_for()
    page.keyboard.type(what)
    first = page.locator(".djs-popup-results .entry.selected, .djs-popup-results .entry").first
    expect(first).to_contain_text(re.compile(re.escape(what), re.IGNORECASE))
    page.keyboard.press("Enter")
    expect(page.locator(".djs-popup-search")).to_have_count(0)
    if name:
        page.locator(".djs-direct-editing-content").wait_for()
        page.keyboard.type(name)
        page.keyboard.press("Enter")
    expect(page.locator(".djs-direct-editing-content")).to_have_count(0)
    [added] = [each for each in shapes(page) if each not in before and not each.endswith("_label")]
    return added


def shapes(page: Page) -> list[str]:
    return [str(each.get_attribute("data-element-id")) for each in page.locator("g.djs-shape[data-element-id]").all()]


def flows(page: Page) -> list[str]:
    return [str(each.get_attribute("data-element-id")) for each in page.locator("g.djs-connection").all()]


def select(page: Page, element_id: str) -> None:
    """By a click on the canvas: in the middle of a shape, halfway along a flow."""
    hit = page.locator(f'g.djs-element[data-element-id="{element_id}"] > .djs-hit').first
    hit.wait_for(state="attached")
    x, y = hit.evaluate(
        """hit => {
            if (!hit.getTotalLength || hit.tagName !== "path") {
                const box = hit.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }
            const point = hit.getPointAtLength(hit.getTotalLength() / 2).matrixTransform(hit.getScreenCTM());
            return [point.x, point.y];
        }"""
    )
    page.mouse.click(x, y)
    expect(page.locator(f'g.djs-element.selected[data-element-id="{element_id}"]')).to_be_attached()


def group(page: Page, title: str) -> Locator:
    """A group of the properties panel, opened."""
    found = page.locator(".bio-properties-panel-group").filter(
        has=page.locator(".bio-properties-panel-group-header-title").get_by_text(title, exact=True)
    )
    header = found.locator(".bio-properties-panel-group-header").first
    header.wait_for()
    if "open" not in (header.get_attribute("class") or "").split():
        found.locator(".bio-properties-panel-group-header-title").first.click()
    return found


def type_in(field: Locator, text: str) -> None:
    """Replace what a field says, key by key, and leave it."""
    field.click()
    field.press("Control+a")
    field.press_sequentially(text)
    field.press("Tab")
