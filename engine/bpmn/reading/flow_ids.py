"""Sequence flows without an id get one here, for the journal names what was taken by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lxml import etree

from engine.bpmn.document import Document
from engine.bpmn.problems import Report


def with_flow_ids(document: Document, *, report: Report) -> Document:
    """Give each sequence flow without an id one of our own, which is the same each time the file is read."""
    by_id = dict(document.by_id)
    for flow in document.tagged("sequenceFlow"):
        if not flow.get("id"):
            identifier = _named_by_ends(flow, by_id)
            flow.set("id", identifier)
            by_id[identifier] = flow
            report.add(
                "flow-id-missing", f"A sequence flow has no id; it is known as {identifier!r} here", element=flow
            )
    return replace(document, by_id=by_id)


def _named_by_ends(flow: etree._Element, by_id: Mapping[str, etree._Element]) -> str:
    """Return an id that no other element has. No element of a valid file has one like it: `>` stands in no xsd:ID."""
    stem = f"{flow.get('sourceRef', '')}->{flow.get('targetRef', '')}"
    identifier, number = stem, 1
    while identifier in by_id:
        number += 1
        identifier = f"{stem}.{number}"
    return identifier
