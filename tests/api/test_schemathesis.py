"""Requests made at random from the OpenAPI document: none breaks the server, and every answer is one that the document names.

With STEPWELL_EXAMPLES so many for each operation, and besides the thousands that go through the document's limits one by one.
"""

import os

import pytest
import schemathesis
from django.contrib.auth.models import User
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests.api.test_openapi import COMMITTED
from webapp.accounts import tokens
from webapp.wsgi import application

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CHECKS: list[CheckFunction] = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
]


schema = schemathesis.openapi.from_path(COMMITTED)
schema.app = application
EXAMPLES = os.environ.get("STEPWELL_EXAMPLES")
schema.config.phases.coverage.enabled = EXAMPLES is not None
# the activation waits for jobs, and the clock would make all other times strange
chosen = schema.exclude(path="/v2/jobs/activation").exclude(path="/v2/clock")


@pytest.fixture
def token(transactional_db: None) -> str:
    user = User.objects.create_user("admin", is_staff=True)
    return tokens.issue(user, "schemathesis")


@chosen.parametrize()
@settings(
    max_examples=int(EXAMPLES or "10"),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_server(case: schemathesis.Case, token: str) -> None:
    case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {token}"})
