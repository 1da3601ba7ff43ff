"""A rule looks at this: the document, and how its nodes are connected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.document import CHOREOGRAPHY_ACTIVITY_TAGS, FLOW_NODE_TAGS, Document, flag, name_of
from engine.bpmn.problems import Report

FLOW_ENDS = (*FLOW_NODE_TAGS, *CHOREOGRAPHY_ACTIVITY_TAGS)

Related = Mapping[etree._Element, list[etree._Element]]


@dataclass(frozen=True, slots=True)
class Context:
    """The context says how the elements of a document hang together, gathered once, so that every rule costs what it looks at.

    `incoming` and `outgoing` hold the sequence flows of each node, by the flows' own references; `associated` the other ends of an
    element's associations; `attached` the boundary events of an activity; `messaging` the ends of message flows; `correlated` the
    messages that a correlation property can be found in.
    """

    document: Document
    report: Report
    incoming: Related
    outgoing: Related
    associated: Related
    attached: Related
    messaging: frozenset[etree._Element]
    correlated: frozenset[etree._Element]

    def problem(self, code: str, message: str, element: etree._Element) -> None:
        self.report.add(code, message, element=element)

    def source(self, flow: etree._Element) -> etree._Element | None:
        return self.document.find_tagged(flow.get("sourceRef"), *FLOW_ENDS)

    def target(self, flow: etree._Element) -> etree._Element | None:
        return self.document.find_tagged(flow.get("targetRef"), *FLOW_ENDS)


def context_of(document: Document, *, report: Report) -> Context:
    incoming: dict[etree._Element, list[etree._Element]] = {}
    outgoing: dict[etree._Element, list[etree._Element]] = {}
    for flow in document.tagged("sequenceFlow"):
        for reference, flows in ((flow.get("sourceRef"), outgoing), (flow.get("targetRef"), incoming)):
            node = document.find_tagged(reference, *FLOW_ENDS)
            if node is not None:
                flows.setdefault(node, []).append(flow)
    return Context(
        document=document,
        report=report,
        incoming=incoming,
        outgoing=outgoing,
        associated=_associated(document),
        attached=_attached(document),
        messaging=_targets(document, "messageFlow", "sourceRef") | _targets(document, "messageFlow", "targetRef"),
        correlated=_targets(document, "correlationPropertyRetrievalExpression", "messageRef"),
    )


def _associated(document: Document) -> dict[etree._Element, list[etree._Element]]:
    found: dict[etree._Element, list[etree._Element]] = {}
    for association in document.tagged("association"):
        source, target = (document.find(association.get(name)) for name in ("sourceRef", "targetRef"))
        if source is not None and target is not None:
            found.setdefault(source, []).append(target)
            found.setdefault(target, []).append(source)
    return found


def _attached(document: Document) -> dict[etree._Element, list[etree._Element]]:
    found: dict[etree._Element, list[etree._Element]] = {}
    for event in document.tagged("boundaryEvent"):
        activity = document.find(event.get("attachedToRef"))
        if activity is not None:
            found.setdefault(activity, []).append(event)
    return found


def _targets(document: Document, tag: str, attribute: str) -> frozenset[etree._Element]:
    found = (document.find(element.get(attribute)) for element in document.tagged(tag))
    return frozenset(element for element in found if element is not None)


def is_event_sub_process(element: etree._Element) -> bool:
    return name_of(element) == "subProcess" and flag(element, "triggeredByEvent")
