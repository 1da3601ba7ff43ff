"""One web process under clients that wait: open long polls, clients that send a byte a second, waiting starts; and what that costs others.

Raw sockets and one event loop, so that three thousand clients cost this process little.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

POLL_SECONDS = 60
OPEN_AT_ONCE = 8
"""So many clients open their requests at a time: it is their number that is measured, not the rush."""


@dataclass(slots=True)
class Times:
    """Seconds of requests, with and without those who wait."""

    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    health_alone: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    waiting: int = 0
    """So many requests were still open when the measurement ended."""
    answers: Counter[str] = field(default_factory=Counter)
    """What those were answered who did not wait to the end."""


class Client:
    """A client has one connection, kept alive."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def begin(self, method: str, path: str, body: bytes = b"", *, length: int | None = None) -> None:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
        )
        await self.send(head.encode() + body)

    async def send(self, content: bytes) -> None:
        assert self._writer is not None
        self._writer.write(content)
        await self._writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        assert self._reader is not None
        head = await self._reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), 0)
        return int(lines[0].split()[1]), await self._reader.readexactly(length)

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        await self.begin(method, path, b"" if body is None else json.dumps(body).encode())
        return await self.answer()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def waiting_clients(
    port: int, token: str, *, polls: int, slow: int, starts: int, seconds: float, process_id: str
) -> Times:
    """Measure `seconds` of ordinary requests by one client alone, and as many beside those who wait."""
    return asyncio.run(_measured(port, token, polls, slow, starts, seconds, process_id))


async def _measured(
    port: int, token: str, polls: int, slow: int, starts: int, seconds: float, process_id: str
) -> Times:
    times = Times()
    await _ordinary(port, token, min(1.0, seconds), [], [])  # the first requests find nothing prepared
    await _ordinary(port, token, seconds, times.alone, times.health_alone)
    poll = {"type": "bench-nobody", "timeout": 1_000, "maxJobsToActivate": 1, "requestTimeout": POLL_SECONDS * 1_000}
    start = {"processDefinitionId": process_id, "awaitCompletion": True, "requestTimeout": 2 * POLL_SECONDS * 1_000}
    doors = asyncio.Semaphore(OPEN_AT_ONCE)
    works = [
        *[lambda: _waits(port, token, "/v2/jobs/activation", poll, doors) for _ in range(polls)],
        *[lambda: _waits(port, token, "/v2/process-instances", start, doors) for _ in range(starts)],
        *[lambda: _sends_slowly(port, doors) for _ in range(slow)],
    ]
    async with _running(works, times):
        await _all_are_open(doors, len(works))
        await _ordinary(port, token, seconds, times.beside, times.health)
    return times


@asynccontextmanager
async def _running(works: Sequence[Callable[[], Awaitable[str]]], times: Times) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(work()) for work in works]
    try:
        yield
    finally:
        ended = [task for task in tasks if task.done()]
        times.waiting = len(tasks) - len(ended)
        times.answers.update(repr(task.exception() or task.result()) for task in ended)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _all_are_open(doors: asyncio.Semaphore, count: int) -> None:
    """Wait until all have sent their requests, and the server has looked at each once."""
    deadline = time.monotonic() + 10 + count / 50
    while doors.locked():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{count} clients could not send their requests in time.")
        await asyncio.sleep(0.05)
    await asyncio.sleep(3 + count / 600)


async def _waits(port: int, token: str, path: str, body: dict[str, Any], doors: asyncio.Semaphore) -> str:
    client = Client(port, token)
    try:
        async with doors:
            await client.begin("POST", path, json.dumps(body).encode())
            await asyncio.sleep(0.05)
        status, _ = await client.answer()
        return f"{path} {status}"
    finally:
        client.close()


async def _sends_slowly(port: int, doors: asyncio.Semaphore) -> str:
    """Send a byte a second; who is refused comes again, as an attacker would."""
    while True:
        client = Client(port, "none")
        with contextlib.closing(client), contextlib.suppress(OSError, asyncio.IncompleteReadError):
            async with doors:
                await client.begin("POST", "/login", length=100_000)
            await _bytes_until_the_answer(client)


async def _bytes_until_the_answer(client: Client) -> None:
    answer = asyncio.ensure_future(client.answer())
    try:
        while not answer.done():
            await client.send(b"x")
            await asyncio.wait({answer}, timeout=1)
        await answer
    finally:
        answer.cancel()


async def _ordinary(port: int, token: str, seconds: float, times: list[float], health: list[float]) -> None:
    """Ask what a page asks: searches and reads, one after the other; and whether the server lives."""
    client, watcher = Client(port, token), Client(port, "none")
    requests = (
        ("POST", "/v2/user-tasks/search", {"filter": {"state": "CREATED"}, "page": {"limit": 20}}),
        ("POST", "/v2/process-instances/search", {"page": {"limit": 20}}),
        ("GET", "/v2/topology", None),
    )
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for method, path, body in requests:
            await _timed(client, method, path, body, times)
        await _timed(watcher, "GET", "/healthz", None, health)
    client.close()
    watcher.close()


async def _timed(client: Client, method: str, path: str, body: Any, times: list[float]) -> None:
    began = time.perf_counter()
    status, content = await client.ask(method, path, body)
    if status != 200:
        raise RuntimeError(f"Expected 200 of {path}, found {status}: {content[:300]!r}")
    times.append(time.perf_counter() - began)
