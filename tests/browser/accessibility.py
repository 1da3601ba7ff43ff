"""axe-core in a page: what a screen reader or a keyboard could not use."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_FOREIGN = [".bjs-powered-by", ".fjs-powered-by", ".djs-container svg"]
"""Parts of bpmn.io that stay as they are: their signs, and the drawing itself, which the outline and lists tell in words."""

_SETTLED = """() => Promise.allSettled(
    document.getAnimations().filter(each => each.effect.getTiming().iterations !== Infinity).map(each => each.finished)
)"""
"""A colour on its way from one to another is neither."""


def assert_accessible(page: Page) -> None:
    """Expect no violation that axe-core calls serious or critical."""
    page.evaluate(_AXE.read_text("utf-8"))  # not as a script of the page: its policy admits none
    page.evaluate(_SETTLED)
    found = page.evaluate(
        "(foreign) => axe.run({exclude: foreign.map(each => [each])}, {resultTypes: ['violations']})", _FOREIGN
    )
    grave = [
        f"{each['id']}: {each['help']}\n    " + "\n    ".join(node["html"][:200] for node in each["nodes"][:5])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]
    assert not grave, f"{page.url}\n" + "\n".join(grave)
