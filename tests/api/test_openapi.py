"""The OpenAPI document: valid, complete, and the same as the one that the front end's types are made of."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from drf_spectacular.validation import validate_schema

from tests.api.conftest import Api

COMMITTED = Path(settings.PROJECT) / "frontend" / "openapi.json"


def test_the_committed_document_is_current(tmp_path: Path) -> None:
    made = tmp_path / "openapi.json"
    call_command("spectacular", "--format", "openapi-json", "--file", str(made))
    assert made.read_text("utf-8") == COMMITTED.read_text("utf-8"), (
        "Write it anew: `python3 manage.py spectacular --format openapi-json --file frontend/openapi.json`"
    )


def test_the_document_is_valid_and_each_operation_has_an_id_of_its_own() -> None:
    document = json.loads(COMMITTED.read_text("utf-8"))
    validate_schema(document)
    operations = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(operations) == len(set(operations)) > 70


def test_the_document_and_its_pages_are_served_without_another_host(admin: Api) -> None:
    document = admin.get("/v2/openapi.json")
    assert (document.status, document.body["openapi"]) == (200, "3.1.0")
    page = admin.get("/v2/docs")
    assert page.status == 200
    assert "https://" not in page.text
    assert "<script>" not in page.text  # the content security policy forbids it


@pytest.mark.parametrize("name", ["variables", "processDefinitionKey", "awaitCompletion", "fetchVariables"])
def test_creating_an_instance_takes_camundas_properties(name: str) -> None:
    document = json.loads(COMMITTED.read_text("utf-8"))
    assert name in document["components"]["schemas"]["CreateProcessInstance"]["properties"]
