"""These rules are about sequence flows (BPMN 2.0, 8.3.13 and 7.6.1): what they may connect, conditions and defaults."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import (
    ACTIVITY_TAGS,
    FLOW_NODE_TAGS,
    UNCONDITIONAL_TAGS,
    child,
    flag,
    is_for_compensation,
    name_of,
    reference_texts,
    text_of,
)
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context

_DEFAULT_TAGS = ACTIVITY_TAGS | {"exclusiveGateway", "inclusiveGateway", "complexGateway"}
_DECIDING = frozenset({"exclusiveGateway", "inclusiveGateway"})


def check(context: Context) -> None:
    """Report broken rules of sequence flows."""
    for flow in context.document.tagged("sequenceFlow"):
        source, target = context.source(flow), context.target(flow)
        if source is not None and target is not None:
            _check_ends(context, flow, source, target)
        if source is not None:
            _check_condition(context, flow, source)
    for node in context.document.tagged(*FLOW_NODE_TAGS):
        if not node.get("id"):
            context.problem("id-missing", f"A {name_of(node)} has no id; flows and the journal need one", node)
        _check_default(context, node)
        _check_lists(context, node)


def _check_ends(context: Context, flow: etree._Element, source: etree._Element, target: etree._Element) -> None:
    if source.getparent() is not target.getparent():
        context.problem(
            "flow-crosses-scope",
            f"The sequence flow leads from {label(source)} to {label(target)}, which lie in different (sub-)processes; "
            "a sequence flow stays in one",
            flow,
        )
    for node, direction in ((source, "out of"), (target, "into")):
        if flag(node, "triggeredByEvent"):
            context.problem(
                "event-sub-process-flow",
                f"The sequence flow leads {direction} the event sub-process {label(node)}, which is started by its event alone",
                flow,
            )
        if is_for_compensation(node):
            context.problem(
                "compensation-flow",
                f"The sequence flow leads {direction} the compensation activity {label(node)}, which only its association starts",
                flow,
            )
    if name_of(source) == "endEvent":
        context.problem("end-event-outgoing", f"A sequence flow leads out of the end event {label(source)}", flow)
    if name_of(target) == "startEvent":
        context.problem("start-event-incoming", f"A sequence flow leads into the start event {label(target)}", flow)
    if name_of(target) == "boundaryEvent":
        context.problem(
            "boundary-event-incoming", f"A sequence flow leads into the boundary event {label(target)}", flow
        )


def _check_lists(context: Context, node: etree._Element) -> None:
    """Where a node lists its flows, the list and the flows agree; many tools write no lists at all."""
    for name, attribute, flows in (
        ("incoming", "targetRef", context.incoming.get(node, [])),
        ("outgoing", "sourceRef", context.outgoing.get(node, [])),
    ):
        texts = reference_texts(node, name)
        listed = {context.document.find_tagged(text, "sequenceFlow"): text for text in texts}
        for flow in flows:
            if texts and flow not in listed:
                context.problem(
                    "flow-not-listed",
                    f"{label(node)} lists {name} flows without {flow.get('id')!r}, which names it; add it to the list or mend the flow",
                    flow,
                )
        for found, text in listed.items():
            if found is not None and context.document.find(found.get(attribute)) is not node:
                context.problem(
                    "flow-list-wrong",
                    f"{label(node)} lists {text!r} as {name}, but the {attribute} of that sequence flow is {found.get(attribute)!r}",
                    node,
                )


def _check_condition(context: Context, flow: etree._Element, source: etree._Element) -> None:
    if not flag(flow, "isImmediate", default=True):
        context.problem(
            "flow-immediate",
            f"isImmediate of the sequence flow {label(flow)} is false, which no executable process can keep; expected true, or nothing",
            flow,
        )
    condition = child(flow, "conditionExpression")
    tag = name_of(source)
    if condition is None:
        if (
            tag in _DECIDING
            and len(context.outgoing[source]) > 1
            and context.document.find(source.get("default")) is not flow
        ):
            context.problem(
                "condition-expected",
                f"A flow out of the gateway {label(source)} has no condition and is no default, so it is taken as if its condition held",
                flow,
            )
        return
    if tag in UNCONDITIONAL_TAGS:
        context.problem(
            "condition-not-allowed",
            f"The condition of a flow out of the {tag} {label(source)} is ignored; to choose, use an exclusive or inclusive gateway",
            flow,
        )
        return
    if not text_of(condition):
        context.problem("condition-empty", "The condition of the sequence flow is empty; write it or remove it", flow)
    if context.document.find(source.get("default")) is flow:
        context.problem(
            "default-with-condition",
            "The condition of a default flow is never evaluated: the flow is taken when no other condition holds",
            flow,
        )
    if tag in ACTIVITY_TAGS and len(context.outgoing[source]) < 2:
        context.problem(
            "condition-alone",
            f"{label(source)} has one outgoing flow and that has a condition; add the flow that is taken when it does not hold",
            flow,
        )


def _check_default(context: Context, node: etree._Element) -> None:
    reference = node.get("default")
    if reference is None:
        return
    tag = name_of(node)
    if tag not in _DEFAULT_TAGS:
        context.problem(
            "default-not-allowed",
            f"A {tag} has no default flow; only exclusive, inclusive and complex gateways and activities do",
            node,
        )
        return
    flow = context.document.find_tagged(reference, "sequenceFlow")
    if flow is not None and context.document.find(flow.get("sourceRef")) is not node:
        context.problem("default-not-outgoing", f"The default flow {reference!r} does not leave {label(node)}", node)
