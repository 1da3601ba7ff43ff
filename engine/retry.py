"""How often, and after which waiting times, the attempt at a job is repeated."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_SECONDS = {"weeks": 604_800.0, "days": 86_400.0, "hours": 3_600.0, "minutes": 60.0, "seconds": 1.0}


def seconds(duration: str | float) -> float:
    """Seconds of an ISO 8601 duration such as `PT5S` or `P1DT12H`, or of a number. Raises ValueError."""
    if isinstance(duration, int | float):
        if duration < 0:
            raise ValueError(f"Expected seconds from 0 on, found {duration}.")
        return float(duration)
    match = _DURATION.fullmatch(duration.strip())
    found = {name: float(text) for name, text in match.groupdict().items() if text} if match else {}
    if not found:
        raise ValueError(f"Expected a duration such as 'PT5S' or 'P1DT12H', found {duration!r}.")
    return sum(_SECONDS[name] * number for name, number in found.items())


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waiting times in seconds. The n-th is `first * coefficient ** (n - 1)`, at most `cap`, less up to the share `jitter`."""

    first: float = 5.0
    coefficient: float = 2.0
    cap: float = 3_600.0
    jitter: float = 0.1

    def __post_init__(self) -> None:
        if self.first < 0 or self.coefficient < 1 or self.cap < self.first or not 0 <= self.jitter <= 1:
            raise ValueError(
                f"Expected a first wait from 0 on, a coefficient from 1 on, a cap not below the first wait and a jitter "
                f"between 0 and 1, found {self}."
            )

    def wait(self, failures: int, *, fixed: list[float] | None = None) -> float:
        """Seconds before the next attempt after `failures` failed ones. `fixed`: the diagram's own waits, the last repeats."""
        if fixed:
            return fixed[min(failures, len(fixed)) - 1]
        exponent = min(failures - 1, 64)  # beyond it every cap is reached
        full = min(self.cap, self.first * self.coefficient**exponent)
        return full * (1 - self.jitter * random.random())  # noqa: S311 - spreads retries, keeps no secret
