"""The schema of BPMN 2.0 says which element may stand in which: what stands elsewhere would be ignored, so it is a problem.

The order of children, which tools often get wrong, does not matter here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from lxml import etree

from engine.bpmn.document import XSI_TYPE, children, name_of
from engine.bpmn.problems import Report
from engine.bpmn.rules.context import Context
from engine.bpmn.schema import declarations

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_HARMLESS = frozenset(
    {"documentation", "extensionElements", "text", "textAnnotation", "association", "group", "auditing", "monitoring"}
)
"""These elements say nothing to run: where they stand does not matter."""

_KEPT = frozenset({"partitionElement"})
"""These elements have an abstract type that the schema itself names."""

_TOLERATED = frozenset(
    {
        ("correlationPropertyRetrievalExpression", "formalExpression"),
        ("complexBehaviorDefinition", "formalExpression"),
        ("complexBehaviorDefinition", "implicitThrowEvent"),
    }
)
"""bpmn-js writes these, after the types, where the schema has messagePath, condition and event."""


def check(context: Context) -> None:
    """Report every BPMN element whose parent may not hold it."""
    _check(context.document.root, "tDefinitions", _grammar(), context.report)


def _check(element: etree._Element, type_name: str, grammar: Mapping[str, Mapping[str, str]], report: Report) -> None:
    allowed = grammar.get(type_name, {})
    holder = name_of(element)
    for inner in children(element):
        name = name_of(inner)
        if name == "extensionElements" or (holder, name) in _TOLERATED:
            continue
        inner_type = allowed.get(name)
        if inner_type is None:
            code = "element-misplaced" if name not in _HARMLESS else "annotation-misplaced"
            report.add(
                code,
                f"bpmn:{name} is not allowed in bpmn:{holder}; it would be ignored there. Move or remove it",
                element=inner,
            )
            continue
        if (inner_type in _abstract() and name not in _HARMLESS | _KEPT) or name == "implicitThrowEvent":
            report.add(
                "element-abstract",
                f"bpmn:{name} in bpmn:{holder} is no element that can be run; write it by its own name, such as bpmn:userTask",
                element=inner,
            )
        said = inner.get(XSI_TYPE)
        _check(inner, said.rpartition(":")[2] if said else inner_type, grammar, report)


@cache
def _abstract() -> frozenset[str]:
    """Return the types that only others stand for."""
    return frozenset(found.get("name", "") for found in declarations() if found.get("abstract") == "true")


@cache
def _grammar() -> Mapping[str, Mapping[str, str]]:
    """Return the names of the children of each complex type, with the type of each and what may stand for an abstract element."""
    schema = declarations()
    declared = {
        found.get("name", ""): _Declared(found.get("type", ""), found.get("substitutionGroup"))
        for found in schema
        if found.tag == f"{_XSD}element"
    }
    members: dict[str, list[str]] = {}
    for name, element in declared.items():
        if element.stands_for:
            members.setdefault(element.stands_for, []).append(name)
    types = {found.get("name", ""): found for found in schema if found.tag == f"{_XSD}complexType"}
    return {name: _children_of(name, types, declared, members) for name in types}


@dataclass(frozen=True, slots=True)
class _Declared:
    type_name: str
    stands_for: str | None


def _children_of(
    name: str, types: Mapping[str, etree._Element], declared: Mapping[str, _Declared], members: Mapping[str, list[str]]
) -> dict[str, str]:
    found: dict[str, str] = {}
    definition = types[name]
    extension = definition.find(f".//{_XSD}extension")
    base = None if extension is None else extension.get("base")
    if base in types:
        found |= _children_of(str(base), types, declared, members)
    for element in definition.iter(f"{_XSD}element"):
        reference = element.get("ref")
        if reference is None:
            found[element.get("name", "")] = element.get("type", "")
            continue
        for concrete in _concrete(reference.rpartition(":")[2], members):
            if concrete in declared:
                found[concrete] = declared[concrete].type_name
    return found


def _concrete(name: str, members: Mapping[str, list[str]]) -> list[str]:
    return [name, *(found for member in members.get(name, ()) for found in _concrete(member, members))]
