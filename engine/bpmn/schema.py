"""A file is checked against the XML schema of BPMN 2.0, by SpiffWorkflow's validator. Only its schema is used; no process is ever run by
it.

Real tools break the schema in ways that leave the meaning clear: the order of children, attributes of their own, missing ids. What
matters is checked by the rules, so such a violation is a warning. A value that is none of those that an attribute may have is an error.
"""

from __future__ import annotations

import inspect
from functools import cache
from pathlib import Path

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator

from engine.bpmn.document import Document
from engine.bpmn.problems import Report

_SHOWN = 20
"""So many violations are reported of one file, and further ones dropped: a tool that breaks a rule once breaks it a hundred times."""

_SHOWN_VALUES = 200
"""So many wrong values are reported of one file, and further ones dropped: to find the place of each costs a walk through the file."""

_PATTERNS_OF_VALUES = ("'{http://www.w3.org/2001/XMLSchema}boolean'", "xs:boolean'", "xs:integer'", "xs:int'")


@cache
def _validator() -> etree.XMLSchema:
    """Return the compiled schema. Compiling takes some milliseconds, once a process."""
    validator: etree.XMLSchema = BpmnValidator().validator
    return validator


@cache
def declarations() -> tuple[etree._Element, ...]:
    """Return the declarations of BPMN's elements and types, without those of the diagram interchange."""
    folder = Path(inspect.getfile(BpmnValidator)).parent / "schema"
    return tuple(
        found for name in ("Semantic.xsd", "BPMN20.xsd") for found in etree.parse(str(folder / name)).getroot()
    )


def check(document: Document, *, report: Report) -> None:
    """Report the violations of the schema."""
    validator = _validator()
    if validator.validate(document.root):
        return
    shown = invalid = 0
    for error in validator.error_log:  # type: ignore[attr-defined]
        message = error.message.replace("{http://www.omg.org/spec/BPMN/20100524/MODEL}", "bpmn:")
        if error.type_name == "SCHEMAV_CVC_ENUMERATION_VALID" or any(value in message for value in _PATTERNS_OF_VALUES):
            invalid += 1
            if invalid > _SHOWN_VALUES:
                continue
            report.add("value-invalid", message, element=_place(document, error), line=error.line)
        elif shown < _SHOWN:
            shown += 1
            report.add(
                "schema",
                f"The file departs from the BPMN schema: {message}",
                element=_place(document, error),
                line=error.line,
            )


def _place(document: Document, error: etree._LogEntry) -> etree._Element | None:
    """Return the element that the validator speaks of, by the path of its error; None where the path cannot be followed."""
    if not error.path:
        return None
    named = {prefix: uri for prefix, uri in document.root.nsmap.items() if prefix}
    try:
        found = document.root.getroottree().xpath(error.path, namespaces=named)
    except etree.XPathError:  # a prefix that is declared further in
        return None
    return found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None
