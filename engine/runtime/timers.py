"""When a timer is due: ISO 8601 dates, durations and repetitions, and cron texts. `now` always comes from the caller (10.4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from engine.bpmn.model import TimerKind

_DURATION = re.compile(
    r"(?P<sign>[+-])?P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?",
    re.IGNORECASE,
)
_ZONE = re.compile(r"(?:\[([A-Za-z0-9_+\-/]+)\]|@([A-Za-z0-9_+\-/]+))$")
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


class TimerError(ValueError):
    """The value is no time that a timer could follow."""


@dataclass(frozen=True, slots=True)
class Duration:
    """Calendar months and exact seconds, added in this order."""

    months: int
    seconds: float

    def after(self, start: datetime, times: int = 1) -> datetime:
        moment = start
        if self.months:
            total = start.year * 12 + start.month - 1 + self.months * times
            year, month = divmod(total, 12)
            moment = start.replace(year=year, month=month + 1, day=min(start.day, _days_in(year, month + 1)))
        return moment + timedelta(seconds=self.seconds * times)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`due` is the first time. `remaining` firings follow it, None for without end; `text` is the cycle's."""

    due: datetime
    text: str | None = None
    remaining: int | None = 0


def schedule(kind: TimerKind, value: Any, *, now: datetime) -> Schedule:
    """The schedule that a timer's value means at `now`. Raises TimerError, saying what was expected."""
    try:
        if kind is TimerKind.DATE:
            return Schedule(_date(value))
        if kind is TimerKind.DURATION:
            return Schedule(_duration(value).after(now))
        return _cycle(value, now=now)
    except TimerError:
        raise
    except (OverflowError, ValueError) as error:
        raise TimerError(f"Expected a time within the calendar, got {value!r}") from error


def following(text: str, previous: datetime, remaining: int | None) -> Schedule | None:
    """The next firing of a cycle after `previous`, or None when it has fired often enough or the calendar ends."""
    if remaining is not None and remaining <= 0:
        return None
    left = None if remaining is None else remaining - 1
    if not _is_iso(text):
        return Schedule(_next_cron(text, previous), text, left)
    try:
        return Schedule(_interval(text.split("/")).after(previous), text, left)
    except (OverflowError, ValueError):
        return None


_CATCH_UP = 10_000
"""Missed firings of an endless cycle that are skipped at once."""


def after_start(fired: Schedule, *, now: datetime) -> Schedule | None:
    """The next time of a start timer that has fired at `now`. Of an endless cycle the times that were missed count as this one; a
    cycle with an end starts as many instances as it says, however late."""
    if fired.text is None:
        return None
    found = following(fired.text, fired.due, fired.remaining)
    for _ in range(_CATCH_UP):
        if found is None or found.remaining is not None or found.due > now:
            break
        found = following(fired.text, found.due, None)
    return found


def _cycle(value: Any, *, now: datetime) -> Schedule:
    text = str(value).strip()
    if not _is_iso(text):
        return Schedule(_next_cron(text, now), text, None)
    repeat, *parts = text.split("/")
    if not parts or len(parts) > 2:
        raise TimerError(f"Expected a repetition such as R3/PT10S, got {text!r}")
    count = None if repeat in ("R", "R-1") else int(repeat[1:])
    interval = _interval(["", *parts])
    if count == 0:
        count = 1
    first = _date(parts[0]) if len(parts) == 2 and not _is_duration(parts[0]) else interval.after(now)
    while first < now - timedelta(days=36525):
        first = interval.after(first)
    return Schedule(first, text, None if count is None else count - 1)


def _interval(parts: list[str]) -> Duration:
    for part in parts[1:]:
        if _is_duration(part):
            interval = _duration(part)
            if interval.months <= 0 and interval.seconds <= 0:
                raise TimerError(f"Expected an interval longer than nothing, got {part!r}")
            return interval
    start, end = _date(parts[1]), _date(parts[2])
    if end <= start:
        raise TimerError(f"Expected the end {parts[2]!r} after the start {parts[1]!r}")
    return Duration(0, (end - start).total_seconds())


def _is_iso(text: str) -> bool:
    return text.startswith("R") and "/" in text


def _is_duration(text: str) -> bool:
    return text.lstrip("+-")[:1] in ("P", "p")


def _duration(value: Any) -> Duration:
    if isinstance(value, timedelta):
        return Duration(0, value.total_seconds())
    text = str(value).strip()
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.group(name) for name in match.groupdict() if name != "sign"):
        raise TimerError(f"Expected an ISO 8601 duration such as PT15M or P1D, got {text!r}")
    part = {
        name: float((found or "0").replace(",", ".")) for name, found in match.groupdict().items() if name != "sign"
    }
    sign = -1 if match.group("sign") == "-" else 1
    seconds = ((part["weeks"] * 7 + part["days"]) * 24 + part["hours"]) * 3600 + part["minutes"] * 60 + part["seconds"]
    return Duration(sign * int(part["years"] * 12 + part["months"]), sign * seconds)


def _date(value: Any) -> datetime:
    if isinstance(value, datetime):
        return _aware(value)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    text = str(value).strip()
    zone = _ZONE.search(text)
    try:
        moment = datetime.fromisoformat(text[: zone.start()] if zone else text)
        if zone and moment.tzinfo is None:
            return moment.replace(tzinfo=ZoneInfo(zone.group(1) or zone.group(2))).astimezone(UTC)
    except (ValueError, KeyError) as error:
        raise TimerError(f"Expected an ISO 8601 date and time such as 2030-01-31T09:00:00Z, got {text!r}") from error
    return _aware(moment)


def _aware(moment: datetime) -> datetime:
    """A local time without zone is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _next_cron(text: str, after: datetime) -> datetime:
    """Five fields, or six with the seconds first."""
    fields = _MACROS.get(text, text).replace("?", "*")
    try:
        found: datetime = next(CronSim(fields, after))
        return found
    except (CronSimError, StopIteration) as error:
        expected = "a repetition such as R3/PT10S or a cron text such as 0 9 * * MON-FRI"
        raise TimerError(f"Expected {expected}, got {text!r}") from error


def _days_in(year: int, month: int) -> int:
    following_month = date(year + month // 12, month % 12 + 1, 1)
    return (following_month - timedelta(days=1)).day
