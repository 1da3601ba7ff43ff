"""Requests made at random from the OpenAPI document: none breaks the server, and every answer is one that the document names."""

import os

import pytest
import schemathesis
from django.contrib.auth.models import User
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from webapp.accounts import tokens
from webapp.wsgi import application

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CHECKS: list[CheckFunction] = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def schema(transactional_db: None) -> schemathesis.BaseSchema:
    user = User.objects.create_user("admin", is_staff=True)
    headers = {"Authorization": f"Bearer {tokens.issue(user, 'schemathesis')}"}
    document = schemathesis.openapi.from_wsgi("/v2/openapi.json", application, headers=headers)
    document.config.headers = headers
    return document


lazy = schemathesis.pytest.from_fixture("schema")


@lazy.exclude(path="/v2/jobs/activation").parametrize()
@settings(
    max_examples=int(os.environ.get("STEPWELL_EXAMPLES", "10")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_server(case: schemathesis.Case) -> None:
    case.call_and_validate(checks=CHECKS)
