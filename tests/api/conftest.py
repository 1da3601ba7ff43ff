"""A small world: admin, alice and bob (managers), carol (a clerk), a program with a token; requests over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import Settings

from engine import doorbell, exact_json
from webapp.accounts import tokens

PEOPLE: dict[str, tuple[str, ...]] = {
    "admin": (),
    "alice": ("managers",),
    "bob": ("managers",),
    "carol": ("clerks",),
    "olga": ("operators",),
    "mia": ("modelers",),
    "crawler": ("operators", "modelers"),
}


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]
    text: str


class Api:
    """Requests of one person or program. Numbers are exact both ways."""

    def __init__(self, client: Client, headers: dict[str, str] | None = None) -> None:
        self.client = client
        self.headers = headers or {}

    def __call__(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Answer:
        content = raw if raw is not None else b"" if body is None else exact_json.encode(body)
        found = self.client.generic(
            method, path, content, content_type="application/json", headers={**self.headers, **headers}
        )
        text = found.content.decode()
        is_json = "json" in found.headers.get("Content-Type", "")
        return Answer(
            found.status_code, exact_json.decode(text) if is_json and text else None, dict(found.headers), text
        )

    def get(self, path: str) -> Answer:
        return self("GET", path)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self("POST", path, body, raw=None, **headers)

    def deploy(self, address: str = "/v2/deployments", /, **files: bytes) -> Answer:
        """Files by name; the first underscore stands for the dot before the ending."""
        from django.core.files.uploadedfile import SimpleUploadedFile

        parts = [SimpleUploadedFile(name.replace("_", ".", 1), content) for name, content in files.items()]
        found = self.client.post(address, {"resources": parts}, headers=self.headers)
        return Answer(found.status_code, exact_json.decode(found.content), dict(found.headers), "")


@pytest.fixture(autouse=True)
def _quiet_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """The acceptance tests have real workers."""
    monkeypatch.setattr(doorbell, "_ring", lambda *_, **__: True)


@pytest.fixture(autouse=True)
def _fast_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def people(db: None) -> dict[str, User]:
    made = {}
    for username, groups in PEOPLE.items():
        user = User.objects.create_user(username, password=f"{username}-secret", is_staff=username == "admin")
        user.groups.set([Group.objects.get_or_create(name=name)[0] for name in groups])
        made[username] = user
    return made


@pytest.fixture
def as_user(people: dict[str, User]) -> Callable[[str], Api]:
    """Requests of a person who is logged in."""

    def enter(username: str) -> Api:
        client = Client()
        client.force_login(people[username])
        return Api(client)

    return enter


@pytest.fixture
def admin(as_user: Callable[[str], Api]) -> Api:
    return as_user("admin")


@pytest.fixture
def alice(as_user: Callable[[str], Api]) -> Api:
    return as_user("alice")


@pytest.fixture
def bob(as_user: Callable[[str], Api]) -> Api:
    return as_user("bob")


@pytest.fixture
def carol(as_user: Callable[[str], Api]) -> Api:
    return as_user("carol")


@pytest.fixture
def program(people: dict[str, User]) -> Api:
    """A job worker with a token, of a user who may operate and deploy."""
    token = tokens.issue(people["crawler"], "worker")
    return Api(Client(enforce_csrf_checks=True), {"Authorization": f"Bearer {token}"})
