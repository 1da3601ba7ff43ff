"""Answers of the API are sent compressed to clients that take them so."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

_LEAST = 1024
"""An answer of fewer bytes fits into one packet as it is."""


class CompressionMiddleware(GZipMiddleware):
    """This is Django's, with its random padding against BREACH, for JSON alone: no such answer holds a CSRF token or another secret
    of the session beside what the request said. Files of the front end are compressed when it is built."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if response.streaming or not kind.endswith("json") or len(response.content) < _LEAST:  # type: ignore[attr-defined]
            return response
        return super().process_response(request, response)
