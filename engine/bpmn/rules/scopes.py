"""These rules are about processes and sub-processes as wholes (BPMN 2.0, 10.2.5, 10.4.2, 10.4.6): starts, ends, and nodes without flows."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import (
    ACTIVITY_TAGS,
    CHOREOGRAPHY_ACTIVITY_TAGS,
    EVENT_TAGS,
    FLOW_NODE_TAGS,
    GLOBAL_TASK_TAGS,
    SUB_PROCESS_TAGS,
    children,
    event_definitions,
    flag,
    name_of,
)
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context, is_event_sub_process


def check(context: Context) -> None:
    """Report broken rules of scopes."""
    processes = list(context.document.tagged("process"))
    if not processes and next(context.document.tagged(*GLOBAL_TASK_TAGS), None) is None:
        context.problem("process-missing", "The file holds no process; expected at least one", context.document.root)
    for process in processes:
        if not process.get("id"):
            context.problem("id-missing", "The process has no id; it cannot be started", process)
        is_empty = next(children(process, *FLOW_NODE_TAGS), None) is None
        if process.get("isExecutable") is None:
            what = "an empty process is taken as not executable" if is_empty else "the process is taken as executable"
            context.problem("executable-unsaid", f"isExecutable is not set; {what}", process)
        if flag(process, "isExecutable") and process.get("processType") == "Public":
            context.problem(
                "process-public",
                "The process is public, which by the standard is not executable; expected processType Private or none",
                process,
            )
        if flag(process, "isExecutable") and is_empty:
            context.problem("process-empty", "The process holds no flow node; there is nothing to run", process)
        _check_scope(context, process)
    for scope in context.document.tagged(*SUB_PROCESS_TAGS):
        if is_event_sub_process(scope):
            _check_event_sub_process(context, scope)
        elif flag(scope, "triggeredByEvent"):
            context.problem(
                "event-sub-process-kind",
                f"A {name_of(scope)} cannot be triggered by an event; use a plain sub-process",
                scope,
            )
        if scope.get("method", "##Compensate") != "##Compensate":
            context.problem(
                "transaction-method",
                f"method of the transaction {label(scope)} is {scope.get('method')!r}; a cancelled transaction is undone by its "
                "compensation activities alone",
                scope,
            )
        if name_of(scope) == "adHocSubProcess":
            _check_ad_hoc(context, scope)
        else:
            _check_scope(context, scope)
        for inner in children(scope, *CHOREOGRAPHY_ACTIVITY_TAGS):
            context.problem(
                "choreography-in-process",
                f"The {name_of(inner)} {label(inner)} stands in a sub-process; it belongs in a choreography",
                inner,
            )
    for process in processes:
        for inner in children(process, *CHOREOGRAPHY_ACTIVITY_TAGS):
            context.problem(
                "choreography-in-process",
                f"The {name_of(inner)} {label(inner)} stands in a process; it belongs in a choreography",
                inner,
            )


def _check_scope(context: Context, scope: etree._Element) -> None:
    starts, ends = list(children(scope, "startEvent")), list(children(scope, "endEvent"))
    if starts and not ends:
        context.problem(
            "end-event-missing", f"{label(scope)} has a start event, so it needs an end event as well", scope
        )
    if ends and not starts and not _instantiating(scope):
        context.problem(
            "start-event-missing", f"{label(scope)} has an end event, so it needs a start event as well", scope
        )
    for node in children(scope, *FLOW_NODE_TAGS):
        event = name_of(node) in EVENT_TAGS
        if event:
            _check_event(context, node)
        if starts and not event and _needs_incoming(context, node) and not context.incoming.get(node):
            context.problem(
                "incoming-missing",
                f"{label(node)} has no incoming sequence flow and is never reached; in a process with a start event each node needs one",
                node,
            )
        if ends and not event and _needs_outgoing(context, node) and not context.outgoing.get(node):
            context.problem(
                "outgoing-missing",
                f"{label(node)} has no outgoing sequence flow; in a process with an end event each node leads on",
                node,
            )
        if (
            name_of(scope) != "process"
            and name_of(node) == "startEvent"
            and not is_event_sub_process(scope)
            and _definitions(context, node)
        ):
            context.problem(
                "sub-process-start-trigger",
                f"The start event {label(node)} of a sub-process has an event definition; a sub-process is started by its incoming flow",
                node,
            )


def _check_event(context: Context, event: etree._Element) -> None:
    """An intermediate event has flows on both sides, other events on one, whether or not their level starts and ends (10.4.2 to 10.4.4)."""
    for flows, needed, way in (
        (context.incoming, _needs_incoming(context, event), "incoming"),
        (context.outgoing, _needs_outgoing(context, event), "outgoing"),
    ):
        if needed and not flows.get(event):
            context.problem(
                f"{way}-missing",
                f"The {name_of(event)} {label(event)} has no {way} sequence flow; expected one",
                event,
            )


def _definitions(context: Context, event: etree._Element) -> list[etree._Element]:
    return event_definitions(context.document, event)


def _instantiating(scope: etree._Element) -> bool:
    """Say whether a receive task or an event-based gateway starts the scope (10.2.3, 10.5.6)."""
    return any(flag(node, "instantiate") for node in children(scope, "receiveTask", "eventBasedGateway"))


def _is_link(context: Context, node: etree._Element) -> bool:
    return any(name_of(found) == "linkEventDefinition" for found in _definitions(context, node))


def _needs_incoming(context: Context, node: etree._Element) -> bool:
    tag = name_of(node)
    if tag in ("startEvent", "boundaryEvent") or flag(node, "triggeredByEvent") or flag(node, "isForCompensation"):
        return False
    if flag(node, "instantiate"):
        return False
    return not (tag == "intermediateCatchEvent" and _is_link(context, node))


def _needs_outgoing(context: Context, node: etree._Element) -> bool:
    tag = name_of(node)
    if tag == "endEvent" or flag(node, "triggeredByEvent") or flag(node, "isForCompensation"):
        return False
    if tag == "boundaryEvent":
        return not any(name_of(found) == "compensateEventDefinition" for found in _definitions(context, node))
    return not (tag == "intermediateThrowEvent" and _is_link(context, node))


def _check_event_sub_process(context: Context, scope: etree._Element) -> None:
    starts = list(children(scope, "startEvent"))
    if len(starts) != 1:
        context.problem(
            "event-sub-process-start",
            f"The event sub-process {label(scope)} has {len(starts)} start events; expected exactly one",
            scope,
        )
    for start in starts:
        if not _definitions(context, start):
            context.problem(
                "event-sub-process-trigger",
                f"The start event {label(start)} of an event sub-process needs an event definition",
                start,
            )
    for marker in children(scope, "standardLoopCharacteristics", "multiInstanceLoopCharacteristics"):
        context.problem(
            "event-sub-process-loop",
            f"The event sub-process {label(scope)} cannot loop; it runs each time its event occurs",
            marker,
        )


def _check_ad_hoc(context: Context, scope: etree._Element) -> None:
    if next(children(scope, *ACTIVITY_TAGS), None) is None:
        context.problem(
            "ad-hoc-empty", f"The ad-hoc sub-process {label(scope)} holds no activity; expected at least one", scope
        )
    for event in children(scope, "startEvent", "endEvent"):
        context.problem(
            "ad-hoc-event", f"The {name_of(event)} {label(event)} may not stand in an ad-hoc sub-process", event
        )
