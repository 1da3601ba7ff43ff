"""A timer is due by an ISO 8601 date, duration or repetition, or by a cron text. `now` always comes from the caller (10.4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from engine import feel
from engine.bpmn.model import TimerKind

_DURATION = re.compile(
    r"(?P<sign>[+-])?P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?",
    re.IGNORECASE,
)
_ZONE = re.compile(r"(?:\[([A-Za-z0-9_+\-/]+)\]|@([A-Za-z0-9_+\-/]+))$")
_SLASH = re.compile(r"/(?![^\[]*\])")
"""A pattern for the slash between the parts of a cycle; a zone in brackets may have one of its own."""
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
    """A duration has calendar months, calendar days and exact seconds, added in this order: a day has 23 to 25 hours where clocks
    are changed."""

    months: int
    days: int
    seconds: float

    def after(self, start: datetime, times: int = 1) -> datetime:
        """Return the time that is the duration, `times` times, after `start`; in aware UTC. Months and days are counted by the
        calendar and clock of the zone of `start`.
        """
        moment = start
        if self.months:
            total = start.year * 12 + start.month - 1 + self.months * times
            year, month = divmod(total, 12)
            moment = start.replace(year=year, month=month + 1, day=min(start.day, _days_in(year, month + 1)))
        moment += timedelta(days=self.days * times)
        return moment.astimezone(UTC) + timedelta(seconds=self.seconds * times)

    @property
    def is_positive(self) -> bool:
        """Return whether the duration is longer than nothing."""
        return self.months >= 0 and self.days >= 0 and self.seconds >= 0 and self != _NOTHING

    @property
    def at_most(self) -> timedelta:
        """Return the longest time that the duration can take, not counting the hour by which clocks are changed."""
        return timedelta(days=self.months * 31 + self.days, seconds=self.seconds)


_NOTHING = Duration(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule says when a timer fires: first at `due`, then `remaining` times more, None for without end; `text` is the cycle's."""

    due: datetime
    text: str | None = None
    remaining: int | None = 0

    @property
    def catches_up(self) -> bool:
        """Tell whether times that were missed follow one by one: those of a cycle with a number do, those of an endless one do not."""
        return self.text is not None and bool(self.remaining)


def schedule(kind: TimerKind, value: Any, *, now: datetime) -> Schedule:
    """Work out the schedule that a timer's value means at `now`. Raises TimerError, saying what was expected."""
    try:
        if kind is TimerKind.DATE:
            return Schedule(_date(value).astimezone(UTC))
        if kind is TimerKind.DURATION:
            return Schedule(_duration(value).after(now))
        return _cycle(value, now=now)
    except TimerError:
        raise
    except (OverflowError, KeyError, ValueError) as error:
        raise TimerError(f"Expected a time within the calendar, got {feel.shown(value)}") from error


def following(
    text: str, previous: datetime, remaining: int | None, *, after: datetime | None = None
) -> Schedule | None:
    """Find the first firing of a cycle after `previous`, or the first that is also later than `after`; None when it has fired often
    enough, or its end or that of the calendar has come. `text` is that of a schedule. The times between are among the `remaining`
    ones, although nothing fires at them."""
    if remaining is not None and remaining <= 0:
        return None
    after = previous if after is None else max(previous, after)
    parts = _SLASH.split(text)[1:] if _is_iso(text) else []
    try:
        due, passed = _next_of_cycle(parts, previous, after) if parts else (_next_cron(text, after), 1)
    except (OverflowError, ValueError):
        return None
    left = None if remaining is None else remaining - passed
    end = _end(parts)
    if (end is not None and due > end) or (left is not None and left < 0):
        return None
    return Schedule(due, text, left)


def _next_of_cycle(parts: list[str], previous: datetime, after: datetime) -> tuple[datetime, int]:
    """Return the next time, and how many times after `previous` it is."""
    interval = _interval(parts)
    # by the calendar it is counted from the start: the last of January is followed by the last of February, then of March
    by_calendar = not _is_duration(parts[0]) and (interval.months or interval.days)
    start = _date(parts[0]) if by_calendar else previous
    first, _ = _later(interval, start, previous)
    number, due = _later(interval, start, after)
    return due, number - first + 1


def _later(interval: Duration, start: datetime, after: datetime) -> tuple[int, datetime]:
    """Find the first time later than `after` of those that are counted from the start, with its number."""
    times = max(1, int((after - start) / interval.at_most) - 1)
    while (due := interval.after(start, times)) <= after:
        times += 1
    return times, due


def after_firing(fired: Schedule, *, now: datetime) -> Schedule | None:
    """Find the next time of a timer that has fired at `now`. For an endless cycle the times that were missed count as this one; a
    cycle with a number of repetitions fires as often as it says, however late.
    """
    if fired.text is None:
        return None
    return following(fired.text, fired.due, fired.remaining, after=now if fired.remaining is None else None)


def after_start(fired: Schedule, *, now: datetime) -> Schedule | None:
    """Find the next time of a timer that has started an instance at `now`. The times that were missed until then count as this one,
    also those of a cycle with a number of repetitions, which so ends when it would have ended."""
    return None if fired.text is None else following(fired.text, fired.due, fired.remaining, after=now)


def _cycle(value: Any, *, now: datetime) -> Schedule:
    text = str(value).strip()
    if not _is_iso(text):
        return Schedule(_next_cron(text, now), text, None)
    repeat, *parts = _SLASH.split(text)
    if not parts or len(parts) > 2:
        raise TimerError(f"Expected a repetition such as R3/PT10S, got {text!r}")
    count = None if repeat in ("R", "R-1") else max(1, int(repeat[1:]))
    interval = _interval(parts)
    if not _is_duration(parts[0]):
        first = _date(parts[0]).astimezone(UTC)
    else:
        first = interval.after(now)
        if interval.months or interval.days:
            text = "/".join([repeat, now.isoformat(), *parts])  # what is counted from
    end = _end(parts)
    if end is not None and first > end:
        raise TimerError(f"Expected a time before the end of {text!r}, the first one would be {first.isoformat()}")
    return Schedule(first, text, None if count is None else count - 1)


def _interval(parts: list[str]) -> Duration:
    for part in parts:
        if _is_duration(part):
            interval = _duration(part)
            if not interval.is_positive:
                raise TimerError(f"Expected an interval longer than nothing, got {part!r}")
            return interval
    start, end = _date(parts[0]), _date(parts[1])
    if end <= start:
        raise TimerError(f"Expected the end {parts[1]!r} after the start {parts[0]!r}")
    return Duration(0, 0, (end - start).total_seconds())


def _end(parts: list[str]) -> datetime | None:
    """Find the end of a cycle that gives a duration and an end, with what it is counted from before them or without."""
    return _date(parts[-1]) if len(parts) > 1 and _is_duration(parts[-2]) else None


def _is_iso(text: str) -> bool:
    return text.startswith("R") and "/" in text


def _is_duration(text: str) -> bool:
    return text.lstrip("+-")[:1] in ("P", "p")


def _duration(value: Any) -> Duration:
    if isinstance(value, timedelta):
        return Duration(0, 0, value.total_seconds())
    text = str(value).strip()
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.group(name) for name in match.groupdict() if name != "sign"):
        raise TimerError(f"Expected an ISO 8601 duration such as PT15M or P1D, got {text!r}")
    part = {name: found or "0" for name, found in match.groupdict().items() if name != "sign"}
    sign = -1 if match.group("sign") == "-" else 1
    seconds = (int(part["hours"]) * 60 + int(part["minutes"])) * 60 + float(part["seconds"].replace(",", "."))
    return Duration(
        months=sign * (int(part["years"]) * 12 + int(part["months"])),
        days=sign * (int(part["weeks"]) * 7 + int(part["days"])),
        seconds=sign * seconds,
    )


def _date(value: Any) -> datetime:
    """Read a time, aware, in its own zone where it names one; a local time without zone is taken as UTC."""
    if isinstance(value, datetime):
        return _aware(value)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    text = str(value).strip()
    zone = _ZONE.search(text)
    try:
        moment = datetime.fromisoformat(text[: zone.start()] if zone else text)
        if zone:
            named = ZoneInfo(zone.group(1) or zone.group(2))
            return moment.replace(tzinfo=named) if moment.tzinfo is None else moment.astimezone(named)
    except (ValueError, KeyError) as error:
        raise TimerError(f"Expected an ISO 8601 date and time such as 2030-01-31T09:00:00Z, got {text!r}") from error
    return _aware(moment)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _next_cron(text: str, after: datetime) -> datetime:
    """Find the next time of a cron text: five fields as Unix has them, or six with the seconds first, as Spring and Camunda have
    them: there a day has to be both the day of the month and the day of the week. A time zone stands before them:
    `CRON_TZ=Europe/Berlin 0 9 * * *`."""
    fields = text
    try:
        zone: tzinfo = UTC
        if text.startswith(("CRON_TZ=", "TZ=")):
            named, _, fields = text.partition(" ")
            zone = ZoneInfo(named.partition("=")[2])
        fields = _MACROS.get(fields.strip(), fields).replace("?", "*")
        times = CronSim(fields, after.astimezone(zone))
        if len(fields.split()) == 6:
            times.day_and = True
        found: datetime = next(times)
        return found.astimezone(UTC)
    except (CronSimError, StopIteration, KeyError, ValueError) as error:
        expected = "a repetition such as R3/PT10S or a cron text such as 0 9 * * MON-FRI"
        raise TimerError(f"Expected {expected}, got {text!r}") from error


def _days_in(year: int, month: int) -> int:
    following_month = date(year + month // 12, month % 12 + 1, 1)
    return (following_month - timedelta(days=1)).day
