"""Granian serves this ASGI application."""

import asyncio
import os
import resource
import signal
import threading
from types import FrameType

import django

from engine.observability import exporting
from webapp.launcher.bare.children import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
django.setup(set_prefix=False)

from webapp.front import Front  # noqa: E402 - it needs Django's settings
from webapp.front.application import Receive, Scope, Send  # noqa: E402

if os.environ.get("STEPWELL_SUPERVISED"):
    die_with_parent()  # this is Granian's worker process, its parent Granian's master
exporting.set_up("web")
_front = Front()


def _allow_connections() -> None:
    """Allow this process as many open files as the machine gives it: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _hear_of_the_end() -> None:
    """Tell requests that wait when the process is to end. Granian's own handlers, which are the loop's, hear of the signals all the
    same: by the loop's wake-up descriptor. That may be full while many connections end, so the signal is raised once more."""
    loop = asyncio.get_running_loop()
    is_told = False

    def tell(number: int, _frame: FrameType | None) -> None:
        nonlocal is_told
        if not is_told:
            is_told = True
            loop.call_soon_threadsafe(end, number)

    def end(number: int) -> None:
        _front.end_soon()
        signal.raise_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell)
        signal.siginterrupt(number, False)  # as the loop has it


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
    else:
        await _front(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    await receive()
    _allow_connections()
    if threading.current_thread() is threading.main_thread():
        _hear_of_the_end()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
