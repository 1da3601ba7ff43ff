"""Temporal values are ordered and calculated with here (DMN 1.5, tables 54 to 62)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.feel.numbers import DECIMAL128
from engine.feel.temporal import calendar
from engine.feel.temporal.calendar import DAY_SECONDS, MAX_YEAR, NANOS, Zone
from engine.feel.temporal.durations import DaysTimeDuration, YearsMonthsDuration
from engine.feel.temporal.moments import Date, DateTime, Time, date_of_days

_LARGEST_MONTHS = 12 * 2 * MAX_YEAR
_LARGEST_NANOS = 2 * MAX_YEAR * 366 * DAY_SECONDS * NANOS


def order(left: DateTime | Time, right: DateTime | Time) -> int:
    """Compare two times or two date-times on the UTC time line, to the second, as the standard's value functions do.

    A local one is taken to be in the zone of the other.
    """
    a, b = _clock(left), _clock(right)
    left_offset, right_offset = offset_of(left), offset_of(right)
    if left_offset is not None and right_offset is not None:
        a -= left_offset
        b -= right_offset
    return (a > b) - (a < b)


def _clock(value: DateTime | Time) -> int:
    return value.local_seconds if isinstance(value, DateTime) else value.seconds


def offset_of(value: DateTime | Time) -> int | None:
    """Return the seconds east of UTC; None for local. A time of day in a named zone has the zone's standard offset."""
    if isinstance(value, DateTime):
        return value.offset()
    zone = value.zone
    return calendar.standard_offset(zone) if isinstance(zone, ZoneInfo) else zone


def at_midnight(day: Date, zone: Zone = 0) -> DateTime:
    """Return a date as a date and time: midnight, UTC by the standard's conversion rule."""
    return DateTime(day, Time(0, 0, zone))


def add(left: Any, right: Any) -> Any:
    if type(left) is str and type(right) is str:
        return left + right
    if type(right) in (DateTime, Date, Time) and type(left) in (DaysTimeDuration, YearsMonthsDuration):
        left, right = right, left
    if type(right) is DaysTimeDuration:
        return _plus_time(left, right.nanos)
    if type(right) is YearsMonthsDuration:
        return _plus_months(left, right.months)
    return None


def subtract(left: Any, right: Any) -> Any:
    if type(right) is DaysTimeDuration:
        return _plus_time(left, -right.nanos)
    if type(right) is YearsMonthsDuration:
        return _plus_months(left, -right.months)
    return _between(left, right)


def multiply(left: Any, right: Any) -> Any:
    if type(left) is Decimal:
        left, right = right, left
    if type(right) is not Decimal:
        return None
    if type(left) is DaysTimeDuration:
        return _day_time(DECIMAL128.multiply(Decimal(left.nanos), right) if right.copy_abs() < _LARGEST_NANOS else None)
    if type(left) is YearsMonthsDuration:
        return _year_month(
            DECIMAL128.multiply(Decimal(left.months), right) if right.copy_abs() < _LARGEST_MONTHS else None
        )
    return None


def divide(left: Any, right: Any) -> Any:
    if type(left) is DaysTimeDuration:
        if type(right) is Decimal and right:
            return _day_time(DECIMAL128.divide(Decimal(left.nanos), right))
        if type(right) is DaysTimeDuration and right.nanos:
            return DECIMAL128.divide(Decimal(left.nanos), Decimal(right.nanos))
    if type(left) is YearsMonthsDuration:
        if type(right) is Decimal and right:
            return _year_month(DECIMAL128.divide(Decimal(left.months), right))
        if type(right) is YearsMonthsDuration and right.months:
            return DECIMAL128.divide(Decimal(left.months), Decimal(right.months))
    return None


def _day_time(nanos: Decimal | None) -> DaysTimeDuration | None:
    return DaysTimeDuration(int(nanos)) if nanos is not None and nanos.copy_abs() < _LARGEST_NANOS else None


def _year_month(months: Decimal | None) -> YearsMonthsDuration | None:
    return YearsMonthsDuration(int(months)) if months is not None and months.copy_abs() < _LARGEST_MONTHS else None


def _plus_time(value: Any, nanos: int) -> Any:
    if type(value) is DaysTimeDuration:
        total = value.nanos + nanos
        return DaysTimeDuration(total) if abs(total) < _LARGEST_NANOS else None
    if type(value) is Time:
        total = (value.seconds * NANOS + value.nanos + nanos) % (DAY_SECONDS * NANOS)
        return Time(total // NANOS, total % NANOS, value.zone)
    if type(value) is Date:
        moved = shift(at_midnight(value), nanos)
        return moved.date if moved else None
    return shift(value, nanos) if type(value) is DateTime else None


def shift(value: DateTime, nanos: int) -> DateTime | None:
    """Return the instant that many nanoseconds later, shown in the same zone; None beyond the calendar."""
    zone = value.time.zone
    offset = value.offset() or 0
    total = (value.local_seconds - offset) * NANOS + value.time.nanos + nanos
    return from_instant(total // NANOS, total % NANOS, zone)


def from_instant(epoch_seconds: int, nanos: int, zone: Zone) -> DateTime | None:
    """Return the date and time that a clock in the zone shows; `zone` None reads the seconds as local."""
    if abs(epoch_seconds) > MAX_YEAR * 366 * DAY_SECONDS:
        return None
    offset = calendar.offset_at_instant(zone, epoch_seconds) if isinstance(zone, ZoneInfo) else zone or 0
    days, seconds = divmod(epoch_seconds + offset, DAY_SECONDS)
    day = date_of_days(days)
    return DateTime(day, Time(seconds, nanos, zone)) if day else None


def _plus_months(value: Any, months: int) -> Any:
    if type(value) is YearsMonthsDuration:
        total = value.months + months
        return YearsMonthsDuration(total) if abs(total) < _LARGEST_MONTHS else None
    if type(value) is Date:
        return _months_later(value, months)
    if type(value) is DateTime:
        day = _months_later(value.date, months)
        return DateTime(day, value.time) if day else None
    return None


def _months_later(day: Date, months: int) -> Date | None:
    """Return the same day of a later month, or that month's last (DMN 1.5, table 61)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if abs(year) > MAX_YEAR:
        return None
    return Date(year, month + 1, min(day.day, calendar.days_in_month(year, month + 1)))


def _between(left: Any, right: Any) -> DaysTimeDuration | None:
    if type(left) is Time and type(right) is Time:
        a, b = offset_of(left), offset_of(right)
        if (a is None) != (b is None):
            return None
        seconds = left.seconds - right.seconds - ((a or 0) - (b or 0))
        return DaysTimeDuration(seconds * NANOS + left.nanos - right.nanos)
    left, right = _as_date_times(left, right)
    if left is None or right is None:
        return None
    a, b = left.offset(), right.offset()
    if (a is None) != (b is None):
        return None
    seconds = left.local_seconds - (a or 0) - right.local_seconds + (b or 0)
    return DaysTimeDuration(seconds * NANOS + left.time.nanos - right.time.nanos)


def _as_date_times(left: Any, right: Any) -> tuple[DateTime | None, DateTime | None]:
    if type(left) is Date:
        local = type(right) is DateTime and right.time.zone is None
        left = at_midnight(left, None if local else 0)
    if type(right) is Date:
        local = type(left) is DateTime and left.time.zone is None
        right = at_midnight(right, None if local else 0)
    if type(left) is DateTime and type(right) is DateTime:
        return left, right
    return None, None


def months_between(start: DateTime | Date, end: DateTime | Date) -> YearsMonthsDuration:
    """Count the full months from start to end, by the dates alone (DMN 1.5, 10.3.4.1)."""
    a = start.date if isinstance(start, DateTime) else start
    b = end.date if isinstance(end, DateTime) else end
    months = (b.year - a.year) * 12 + b.month - a.month
    if months > 0 and b.day < a.day:
        months -= 1
    elif months < 0 and b.day > a.day:
        months += 1
    return YearsMonthsDuration(months)
