"""The expressions of a definition give values: whole numbers, durations, times and names. A value of another kind raises an
incident that says what was expected.
"""

from __future__ import annotations

from datetime import UTC, datetime

from engine import feel
from engine.bpmn.expressions import Expression
from engine.bpmn.model import TimerKind
from engine.runtime.effects import IncidentType
from engine.runtime.elements import schedules
from engine.runtime.evaluating import Trouble, shown
from engine.runtime.machine import Machine
from engine.runtime.state import ElementInstance


def integer(m: Machine, expression: Expression | None, element: ElementInstance, what: str) -> int | None:
    """Work out a whole number; None without an expression. Raises Trouble for any other value."""
    if expression is None:
        return None
    value = m.value(expression, element, what)
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        message = f"Expected {what} of {shown(m.node_of(element))} to be a whole number, '{expression.source}' gave {feel.shown(value)}"
        raise Trouble(IncidentType.EXTRACT_VALUE_ERROR, message) from error


def seconds(m: Machine, expression: Expression | None, element: ElementInstance, what: str) -> tuple[float, ...]:
    """Work out the seconds of one ISO 8601 duration, or of several with commas between."""
    if expression is None:
        return ()
    text = m.text(expression, element, what)
    try:
        return tuple((_after(each.strip(), m.now) - m.now).total_seconds() for each in text.split(",") if each.strip())
    except schedules.TimerError as error:
        raise Trouble(IncidentType.EXTRACT_VALUE_ERROR, f"{error} as {what} of {shown(m.node_of(element))}") from error


def _after(duration: str, now: datetime) -> datetime:
    return schedules.schedule(TimerKind.DURATION, duration, now=now).due


def name(m: Machine, expression: Expression | None, element: ElementInstance, what: str) -> str | None:
    """Work out a name, or None where the expression gives null or nothing: nobody is named then."""
    if expression is None:
        return None
    value = m.value(expression, element, what)
    return None if value is None or value == "" else str(value)


def names(m: Machine, expression: Expression | None, element: ElementInstance, what: str) -> tuple[str, ...]:
    """Work out names: a list of them, or one text with commas between them."""
    if expression is None:
        return ()
    value = m.value(expression, element, what)
    listed = value if isinstance(value, list) else [] if value is None else str(value).split(",")
    return tuple(dict.fromkeys(name for each in listed if each is not None and (name := str(each).strip())))


def moment(m: Machine, expression: Expression | None, element: ElementInstance, what: str) -> datetime | None:
    """Work out a time in UTC, from a date or a duration from now; None for nothing. Raises Trouble for what is no time."""
    if expression is None:
        return None
    value = m.raw(expression, element, what)
    if value is None or value == "":
        return None
    try:
        text = feel.to_json(value) if not isinstance(value, datetime) else value
        kind = TimerKind.DURATION if str(text).lstrip("+-")[:1] == "P" else TimerKind.DATE
        return schedules.schedule(kind, text, now=m.now).due.astimezone(UTC)
    except schedules.TimerError as error:
        raise Trouble(IncidentType.EXTRACT_VALUE_ERROR, f"{error} as {what} of {shown(m.node_of(element))}") from error
