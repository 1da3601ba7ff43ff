"""The body of a request is read before anything else is done for it: a client that sends slowly holds memory, and no thread."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import IO, Any

from django.conf import settings

from webapp.api.operation import MAX_UPLOAD
from webapp.front.refusals import Refused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

_IN_MEMORY = 256 * 1024
"""A body with more bytes than this is kept in a file."""
_LEAST_RATE = 16 * 1024
"""A client has STEPWELL_BODY_SECONDS to send a body, and another second for so many bytes that it has sent."""


class ClientGone(Exception):  # noqa: N818
    """The client has closed the connection: nobody is there to get an answer."""


async def read(headers: dict[bytes, bytes], receive: Receive) -> IO[bytes]:
    """Read the whole body. Raises Refused for one that is too large (413) or comes too slowly (408), and ClientGone."""
    body = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the request closes it
    if b"content-length" not in headers and b"transfer-encoding" not in headers:
        return body
    try:
        await _read_into(body, receive, most=_most(headers))
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body


async def _read_into(body: IO[bytes], receive: Receive, *, most: int) -> None:
    patience = float(settings.STEPWELL_BODY_SECONDS)
    began, size, more = time.monotonic(), 0, True
    while more:
        message = await _received(receive, seconds=began + patience + size / _LEAST_RATE - time.monotonic())
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise _too_large(most)
        body.write(part)
        more = message.get("more_body", False)


async def _received(receive: Receive, *, seconds: float) -> Message:
    try:
        async with asyncio.timeout(seconds):
            return await receive()
    except TimeoutError:
        raise Refused(
            408,
            "Request timeout",
            f"Expected the whole body within {settings.STEPWELL_BODY_SECONDS} seconds, or {_LEAST_RATE} bytes a second.",
        ) from None


def _most(headers: dict[bytes, bytes]) -> int:
    """Return the bytes that the body may have. Raises Refused when it says itself that it has more."""
    is_upload = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
    most = MAX_UPLOAD if is_upload else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > most:
        raise _too_large(most)
    return int(most)


def _too_large(most: int) -> Refused:
    return Refused(413, "Payload too large", f"Expected a request body of at most {most} bytes.")
