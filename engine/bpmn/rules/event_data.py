"""These rules are about data of events (BPMN 2.0, 10.4.1): one data input or output for each event definition that carries data, of the
same kind of item."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import CATCH_EVENT_TAGS, THROW_EVENT_TAGS, children, event_definitions, name_of
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context
from engine.bpmn.rules.data import same_item

_CARRIERS = {
    "messageEventDefinition": ("messageRef", "message", "itemRef"),
    "signalEventDefinition": ("signalRef", "signal", "structureRef"),
    "errorEventDefinition": ("errorRef", "error", "structureRef"),
    "escalationEventDefinition": ("escalationRef", "escalation", "structureRef"),
}


def check(context: Context) -> None:
    """Report broken rules of the data of events."""
    for event in context.document.tagged(*sorted(CATCH_EVENT_TAGS)):
        _check(context, event, list(children(event, "dataOutput")), "output")
    for event in context.document.tagged(*sorted(THROW_EVENT_TAGS)):
        _check(context, event, list(children(event, "dataInput")), "input")


def _check(context: Context, event: etree._Element, data: list[etree._Element], kind: str) -> None:
    if not data:
        return
    carried = _carried(context, event)
    if len(data) != len(carried):
        context.problem(
            "event-data-count",
            f"{label(event)} has {len(data)} data {kind}s for {len(carried)} event definitions that carry data; expected one for each, "
            "in the same order",
            event,
        )
        return
    for item, definition in zip(data, carried, strict=True):
        if item.get("itemSubjectRef") and not same_item(context.document, item.get("itemSubjectRef"), definition):
            context.problem(
                "event-data-item",
                f"The data {kind} {label(item)} of {label(event)} has another item definition than what the event carries",
                event,
            )


def _carried(context: Context, event: etree._Element) -> list[str | None]:
    """Return the item definitions of what the event's definitions carry, in order; None where one is not said."""
    found: list[str | None] = []
    for definition in event_definitions(context.document, event):
        carrier = _CARRIERS.get(name_of(definition))
        if carrier is None:
            continue
        reference, tag, attribute = carrier
        element = context.document.find_tagged(definition.get(reference), tag)
        found.append(None if element is None else element.get(attribute))
    return found
