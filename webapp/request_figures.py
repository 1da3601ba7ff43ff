"""Requests are timed by route, and have their span in the caller's trace. The span of a long poll ends when it begins to
wait; its time is counted with its answer."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from opentelemetry.trace import SpanKind

from engine.observability import metrics, tracing
from webapp import long_polls

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestFiguresMiddleware:
    """The middleware labels by the route, not by the address: an address holds keys and would be a series each."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        method = request.method if request.method in _METHODS else "other"
        begun = time.perf_counter()
        with tracing.span(f"{method}", kind=SpanKind.SERVER, parent=request.headers.get("traceparent", "")) as span:
            response = self.get_response(request)
            route = request.resolver_match.route if request.resolver_match else "none"
            span.update_name(f"{method} {route}")
            span.set_attributes(
                {
                    "http.request.method": str(method),
                    "http.route": route,
                    "http.response.status_code": response.status_code,
                }
            )

        def observe(answered: HttpResponse) -> None:
            metrics.HTTP_SECONDS.labels(method, route, answered.status_code).observe(time.perf_counter() - begun)

        if (waits := long_polls.of(response)) is not None:
            waits.when_answered.append(observe)
        else:
            observe(response)
        return response
