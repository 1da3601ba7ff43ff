"""The XML schema of BPMN 2.0, by SpiffWorkflow's validator. Only its schema is used; no process is ever run by it.

Real tools break the schema in ways that leave the meaning clear: the order of children, attributes of their own, missing ids. Whatever
matters is checked by rules of ours, so a violation of the schema is a warning.
"""

from __future__ import annotations

from functools import cache

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator

from engine.bpmn.document import Document
from engine.bpmn.problems import Report

_SHOWN = 20
"""Violations reported of one file: an unknown tool breaks one rule a hundred times."""


@cache
def _schema() -> etree.XMLSchema:
    """Compiling the schema takes some milliseconds, once a process."""
    return BpmnValidator().validator


def check(document: Document, *, report: Report) -> None:
    """Report the violations of the schema as warnings."""
    validator = _schema()
    if validator.validate(document.root):
        return
    for error in list(validator.error_log)[:_SHOWN]:
        message = error.message.replace("{http://www.omg.org/spec/BPMN/20100524/MODEL}", "bpmn:")
        report.add("schema", f"The file departs from the BPMN schema: {message}", line=error.line)
