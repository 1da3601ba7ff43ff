"""A timer's expression may give ISO 8601 dates, durations and cycles, or a cron text; literals are checked here."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from lxml import etree

from engine.bpmn.document import line_of, text_of
from engine.bpmn.expressions import Expression, Language
from engine.bpmn.languages import language_named
from engine.bpmn.model import TimerKind
from engine.bpmn.reading.source import Source

_DURATION = re.compile(
    r"[+-]?P(?=[\dT])(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(?:[.,]\d+)?S)?)?", re.IGNORECASE
)
_REPEAT = re.compile(r"R(\d*|-1)")
_ZONE = re.compile(r"(?:\[[A-Za-z0-9_+\-/]+\]|@[A-Za-z0-9_+\-/]+)$")
_SLASH = re.compile(r"/(?![^\[]*\])")
"""A slash stands between the parts of a cycle; a zone in brackets may have one of its own."""
_CRON_FIELD = re.compile(r"[\dA-Za-z*/,\-?LW#]+")
_CRON_MACROS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})

_EXPECTED = {
    TimerKind.DATE: "an ISO 8601 date and time such as 2030-01-31T09:00:00Z",
    TimerKind.DURATION: "an ISO 8601 duration such as PT15M or P1D",
    TimerKind.CYCLE: "an ISO 8601 repetition such as R3/PT10S, or a cron text such as 0 0 9 * * MON-FRI",
}


def expression_of(
    source: Source, element: etree._Element, kind: TimerKind, *, event: etree._Element
) -> Expression | None:
    """Return the expression of timeDate, timeDuration or timeCycle. A literal that no timer could follow is a problem."""
    text = text_of(element)
    what = f"{kind.value} of the timer"
    if not text:
        source.report.add("timer-missing", f"The {kind.value} is empty; expected {_EXPECTED[kind]}", element=event)
        return None
    language = language_named(element.get("language"))
    default = Language.LITERAL if language is None else language
    if default is Language.LITERAL and source.compiler.default is Language.PYTHON and not is_valid(text, kind):
        default = Language.PYTHON
    expression = source.compiler.expression(text, default=default, what=what, element=event, line=line_of(element))
    if expression.language is Language.LITERAL and not is_valid(text, kind):
        source.report.add(
            "timer-invalid",
            f"The {kind.value} is {text!r}; expected {_EXPECTED[kind]}",
            element=event,
            line=line_of(element),
        )
    return expression


def is_valid(text: str, kind: TimerKind) -> bool:
    """Say whether a literal text is one that a timer of this kind can follow."""
    if kind is TimerKind.DATE:
        return _is_date(text)
    if kind is TimerKind.DURATION:
        return _DURATION.fullmatch(text) is not None
    return _is_cycle(text) or _is_cron(text)


def _is_date(text: str) -> bool:
    zone = _ZONE.search(text)
    try:
        datetime.fromisoformat(_ZONE.sub("", text).strip())
    except ValueError:
        return False
    return zone is None or _is_zone(zone.group().strip("[]@"))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, KeyError):
        return False
    return True


def _is_cycle(text: str) -> bool:
    """Say whether the text is R[n]/duration, R[n]/start/duration, R[n]/duration/end or R[n]/start/end (ISO 8601-1, 5.6)."""
    repeat, *parts = _SLASH.split(text)
    if not _REPEAT.fullmatch(repeat) or len(parts) not in (1, 2):
        return False
    if len(parts) == 1:
        return _DURATION.fullmatch(parts[0]) is not None
    durations = sum(_DURATION.fullmatch(part) is not None for part in parts)
    return durations <= 1 and all(_DURATION.fullmatch(part) or _is_date(part) for part in parts)


def _is_cron(text: str) -> bool:
    fields = text.split()
    if fields and fields[0].startswith(("CRON_TZ=", "TZ=")) and not _is_zone(fields.pop(0).partition("=")[2]):
        return False
    if fields and fields[0] in _CRON_MACROS:
        return len(fields) == 1
    return len(fields) in (5, 6) and all(_CRON_FIELD.fullmatch(item) for item in fields)
