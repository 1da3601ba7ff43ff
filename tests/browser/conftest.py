"""One installation and one Chromium for all browser tests; each test gets a window of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.installation import PROJECT, Installation

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
GREET = """
from engine.handlers import handler


@handler("greet", title="Greet", retries=3, backoff="PT2S")
def greet(name: str) -> dict:
    return {"greeting": f"Hello {name}", "length": len(name)}
"""
PATIENCE = 30_000
"""Milliseconds that a page may take for anything: the machine may be busy."""


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("browser")
    processes = folder / "processes"
    shutil.copytree(PROJECT / "processes", processes)
    (processes / "hello").mkdir()
    (processes / "hello" / "handlers.py").write_text(GREET, "utf-8")
    with Installation(folder / "data", STEPWELL_PROCESSES=str(processes)) as it:
        it.start()
        yield it
        it.stop()


@pytest.fixture(scope="session")
def api(installation: Installation) -> Iterator[httpx.Client]:
    """As the administrator."""
    token = installation.manage("api_token", "admin").stdout.strip().splitlines()[-1]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=installation.address, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield found
        found.close()


LogIn = Callable[..., Page]


@pytest.fixture
def log_in(installation: Installation, browser: Browser) -> Iterator[LogIn]:
    """`log_in("alice")` opens a window of alice's own; what its pages throw fails the test."""
    thrown: list[str] = []
    contexts = []

    def opened(username: str, path: str = "/", *, width: int = 1440, height: int = 900, dark: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: thrown.append(f"{page.url}: {error}"))
        page.goto(f"{installation.address}{path}")
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password", exact=True).fill(username)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Inbox").first.wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert thrown == []
