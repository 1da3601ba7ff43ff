"""A dialect reaches the attributes and elements of its namespace on one element by a `Vendor`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.document import line_of
from engine.bpmn.expressions import Expression
from engine.bpmn.languages import Compiler


@dataclass(frozen=True, slots=True)
class Vendor:
    """This is one element as one dialect sees it: attributes and extension elements of `namespace`, named with `prefix` in problems."""

    element: etree._Element
    container: etree._Element | None
    namespace: str
    prefix: str
    compiler: Compiler

    def attribute(self, name: str, *, of: etree._Element | None = None) -> str | None:
        """Return a trimmed attribute of the namespace; None when it is missing or empty."""
        value = (self.element if of is None else of).get(f"{{{self.namespace}}}{name}")
        return value.strip() or None if value is not None else None

    def attribute_names(self) -> Iterator[str]:
        """Return the local names of all attributes of the namespace."""
        prefix = f"{{{self.namespace}}}"
        for name in map(str, self.element.attrib):
            if name.startswith(prefix):
                yield name[len(prefix) :]

    def value(self, name: str, *, what: str) -> Expression | None:
        """Return an attribute as an expression or literal."""
        return self.compiler.literal_or(self.attribute(name), what=what, element=self.element)

    def elements(self, *names: str, within: etree._Element | None = None) -> Iterator[etree._Element]:
        """Return the extension elements with one of these names, or the children of one of them."""
        parent = self.container if within is None else within
        if parent is None:
            return
        wanted = {f"{{{self.namespace}}}{name}" for name in names}
        for found in parent:
            if found.tag in wanted:
                yield found

    def first(self, *names: str, within: etree._Element | None = None) -> etree._Element | None:
        return next(self.elements(*names, within=within), None)

    def problem(self, code: str, message: str, *, at: etree._Element | None = None) -> None:
        self.compiler.report.add(code, message, element=self.element, line=None if at is None else line_of(at))
