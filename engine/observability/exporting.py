"""Traces are sent when the environment says where to, by the OTEL_ variables of OpenTelemetry's specification.

| variable | meaning |
| --- | --- |
| OTEL_EXPORTER_OTLP_ENDPOINT | the collector, by OTLP over HTTP, such as `http://collector:4318`; nothing is traced without it |
| OTEL_SERVICE_NAME | `stepwell` unless set |
| OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG | which traces are kept; all unless set |
"""

import os

_is_set_up = False


def set_up(part: str) -> None:
    """Begin to send traces, once a process and after its last fork: the exporter has a thread. `part` is web, worker or ticker."""
    global _is_set_up
    if _is_set_up or not (
        os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    ):
        return
    _is_set_up = True
    # the SDK takes a tenth of a second to import, which an installation without a collector need not wait for
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME", "stepwell")
    provider = TracerProvider(resource=Resource.create({"service.name": name, "stepwell.part": part}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
