"""Event definitions are read (BPMN 2.0, 10.4.5), and the messages, signals, errors and escalations that they refer to."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from engine.bpmn.document import (
    CATCH_EVENT_TAGS,
    THROW_EVENT_TAGS,
    child,
    children,
    event_definitions,
    flag,
    name_of,
    text_of,
)
from engine.bpmn.expressions import Expression, Language
from engine.bpmn.link_names import link_name_of
from engine.bpmn.model import (
    CancelEvent,
    CompensationEvent,
    ConditionalEvent,
    ErrorEvent,
    EscalationEvent,
    EventDefinition,
    LinkEvent,
    Message,
    MessageEvent,
    Signal,
    SignalEvent,
    TerminateEvent,
    TimerEvent,
    TimerKind,
)
from engine.bpmn.reading import timers
from engine.bpmn.reading.source import Source


def definitions_of(source: Source, event: etree._Element) -> tuple[EventDefinition, ...]:
    """Return the event definitions of an event. One that cannot be read is left out; its problem is in the report."""
    read = (read_definition(source, found, event=event) for found in event_definitions(source.document, event))
    return tuple(definition for definition in read if definition is not None)


def read_definition(source: Source, definition: etree._Element, *, event: etree._Element) -> EventDefinition | None:
    return _READERS[name_of(definition)](source, definition, event)


def message_of(source: Source, reference: str | None) -> Message | None:
    """Return the bpmn:message of a messageRef. A message without a name is known by its id."""
    element = source.document.find_tagged(reference, "message")
    if element is None:
        return None
    identifier = element.get("id", "")
    name = source.compiler.literal_or(element.get("name") or identifier, what="message name", element=element)
    return Message(identifier, name or literal(identifier), source.extensions(element).correlation_key)


def signal_of(source: Source, reference: str | None) -> Signal | None:
    element = source.document.find_tagged(reference, "signal")
    if element is None:
        return None
    identifier = element.get("id", "")
    name = source.compiler.literal_or(element.get("name") or identifier, what="signal name", element=element)
    return Signal(identifier, name or literal(identifier))


def literal(text: str) -> Expression:
    return Expression(text, Language.LITERAL)


def _message(source: Source, definition: etree._Element, event: etree._Element) -> EventDefinition | None:
    message = message_of(source, definition.get("messageRef"))
    if message is None and not definition.get("messageRef"):
        message = _unnamed(source, definition, event)
    if message is None:
        return None
    return MessageEvent(message, operation=text_of(child(definition, "operationRef")) or definition.get("operationRef"))


def _unnamed(source: Source, definition: etree._Element, event: etree._Element) -> Message | None:
    """Return a message without a name for an event whose job sends the message, since the handler knows which; else None."""
    throws = name_of(event) in THROW_EVENT_TAGS
    if throws and any(source.extensions(each).job is not None for each in (event, definition)):
        source.report.add(
            "message-unnamed", "The message event names no message; its job alone says what is sent", element=event
        )
        return Message("", literal(""))
    source.report.add("message-missing", "The message event names no message; expected a messageRef", element=event)
    return None


def _signal(source: Source, definition: etree._Element, event: etree._Element) -> EventDefinition | None:
    signal = signal_of(source, definition.get("signalRef"))
    if signal is None:
        if not definition.get("signalRef"):
            source.report.add("signal-missing", "The signal event names no signal; expected a signalRef", element=event)
        return None
    return SignalEvent(signal)


def _timer(source: Source, definition: etree._Element, event: etree._Element) -> EventDefinition | None:
    found = [(kind, element) for kind in TimerKind for element in children(definition, kind.value)]
    if len(found) != 1:
        source.report.add(
            "timer-missing",
            f"Expected one of timeDate, timeDuration and timeCycle in the timer event, found {len(found)}",
            element=event,
        )
        return None
    kind, element = found[0]
    expression = timers.expression_of(source, element, kind, event=event)
    return None if expression is None else TimerEvent(kind, expression)


def _error(source: Source, definition: etree._Element, event: etree._Element) -> EventDefinition:
    error = source.document.find_tagged(definition.get("errorRef"), "error")
    extensions = source.extensions(definition)
    return ErrorEvent(
        code=_code(source, error, "errorCode", event=event),
        code_variable=extensions.code_variable,
        message_variable=extensions.message_variable,
    )


def _escalation(source: Source, definition: etree._Element, event: etree._Element) -> EventDefinition:
    escalation = source.document.find_tagged(definition.get("escalationRef"), "escalation")
    return EscalationEvent(
        code=_code(source, escalation, "escalationCode", event=event),
        code_variable=source.extensions(definition).code_variable,
    )


def _code(
    source: Source, element: etree._Element | None, attribute: str, *, event: etree._Element
) -> Expression | None:
    """Return the code of an error or escalation. A catcher without one catches all (tables 10.82 and 10.83)."""
    if element is None:
        return None
    what = "error code" if attribute == "errorCode" else "escalation code"
    code = source.compiler.literal_or(element.get(attribute), what=what, element=element)
    if code is None and name_of(event) in CATCH_EVENT_TAGS:
        return None
    return code or literal(element.get("id", ""))


def _compensate(source: Source, definition: etree._Element, _event: etree._Element) -> EventDefinition:
    activity = source.document.find(definition.get("activityRef"))
    return CompensationEvent(
        activity=None if activity is None else activity.get("id"),
        wait_for_completion=flag(definition, "waitForCompletion", default=True),
    )


def _conditional(source: Source, definition: etree._Element, event: etree._Element) -> EventDefinition | None:
    condition = source.compiler.formal(child(definition, "condition"), what="condition", owner=event)
    return None if condition is None else ConditionalEvent(condition)


def _link(source: Source, definition: etree._Element, event: etree._Element) -> EventDefinition | None:
    name = link_name_of(source.document, event, definition)
    return LinkEvent(name) if name else None


def _cancel(_source: Source, _definition: etree._Element, _event: etree._Element) -> EventDefinition:
    return CancelEvent()


def _terminate(_source: Source, _definition: etree._Element, _event: etree._Element) -> EventDefinition:
    return TerminateEvent()


_READERS: dict[str, Callable[[Source, etree._Element, etree._Element], EventDefinition | None]] = {
    "messageEventDefinition": _message,
    "signalEventDefinition": _signal,
    "timerEventDefinition": _timer,
    "errorEventDefinition": _error,
    "escalationEventDefinition": _escalation,
    "compensateEventDefinition": _compensate,
    "conditionalEventDefinition": _conditional,
    "linkEventDefinition": _link,
    "cancelEventDefinition": _cancel,
    "terminateEventDefinition": _terminate,
}
