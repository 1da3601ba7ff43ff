"""No attribute and no element of BPMN's schema is ignored in silence.

Each changes the model or raises a problem, or the docs say that it has no effect.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
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
    return {
        found.get("name", ""): found
        for found in declarations()
        if found.tag in (f"{XSD}complexType", f"{XSD}simpleType")
    }


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
            found |= {
                (name_of(element), f"@{name}"): kind for name, kind in attributes(type_name).items() if name != "id"
            }
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


def has_element(element: etree._Element, name: str) -> bool:
    return element.get(name[1:]) is not None if name[0] == "@" else any(name_of(child) == name for child in element)


def changes(name: str, kind: str) -> Iterator[Callable[[etree._Element], None]]:
    """Ways to change that member of an element: an attribute to other values, a child to none."""
    if name[0] == "@":
        yield from (lambda element, value=value: _set(element, name[1:], value) for value in _values(kind))
    else:
        yield lambda element: _remove(element, name)


def _remove(element: etree._Element, name: str) -> None:
    for child in list(element):
        if name_of(child) == name:
            element.remove(child)


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
    if kind == "xsd:anyURI":
        return [lambda _: "https://www.python.org/"]
    if kind in types() and (found := types()[kind].findall(f".//{XSD}enumeration")):
        return [partial(lambda value, _: value, item.get("value")) for item in found]
    return [lambda _: None, lambda _: "groovy"] if kind == "xsd:string" else [lambda _: None]


def edited(tags: list[str], change: Callable[[etree._Element], None]) -> bytes:
    root = copy.deepcopy(tree())
    for tag in tags:
        for element in root.iter(f"{{{BPMN}}}{tag}"):
            change(element)
    return etree.tostring(root)


def meaning(xml: bytes) -> Definitions:
    """What a file comes to, but for what the schema alone says about it."""
    found = parse(xml)
    return replace(found, problems=tuple(problem for problem in found.problems if problem.code != "schema"))


@cache
def base() -> Definitions:
    return meaning(etree.tostring(tree()))


def touched(found: Definitions) -> set[str | None]:
    """Ids of the nodes, flows and processes that are not as they were, and of the elements with other problems than before."""
    before = base()
    places = {problem.element_id for problem in set(before.problems) ^ set(found.problems)}
    for identifier in before.processes.keys() | found.processes.keys():
        old, new = before.processes.get(identifier), found.processes.get(identifier)
        if old is None or new is None:
            places.add(identifier)
            continue
        for parts in ("nodes", "flows", "lanes", "message_flows"):
            one, other = getattr(old, parts), getattr(new, parts)
            places |= {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
    return places


def around(element: etree._Element) -> set[str | None]:
    """Ids of the element, and of what it lies in and holds."""
    return {found.get("id") for found in (*element.iterancestors(), *element.iter())} - {None, "p", "file"}


def effective() -> list[tuple[str, str]]:
    """Every member that has an effect in one of the elements that may have it, with its type."""
    return sorted({(name, kind) for (tag, name), kind in declared().items() if not has_no_effect((tag, name))})


REFUSED = frozenset(
    {
        "choreography",
        "globalChoreographyTask",
        "choreographyTask",
        "subChoreography",
        "callChoreography",
        "implicitThrowEvent",
    }
)
"""Elements that no file may hold that is to be run; the rules about them have diagrams of their own."""

ELSEWHERE = frozenset({"choreographyRef", "expression"})
"""The first belongs to a choreography; the second is what `formalExpression` stands for."""


def test_the_diagram_holds_every_attribute_and_every_element_of_the_schema() -> None:
    held = {f"@{attribute!s}" for element in tree().iter() for attribute in element.attrib}
    held |= {name_of(element) for element in tree().iter(f"{{{BPMN}}}*")}
    assert {name for _, name in declared()} - held == REFUSED | ELSEWHERE


def test_what_has_no_effect_by_the_docs_has_none() -> None:
    root = copy.deepcopy(tree())
    for element in root.iter(f"{{{BPMN}}}*"):
        for (tag, name), kind in declared().items():
            if tag == name_of(element) and has_no_effect((tag, name)):
                for change in changes(name, kind):
                    change(element)
    assert touched(meaning(etree.tostring(root))) == set()


@pytest.mark.parametrize(("name", "kind"), effective() if DOCUMENT.exists() else [])
def test_every_other_attribute_and_element_changes_the_model_or_raises_a_problem(name: str, kind: str) -> None:
    tags = [
        tag
        for (tag, member), declared_kind in declared().items()
        if (member, declared_kind) == (name, kind) and not has_no_effect((tag, member))
    ]
    tags = [tag for tag in tags if any(has_element(found, name) for found in tree().iter(f"{{{BPMN}}}{tag}"))]
    for change in changes(name, kind):
        places = touched(meaning(edited(tags, change)))
        tags = [tag for tag in tags if not any(around(found) & places for found in tree().iter(f"{{{BPMN}}}{tag}"))]
    silent = [tag for tag in tags if all(meaning(edited([tag], change)) == base() for change in changes(name, kind))]
    assert silent == [], f"{name} is ignored here: mend that, or say so in {DOCUMENT.name}"
