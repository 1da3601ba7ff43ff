"""Keys are unique over all kinds of things, have 64 bits, grow with time, and are texts of digits in JSON.

A key comes out of a block of 2**24. A process instance has a block of its own, whose first key is the instance's; the core derives every
key inside the instance from it. Everything else (a deployment, a message, ...) takes a whole block too: there are 2**39 of them.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque

from django.db import connection

from engine.errors import InvalidArgument
from engine.postgres import statements

BITS_PER_BLOCK = 24
MAX_KEY = 2**63 - 1
_SKIPPED_BY_A_RESTORE = 2**24
"""A restore leaves out so many blocks: more than an installation gives out between two backups, few of the 2**39 that there are."""


def take(count: int = 1) -> list[int]:
    """Take `count` new blocks and return their first keys, ascending. This costs one round trip; a sequence does not roll back."""
    if count <= 0:
        return []
    found = statements.rows(
        "SELECT nextval('stepwell_key_block') << %s::int FROM generate_series(1, %s::int)", [BITS_PER_BLOCK, count]
    )
    return sorted(key for (key,) in found)


def take_one() -> int:
    return take(1)[0]


class _Ahead:
    """This process has taken blocks for the instances that it is about to start.

    Keys are to grow with the time of the start, so they are kept for a moment only, and one is taken alone after a pause: the keys of
    two processes that start instances at the same time may be interleaved by so much, not more.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: deque[int] = deque()
        self._taken_at = 0.0
        self._count = 1

    def take(self) -> int:
        with self._lock:
            now = time.monotonic()
            if now - self._taken_at > _KEPT:
                self._keys.clear()
                self._count = 1
            if not self._keys:
                self._keys.extend(take(self._count))
                self._taken_at = now
                self._count = min(_MOST_AHEAD, 2 * self._count)
            return self._keys.popleft()

    def forget(self) -> None:
        self.__init__()  # type: ignore[misc]


_KEPT = 0.5
"""Blocks are kept for so many seconds; after them a new one is taken alone."""
_MOST_AHEAD = 32
_ahead = _Ahead()
os.register_at_fork(after_in_child=_ahead.forget)


def take_for_instance() -> int:
    """Take a new block for an instance and return its first key; most often this costs no round trip."""
    return _ahead.take()


def skip_those_given_out_since_a_backup() -> None:
    """Leave a gap behind the newest block of a restored database. Keys go out with jobs as their idempotency keys: one that was
    given out after the backup must not name something else now, or the world would take the new effect for done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval('stepwell_key_block', last_value + %s) FROM stepwell_key_block", [_SKIPPED_BY_A_RESTORE]
        )


def parse(text: str | int, *, what: str = "key") -> int:
    """Read a key as it stands in a URL or in JSON. Raises InvalidArgument."""
    digits = str(text)
    if isinstance(text, bool) or not digits.isascii() or not digits.isdecimal() or len(digits) > 19:
        raise InvalidArgument(f"Expected a text of digits as {what}, found {digits[:40]!r}.")
    number = int(digits)
    if number > MAX_KEY:
        raise InvalidArgument(f"Expected a 64-bit number as {what}, found {digits}.")
    return number
