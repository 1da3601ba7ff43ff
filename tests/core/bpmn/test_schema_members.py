"""No attribute and no element of BPMN's schema is ignored in silence: each changes the model or raises a problem, or the docs say that it has no effect."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from engine.bpmn import parse
from engine.bpmn.document import BPMN, XSI_TYPE, name_of
from engine.bpmn.model import Definitions
from engine.bpmn.schema import declarations
from tests.core.bpmn.everything import EVERYTHING

XSD = "{http://www.w3.org/2001/XMLSchema}"
DOCUMENT = Path(__file__).parents[3] / "docs" / "bpmn-without-effect.md"

Member = tuple[str, str]
"""The name of an element, and that of an attribute (with @) or child of it."""


@cache
def types() -> dict[str, etree._Element]:
    return {found.get("name", ""): found for found in declarations() if found.tag in (f"{XSD}complexType", f"{XSD}simpleType")}


@cache
def lineage(name: str) -> tuple[str, ...]:
    extension = types()[name].find(f".//{XSD}extension")
    base = "" if extension is None else extension.get("base", "")
    return (name, *(lineage(base) if base in types() else ()))


@cache
def attributes(type_name: str) -> dict[str, str]:
    return {
        found.get("name", ""): found.get("type", "")
        for name in lineage(type_name)
        for found in types()[name].iter(f"{XSD}attribute")
    }


@cache
def heads() -> dict[str, tuple[str, str]]:
    """Global element -> its type, and what it may stand for."""
    return {
        found.get("name", ""): (found.get("type", ""), found.get("substitutionGroup", ""))
        for found in declarations()
        if found.tag == f"{XSD}element"
    }


@cache
def children_of(type_name: str) -> dict[str, str]:
    """Child -> its type, with every element that may stand for an abstract one."""
    found: dict[str, str] = {}
    for name in lineage(type_name):
        for element in types()[name].iter(f"{XSD}element"):
            reference = (element.get("ref") or "").rpartition(":")[2]
            if not reference:
                found[element.get("name", "")] = element.get("type", "")
            elif reference in heads():
                found |= {member: heads()[member][0] for member in members(reference)}
    return {name: kind for name, kind in found.items() if not is_abstract(kind)}


def members(head: str) -> Iterator[str]:
    yield head
    for name, (_, stands_for) in heads().items():
        if stands_for == head:
            yield from members(name)


def is_abstract(type_name: str) -> bool:
    return type_name in types() and types()[type_name].get("abstract") == "true"


@cache
def tree() -> etree._Element:
    return etree.fromstring(EVERYTHING)


def typed(element: etree._Element, type_name: str) -> Iterator[tuple[etree._Element, str]]:
    """The element and all below it, each with its type of the schema."""
    said = element.get(XSI_TYPE)
    type_name = said.rpartition(":")[2] if said else type_name
    yield element, type_name
    known = children_of(type_name) if type_name in types() else {}
    for child in element:
        if name_of(child) in known:
            yield from typed(child, known[name_of(child)])


@cache
def declared() -> dict[Member, str]:
    """Every attribute and child that the elements of the diagram may have -> its type."""
    found: dict[Member, str] = {}
    for element, type_name in typed(tree(), "tDefinitions"):
        if type_name in types() and types()[type_name].tag == f"{XSD}complexType":
            found |= {(name_of(element), f"@{name}"): kind for name, kind in attributes(type_name).items() if name != "id"}
            found |= {(name_of(element), name): kind for name, kind in children_of(type_name).items()}
    return {key: kind for key, kind in found.items() if key[1] not in ("extensionElements", "documentation")}


@cache
def documented() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """The rows of the table in the docs: elements (or `any`), and their members that have no effect."""
    rows = []
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3:
            rows.append((frozenset(re.findall(r"`([^`]+)`", cells[0])), frozenset(re.findall(r"`([^`]+)`", cells[1]))))
    return tuple(rows)


def has_no_effect(member: Member) -> bool:
    element, name = member
    return any((element in elements or "any" in elements) and name in names for elements, names in documented())


def changed(member: Member, kind: str) -> Iterator[bytes]:
    """The diagram with all such attributes changed, or all such children removed."""
    tag, name = member
    if name[0] != "@":
        yield _edited(tag, lambda element: [element.remove(child) for child in element if name_of(child) == name])
        return
    for value in _values(kind):
        yield _edited(tag, lambda element, value=value: _set(element, name[1:], value))


def _set(element: etree._Element, attribute: str, value: Callable[[str], str | None]) -> None:
    before = element.get(attribute)
    if before is None:
        return
    after = value(before)
    if after is None:
        del element.attrib[attribute]
    else:
        element.set(attribute, after)


def _values(kind: str) -> list[Callable[[str], str | None]]:
    if kind == "xsd:boolean":
        return [lambda before: "false" if before == "true" else "true"]
    if kind in ("xsd:integer", "xsd:int"):
        return [lambda before: str(int(before) + 1)]
    if kind in types():
        values = [found.get("value", "") for found in types()[kind].iter(f"{XSD}enumeration")]
        return [lambda before, value=value: value for value in values] or [lambda before: before + "x"]
    return [lambda _before: None, lambda before: before + "x"] if kind == "xsd:string" else [lambda _before: None]


def _edited(tag: str, edit: Callable[[etree._Element], object]) -> bytes:
    root = copy.deepcopy(tree())
    for element in root.iter(f"{{{BPMN}}}{tag}"):
        edit(element)
    return etree.tostring(root)


def meaning(xml: bytes) -> Definitions:
    """What a file comes to, but for what the schema alone says about it."""
    import dataclasses

    found = parse(xml)
    return dataclasses.replace(found, problems=tuple(problem for problem in found.problems if problem.code != "schema"))


BASE = etree.tostring(tree())
GROUPS: dict[tuple[str, str], list[str]] = {}
for (_tag, _name), _kind in declared().items():
    if not has_no_effect((_tag, _name)):
        GROUPS.setdefault((_name, _kind), []).append(_tag)
"""A member that has an effect, with its type -> the elements that have it."""
