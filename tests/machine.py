"""How fast the machine is that runs the tests: limits in seconds are written for one that needs `_REFERENCE` for `_work`."""

import time
from decimal import Decimal

_REFERENCE = 0.011
"""Seconds of processor time."""


def slowness() -> float:
    """How many times slower than the reference this machine is just now; 1 on a faster one."""
    return max(1.0, min(_timed() for _ in range(3)) / _REFERENCE)


def _timed() -> float:
    began = time.process_time()
    _work()
    return time.process_time() - began


def _work() -> None:
    sums: dict[str, Decimal] = {}
    for number in range(20_000):
        key = str(number % 977)
        sums[key] = sums.get(key, Decimal(0)) + Decimal(number)
