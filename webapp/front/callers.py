"""Each caller may keep the server busy to a limit. A caller is a token or a session; who has neither shares what is left of the threads.

The counts are those of this process: with several web servers each allows as much.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import CookieError, SimpleCookie

from django.conf import settings

from webapp.front.refusals import Refused

_BURST = 10
"""A caller that was quiet may send this many seconds' worth of requests at once."""
_REMEMBERED = 10_000
"""So many callers are remembered; the one that was quiet for longest is forgotten first."""


def caller_of(headers: dict[bytes, bytes]) -> bytes | None:
    """Name the caller by its credential, valid or not, of which only a digest is kept; None when it has none."""
    credential = headers.get(b"authorization") or _session(headers.get(b"cookie", b""))
    return hashlib.blake2b(credential, digest_size=16).digest() if credential else None


def _session(cookies: bytes) -> bytes:
    if not cookies:
        return b""
    try:
        found = SimpleCookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return b""
    return found.value.encode("latin-1", "replace") if found else b""


class Callers:
    """What each caller does now, and has done lately. Used by the event loop alone."""

    def __init__(self) -> None:
        self._free_at: OrderedDict[bytes, float] = OrderedDict()
        self._polls: Counter[bytes] = Counter()

    def count_request(self, caller: bytes | None) -> None:
        """Count a request. Raises Refused when the caller has sent too many of late (STEPWELL_REQUEST_RATE a second)."""
        rate = settings.STEPWELL_REQUEST_RATE
        if caller is None or not rate:
            return
        wait = self.seconds_to_wait(caller)
        if wait:
            raise Refused(
                429,
                "Too many requests",
                f"Expected at most {rate} requests a second from one token or session, over {_BURST} seconds.",
                retry_after=wait,
            )
        now = time.monotonic()
        self._free_at[caller] = max(self._free_at.get(caller, now), now) + 1 / rate
        self._free_at.move_to_end(caller)
        if len(self._free_at) > _REMEMBERED:
            self._free_at.popitem(last=False)

    def seconds_to_wait(self, caller: bytes) -> int:
        """Return the seconds after which the caller may send its next request; 0 when it may now."""
        now = time.monotonic()
        return max(0, math.ceil(self._free_at.get(caller, now) - now - _BURST))

    @contextmanager
    def waiting(self, caller: bytes | None) -> Iterator[None]:
        """Count a request that waits, for as long as it does. Raises Refused beyond STEPWELL_OPEN_POLLS of one caller."""
        name = caller or b""
        most = settings.STEPWELL_OPEN_POLLS
        if self._polls[name] >= most:
            raise Refused(
                429,
                "Too many requests",
                f"Expected at most {most} open long polls of one token or session: end some, or ask for more jobs in one.",
                retry_after=1,
            )
        self._polls[name] += 1
        try:
            yield
        finally:
            self._polls[name] -= 1
            if not self._polls[name]:
                del self._polls[name]
