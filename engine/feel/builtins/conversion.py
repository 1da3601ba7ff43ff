"""These functions convert values (DMN 1.5, 10.3.4.1); `not` is here too."""

from __future__ import annotations

import re
from decimal import Decimal, DecimalException
from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.evaluation import Env
from engine.feel.numbers import DECIMAL128, whole
from engine.feel.temporal import calendar, moments
from engine.feel.temporal.arithmetic import from_instant, months_between
from engine.feel.temporal.calendar import DAY_SECONDS, NANOS
from engine.feel.temporal.durations import DaysTimeDuration, Duration, YearsMonthsDuration, parse_duration
from engine.feel.temporal.moments import Date, DateTime, Time
from engine.feel.values import Allowance, NullResult, feel_text

_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,5})?", re.ASCII)


@builtin("string", "from: any")
def _string(env: Env, value: Any) -> str:
    if value is None:
        raise NullResult("there is no text for null")
    if type(value) is str:
        return value
    allowance = Allowance(min(env.size, env.steps_left))
    text = feel_text(value, allowance)
    env.build(len(text) // 8)
    env.spend(3 + len(text) // 16)
    return text


@builtin("number", "from: string")
def _number(env: Env, text: str) -> Decimal:
    if len(text) > env.digits:
        env.exceeded("digits")
    if not _NUMBER.fullmatch(text):
        raise NullResult("the text is no number", text)
    try:
        return DECIMAL128.create_decimal(text)
    except DecimalException:
        raise NullResult("the text is no number", text) from None


@builtin("number", "from: string, grouping separator: string?, decimal separator: string?")
def _number_with_separators(env: Env, text: str, grouping: str | None, point: str | None) -> Decimal:
    if grouping not in (None, " ", ",", "."):
        raise NullResult("expected ' ', ',' or '.' as the grouping separator", grouping)
    if point not in (None, ",", ".") or (point is not None and point == grouping):
        raise NullResult("expected '.' or ',' as the decimal separator, another than the grouping separator", point)
    if grouping:
        text = text.replace(grouping, "")
    if point == ",":
        if "." in text:
            raise NullResult("the text is no number with these separators", text)
        text = text.replace(",", ".")
    return _number(env, text)


@builtin("not", "negand: any")
def _not(env: Env, value: Any) -> bool | None:
    if type(value) is not bool:
        raise NullResult("expected a boolean", value)
    return not value


@builtin("date", "from: string | date | date and time")
def _date(env: Env, value: str | Date | DateTime) -> Date:
    if isinstance(value, DateTime):
        return value.date
    if isinstance(value, Date):
        return value
    day = moments.parse_date(value)
    if day is None:
        raise NullResult("the text is no date such as 2024-02-29", value)
    return day


@builtin("date", "year: number, month: number, day: number")
def _date_of_parts(env: Env, year: Decimal, month: Decimal, day: Decimal) -> Date:
    made = moments.make_date(_whole(year, "year"), _whole(month, "month"), _whole(day, "day"))
    if made is None:
        raise NullResult("there is no such date", year, month, day)
    return made


def _whole(value: Decimal, name: str) -> int:
    number = whole(value)
    if number is None or abs(number) > 10**10:
        raise NullResult(f"expected a whole number as the {name}", value)
    return number


@builtin("time", "from: string | time | date and time | date")
def _time(env: Env, value: str | Time | DateTime | Date) -> Time:
    if isinstance(value, Time):
        return value
    if isinstance(value, DateTime):
        return value.time
    if isinstance(value, Date):
        return Time(0, 0, 0)
    clock = moments.parse_time(value)
    if clock is None:
        raise NullResult("the text is no time such as 13:45:00, 13:45:00+01:00 or 13:45:00@Europe/Paris", value)
    return clock


@builtin("time", "hour: number, minute: number, second: number, offset: days and time duration = null")
def _time_of_parts(
    env: Env, hour: Decimal, minute: Decimal, second: Decimal, offset: DaysTimeDuration | None = None
) -> Time:
    hours, minutes = _whole(hour, "hour"), _whole(minute, "minute")
    if not (0 <= hours <= 23 and 0 <= minutes <= 59 and 0 <= second < 60):
        raise NullResult("there is no such time", hour, minute, second)
    zone = None
    if offset is not None:
        zone = calendar.offset_zone(offset.total_seconds)
        if zone is None:
            raise NullResult("the offset is out of range", offset)
    seconds = int(second)
    nanos = int(DECIMAL128.multiply(DECIMAL128.subtract(second, Decimal(seconds)), Decimal(NANOS)))
    return Time(hours * 3600 + minutes * 60 + seconds, nanos, zone)


@builtin("date and time", "date: date | date and time, time: time")
def _date_and_time(env: Env, day: Date | DateTime, clock: Time) -> DateTime:
    return DateTime(day.date if isinstance(day, DateTime) else day, clock)


@builtin("date and time", "from: string")
def _date_and_time_of_text(env: Env, text: str) -> DateTime:
    moment = moments.parse_date_time(text)
    if moment is None:
        raise NullResult("the text is no date and time such as 2024-02-29T13:45:00+01:00", text)
    return moment


@builtin("date and time", "from: date and time")
def _date_and_time_itself(env: Env, value: DateTime) -> DateTime:
    return value


@builtin("date and time", "date: date and time, timezone: string")
def _date_and_time_in_zone(env: Env, value: DateTime, name: str) -> DateTime:
    """Return the same instant on the clock of another zone; a local one gets the zone. The function is Camunda's."""
    zone = 0 if name == "Z" else calendar.named_zone(name)
    if zone is None:
        raise NullResult("no time zone has this name", name)
    offset = value.offset()
    if offset is None:
        return DateTime(value.date, Time(value.time.seconds, value.time.nanos, zone))
    moved = from_instant(value.local_seconds - offset, value.time.nanos, zone)
    if moved is None:
        raise NullResult("the date is out of range", value)
    return moved


@builtin("duration", "from: string | duration")
def _duration(env: Env, value: str | Duration) -> Duration:
    if not isinstance(value, str):
        return value
    length = parse_duration(value)
    if length is None:
        raise NullResult("the text is no duration such as P1DT2H or P1Y6M", value)
    return length


@builtin("years and months duration", "from: date | date and time, to: date | date and time")
def _years_and_months(env: Env, start: Date | DateTime, end: Date | DateTime) -> YearsMonthsDuration:
    return months_between(start, end)


@builtin("from unix timestamp", "value: number")
def _from_unix(env: Env, value: Decimal) -> DateTime:
    """Return the moment that lies so many milliseconds after 1970-01-01T00:00:00Z."""
    if value.copy_abs() > 10**18:
        raise NullResult("the timestamp is out of range", value)
    nanos = int(DECIMAL128.multiply(value, Decimal(1_000_000)))
    moment = from_instant(nanos // NANOS, nanos % NANOS, 0)
    if moment is None:
        raise NullResult("the timestamp is out of range", value)
    return moment


@builtin("to unix timestamp", "value: date and time")
def _to_unix(env: Env, value: DateTime) -> Decimal:
    """Return the milliseconds since 1970-01-01T00:00:00Z; a local moment is read as UTC."""
    seconds = value.local_seconds - (value.offset() or 0)
    return Decimal(seconds * 1000 + value.time.nanos // 1_000_000)


__all__ = ["DAY_SECONDS"]
