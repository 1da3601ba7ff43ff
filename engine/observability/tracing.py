"""OpenTelemetry spans lie around requests, transitions and handlers, so that an instance's way through the machines is one trace.

The trace context of the transition that opened a job is kept in the job's row (W3C `traceparent`), so that the handler's span, on
whatever machine, is a child of it, and the transition that the handler's answer causes is a child of the handler's. Without an
SDK (see `engine.observability.exporting`) every function here costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

_tracer = trace.get_tracer("stepwell")
_HEADER = "traceparent"


def current_context() -> str:
    """Return the W3C `traceparent` of the running span; empty when nothing is traced."""
    if not trace.get_current_span().get_span_context().is_valid:
        return ""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get(_HEADER, "")


def trace_id() -> str:
    """Return the id of the running trace in 32 hexadecimal digits; empty when nothing is traced."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str = "",
    attributes: Mapping[str, str | int] | None = None,
) -> Iterator[Span]:
    """Run a block as a span: a child of `parent` (a `traceparent`) where that is given, else of the running one.

    An exception is recorded, and passes on.
    """
    context = propagate.extract({_HEADER: parent}) if parent else None
    with _tracer.start_as_current_span(name, context=context, kind=kind, attributes=attributes) as opened:
        yield opened


def failed(message: str) -> None:
    """Mark the running span as failed, where the failure was dealt with and no exception passes on."""
    trace.get_current_span().set_status(Status(StatusCode.ERROR, message[:500]))
