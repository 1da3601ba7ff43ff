"""The structural rules of the standard are checked here: each module has those of one family, as a function over the document that
reports what breaks them."""

from __future__ import annotations

from engine.bpmn.document import Document
from engine.bpmn.problems import Report
from engine.bpmn.rules import (
    activities,
    collaboration,
    data,
    event_data,
    events,
    expressions,
    flows,
    gateways,
    infrastructure,
    input_output_sets,
    links,
    multi_instance_data,
    never,
    operations,
    placement,
    references,
    scopes,
)
from engine.bpmn.rules.context import context_of

_MODULES = (
    infrastructure,
    placement,
    references,
    flows,
    scopes,
    activities,
    gateways,
    expressions,
    events,
    links,
    data,
    input_output_sets,
    operations,
    multi_instance_data,
    event_data,
    collaboration,
    never,
)


def check(document: Document, *, report: Report) -> None:
    """Apply every rule. Only the document is read, so that a file of any dialect is judged alike."""
    context = context_of(document, report=report)
    for module in _MODULES:
        module.check(context)
