"""Requests that wait for something sleep here, and are told when their process is to end, so that each still gets its answer."""

from __future__ import annotations

import threading
import time

_ending = threading.Event()
_ends_at = float("inf")


def end_within(seconds: float) -> None:
    """Wake up every request that sleeps: the process was asked to end. From now on nobody waits longer than `seconds`."""
    global _ends_at
    _ends_at = time.monotonic() + seconds
    _ending.set()


def rest(seconds: float, *, until: float, to_the_last: bool = False) -> bool:
    """Sleep for `seconds`, then say whether to look again: False when `until` (of `time.monotonic`) has passed.

    When the process is to end it is over at once, or with `to_the_last` when the process has to answer.
    """
    left = until - time.monotonic()
    if left <= 0:
        return False
    if not _ending.wait(min(seconds, left)):
        return True
    if not to_the_last:
        return False
    time.sleep(min(seconds, 0.1))
    return time.monotonic() < _ends_at
