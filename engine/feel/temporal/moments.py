"""A moment is a date, a time, or a date and time (DMN 1.5, 10.3.2.3.4 to 10.3.2.3.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from engine.feel.temporal import calendar
from engine.feel.temporal.calendar import DAY_SECONDS, MAX_YEAR, Zone
from engine.feel.temporal.durations import fraction_text

_DATE = r"(-?)(\d{4}|[1-9]\d{4,8})-(\d\d)-(\d\d)"
_TIME = r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,30}))?([Zz]|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z0-9_+/\-]{1,64})?"
_DATE_TEXT = re.compile(_DATE, re.ASCII)
_END_OF_DAY = re.compile(r"24:00:00(?:\.0+)?(?![.0-9])", re.ASCII)
_TIME_TEXT = re.compile(_TIME, re.ASCII)


@dataclass(frozen=True, slots=True)
class Date:
    year: int
    month: int
    day: int

    @property
    def days(self) -> int:
        """Return the days since 1970-01-01."""
        return calendar.days_of(self.year, self.month, self.day)

    def isoweekday(self) -> int:
        return (self.days + 3) % 7 + 1

    def to_python(self) -> date | Date:
        return date(self.year, self.month, self.day) if 1 <= self.year <= 9999 else self

    def isoformat(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"{'-' if self.year < 0 else ''}{abs(self.year):04d}-{self.month:02d}-{self.day:02d}"


@dataclass(frozen=True, slots=True)
class Time:
    """A time has `seconds` since midnight; `zone` is None (local), seconds east of UTC, or a named zone."""

    seconds: int
    nanos: int = 0
    zone: Zone = None

    @property
    def hour(self) -> int:
        return self.seconds // 3600

    @property
    def minute(self) -> int:
        return self.seconds % 3600 // 60

    @property
    def second(self) -> int:
        return self.seconds % 60

    def to_python(self) -> time | Time:
        if self.nanos % 1000:
            return self
        return time(self.hour, self.minute, self.second, self.nanos // 1000, tzinfo=_tzinfo(self.zone))

    def isoformat(self) -> str:
        return str(self)

    def clock(self) -> str:
        return f"{self.hour:02d}:{self.minute:02d}:{self.second:02d}{fraction_text(self.nanos)}"

    def __str__(self) -> str:
        return self.clock() + calendar.zone_text(self.zone)


@dataclass(frozen=True, slots=True)
class DateTime:
    """A date and time has its zone in its time."""

    date: Date
    time: Time

    @property
    def local_seconds(self) -> int:
        """Return the seconds since 1970-01-01T00:00:00 on the local clock."""
        return self.date.days * DAY_SECONDS + self.time.seconds

    def offset(self) -> int | None:
        """Return the seconds east of UTC, or None for a local date and time."""
        zone = self.time.zone
        if isinstance(zone, ZoneInfo):
            return calendar.offset_at_local(zone, self.local_seconds)
        return zone

    def to_python(self) -> datetime | DateTime:
        if not 1 <= self.date.year <= 9999 or self.time.nanos % 1000:
            return self
        clock = self.time
        return datetime(
            self.date.year,
            self.date.month,
            self.date.day,
            clock.hour,
            clock.minute,
            clock.second,
            clock.nanos // 1000,
            tzinfo=_tzinfo(clock.zone),
        )

    def isoformat(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"


Moment = Date | Time | DateTime


def make_date(year: int, month: int, day: int) -> Date | None:
    return Date(year, month, day) if calendar.is_valid_date(year, month, day) else None


def date_of_days(days: int) -> Date | None:
    if abs(days) > MAX_YEAR * 367:
        return None
    year, month, day = calendar.civil_of(days)
    return Date(year, month, day) if abs(year) <= MAX_YEAR else None


def parse_date(text: str) -> Date | None:
    found = _DATE_TEXT.fullmatch(text)
    if not found:
        return None
    sign, year, month, day = found.groups()
    if sign and int(year) == 0:
        return None
    return make_date(-int(year) if sign else int(year), int(month), int(day))


def parse_time(text: str) -> Time | None:
    found = _TIME_TEXT.fullmatch(text)
    if not found:
        return None
    hour, minute, second, fraction, suffix = found.groups()
    if hour == "24":
        # The end of a day is the first moment of the next one (XML Schema 1.1, 3.3.8).
        hour = "00" if is_end_of_day(text) else "99"
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        return None
    zone = _parse_zone(suffix) if suffix else None
    if suffix and zone is None:
        return None
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second)
    return Time(seconds, int((fraction or "")[:9].ljust(9, "0")), zone)


def is_end_of_day(text: str) -> bool:
    return _END_OF_DAY.match(text) is not None


def parse_date_time(text: str) -> DateTime | None:
    """Read a date and a time with "T" between them; a date alone is its midnight."""
    before, separator, after = text.partition("T")
    day = parse_date(before)
    if day is None:
        return None
    if not separator:
        return DateTime(day, Time(0))
    clock = parse_time(after)
    if clock is not None and is_end_of_day(after):
        following = date_of_days(day.days + 1)
        return DateTime(following, clock) if following else None
    return DateTime(day, clock) if clock else None


def _parse_zone(suffix: str) -> Zone:
    if suffix in ("Z", "z"):
        return 0
    if suffix[0] == "@":
        return calendar.named_zone(suffix[1:])
    parts = [int(part) for part in suffix[1:].split(":")]
    if parts[1] > 59 or (len(parts) > 2 and parts[2] > 59):
        return None
    seconds = parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)
    return calendar.offset_zone(-seconds if suffix[0] == "-" else seconds)


def date_of(value: date) -> Date:
    return Date(value.year, value.month, value.day)


def time_of(value: time) -> Time:
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return Time(seconds, value.microsecond * 1000, _zone_of(value.tzinfo, value.utcoffset()))


def date_time_of(value: datetime) -> DateTime:
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    zone = _zone_of(value.tzinfo, value.utcoffset())
    return DateTime(Date(value.year, value.month, value.day), Time(seconds, value.microsecond * 1000, zone))


def _zone_of(zone: tzinfo | None, offset: timedelta | None) -> Zone:
    if isinstance(zone, ZoneInfo) and zone.key:
        return 0 if zone.key == "UTC" else zone
    return None if offset is None else int(offset.total_seconds())


def _tzinfo(zone: Zone) -> tzinfo | None:
    if zone is None or isinstance(zone, ZoneInfo):
        return zone
    return UTC if zone == 0 else timezone(timedelta(seconds=zone))
