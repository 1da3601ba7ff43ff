"""A connection costs a coroutine, and takes a thread only while Django works for it.

    body read, in the loop -> Django, in a thread -> answer sent, in the loop
                                   |
                                   +-> a long poll without an answer: wait in the loop, look in a thread, ... (`lookout`)

`/healthz` is answered by the loop itself. Why it is so: docs/decisions/0013-a-front-of-coroutines.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.conf import settings
from django.db import close_old_connections
from django.http import HttpResponseBase

from webapp import long_polls
from webapp.front import bodies
from webapp.front.bodies import ClientGone, Message, Receive
from webapp.front.callers import Callers, caller_of
from webapp.front.handler import Handler, headers_of
from webapp.front.lookout import Lookout
from webapp.front.refusals import Refused
from webapp.health import healthy
from webapp.long_polls import Unanswered

T = TypeVar("T")
Scope = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]

_HEALTH = "/healthz"
_ACTIVATION = "/v2/jobs/activation"
_ACTIVATIONS_AT_ONCE = 4
"""Of the threads, so many look for jobs at once at most: a fleet of workers that comes back leaves the others to people."""
_LAST_WORDS = 5.0
"""So many seconds are left to requests that wait, to answer, once the process is to end; `roles.web_command` kills after ten."""


class Front:
    """The ASGI application. One for each process."""

    def __init__(self) -> None:
        self._django = Handler()
        self._threads = ThreadPoolExecutor(settings.STEPWELL_WEB_THREADS, thread_name_prefix="request")
        self._in_threads = 0
        self._activations = asyncio.Semaphore(_ACTIVATIONS_AT_ONCE)
        self._callers = Callers()
        self._lookout = Lookout()
        self._ends_at = float("inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Expected HTTP, found {scope['type']}.")
        if scope["path"] == _HEALTH:
            await _send(send, healthy())
            return
        try:
            await self._serve(scope, receive, send)
        except ClientGone:
            return
        except Refused as refused:
            await _send(send, refused.response(scope["path"]))

    def end_soon(self) -> None:
        """Answer every long poll: the process was asked to end. What still has to come gets a few seconds."""
        self._ends_at = time.monotonic() + _LAST_WORDS
        self._lookout.wake_all()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        caller = caller_of(headers)
        self._callers.count_request(caller)
        body = await bodies.read(headers, receive)
        async with self._activations if scope["path"] == _ACTIVATION else contextlib.nullcontext():
            response = await self._in_thread(self._django.answer, scope, body)
        if (unanswered := long_polls.of(response)) is not None:
            with self._callers.waiting(caller):
                await self._wait(unanswered, receive)
        if response.streaming:
            await self._send_stream(send, response)
        else:
            await _send(send, response)

    async def _wait(self, unanswered: Unanswered, receive: Receive) -> None:
        """Wait until the response has its answer. Raises ClientGone when nobody is there to get it: then nothing is taken for it."""
        gone = asyncio.create_task(_until_gone(receive))
        try:
            in_vain = False
            while await self._is_time(unanswered, gone, in_vain=in_vain):
                if await self._in_thread(_apart, unanswered.look):
                    self._lookout.found(unanswered.poll.topic)
                    return await self._undo_if(gone, unanswered)
                in_vain = True
            await self._in_thread(_apart, unanswered.end)
        finally:
            gone.cancel()

    async def _is_time(self, unanswered: Unanswered, gone: asyncio.Task[None], *, in_vain: bool) -> bool:
        """Wait until it is time to look; False when the time is over. Raises ClientGone."""
        poll = unanswered.poll
        until = min(poll.until, self._ends_at)
        is_ending = self._ends_at < float("inf")
        if time.monotonic() >= until or (is_ending and not poll.to_the_last):
            return False
        seconds = until - time.monotonic()
        told = asyncio.create_task(self._lookout.wait(poll.topic, seconds=seconds, in_vain=in_vain))
        await asyncio.wait({told, gone}, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            told.cancel()
            raise ClientGone
        if told.result():
            return True
        # woken up because the process is to end, with some time left
        return poll.to_the_last and time.monotonic() < min(poll.until, self._ends_at)

    async def _undo_if(self, gone: asyncio.Task[None], unanswered: Unanswered) -> None:
        if not gone.done():
            return
        if unanswered.poll.undo is not None:
            await self._in_thread(_apart, unanswered.poll.undo)
        raise ClientGone

    async def _send_stream(self, send: Send, response: HttpResponseBase) -> None:
        """Send a file, of which each part is read in a thread: a slow reader holds none."""
        parts: Iterator[bytes] = iter(response)
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers_of(response)})
        try:
            while (part := await self._in_thread(next, parts, b"")) != b"":
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await self._in_thread(response.close)

    async def _in_thread(self, call: Callable[..., T], *arguments: Any) -> T:
        """Call in one of the threads. Raises Refused (503) when too many requests wait for one."""
        if self._in_threads >= settings.STEPWELL_QUEUED_REQUESTS:
            raise Refused(503, "Unavailable", "The server is behind with its requests. Try again.", retry_after=1)
        self._in_threads += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)
        finally:
            self._in_threads -= 1


def _apart(call: Callable[[], T]) -> T:
    """Call outside of a request: the thread's connection is given back all the same."""
    try:
        return call()
    finally:
        close_old_connections()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, response: HttpResponseBase) -> None:
    body: bytes = response.content  # type: ignore[attr-defined]
    if not response.has_header("Content-Length") and response.status_code != 204:
        response["Content-Length"] = str(len(body))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers_of(response)})
    await send({"type": "http.response.body", "body": body, "more_body": False})
