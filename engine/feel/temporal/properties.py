"""These names can stand after a dot behind a value that is no context (DMN 1.5, table 66)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel.temporal.calendar import NANOS
from engine.feel.temporal.durations import DaysTimeDuration, YearsMonthsDuration
from engine.feel.temporal.moments import Date, DateTime, Time
from engine.feel.values import Range, normalise, zone_name


def _offset(offset: int | None) -> DaysTimeDuration | None:
    return None if offset is None else DaysTimeDuration(offset * NANOS)


def _time_offset(value: Time) -> DaysTimeDuration | None:
    return _offset(value.zone) if isinstance(value.zone, int) else None


_DATE: dict[str, Callable[[Any], Any]] = {
    "year": lambda value: Decimal(value.year),
    "month": lambda value: Decimal(value.month),
    "day": lambda value: Decimal(value.day),
    "weekday": lambda value: Decimal(value.isoweekday()),
}
_TIME: dict[str, Callable[[Any], Any]] = {
    "hour": lambda value: Decimal(value.hour),
    "minute": lambda value: Decimal(value.minute),
    "second": lambda value: Decimal(value.second),
    "timezone": lambda value: zone_name(value.zone),
}

PROPERTIES: dict[tuple[type, str], Callable[[Any], Any]] = {
    **{(Date, name): read for name, read in _DATE.items()},
    **{(Time, name): read for name, read in _TIME.items()},
    (Time, "time offset"): _time_offset,
    **{(DateTime, name): lambda value, read=read: read(value.date) for name, read in _DATE.items()},  # type: ignore[misc]
    **{(DateTime, name): lambda value, read=read: read(value.time) for name, read in _TIME.items()},  # type: ignore[misc]
    (DateTime, "time offset"): lambda value: _offset(value.offset()),
    **{
        (DaysTimeDuration, name): lambda value, place=place: Decimal(value.parts()[place])  # type: ignore[misc]
        for place, name in enumerate(("days", "hours", "minutes", "seconds"))
    },
    (YearsMonthsDuration, "years"): lambda value: Decimal(value.parts()[0]),
    (YearsMonthsDuration, "months"): lambda value: Decimal(value.parts()[1]),
    (Range, "start"): lambda value: normalise(value.start),
    (Range, "end"): lambda value: normalise(value.end),
    (Range, "start included"): lambda value: value.start_included,
    (Range, "end included"): lambda value: value.end_included,
}
