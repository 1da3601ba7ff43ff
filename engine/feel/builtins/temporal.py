"""These functions work on dates and times (DMN 1.5, 10.3.4.7, 10.3.4.9 and 10.3.4.10)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.evaluation import Env
from engine.feel.operators import same
from engine.feel.temporal import calendar
from engine.feel.temporal.durations import DaysTimeDuration
from engine.feel.temporal.moments import Date, DateTime, Time, date_time_of
from engine.feel.values import NullResult, Range

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@builtin("now", pure=False)
def _now(env: Env) -> DateTime:
    """Return the time of the caller's clock: evaluation itself has none."""
    if env.now is None:
        raise NullResult("the caller gave no current time")
    return date_time_of(env.now)


@builtin("today", pure=False)
def _today(env: Env) -> Date:
    return _now(env).date


def _day(value: Date | DateTime) -> Date:
    return value.date if isinstance(value, DateTime) else value


@builtin("day of year", "date: date | date and time")
def _day_of_year(env: Env, value: Date | DateTime) -> Decimal:
    day = _day(value)
    return Decimal(day.days - calendar.days_of(day.year, 1, 1) + 1)


@builtin("day of week", "date: date | date and time")
def _day_of_week(env: Env, value: Date | DateTime) -> str:
    return _WEEKDAYS[_day(value).isoweekday() - 1]


@builtin("month of year", "date: date | date and time")
def _month_of_year(env: Env, value: Date | DateTime) -> str:
    return _MONTHS[_day(value).month - 1]


@builtin("week of year", "date: date | date and time")
def _week_of_year(env: Env, value: Date | DateTime) -> Decimal:
    """Return the week by ISO 8601: week 1 has the year's first Thursday."""
    day = _day(value)
    thursday = day.days - day.isoweekday() + 4
    year, _, _ = calendar.civil_of(thursday)
    return Decimal((thursday - calendar.days_of(year, 1, 1)) // 7 + 1)


@builtin("last day of month", "date: date | date and time")
def _last_day_of_month(env: Env, value: Date | DateTime) -> Date:
    day = _day(value)
    return Date(day.year, day.month, calendar.days_in_month(day.year, day.month))


@builtin("is", "value1: any, value2: any")
def _is(env: Env, left: Any, right: Any) -> bool:
    """Say whether both are the same value in the semantic domain: unlike with "=", 12:00Z and 13:00+01:00 differ."""
    if type(left) is not type(right):
        return False
    if type(left) in (Time, DateTime, Date, DaysTimeDuration, Range):
        return bool(left == right)
    return same(left, right, env)
