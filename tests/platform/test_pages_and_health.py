"""The doors that need no login: health, readiness and the front end's document."""

from pathlib import Path

import pytest
from django.db import connections
from django.test import Client
from pytest_django import Settings

from webapp import health


def test_every_page_is_the_front_ends_document_never_cached_for_long(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.FRONTEND_DIST = tmp_path
    (tmp_path / "index.html").write_text("<!doctype html><title>Stepwell</title>", "utf-8")

    for address in ("/", "/operations/instances/12?tab=variables"):
        answer = client.get(address)
        assert (answer.status_code, answer.content) == (200, b"<!doctype html><title>Stepwell</title>")
        assert answer["Cache-Control"] == "no-cache"
        assert "csrftoken" in answer.cookies


def test_a_front_end_that_is_not_built_says_how_to_build_it(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.FRONTEND_DIST = tmp_path / "nothing"

    answer = client.get("/")

    assert answer.status_code == 503
    assert b"python3 manage.py up" in answer.content


def test_an_asset_that_does_not_exist_is_not_found_rather_than_a_page(client: Client) -> None:
    assert client.get("/assets/gone-1234.js").status_code == 404


def test_health_is_told_without_the_database(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_readiness_is_told_when_the_database_is_migrated(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)

    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_readiness_is_denied_while_a_migration_is_missing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (503, b"the database is not migrated\n")
