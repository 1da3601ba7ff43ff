"""A job type may have limits of rate and concurrency; this module reads them from texts and computes with them.

The rows are read by `engine.jobs.leasing.admission`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

BURST = 0.5
"""Seconds for which an unused rate is saved up: in any t seconds at most `rate * (t + BURST)` jobs, and one more, are handed out."""
SLOWEST = 1e-6
"""Jobs a second of the slowest rate, one job in eleven days and a half; a slower one is refused."""
MOST_AT_ONCE = 2**31 - 1
"""Jobs of the largest limit of concurrency, as much as its column holds; a larger one is refused."""

_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(s|min|h)")
_PER = {"s": 1.0, "min": 60.0, "h": 3_600.0}


@dataclass(frozen=True, slots=True)
class JobTypeLimits:
    """The limits of a job type say how many jobs are handed out: `rate` a second, `concurrency` leased at once. None: no limit."""

    rate: float | None = None
    concurrency: int | None = None

    def __post_init__(self) -> None:
        if (self.rate is not None and not SLOWEST <= self.rate < math.inf) or (
            self.concurrency is not None and not 1 <= self.concurrency <= MOST_AT_ONCE
        ):
            raise ValueError(
                f"Expected a rate from {SLOWEST:g} a second on and a concurrency of 1 to {MOST_AT_ONCE}, found {self}."
            )

    @property
    def apply(self) -> bool:
        """Return whether there is a limit at all."""
        return self.rate is not None or self.concurrency is not None


NO_LIMITS = JobTypeLimits()


def per_second(rate: str | float) -> float:
    """Read a rate (`10/s`, `100/min`, `5000/h` or a number) as jobs a second. Raises ValueError for another text."""
    if isinstance(rate, int | float):
        return float(rate)
    match = _RATE.fullmatch(rate.strip())
    if match is None:
        raise ValueError(f"Expected a rate such as '10/s', '100/min' or '5000/h', found {rate!r}.")
    return float(match[1]) / _PER[match[2]]


def admitted(rate: float, free_at: datetime | None, now: datetime) -> int:
    """Return how many jobs the rate allows now."""
    saved = max(1.0, rate * BURST)
    behind = 0.0 if free_at is None else max(0.0, (free_at - now).total_seconds())
    return max(0, math.floor(saved - behind * rate + 1e-9))


def free_after(rate: float, free_at: datetime | None, now: datetime, count: int) -> datetime:
    """Return the new `free_at` after `count` jobs were handed out."""
    begin = now if free_at is None else max(free_at, now)
    return begin + timedelta(seconds=count / rate)
