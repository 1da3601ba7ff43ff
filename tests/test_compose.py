"""The production shape: what `docker compose` reads. No container engine is needed, so none of it is started here."""

import json
import re
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[1]
OURS = ("migrate", "web", "worker", "ticker")
SECRETS = ("STEPWELL_SECRET_KEY", "POSTGRES_PASSWORD", "VALKEY_PASSWORD")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
    return document


@pytest.fixture(scope="module")
def dockerfile() -> list[str]:
    """The Dockerfile's instructions, continued lines joined."""
    text = (PROJECT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def schema() -> dict[str, Any]:
    """The Compose Specification's schema, in the copy that check-jsonschema ships."""
    file = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
    document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return document


def test_it_follows_the_schema_of_the_compose_specification(compose: dict[str, Any]) -> None:
    validator = jsonschema.validators.validator_for(schema())(schema())

    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(compose)] == []


def test_the_schema_refuses_a_key_that_compose_does_not_know(compose: dict[str, Any]) -> None:
    wrong = {**compose, "services": {**compose["services"], "web": {**compose["services"]["web"], "health_check": {}}}}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema())


def test_each_part_has_a_container_and_each_that_stays_has_a_health_check(compose: dict[str, Any]) -> None:
    services = compose["services"]

    assert set(services) == {*OURS, "postgres", "valkey"}
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"migrate"}


def test_no_secret_has_a_default_and_each_is_required(compose: dict[str, Any]) -> None:
    text = (PROJECT / "docker-compose.yml").read_text("utf-8")
    uses = re.findall(r"\$\{(\w+)(:?[-?][^}]*)?\}", text)

    for secret in SECRETS:
        forms = [form for name, form in uses if name == secret]
        assert forms, secret
        assert all(form.startswith(":?") for form in forms), secret


def test_only_the_web_part_is_reachable_from_outside_and_by_default_from_this_machine_alone(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]

    assert [name for name, service in services.items() if "ports" in service] == ["web"]
    assert services["web"]["ports"] == ["${STEPWELL_BIND:-127.0.0.1}:${STEPWELL_PORT:-8000}:8000"]
    assert services["postgres"]["networks"] == services["valkey"]["networks"] == ["inner"]
    assert compose["networks"]["inner"] == {"internal": True}


def test_our_containers_can_neither_write_their_image_nor_gain_rights(compose: dict[str, Any]) -> None:
    for name in OURS:
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_parts_wait_for_the_migration_and_the_migration_for_the_database(compose: dict[str, Any]) -> None:
    services = compose["services"]

    for name in ("web", "worker", "ticker"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert services["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_the_image_is_built_in_stages_from_locked_packages_and_does_not_run_as_root(dockerfile: list[str]) -> None:
    stages = [line for line in dockerfile if line.startswith("FROM ")]

    assert [stage.split(" AS ")[-1] for stage in stages[:2]] == ["frontend", "packages"]
    assert any("--require-hashes --requirement requirements.txt" in line for line in dockerfile)
    assert "RUN npm ci" in dockerfile
    assert [line for line in dockerfile if line.startswith("USER ")] == ["USER stepwell"]


def test_every_path_that_the_image_copies_exists_and_is_let_through_to_the_build(dockerfile: list[str]) -> None:
    ignore = (PROJECT / ".dockerignore").read_text("utf-8").splitlines()
    copied = [
        source
        for line in dockerfile
        if line.startswith("COPY ") and "--from=" not in line
        for source in line.split()[1:-1]
    ]

    assert copied
    for source in copied:
        assert (PROJECT / source).exists(), source
        assert f"!{source.split('/')[0]}" in ignore, source
