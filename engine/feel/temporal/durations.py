"""There are two kinds of durations (DMN 1.5, 10.3.2.3.7 and 10.3.2.3.8)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from engine.feel.temporal.calendar import DAY_SECONDS, NANOS

_DAY_TIME = re.compile(
    r"(-)?P(?=.)(?:(\d{1,30})D)?(?:T(?=.)(?:(\d{1,30})H)?(?:(\d{1,30})M)?(?:(\d{1,30})(?:\.(\d{1,30}))?S)?)?", re.ASCII
)
_YEARS_MONTHS = re.compile(r"(-)?P(?=.)(?:(\d{1,30})Y)?(?:(\d{1,30})M)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class DaysTimeDuration:
    """This duration is exact time, in nanoseconds."""

    nanos: int

    @property
    def total_seconds(self) -> int:
        """Return the whole seconds, rounded towards zero."""
        return self.nanos // NANOS if self.nanos >= 0 else -(-self.nanos // NANOS)

    def parts(self) -> tuple[int, int, int, int]:
        """Return days, hours, minutes and whole seconds; all have the duration's sign."""
        seconds = abs(self.nanos) // NANOS
        sign = -1 if self.nanos < 0 else 1
        days, rest = divmod(seconds, DAY_SECONDS)
        return sign * days, sign * (rest // 3600), sign * (rest % 3600 // 60), sign * (rest % 60)

    def to_python(self) -> timedelta | DaysTimeDuration:
        if self.nanos % 1000:
            return self
        try:
            return timedelta(microseconds=self.nanos // 1000)
        except OverflowError:
            return self

    def isoformat(self) -> str:
        return str(self)

    def __str__(self) -> str:
        if not self.nanos:
            return "PT0S"
        seconds, fraction = divmod(abs(self.nanos), NANOS)
        days, rest = divmod(seconds, DAY_SECONDS)
        hours, minutes, rest = rest // 3600, rest % 3600 // 60, rest % 60
        time = f"{hours}H" if hours else ""
        if minutes:
            time += f"{minutes}M"
        if rest or fraction:
            time += f"{rest}{fraction_text(fraction)}S"
        return f"{'-' if self.nanos < 0 else ''}P{f'{days}D' if days else ''}{f'T{time}' if time else ''}"


@dataclass(frozen=True, slots=True)
class YearsMonthsDuration:
    """This duration is calendar time, in months."""

    months: int

    def parts(self) -> tuple[int, int]:
        """Return years and months; both have the duration's sign."""
        years, months = divmod(abs(self.months), 12)
        return (years, months) if self.months >= 0 else (-years, -months)

    def isoformat(self) -> str:
        return str(self)

    def __str__(self) -> str:
        if not self.months:
            return "P0M"
        years, months = divmod(abs(self.months), 12)
        return f"{'-' if self.months < 0 else ''}P{f'{years}Y' if years else ''}{f'{months}M' if months else ''}"


Duration = DaysTimeDuration | YearsMonthsDuration


def fraction_text(nanos: int) -> str:
    return f".{nanos:09d}".rstrip("0") if nanos else ""


def parse_duration(text: str) -> Duration | None:
    """Read an ISO 8601 duration of either kind; None for another text, or for one that mixes the kinds."""
    found = _DAY_TIME.fullmatch(text)
    if found:
        sign, days, hours, minutes, seconds, fraction = found.groups()
        total = int(days or 0) * DAY_SECONDS + int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
        nanos = total * NANOS + int((fraction or "")[:9].ljust(9, "0"))
        return DaysTimeDuration(-nanos if sign else nanos)
    found = _YEARS_MONTHS.fullmatch(text)
    if found:
        sign, years, months = found.groups()
        total = int(years or 0) * 12 + int(months or 0)
        return YearsMonthsDuration(-total if sign else total)
    return None


def duration_of(value: timedelta) -> DaysTimeDuration:
    return DaysTimeDuration(((value.days * DAY_SECONDS + value.seconds) * 1_000_000 + value.microseconds) * 1000)
