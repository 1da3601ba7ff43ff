"""Lanes, message flows and correlation are read (BPMN 2.0, 8.3.2, 9.2, 10.7)."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import (
    CATCH_EVENT_TAGS,
    FLOW_NODE_TAGS,
    child,
    children,
    enclosing,
    event_definitions,
    flag,
    name_of,
    reference_texts,
    text_of,
)
from engine.bpmn.expressions import Expression
from engine.bpmn.model import CorrelationKey, MessageTarget
from engine.bpmn.reading.source import Source


def lanes_of(source: Source, process: etree._Element) -> dict[str, str]:
    """Return the name of the innermost lane of each flow node, by its id. What lies inside a sub-process lies in the sub-process's lane,
    unless it has its own."""
    lanes: dict[str, str] = {}
    for element in process.iter(
        *(process.tag[: process.tag.index("}") + 1] + tag for tag in ("process", *FLOW_NODE_TAGS))
    ):
        for lane_set in children(element, "laneSet"):
            _collect(source, lane_set, lanes)
        parent = element.getparent()
        inherited = None if parent is None else lanes.get(parent.get("id", ""))
        if inherited is not None:
            lanes.setdefault(element.get("id", ""), inherited)
    return lanes


def _collect(source: Source, lane_set: etree._Element, lanes: dict[str, str]) -> None:
    for lane in children(lane_set, "lane"):
        name = lane.get("name") or lane.get("id") or ""
        for reference in reference_texts(lane, "flowNodeRef"):
            node = source.document.find_tagged(reference, *FLOW_NODE_TAGS)
            if node is not None:
                lanes[node.get("id", "")] = name
        for nested in children(lane, "childLaneSet"):
            _collect(source, nested, lanes)


def message_flows_of(source: Source, process: etree._Element) -> dict[str, MessageTarget]:
    """Return who gets the message of each throwing node of this process, by its id. A flow to a pool without a process that runs here
    says nothing to run; one to what waits for no message itself means whatever waits in its process."""
    flows: dict[str, MessageTarget] = {}
    ends: dict[str, str | None] = {}
    for flow in source.document.tagged("messageFlow"):
        thrower = source.document.find_tagged(flow.get("sourceRef"), *FLOW_NODE_TAGS)
        target = _target(source, flow.get("targetRef"))
        if thrower is None or target is None or enclosing(thrower, "process") is not process:
            continue
        flows.setdefault(thrower.get("id", ""), target)
        if ends.setdefault(thrower.get("id", ""), flow.get("targetRef")) != flow.get("targetRef"):
            source.report.add(
                "message-flow-fork",
                "Two message flows leave one element; a message is delivered once, so each needs an element of its own",
                element=flow,
            )
    return flows


def message_flow_ends_of(source: Source, process: etree._Element) -> frozenset[str]:
    """Return the nodes of this process that message flows lead to."""
    ends = (
        source.document.find_tagged(flow.get("targetRef"), *FLOW_NODE_TAGS)
        for flow in source.document.tagged("messageFlow")
    )
    return frozenset(end.get("id", "") for end in ends if end is not None and enclosing(end, "process") is process)


def _target(source: Source, reference: str | None) -> MessageTarget | None:
    catcher = source.document.find_tagged(reference, *FLOW_NODE_TAGS)
    if catcher is not None:
        process = enclosing(catcher, "process")
    else:
        pool = source.document.find_tagged(reference, "participant")
        process = None if pool is None else source.document.find_tagged(pool.get("processRef"), "process")
    if process is None or not flag(process, "isExecutable", default=True):
        return None
    waits = catcher is not None and _waits_for_message(source, catcher)
    return MessageTarget(process.get("id", ""), catcher.get("id") if catcher is not None and waits else None)


def _waits_for_message(source: Source, node: etree._Element) -> bool:
    if name_of(node) == "receiveTask":
        return True
    return name_of(node) in CATCH_EVENT_TAGS and any(
        name_of(found) == "messageEventDefinition" for found in event_definitions(source.document, node)
    )


def correlation_keys_of(source: Source, process: etree._Element) -> dict[str, CorrelationKey]:
    """Return for each message, by its id, the first key for which the message has all properties, with the bindings of the process. Keys
    that the process subscribes to are looked at first, then those that any process of the file subscribes to, so that both ends of a
    message take the same, then all others."""
    keys: dict[str, CorrelationKey] = {}
    subscribed = [_key_of(source, found) for found in source.document.tagged("correlationSubscription")]
    found = [
        (_key(source, process, element), element in subscribed) for element in source.document.tagged("correlationKey")
    ]
    for key, _ in sorted(found, key=lambda each: (each[0].bindings is None, not each[1])):
        for message in key.payload:
            keys.setdefault(message, key)
    return keys


def _key(source: Source, process: etree._Element, element: etree._Element) -> CorrelationKey:
    properties = [
        found
        for text in reference_texts(element, "correlationPropertyRef")
        if (found := source.document.find_tagged(text, "correlationProperty")) is not None
    ]
    retrievals = [_retrievals(source, found) for found in properties]
    messages = (
        [message for message in retrievals[0] if all(message in each for each in retrievals)] if retrievals else []
    )
    return CorrelationKey(
        id=element.get("id", ""),
        name=element.get("name") or element.get("id") or "",
        properties=tuple(found.get("id", "") for found in properties),
        payload={message: tuple(each[message] for each in retrievals) for message in messages},
        bindings=_bindings(source, process, element, properties),
    )


def _retrievals(source: Source, correlation_property: etree._Element) -> dict[str, Expression]:
    """Return where each message holds the property, by message id."""
    found: dict[str, Expression] = {}
    for retrieval in children(correlation_property, "correlationPropertyRetrievalExpression"):
        message = source.document.find_tagged(retrieval.get("messageRef"), "message")
        # bpmn-js writes formalExpression where the schema has messagePath.
        path = next(
            (inner for inner in children(retrieval) if name_of(inner) in ("messagePath", "formalExpression")), None
        )
        what = "message path of the correlation property"
        expression = source.compiler.formal(path, what=what, owner=correlation_property)
        if message is not None and expression is not None:
            found[message.get("id", "")] = expression
    return found


def _key_of(source: Source, subscription: etree._Element) -> etree._Element | None:
    reference = subscription.get("correlationKeyRef") or text_of(child(subscription, "correlationKeyRef"))
    return source.document.find_tagged(reference, "correlationKey")


def _bindings(
    source: Source, process: etree._Element, key: etree._Element, properties: list[etree._Element]
) -> tuple[Expression, ...] | None:
    """Return the bindings by the process's correlation subscription for the key; None where it has none, or not for all properties."""
    for subscription in children(process, "correlationSubscription"):
        if _key_of(source, subscription) is not key:
            continue
        bound: dict[str, Expression] = {}
        for binding in children(subscription, "correlationPropertyBinding"):
            found = source.document.find_tagged(binding.get("correlationPropertyRef"), "correlationProperty")
            what = "data path of the correlation"
            path = source.compiler.formal(child(binding, "dataPath"), what=what, owner=subscription)
            if path is not None and found is not None:
                bound[found.get("id", "")] = path
        paths = tuple(bound[each.get("id", "")] for each in properties if each.get("id", "") in bound)
        return paths if len(paths) == len(properties) else None
    return None
