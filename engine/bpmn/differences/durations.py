"""The times of a timer are said in words: "90 days", "every hour, 3 times"."""

from __future__ import annotations

import re

from engine.bpmn.expressions import Expression, Language
from engine.bpmn.model import TimerEvent, TimerKind

_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?=[\dT])(?:(?P<year>\d+)Y)?(?:(?P<month>\d+)M)?(?:(?P<week>\d+)W)?(?:(?P<day>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hour>\d+)H)?(?:(?P<minute>\d+)M)?(?:(?P<second>\d+(?:[.,]\d+)?)S)?)?",
    re.IGNORECASE,
)
_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")
_CYCLE = re.compile(r"R(?P<count>\d*|-1)/(?P<rest>.+)")
_SLASH = re.compile(r"/(?![^\[]*\])")


def duration(text: str) -> str:
    """Return an ISO 8601 duration in words, several with commas between; any other text as it is."""
    parts = [part.strip() for part in text.split(",")]
    return text if None in map(_duration, parts) else ", ".join(_duration(part) or part for part in parts)


def timer(event: TimerEvent) -> str:
    """Return what a timer waits for: "10 days", "until 2030-01-31T09:00:00Z", "every hour"."""
    return f"until {_time(event)}" if event.kind is TimerKind.DATE else _time(event)


def timer_sentence(before: TimerEvent, after: TimerEvent) -> str:
    """Say both times: "waits 90 days instead of 10"."""
    verb = {TimerKind.DURATION: "waits", TimerKind.DATE: "waits until", TimerKind.CYCLE: "fires"}[after.kind]
    if before.kind is not after.kind:
        return f"{verb} {_time(after)} instead of {timer(before)}"
    old, new = _time(before), _time(after)
    number, _, unit = old.partition(" ")
    if (
        after.kind is TimerKind.DURATION
        and number.isdecimal()
        and new.rpartition(" ")[2].rstrip("s") == unit.rstrip("s")
    ):
        old = number if new.count(" ") == 1 else old
    return f"{verb} {new} instead of {old}"


def expression(value: Expression) -> str:
    """Return an expression as it is written, with the sign or the name of its language."""
    if value.language is Language.FEEL:
        return f"={value.source}"
    return f"{value.source} (Python)" if value.language is Language.PYTHON else value.source


def _time(event: TimerEvent) -> str:
    text = expression(event.expression)
    if event.expression.language is not Language.LITERAL or event.kind is TimerKind.DATE:
        return text
    if event.kind is TimerKind.DURATION:
        return duration(text)
    cycle = _CYCLE.fullmatch(text)
    return _repeated(cycle["count"], _SLASH.split(cycle["rest"])) if cycle else f"by the cron text '{text}'"


def _repeated(count: str, parts: list[str]) -> str:
    times = "" if count in ("", "-1") else ", once" if count == "1" else f", {count} times"
    if len(parts) == 1:
        return f"every {_without_one(duration(parts[0]))}{times}"
    first, second = parts
    if _duration(first):
        return f"every {_without_one(duration(first))} until {second}{times}"
    if _duration(second):
        return f"every {_without_one(duration(second))} from {first}{times}"
    return f"from {first} on, as often as up to {second}{times}"


def _without_one(text: str) -> str:
    """Every 1 hour is every hour."""
    return text.removeprefix("1 ") if text.count(" ") == 1 else text


def _duration(text: str) -> str | None:
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    counted = [(found[unit].lstrip("0") or "0", unit) for unit in _UNITS if found[unit]]
    said = " ".join(f"{number} {unit}" if number == "1" else f"{number} {unit}s" for number, unit in counted)
    return f"minus {said}" if found["sign"] == "-" else said
