"""An at-literal such as `@"2024-02-29"` is whatever its text is (DMN 1.5, grammar rule 62)."""

from __future__ import annotations

from engine.feel.temporal.durations import Duration, parse_duration
from engine.feel.temporal.moments import Moment, parse_date, parse_date_time, parse_time


def parse_at_literal(text: str) -> Moment | Duration | None:
    """Return the temporal value that the text is, or None."""
    if "P" in text[:2]:
        return parse_duration(text)
    if "T" in text:
        return parse_date_time(text)
    return parse_date(text) or parse_time(text)
