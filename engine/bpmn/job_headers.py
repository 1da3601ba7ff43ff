"""Headers of a task say how its job is to be tried: `stepwell:timeout`, `stepwell:backoff`, ...

They win over what the handler says. Durations are ISO 8601 (`PT5S`) or seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "stepwell:"

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_SECONDS = {"weeks": 604_800.0, "days": 86_400.0, "hours": 3_600.0, "minutes": 60.0, "seconds": 1.0}
_MAX_SECONDS = 10 * 365 * 86_400.0


class HeaderError(ValueError):
    """A header of ours has a value that it cannot have, or is none that we know."""


@dataclass(frozen=True, slots=True)
class JobSettings:
    """The headers set this for a job; None means: as the handler says. Times are in seconds. Times in seconds."""

    timeout: float | None = None
    """The time that one attempt may take from start to finish; then its lease ends."""
    wait_timeout: float | None = None
    """The time that the job may wait for a worker from when it is ready; then an incident stands."""
    heartbeat_timeout: float | None = None
    """The time between two heartbeats of one attempt; without one the lease ends."""
    backoff: float | None = None
    backoff_coefficient: float | None = None
    backoff_cap: float | None = None
    backoff_jitter: float | None = None
    non_retryable: tuple[str, ...] = ()
    """The names of exception classes after which the job is not tried again."""


def read(headers: Mapping[str, str]) -> JobSettings:
    """Return the settings among the headers; others are left alone. Raises HeaderError, which names the header."""
    found: dict[str, Any] = {}
    for name, value in headers.items():
        if not name.startswith(PREFIX):
            continue
        known = _HEADERS.get(name.removeprefix(PREFIX))
        if known is None:
            expected = ", ".join(PREFIX + each for each in _HEADERS)
            raise HeaderError(f"Expected one of the headers {expected}; found '{name}'")
        field, reader = known
        try:
            found[field] = reader(value)
        except ValueError as error:
            raise HeaderError(f"Header '{name}': {error}") from error
    return JobSettings(**found)


def seconds(duration: str | float) -> float:
    """Return the seconds of an ISO 8601 duration such as `PT5S` or `P1DT12H`, or of a number. Raises ValueError."""
    if isinstance(duration, int | float):
        if duration < 0:
            raise ValueError(f"Expected seconds from 0 on, found {duration}.")
        return float(duration)
    match = _DURATION.fullmatch(duration.strip())
    found = {name: float(text) for name, text in match.groupdict().items() if text} if match else {}
    if not found:
        raise ValueError(f"Expected a duration such as 'PT5S' or 'P1DT12H', found {duration!r}.")
    return sum(_SECONDS[name] * number for name, number in found.items())


def _duration(text: str) -> float:
    value = seconds(float(text) if re.fullmatch(r"\d+(\.\d+)?", text.strip()) else text)
    if value > _MAX_SECONDS:
        raise ValueError(f"Expected a duration of at most ten years, found {text!r}.")
    return value


def _positive(text: str) -> float:
    value = _duration(text)
    if value <= 0:
        raise ValueError(f"Expected a duration above 0, found {text!r}.")
    return value


def _number(lowest: float, highest: float) -> Callable[[str], float]:
    def reader(text: str) -> float:
        if not re.fullmatch(r"\d+(\.\d+)?", text.strip()) or not lowest <= float(text) <= highest:
            raise ValueError(f"Expected a number from {lowest:g} to {highest:g}, found {text!r}.")
        return float(text)

    return reader


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in text.split(","))))


_HEADERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "timeout": ("timeout", _positive),
    "waitTimeout": ("wait_timeout", _positive),
    "heartbeatTimeout": ("heartbeat_timeout", _positive),
    "backoff": ("backoff", _duration),
    "backoffCoefficient": ("backoff_coefficient", _number(1, 1_000)),
    "backoffCap": ("backoff_cap", _duration),
    "backoffJitter": ("backoff_jitter", _number(0, 1)),
    "nonRetryable": ("non_retryable", _names),
}
