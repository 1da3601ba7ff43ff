"""What a running installation tells from outside: metrics of all its processes, traces to a collector, logs for machines."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.acceptance.installation import Installation, eventually

pytestmark = pytest.mark.timeout(120)

HANDLER = """
import logging
from engine.handlers import handler

@handler("stamp")
def stamp() -> dict:
    logging.getLogger("stamping").info("Stamped")
    return {"stamped": True}
"""
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="http://stepwell.test" id="defs">
  <process id="stamping" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="stamp"/>
    <serviceTask id="stamp"><extensionElements><zeebe:taskDefinition type="stamp"/></extensionElements></serviceTask>
    <sequenceFlow id="f2" sourceRef="stamp" targetRef="end"/><endEvent id="end"/>
  </process>
</definitions>"""
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Collector:
    """Takes spans by OTLP over HTTP, as OpenTelemetry's own collector does."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        spans = self.spans

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
                for resource in sent.resource_spans:
                    names = {each.key: each.value.string_value for each in resource.resource.attributes}
                    for scope in resource.scope_spans:
                        spans.extend((names["stepwell.part"], span) for span in scope.spans)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of_trace(self) -> set[tuple[str, str]]:
        return {(part, span.name) for part, span in self.spans if span.trace_id.hex() == TRACE}


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


def test_one_call_is_seen_in_metrics_traces_and_logs_of_all_parts(tmp_path: Path, collector: Collector) -> None:
    package = tmp_path / "processes" / "stamping"
    package.mkdir(parents=True)
    (package / "handlers.py").write_text(HANDLER, "utf-8")
    (package / "stamping.bpmn").write_text(PROCESS, "utf-8")
    with Installation(
        tmp_path / "data",
        STEPWELL_PROCESSES=str(tmp_path / "processes"),
        STEPWELL_LOG_FORMAT="json",
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.server.server_address[1]}",
        OTEL_BSP_SCHEDULE_DELAY="200",
    ) as it:
        it.start()
        token = it.manage("api_token", "admin").stdout.splitlines()[-1]
        caller = {"Authorization": f"Bearer {token}", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        started = httpx.post(
            f"{it.address}/v2/process-instances",
            json={"processDefinitionId": "stamping", "awaitCompletion": True},
            headers=caller,
            timeout=30,
        )
        assert started.status_code == 200, started.text
        expected = {
            ("web", "POST v2/process-instances"),
            ("web", "transition"),
            ("worker", "job stamp"),
            ("worker", "transition"),
        }
        assert eventually(lambda: collector.of_trace() >= expected, seconds=60), collector.of_trace()

        def metrics() -> str:
            return httpx.get(f"{it.address}/metrics", headers=caller, timeout=30).text

        ran = 'stepwell_job_run_seconds_count{job_type="stamp",outcome="completed"} 1.0'
        assert eventually(lambda: ran in metrics(), seconds=30)  # counted in the worker, told by the web server
        assert 'stepwell_ticker_task_seconds_count{task="fire timers"}' in metrics()
        log = (it.data / "logs" / "worker.log").read_text("utf-8")
        [line] = [json.loads(text) for text in log.splitlines() if '"Stamped"' in text]
        assert line["processInstanceKey"] == started.json()["processInstanceKey"]
        assert (line["traceId"], line["jobType"], line["logger"]) == (TRACE, "stamp", "stamping")
        assert it.stop() == 0
