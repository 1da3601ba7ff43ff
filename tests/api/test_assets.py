"""The front end's files as they are served, before and after another build."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings


def build(folder: Path, content: str) -> str:
    """What a build leaves: one script, named after its content, and the page that names it; the script's address."""
    assets = folder / "assets"
    assets.mkdir(parents=True, exist_ok=True)
    for old in assets.iterdir():
        old.unlink()
    (assets / f"page-{content}.js").write_text(content, "utf-8")
    page = folder / "index.next.html"
    page.write_text(f'<script src="/assets/page-{content}.js"></script>', "utf-8")
    page.replace(folder / "index.html")
    return f"/assets/page-{content}.js"


@pytest.fixture
def dist(tmp_path: Path, settings: Settings) -> Path:
    settings.FRONTEND_DIST = tmp_path
    settings.WHITENOISE_ROOT = str(tmp_path)
    return tmp_path


def served(client: Client, path: str) -> tuple[int, bytes]:
    answer = client.get(path)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return answer.status_code, content


def test_files_of_a_build_that_is_made_later_are_served_and_those_of_the_one_before_are_gone(dist: Path) -> None:
    first = build(dist, "first")
    client = Client()
    assert served(client, first) == (200, b"first")
    second = build(dist, "second")
    assert second in client.get("/modeler").content.decode()
    assert served(client, second) == (200, b"second")
    assert served(client, first)[0] == 404
    assert served(client, "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css")[0] == 200


def test_the_first_build_may_come_after_the_server(dist: Path) -> None:
    client = Client()
    assert client.get("/modeler").status_code == 503
    assert served(client, build(dist, "late")) == (200, b"late")
