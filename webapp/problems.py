"""Every answer that is no success is RFC 9457 problem details. The one place where errors get their HTTP status."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import get_token
from rest_framework import exceptions
from rest_framework.response import Response

from engine import errors, forms
from engine.queries.definitions.process_definitions import problem_views

logger = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"

_STATUS: dict[type[errors.EngineError], int] = {
    errors.InvalidArgument: 400,
    errors.DeploymentRejected: 400,
    errors.PermissionDenied: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PayloadTooLarge: 413,
    errors.Unavailable: 503,
}


class DeadlineExceeded(errors.EngineError):
    """What was waited for has not come in time; it goes on all the same (HTTP 504)."""

    title = "Deadline exceeded"


_STATUS[forms.FormRejected] = 400
_STATUS[DeadlineExceeded] = 504


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception into an answer; DRF calls this."""
    request = context["request"]
    found = _translated(error)
    if found is None:
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
        found = (500, "Internal server error", "Something broke that should not. The log of the server says what.")
    status, title, detail = found
    body = _body(request.path, status, title, detail)
    if isinstance(error, errors.DeploymentRejected):
        body["problems"] = problem_views(error.problems)
    if isinstance(error, forms.FormRejected):
        body["errors"] = error.errors
    response = Response(body, status=status, content_type=CONTENT_TYPE)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="stepwell"'
        get_token(request._request)  # the login page reads the cookie that this sets
    if isinstance(error, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def problem_response(request: HttpRequest, status: int, title: str, detail: str) -> HttpResponse:
    """Return a problem as the answer of a view beside the API."""
    return problem_at(request.path, status, title, detail)


def problem_at(path: str, status: int, title: str, detail: str) -> HttpResponse:
    """Return a problem as the answer to whoever asked for this address."""
    return JsonResponse(_body(path, status, title, detail), status=status, content_type=CONTENT_TYPE)


def bad_request(
    request: HttpRequest,
    exception: Exception | None = None,  # noqa: ARG001 - Django passes it by name
) -> HttpResponse:
    return problem_response(request, 400, "Bad request", "The server could not make sense of the request.")


def not_found(
    request: HttpRequest,
    exception: Exception | None = None,  # noqa: ARG001 - Django passes it by name
) -> HttpResponse:
    return problem_response(request, 404, "Not found", f"There is nothing at {request.path[:200]}.")


def server_error(request: HttpRequest) -> HttpResponse:
    return problem_response(request, 500, "Internal server error", "Something broke that should not.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a request without a valid CSRF token; the setting CSRF_FAILURE_VIEW names this."""
    return problem_response(request, 403, "Forbidden", f"Expected the CSRF token of the page: {reason}")


def _body(path: str, status: int, title: str, detail: str) -> dict[str, Any]:
    return {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": path}


def _translated(error: Exception) -> tuple[int, str, str] | None:
    if isinstance(error, errors.EngineError):
        status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 400)
        return status, error.title, error.detail
    if isinstance(error, RequestDataTooBig):
        return (
            413,
            "Payload too large",
            f"Expected a request body of at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.",
        )
    if isinstance(error, TooManyFilesSent | TooManyFieldsSent | MultiPartParserError | SuspiciousOperation):
        return 400, "Bad request", str(error) or "The request is malformed."
    if isinstance(error, Http404):
        return 404, "Not found", "There is nothing at this address."
    if isinstance(error, OperationalError):
        logger.warning("The database does not answer", exc_info=error)
        return 503, "Unavailable", "The database does not answer now. Try again in a moment."
    if isinstance(error, exceptions.APIException):
        title = {401: "Unauthorized", 403: "Forbidden", 405: "Method not allowed", 415: "Unsupported media type"}
        return error.status_code, title.get(error.status_code, "The request was refused"), str(error.detail)
    return None
