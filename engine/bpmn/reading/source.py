"""Every reader of a part of a file needs this: the document, the compiler, the report."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn.dialects import Extensions, extensions_of
from engine.bpmn.document import Document
from engine.bpmn.languages import Compiler
from engine.bpmn.problems import Report


@dataclass(slots=True)
class Source:
    """A source is one file while it is read. Extensions are read once an element, so that their problems are reported once."""

    document: Document
    compiler: Compiler
    report: Report
    _extensions: dict[etree._Element, Extensions] = field(default_factory=dict)

    def extensions(self, element: etree._Element) -> Extensions:
        found = self._extensions.get(element)
        if found is None:
            found = self._extensions[element] = extensions_of(element, compiler=self.compiler)
        return found
