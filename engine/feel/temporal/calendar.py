"""The proleptic Gregorian calendar covers years beyond the standard library's; time zones are here too."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAX_YEAR = 999_999_999
DAY_SECONDS = 86_400
NANOS = 1_000_000_000

# Seconds east of UTC, a named zone, or None for local time.
Zone = int | ZoneInfo | None

_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+)*")
_LARGEST_OFFSET = 18 * 3600


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    return 29 if month == 2 and is_leap(year) else _MONTH_DAYS[month - 1]


def is_valid_date(year: int, month: int, day: int) -> bool:
    return -MAX_YEAR <= year <= MAX_YEAR and 1 <= month <= 12 and 1 <= day <= days_in_month(year, month)


def days_of(year: int, month: int, day: int) -> int:
    """Count the days since 1970-01-01 (Howard Hinnant's algorithm)."""
    if month <= 2:
        year -= 1
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468


def civil_of(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a count of days since 1970-01-01."""
    days += 719_468
    era = days // 146_097
    day_of_era = days - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + (3 if shifted < 10 else -9)
    return year_of_era + era * 400 + (1 if month <= 2 else 0), month, day


@lru_cache(maxsize=256)
def named_zone(name: str) -> ZoneInfo | None:
    """Return the zone of the IANA database, or None when there is none of that name."""
    if len(name) > 64 or not _ZONE_NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def offset_zone(seconds: int) -> int | None:
    return seconds if abs(seconds) <= _LARGEST_OFFSET else None


def offset_at_local(zone: ZoneInfo, local_seconds: int) -> int:
    """Return the seconds east of UTC at a local time, given in seconds since 1970-01-01 as if it were UTC."""
    days, seconds = divmod(local_seconds, DAY_SECONDS)
    year, month, day = civil_of(days)
    local = datetime(_near(year), month, day, tzinfo=zone) + timedelta(seconds=seconds)
    return _seconds(local.utcoffset())


def offset_at_instant(zone: ZoneInfo, epoch_seconds: int) -> int:
    days, seconds = divmod(epoch_seconds, DAY_SECONDS)
    year, month, day = civil_of(days)
    instant = datetime(_near(year), month, day, tzinfo=zone) + timedelta(seconds=seconds)
    # `fromutc` reads the fields as UTC.
    return _seconds(zone.fromutc(instant).utcoffset())


def standard_offset(zone: ZoneInfo) -> int:
    """Return the offset for a time without a date: what the zone has in the winter of 1970 (a time of day names no day)."""
    return offset_at_local(zone, 0)


def _near(year: int) -> int:
    """Return a year that the standard library knows, with the same calendar: the rules repeat every 400 years."""
    if 2 <= year <= 9998:
        return year
    return 400 + year % 400 if year < 2 else 9200 + year % 400


def _seconds(offset: timedelta | None) -> int:
    return int(offset.total_seconds()) if offset is not None else 0


def zone_text(zone: Zone) -> str:
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    if zone == 0:
        return "Z"
    sign = "-" if zone < 0 else "+"
    minutes, seconds = divmod(abs(zone), 60)
    text = f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text
