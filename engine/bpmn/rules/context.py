"""What a rule looks at: the document, and how its nodes are connected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.document import CHOREOGRAPHY_ACTIVITY_TAGS, FLOW_NODE_TAGS, Document, flag, name_of
from engine.bpmn.problems import Report

FLOW_ENDS = (*FLOW_NODE_TAGS, *CHOREOGRAPHY_ACTIVITY_TAGS)

Flows = Mapping[etree._Element, list[etree._Element]]


@dataclass(frozen=True, slots=True)
class Context:
    """`incoming` and `outgoing` hold the sequence flows of each node, by the flows' own references."""

    document: Document
    report: Report
    incoming: Flows
    outgoing: Flows

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
    return Context(document, report, incoming, outgoing)


def label(element: etree._Element) -> str:
    """How a problem names an element: by its name and id, or by its id alone."""
    name = " ".join((element.get("name") or "").split())
    identifier = element.get("id")
    if name and identifier:
        return f"{name!r} ({identifier})"
    return repr(name or identifier or name_of(element))


def is_event_sub_process(element: etree._Element) -> bool:
    return name_of(element) == "subProcess" and flag(element, "triggeredByEvent")
