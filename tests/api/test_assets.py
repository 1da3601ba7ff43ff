"""The front end's files as they are served, before and after another build."""

import gzip
from pathlib import Path

import pytest
from django.contrib.auth.models import User
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


def test_a_browser_gets_the_smallest_form_that_it_takes(dist: Path) -> None:
    address = build(dist, "large")
    (dist / f"{address}.br".lstrip("/")).write_bytes(b"br")
    (dist / f"{address}.gz".lstrip("/")).write_bytes(b"gz-")
    client = Client()
    for accepted, encoding, content in (("gzip, br", "br", b"br"), ("gzip", "gzip", b"gz-"), ("", "", b"large")):
        answer = client.get(address, headers={"Accept-Encoding": accepted})
        assert answer.headers.get("Content-Encoding", "") == encoding
        assert b"".join(answer.streaming_content) == content  # type: ignore[attr-defined]
        assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.django_db
def test_long_answers_of_the_api_are_compressed_where_the_client_says_so() -> None:
    client = Client()
    client.force_login(User.objects.create_user("admin", is_staff=True))
    plain = client.get("/v2/openapi.json")
    packed = client.get("/v2/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 5
    short = client.get("/v2/topology", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in short.headers
