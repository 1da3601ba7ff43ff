"""While a worker process of ours runs handlers: renewing its leases, and ending handlers that take too long or are silent."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.db import close_old_connections, connection
from django.db.utils import InterfaceError, OperationalError

from engine.jobs import leases
from engine.models import Job

logger = logging.getLogger(__name__)


class HandlerTimeoutError(Exception):
    """The handler took longer than its timeout."""


class HeartbeatTimeoutError(Exception):
    """The handler was silent for longer than its heartbeat time-out."""


class LeaseKeeper:
    """Renews the leases of the jobs that this process holds, from one thread that lives while there are any.

    When one of them is beyond its time and yet not answered, its handler hangs where no signal reaches it: then none is renewed,
    for those that wait behind it would wait for ever.
    """

    def __init__(self, lease: Callable[[], float]) -> None:
        self._lease = lease
        self._lock = threading.Lock()
        self._until: dict[tuple[int, int], float | None] = {}
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()

    @contextmanager
    def holding(self, found: list[Job]) -> Iterator[None]:
        with self._lock:
            if self._pid != os.getpid():  # forked since: the thread did not come along
                self._until, self._thread, self._pid = {}, None, os.getpid()
            self._until.update({(job.key, job.attempt): None for job in found})
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew, name="lease keeper", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            for job in found:
                self.release(job)

    def limit(self, job: Job, until: float | None) -> None:
        """Renew its lease until this moment of `time.monotonic`, or for as long as it is held."""
        with self._lock:
            if (job.key, job.attempt) in self._until:
                self._until[(job.key, job.attempt)] = until

    def release(self, job: Job) -> None:
        with self._lock:
            self._until.pop((job.key, job.attempt), None)

    def _renew(self) -> None:
        while True:
            time.sleep(self._lease() / 3)
            now = time.monotonic()
            with self._lock:
                held = list(self._until)
                hangs = any(until is not None and until <= now for until in self._until.values())
                if not held:
                    self._thread = None
                    return
            if hangs:
                continue
            try:
                close_old_connections()
                leases.renew_leases(held, lease=self._lease())
            except (OperationalError, InterfaceError):
                logger.warning("The leases of %s jobs could not be renewed", len(held), exc_info=True)
            finally:
                connection.close()


class TimeLimit:
    """While entered: raises HandlerTimeoutError in the handler after `timeout` seconds, and HeartbeatTimeoutError after
    `heartbeat_timeout` seconds without a `beat`, where signals reach it (the main thread of a process); elsewhere, and where the
    handler hangs outside of Python, the lease is not renewed any more."""

    def __init__(self, job: Job, keeper: LeaseKeeper, *, timeout: float, heartbeat_timeout: float | None) -> None:
        self._job = job
        self._keeper = keeper
        self._timeout = timeout
        self._heartbeat_timeout = heartbeat_timeout
        self._ends = 0.0
        self._by_signal = threading.current_thread() is threading.main_thread()
        self._before: Any = None

    def __enter__(self) -> TimeLimit:
        self._ends = time.monotonic() + self._timeout
        if self._by_signal:
            self._before = signal.signal(signal.SIGALRM, self._stop)
        self.beat()
        return self

    def __exit__(self, *_: object) -> None:
        if self._by_signal:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)
        self._keeper.limit(self._job, None)  # what it returned waits to be saved

    def beat(self) -> None:
        """The handler gave a sign of life."""
        now = time.monotonic()
        until = self._ends if self._heartbeat_timeout is None else min(self._ends, now + self._heartbeat_timeout)
        self._keeper.limit(self._job, until)
        if self._by_signal:
            signal.setitimer(signal.ITIMER_REAL, max(until - now, 0.001))

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        del signum, frame
        if time.monotonic() < self._ends - 0.01:
            raise HeartbeatTimeoutError(
                f"Expected a heartbeat of the handler of '{self._job.type}' within {self._heartbeat_timeout:g} seconds."
            )
        raise HandlerTimeoutError(
            f"Expected the handler of '{self._job.type}' to end within {self._timeout:g} seconds."
        )
