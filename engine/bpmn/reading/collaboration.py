"""Lanes, message flows and correlation (BPMN 2.0, 8.3.2, 9.2, 10.7)."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from engine.bpmn.document import FLOW_NODE_TAGS, child, children, enclosing, name_of, reference_texts, text_of
from engine.bpmn.expressions import Expression
from engine.bpmn.model import CorrelationSubscription
from engine.bpmn.reading.source import Source


def lanes_of(source: Source, process: etree._Element) -> dict[str, str]:
    """Flow node id -> name of its innermost lane. What lies inside a sub-process lies in the sub-process's lane, unless it has its own."""
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


def message_flows_of(source: Source, process: etree._Element) -> dict[str, str]:
    """Throwing node of this process -> catching node of another process of the file. Flows from or to a bare pool say nothing to run."""
    flows: dict[str, str] = {}
    for flow in source.document.tagged("messageFlow"):
        thrower = source.document.find_tagged(flow.get("sourceRef"), *FLOW_NODE_TAGS)
        catcher = source.document.find_tagged(flow.get("targetRef"), *FLOW_NODE_TAGS)
        if thrower is None or catcher is None or enclosing(thrower, "process") is not process:
            continue
        if flows.setdefault(thrower.get("id", ""), catcher.get("id", "")) != catcher.get("id", ""):
            source.report.add(
                "message-flow-fork",
                "Two message flows leave one element; a message is delivered once, so each needs an element of its own",
                element=flow,
            )
    return flows


def subscriptions_of(source: Source, process: etree._Element) -> tuple[CorrelationSubscription, ...]:
    """The correlation subscriptions of a process: for each property of its key, how the process and each message give the value."""
    return tuple(
        _subscription(source, process, subscription) for subscription in children(process, "correlationSubscription")
    )


def _subscription(source: Source, process: etree._Element, subscription: etree._Element) -> CorrelationSubscription:
    key = source.document.find_tagged(
        subscription.get("correlationKeyRef") or text_of(child(subscription, "correlationKeyRef")), "correlationKey"
    )
    bindings: dict[str, Expression] = {}
    for binding in children(subscription, "correlationPropertyBinding"):
        path = source.compiler.formal(
            child(binding, "dataPath"), what="data path of the correlation", owner=subscription
        )
        found = source.document.find_tagged(binding.get("correlationPropertyRef"), "correlationProperty")
        if path is not None and found is not None:
            bindings[found.get("id", "")] = path
    references = [] if key is None else reference_texts(key, "correlationPropertyRef")
    properties = [
        found for text in references if (found := source.document.find_tagged(text, "correlationProperty")) is not None
    ]
    return CorrelationSubscription(
        id=subscription.get("id") or f"{process.get('id')}.correlation",
        key_name="" if key is None else key.get("name") or key.get("id") or "",
        properties=tuple(found.get("id", "") for found in properties),
        instance_expressions=bindings,
        message_expressions=_retrievals(source, properties),
    )


def _retrievals(source: Source, properties: list[etree._Element]) -> Mapping[str, Mapping[str, Expression]]:
    found: dict[str, dict[str, Expression]] = {}
    for element in properties:
        for retrieval in children(element, "correlationPropertyRetrievalExpression"):
            message = source.document.find_tagged(retrieval.get("messageRef"), "message")
            # bpmn-js writes formalExpression where the schema has messagePath.
            path = next(
                (found for found in children(retrieval) if name_of(found) in ("messagePath", "formalExpression")), None
            )
            expression = source.compiler.formal(path, what="message path of the correlation property", owner=element)
            if message is not None and expression is not None:
                found.setdefault(message.get("id", ""), {})[element.get("id", "")] = expression
    return found
