"""An operation of the API parses, calls one command or read, and renders; what all operations share is here."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from engine import exact_json
from engine.actors import Actor
from engine.errors import InvalidArgument, PayloadTooLarge
from engine.postgres import keys
from engine.queries.search import SearchRequest, Table
from webapp.accounts.actors import actor_of
from webapp.api import schema
from webapp.long_polls import LongPoll, Unanswered

B = TypeVar("B")
MAX_UPLOAD = 64 * 1024 * 1024
"""A whole multipart request may have so many bytes; a larger one is refused with 413."""
_KEY = re.compile(r"Key$")


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Every body of a request is derived from this class. Unknown properties are refused, so that a misspelt one does not get lost."""


@dataclass(frozen=True)
class Call:
    """A call is one request: who makes it and what it says."""

    request: Request
    actor: Actor
    body: Any

    @property
    def idempotency_key(self) -> str | None:
        """Return the header Idempotency-Key; Camunda's clients send none."""
        return self.request.headers.get("Idempotency-Key")

    def flag(self, name: str, *, default: bool) -> bool:
        text = self.request.query_params.get(name)
        if text is None:
            return default
        if text not in ("true", "false"):
            raise InvalidArgument(f"Expected true or false as '{name}', found '{text[:40]}'.")
        return text == "true"

    def number(self, name: str, *, default: int) -> int:
        text = self.request.query_params.get(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdecimal() or len(text) > 9:
            raise InvalidArgument(f"Expected a whole number from 0 on as '{name}', found '{text[:40]}'.")
        return int(text)

    def key(self, name: str) -> int | None:
        text = self.request.query_params.get(name)
        return None if text is None else keys.parse(text, what=f"'{name}'")


class ApiView(APIView):
    """An API view has the operations of one address; its methods are made by `operation`."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MAX_UPLOAD:  # before anything reads the body
            raise PayloadTooLarge(f"Expected a request of at most {MAX_UPLOAD} bytes, found {length[:20]}.")
        super().initial(request, *args, **kwargs)

    def waited_for(self, poll: LongPoll, request: Request, *, status: int) -> Response:
        """Return the answer of a long poll; of one that has to wait, under our web server, an empty response that gets it later."""
        if not getattr(request._request, "may_wait", False):
            return Response(poll.sit_out(), status=status)
        if (answer := poll.look()) is not None:
            return Response(answer, status=status)
        if time.monotonic() >= poll.until:
            return Response(poll.over(), status=status)

        def render(give: Callable[[], Any]) -> HttpResponse:
            try:
                response = Response(give(), status=status)
            except Exception as error:
                response = self.handle_exception(error)  # as DRF does with what a view raises
            return self.finalize_response(request, response, *self.args, **self.kwargs).render()

        response = Response(status=status)
        Unanswered(poll, response, render)
        return response


def _word(value: str, parameter: str) -> str:
    if "\x00" in value:
        raise InvalidArgument(f"Expected no NUL character in '{parameter}'.")
    return value


def operation(
    name: str,
    *,
    tag: str,
    summary: str,
    body: type[Any] | None = None,
    search: tuple[Table, type[Any]] | None = None,
    answer: Any = None,
    status: int = 200,
    empty: int | None = None,
    text: str | None = None,
    upload: bool = False,
    query: Mapping[str, type[Any]] | None = None,
    is_idempotent: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Response | HttpResponse]]:
    """Make a view's method of a function `(view, call, **keys) -> answer`.

    `name` is the operation's id in Camunda's API. `body` is the type of its JSON; `search` a table and the type of the items;
    `answer` the type of the answer; `empty` another status, without content, for the answer None; `text` the media type of an
    answer that is no JSON. Parameters of the path ending in Key are given as numbers, in snake case.
    """

    def make(function: Callable[..., Any]) -> Callable[..., Response | HttpResponse]:
        @functools.wraps(function)
        def method(self: ApiView, request: Request, **given: str) -> Response | HttpResponse:
            arguments = {
                _snake(parameter): keys.parse(value, what=parameter)
                if _KEY.search(parameter)
                else _word(value, parameter)
                for parameter, value in given.items()
            }
            wanted = SearchRequest if search is not None else body
            parsed = None if wanted is None else _read(request, wanted)
            call = Call(request, actor_of(request), parsed)
            result = function(self, call, **arguments)
            if isinstance(result, LongPoll):
                return self.waited_for(result, request, status=status)
            if isinstance(result, HttpResponse):
                return result
            if result is None:
                return Response(status=empty or status)
            return Response(result, status=status)

        described = extend_schema(
            operation_id=name,
            tags=[tag],
            summary=summary,
            description=(function.__doc__ or "").strip() or None,
            request=schema.request(body=body, search=search, upload=upload),
            responses=schema.responses(search=search, answer=answer, status=status, empty=empty, text=text),
            parameters=[
                *(
                    OpenApiParameter(parameter, kind, OpenApiParameter.QUERY, required=False)
                    for parameter, kind in (query or {}).items()
                ),
                *([schema.IDEMPOTENCY_KEY] if is_idempotent else []),
            ],
        )
        return described(method)

    return make


def _read(request: Request, wanted: type[B]) -> B:
    """Read the body as `wanted`; an empty body counts as an empty object. Raises InvalidArgument with what was expected."""
    raw = request._request.body
    if not raw.strip():
        raw = b"{}"
    elif request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType(request.content_type, "Expected a body of the media type application/json.")
    document = exact_json.checked(exact_json.decode(raw), what="the request")
    try:
        return msgspec.convert(document, wanted)
    except msgspec.ValidationError as error:
        raise InvalidArgument(f"{error}.") from error


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
