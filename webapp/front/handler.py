"""Django answers a request in a thread, whose body has been read before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.core import signals
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.http import HttpResponseBase
from django.urls import set_script_prefix

from webapp.problems import problem_at


class Handler(BaseHandler):
    """This is Django's handler of ASGI requests, with middleware and views that are called as under WSGI: in the thread of the caller."""

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()

    def answer(self, scope: Mapping[str, Any], body: IO[bytes]) -> HttpResponseBase:
        """Return the response. One with its content in memory is closed by then, and the thread's connection given back."""
        set_script_prefix("/")
        signals.request_started.send(sender=type(self), scope=scope)
        response = self._response(scope, body)
        if not response.streaming:
            response.close()  # sends request_finished
        return response

    def _response(self, scope: Mapping[str, Any], body: IO[bytes]) -> HttpResponseBase:
        try:
            request = ASGIRequest(scope, body)
        except UnicodeDecodeError:
            body.close()
            return problem_at(str(scope["path"]), 400, "Bad request", "Expected an address in UTF-8.")
        request.may_wait = True  # type: ignore[attr-defined]  # for `webapp.long_polls`
        response: HttpResponseBase = self.get_response(request)
        return response


def headers_of(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    cookies = [(b"set-cookie", cookie.OutputString().encode("ascii")) for cookie in response.cookies.values()]
    return [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in response.items()] + cookies
