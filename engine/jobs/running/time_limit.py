"""A handler has a time limit: it is ended when it takes too long, or is silent for too long."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any

from engine.jobs.running.lease_renewer import LeaseRenewer
from engine.models import Job


class HandlerTimeoutError(Exception):
    """The handler took longer than its timeout."""


class HeartbeatTimeoutError(Exception):
    """The handler was silent for longer than its heartbeat time-out."""


class TimeLimit:
    """A time limit raises, while it is entered, HandlerTimeoutError in the handler after `timeout` seconds, and
    HeartbeatTimeoutError after `heartbeat_timeout` seconds without a `beat`.

    It does so where signals reach the handler: in the main thread of a process. Elsewhere, and where the handler hangs outside of
    Python, the lease is renewed no more instead.
    """

    def __init__(self, job: Job, renewer: LeaseRenewer, *, timeout: float, heartbeat_timeout: float | None) -> None:
        self._job = job
        self._renewer = renewer
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
        self._renewer.limit(self._job, None)  # what it returned waits to be saved

    def beat(self) -> None:
        """Restart the count of silence: the handler gave a sign of life."""
        now = time.monotonic()
        until = self._ends if self._heartbeat_timeout is None else min(self._ends, now + self._heartbeat_timeout)
        self._renewer.limit(self._job, until)
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
