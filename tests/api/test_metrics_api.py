"""`GET /metrics`: for operators; what waits, since when, and what runs."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from engine import clock
from engine.models import Job
from engine.queries import figures
from tests.api.conftest import Api
from tests.engine.worlds import WORK


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_metrics_say_what_waits_and_since_when(program: Api) -> None:
    program.deploy(work_bpmn=WORK)
    program.post("/v2/process-instances", {"processDefinitionId": "work"})
    Job.objects.update(available_at=clock.now() - timedelta(seconds=90))
    answer = program.get("/metrics")
    assert answer.status == 200
    found = samples(answer.text)
    assert found["stepwell_database_up", ()] == 1
    assert found["stepwell_jobs", (("job_type", "test-work"), ("state", "created"))] == 1
    assert 90 <= found["stepwell_job_oldest_ready_seconds", (("job_type", "test-work"),)] < 100
    assert found["stepwell_instances_active", ()] == 1
    assert found["stepwell_journal_positions_total", ()] >= 1
    route = (("method", "POST"), ("route", "v2/process-instances"), ("status", "200"))
    assert found["stepwell_http_request_seconds_count", route] >= 1


def test_they_are_for_operators(as_user: Callable[[str], Api]) -> None:
    assert as_user("olga").get("/metrics").status == 200
    assert as_user("alice").get("/metrics").status == 403
    assert Client().get("/metrics").status_code == 401


def test_without_the_database_they_say_so_and_keep_what_the_process_knows(
    program: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(figures, "read", away)
    found = samples(program.get("/metrics").text)
    assert found["stepwell_database_up", ()] == 0
    assert ("stepwell_jobs", ()) not in found
    assert any(name == "stepwell_transitions_total" for name, _ in found)
