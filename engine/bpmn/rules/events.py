"""These rules are about events (BPMN 2.0, 10.4): which definitions each kind of event may have, and what each of them needs."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.dialects import speaks_dialect
from engine.bpmn.document import (
    ACTIVITY_TAGS,
    EVENT_TAGS,
    SUB_PROCESS_TAGS,
    XSI_TYPE,
    child,
    children,
    enclosing,
    event_definitions,
    flag,
    is_for_compensation,
    name_of,
    text_of,
)
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context, is_event_sub_process

_COMMON = frozenset({"message", "timer", "conditional", "signal"})
_ALLOWED = {
    "top-level start event": _COMMON,
    "start event of an event sub-process": _COMMON | {"escalation", "error", "compensate"},
    "intermediate catch event": _COMMON | {"link"},
    "intermediate throw event": frozenset({"message", "escalation", "compensate", "link", "signal"}),
    "boundary event": _COMMON | {"escalation", "error", "cancel", "compensate"},
    "end event": frozenset({"message", "escalation", "error", "cancel", "compensate", "signal", "terminate"}),
}
"""Each kind of event may have these event definitions (tables 10.84 to 10.90)."""

_WITHOUT_DEFINITION = frozenset(
    {"top-level start event", "start event of a sub-process", "intermediate throw event", "end event"}
)
_ALWAYS_INTERRUPTING = frozenset({"error", "cancel", "compensate"})


def check(context: Context) -> None:
    """Report broken rules of events."""
    for event in context.document.tagged(*EVENT_TAGS):
        _check_definitions(context, event)
    for event in context.document.tagged("boundaryEvent"):
        _check_boundary(context, event)
    for event in context.document.tagged("startEvent"):
        _check_start(context, event)
    for event in context.document.tagged("endEvent", "intermediateThrowEvent"):
        _check_throw(context, event)


def kinds_of(context: Context, event: etree._Element) -> list[str]:
    return [name_of(found).removesuffix("EventDefinition") for found in event_definitions(context.document, event)]


def _role(event: etree._Element) -> str:
    tag = name_of(event)
    if tag != "startEvent":
        return {
            "intermediateCatchEvent": "intermediate catch event",
            "intermediateThrowEvent": "intermediate throw event",
            "boundaryEvent": "boundary event",
            "endEvent": "end event",
        }[tag]
    scope = event.getparent()
    if scope is None or name_of(scope) not in SUB_PROCESS_TAGS:
        return "top-level start event"
    return "start event of an event sub-process" if is_event_sub_process(scope) else "start event of a sub-process"


def _check_definitions(context: Context, event: etree._Element) -> None:
    role = _role(event)
    kinds = kinds_of(context, event)
    allowed = _ALLOWED.get(role)
    for kind in kinds:
        if allowed is not None and kind not in allowed:
            context.problem(
                "event-definition-kind",
                f"The {role} {label(event)} has a {kind} event definition; allowed are {', '.join(sorted(allowed))}",
                event,
            )
    if (
        not kinds
        and allowed is not None
        and role not in _WITHOUT_DEFINITION
        and child(event, "eventDefinitionRef") is None
    ):
        context.problem(
            "event-definition-missing",
            f"The {role} {label(event)} waits for nothing; expected an event definition",
            event,
        )
    if "link" in kinds and len(kinds) > 1:
        context.problem("link-multiple", f"{label(event)} has a link definition and others; a link stands alone", event)
    if flag(event, "parallelMultiple") and len(kinds) < 2:
        context.problem(
            "parallel-multiple",
            f"{label(event)} is parallel multiple but has {len(kinds)} event definitions; it has no effect",
            event,
        )
    for definition in event_definitions(context.document, event):
        _check_definition(context, event, definition)


def _check_definition(context: Context, event: etree._Element, definition: etree._Element) -> None:
    tag = name_of(definition)
    if tag == "messageEventDefinition":
        _check_operation(context, event, definition)
    elif tag == "timerEventDefinition":
        if len(list(children(definition, "timeDate", "timeDuration", "timeCycle"))) > 1:
            context.problem(
                "timer-ambiguous",
                f"The timer of {label(event)} has several of timeDate, timeDuration and timeCycle; expected one",
                event,
            )
    elif tag == "conditionalEventDefinition":
        _check_condition(context, event, child(definition, "condition"))
    elif tag == "compensateEventDefinition":
        _check_compensation(context, event, definition)


def _check_condition(context: Context, event: etree._Element, condition: etree._Element | None) -> None:
    """The condition of an executable process is a formal expression; without a type, plain BPMN means words for a reader (8.3.6)."""
    if condition is None or not text_of(condition):
        context.problem(
            "condition-missing", f"The conditional event {label(event)} has no condition; expected an expression", event
        )
        return
    typed = any(condition.get(name) for name in (XSI_TYPE, "type", "language"))
    if not typed and not speaks_dialect(context.document.root):
        context.problem(
            "condition-informal",
            f"The condition of {label(event)} is an informal expression; expected xsi:type='bpmn:tFormalExpression' and an "
            "expression in FEEL",
            event,
        )


def _check_operation(context: Context, event: etree._Element, definition: etree._Element) -> None:
    """operationRef MUST be specified for executable processes (table 10.89).

    Other engines know a message by its name alone, and so does this one: the demand is kept where a file describes its messages in
    the standard's own way, by item definitions, and nothing else says how the message is sent or correlated.
    """
    message = context.document.find_tagged(definition.get("messageRef"), "message")
    if (
        message is None
        or not message.get("itemRef")
        or definition.get("operationRef")
        or text_of(child(definition, "operationRef"))
    ):
        return
    if speaks_dialect(context.document.root) or event in context.messaging or message in context.correlated:
        return
    context.problem(
        "message-operation-missing",
        f"The message event {label(event)} does not say which operation carries its message; expected an operationRef, a message "
        "flow, or a correlation key of the message",
        event,
    )


def _check_compensation(context: Context, event: etree._Element, definition: etree._Element) -> None:
    """activityRef of a throwing event names an activity that is visible to it (10.6.2); a catching event names none."""
    reference = definition.get("activityRef")
    if not reference:
        return
    if name_of(event) in ("boundaryEvent", "startEvent"):
        context.problem(
            "compensation-activity", f"The compensation event {label(event)} catches, so it has no activityRef", event
        )
        return
    activity = context.document.find_tagged(reference, *ACTIVITY_TAGS)
    if activity is not None and activity.getparent() not in _visible_scopes(event):
        context.problem(
            "compensation-not-visible",
            f"{label(event)} compensates {label(activity)}, which lies in another (sub-)process; expected an activity of its own one",
            event,
        )


def _visible_scopes(event: etree._Element) -> list[etree._Element]:
    """Return the scope of the event; from within an event sub-process also what is around it."""
    scopes = []
    scope = event.getparent()
    while scope is not None:
        scopes.append(scope)
        if not is_event_sub_process(scope):
            break
        scope = scope.getparent()
    return scopes


def _check_boundary(context: Context, event: etree._Element) -> None:
    kinds = kinds_of(context, event)
    activity = context.document.find(event.get("attachedToRef"))
    if event.get("cancelActivity") is not None and not flag(event, "cancelActivity", default=True):
        for kind in sorted(_ALWAYS_INTERRUPTING.intersection(kinds)):
            context.problem(
                "boundary-non-interrupting",
                f"The {kind} boundary event {label(event)} cannot be non-interrupting",
                event,
            )
    if activity is not None and activity.getparent() is not event.getparent():
        context.problem(
            "boundary-scope",
            f"The boundary event {label(event)} lies in another (sub-)process than {label(activity)}, to which it is attached",
            event,
        )
    if activity is not None and is_event_sub_process(activity):
        context.problem(
            "boundary-event-sub-process",
            f"The boundary event {label(event)} is attached to an event sub-process; it cannot be",
            event,
        )
    if "cancel" in kinds and activity is not None and name_of(activity) != "transaction":
        context.problem(
            "cancel-outside-transaction",
            f"The cancel boundary event {label(event)} is not attached to a transaction",
            event,
        )
    if "compensate" in kinds:
        if len(kinds) > 1:
            context.problem(
                "compensation-multiple",
                f"The boundary event {label(event)} has compensation and other definitions; split them",
                event,
            )
        if context.outgoing.get(event):
            context.problem(
                "compensation-boundary-flow",
                f"A sequence flow leaves the compensation boundary event {label(event)}; expected an association to a compensation "
                "activity",
                event,
            )
        _check_boundary_handler(context, event)


def _check_boundary_handler(context: Context, event: etree._Element) -> None:
    handlers = [end for end in context.associated.get(event, ()) if is_for_compensation(end)]
    if len(handlers) != 1:
        context.problem(
            "compensation-handler-missing",
            f"The compensation boundary event {label(event)} is associated with {len(handlers)} compensation activities; expected one "
            "(an association to an activity with isForCompensation)",
            event,
        )


def _check_start(context: Context, event: etree._Element) -> None:
    if not is_event_sub_process(event.getparent()) or flag(event, "isInterrupting", default=True):  # type: ignore[arg-type]
        return
    for kind in sorted(_ALWAYS_INTERRUPTING.intersection(kinds_of(context, event))):
        context.problem(
            "start-non-interrupting", f"The {kind} start event {label(event)} cannot be non-interrupting", event
        )


def _check_throw(context: Context, event: etree._Element) -> None:
    for definition in event_definitions(context.document, event):
        tag = name_of(definition)
        if tag == "errorEventDefinition":
            _check_code(context, event, definition, "error")
        elif tag == "escalationEventDefinition":
            _check_code(context, event, definition, "escalation")
        elif tag == "cancelEventDefinition" and enclosing(event, "transaction") is None:
            context.problem(
                "cancel-outside-transaction",
                f"The cancel end event {label(event)} does not lie in a transaction",
                event,
            )


def _check_code(context: Context, event: etree._Element, definition: etree._Element, kind: str) -> None:
    """What is thrown has a code (tables 10.83 and 10.82), since the catcher is found by it."""
    reference = definition.get(f"{kind}Ref")
    thrown = context.document.find_tagged(reference, kind)
    if thrown is None:
        if not reference:
            context.problem(f"{kind}-missing", f"{label(event)} throws no {kind}; expected {kind}Ref", event)
    elif not thrown.get(f"{kind}Code"):
        context.problem(
            f"{kind}-code-missing", f"{label(event)} throws the {kind} {label(thrown)}, which has no {kind}Code", event
        )
