"""Variables stand for BPMN's data; here are their names, and an expression that reads one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from engine import feel
from engine.bpmn.document import Document, name_of
from engine.bpmn.expressions import Expression, Language

DATA_TAGS = frozenset(
    {
        "dataObject", "dataObjectReference", "dataStore", "dataStoreReference", "property", "dataInput", "dataOutput",
        "inputDataItem", "outputDataItem",
    }
)  # fmt: skip


_SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"


@dataclass(frozen=True, slots=True)
class VariableExpression:
    """This expression reads the variable called `name`, whatever characters the name has; null when there is none."""

    name: str

    def evaluate(
        self,
        context: Mapping[str, Any],
        *,
        now: datetime | None = None,  # noqa: ARG002 (the interface's, as the next)
        budget: feel.Budget | None = None,  # noqa: ARG002
        warnings: list[feel.Warning] | None = None,
    ) -> Any:
        if warnings is not None and self.name not in context:
            warnings.append(feel.Warning(None, f"no variable is called '{self.name}'", (), self.name))
        return context.get(self.name)

    def names_in(self, context: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002 (the interface's)
        return frozenset({self.name})


def variable(name: str, *, line: int = 0) -> Expression:
    """Return an expression whose value is that of one variable."""
    return Expression(name, Language.FEEL, line, VariableExpression(name))


def variable_name(document: Document, element: etree._Element) -> str:
    """Return the variable of a data element: its name, else that of what it refers to or of what refers to it, else its id.

    References to one data object share one variable, whatever state each of them shows (10.3.1).
    """
    tag = name_of(element)
    if tag in ("dataObjectReference", "dataStoreReference"):
        kind = tag.removesuffix("Reference")
        target = document.find_tagged(element.get(f"{kind}Ref"), kind)
        if target is not None:
            return variable_name(document, target)
    if tag == "dataObject" and _SPIFF in document.root.nsmap.values():
        return element.get("id") or ""  # that engine's variable is called like the id
    if tag in ("dataObject", "dataStore") and not element.get("name"):
        return document.reference_names.get(element.get("id", "")) or element.get("id") or ""
    return element.get("name") or element.get("id") or ""
