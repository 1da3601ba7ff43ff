"""One trace from the start over the transition to the handler and back, and log lines that name what they are about."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from engine import instances
from engine.handlers import JobContext, declaring, handler
from engine.jobs import running
from engine.models import Job
from engine.observability import metrics, tracing
from tests.engine.worlds import ALICE, WORK, assert_all_sound, deploy
from webapp.log_lines import JsonFormatter, TextFormatter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]
Spans = Callable[[], list[ReadableSpan]]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    return lambda: list(kept.get_finished_spans())


@pytest.fixture
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaring, "declared", {})


@pytest.mark.usefixtures("_registry")
def test_a_handler_and_the_transition_after_it_belong_to_the_trace_of_the_start(spans: Spans) -> None:
    @handler("test-work")
    def work() -> None: ...

    deploy(WORK)
    with tracing.span("request"):
        key = instances.start("work", by=ALICE).key
    assert Job.objects.get().trace_context != ""
    running.run("stepwell")
    by_id = {span.context.span_id: span for span in spans()}
    chain = []
    span = next(span for span in reversed(spans()) if span.name == "transition")
    while True:
        chain.append(span.name)
        if span.parent is None:
            break
        span = by_id[span.parent.span_id]
    assert chain == ["transition", "job test-work", "transition", "request"]
    assert len({span.context.trace_id for span in by_id.values()}) == 1
    assert all(
        (span.attributes or {})["processInstanceKey"] == str(key) for span in by_id.values() if span.name != "request"
    )
    assert_all_sound()


@pytest.mark.usefixtures("_registry")
def test_a_handler_that_fails_marks_its_span(spans: Spans) -> None:
    @handler("test-work")
    def work() -> None:
        raise ValueError("no more paper")

    deploy(WORK)
    instances.start("work", by=ALICE)
    running.run("stepwell")
    [failed] = [span for span in spans() if span.name == "job test-work"]
    assert failed.status.description == "ValueError: no more paper"


def test_nothing_is_kept_in_the_job_when_nothing_is_traced() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    assert Job.objects.get().trace_context == ""


@pytest.mark.usefixtures("_registry")
def test_a_line_that_a_handler_logs_names_instance_element_and_job() -> None:
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.extend((JsonFormatter().format(record), TextFormatter().format(record)))

    @handler("test-work")
    def work(job: JobContext) -> None:
        logging.getLogger("shop").warning("Paper is %s", "short")

    kept = Kept()
    logging.getLogger("shop").addHandler(kept)
    try:
        deploy(WORK)
        key = instances.start("work", by=ALICE).key
        job_key = Job.objects.get().key
        running.run("stepwell")
    finally:
        logging.getLogger("shop").removeHandler(kept)
    as_json, as_text = lines
    found = json.loads(as_json)
    assert {
        name: found[name] for name in ("level", "logger", "message", "processInstanceKey", "jobKey", "jobType")
    } == {
        "level": "WARNING",
        "logger": "shop",
        "message": "Paper is short",
        "processInstanceKey": str(key),
        "jobKey": str(job_key),
        "jobType": "test-work",
    }
    assert f"Paper is short [processInstanceKey={key} elementId=" in as_text


@pytest.mark.usefixtures("_registry")
def test_runs_and_transitions_are_counted_by_how_they_end() -> None:
    @handler("test-work")
    def work() -> None: ...

    def value(name: str, **labels: str) -> float:
        return metrics.OF_THIS_PROCESS.get_sample_value(name, labels) or 0.0

    before = value("stepwell_job_run_seconds_count", job_type="test-work", outcome="completed")
    deploy(WORK)
    instances.start("work", by=ALICE)
    running.run("stepwell")
    after = value("stepwell_job_run_seconds_count", job_type="test-work", outcome="completed")
    assert after == before + 1
    assert value("stepwell_job_wait_seconds_count", job_type="test-work") >= 1


def test_job_types_without_end_are_counted_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_job_types", set())
    monkeypatch.setattr(metrics, "_MAX_JOB_TYPES", 2)
    assert [metrics.job_type_label(name) for name in ("a", "b", "c", "a")] == ["a", "b", "other", "a"]
