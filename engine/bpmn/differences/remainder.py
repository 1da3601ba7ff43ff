"""What the engine does not read may differ as well: documentation, annotations, names of pools, extensions of others.

Here the XML of each element is compared, so that two files are never called the same while something in them is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from engine.bpmn.differences.names import Names
from engine.bpmn.document import FLOW_NODE_TAGS, GLOBAL_TASK_TAGS, Document, name_of
from engine.differences import Change, Comparison, Difference, Kind, Vocabulary, Words

_OF_THE_MODEL = FLOW_NODE_TAGS | GLOBAL_TASK_TAGS | {"sequenceFlow", "process"}
_REFERENCES = frozenset({"message", "signal", "error", "escalation", "itemDefinition", "interface", "operation"})
"""Elements of the model refer to these: what they hold is said there."""
_ELEMENTS = (
    _OF_THE_MODEL
    | _REFERENCES
    | {
        "definitions", "collaboration", "participant", "messageFlow", "laneSet", "lane", "textAnnotation", "association", "group",
        "dataObject", "dataObjectReference", "dataStore", "dataStoreReference", "category", "categoryValue", "resource",
        "correlationProperty", "correlationKey", "endPoint", "partnerEntity", "partnerRole", "choreography",
    }
)  # fmt: skip
"""These have an id that means something; anything else is part of the element around it, and its id means nothing."""
_ELSEWHERE = frozenset({"incoming", "outgoing", "flowNodeRef", "BPMNDiagram"})
"""These are said as flows and lanes, and apart as the picture."""
_NOT_MEANT = frozenset({"id", "exporter", "exporterVersion", "schemaLocation"})
_COMPARISON = Comparison(Vocabulary(fields={}))


def remaining_differences(
    before: Document, after: Document, *, said: frozenset[str], names: Names, renamed: Mapping[str, str]
) -> Iterator[Difference]:
    """Yield what differs in elements of which nothing was `said` yet, and every other documentation."""
    old = {renamed.get(key, key): element for key, element in _elements(before).items()}
    new = _elements(after)
    yield from _whole(old, new, Kind.REMOVED)
    yield from _whole(new, old, Kind.ADDED)
    spoken_of = said | _referred(old, said) | _referred(new, said)
    for key, element in new.items():
        if key not in old:
            continue
        held, holds = _parts(old[key]), _parts(element)
        for part in [*held, *(each for each in holds if each not in held)]:
            if held.get(part) == holds.get(part) or (key in spoken_of and part != "documentation"):
                continue
            words = Words(_in_words(part))
            yield _COMPARISON.difference(
                Change(part, words.noun, words, held.get(part), holds.get(part)),
                element_id=element.get("id") or key,
                element_name=_name(element),
                subject=names.subject(key) if name_of(element) in _OF_THE_MODEL else _subject(element),
            )


def _whole(
    there: Mapping[str, etree._Element], other: Mapping[str, etree._Element], kind: Kind
) -> Iterator[Difference]:
    for key, element in there.items():
        tag = name_of(element)
        if key in other or tag in _OF_THE_MODEL or tag == "definitions":
            continue
        what = _in_words(tag)
        before, after = (what, None) if kind is Kind.REMOVED else (None, what)
        sentence = f"{_subject(element)} was {kind.value}."
        yield Difference(key, _name(element), kind, "", before, after, sentence)


def _elements(document: Document) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for tag in _ELEMENTS:
        for element in document.tagged(tag):
            identifier = element.get("id")
            if identifier and tag != "definitions":
                found.setdefault(identifier, element)
    found["definitions"] = document.root
    return found


def _referred(elements: Mapping[str, etree._Element], said: frozenset[str]) -> frozenset[str]:
    """Return the ids of messages, errors and their like to which elements refer of which something was said."""
    wanted = {key for key, element in elements.items() if name_of(element) in _REFERENCES}
    found: set[str] = set()
    for key in said & elements.keys():
        for part in elements[key].iter(etree.Element):
            texts = (*map(str, part.attrib.values()), (part.text or "").strip())
            found |= wanted & {text.rpartition(":")[2] for text in texts}
    return frozenset(found)


def _parts(element: etree._Element) -> dict[str, str]:
    """Return what the element says by itself: each attribute, and each child that is no element of its own, as text."""
    found: dict[str, str] = {}
    for name, value in element.attrib.items():
        local = _local(str(name))
        if local not in _NOT_MEANT:
            found[local] = str(value)
    children = [child for child in element if isinstance(child.tag, str) and name_of(child) != "extensionElements"]
    for holder in element:
        if name_of(holder) == "extensionElements":
            children += [child for child in holder if isinstance(child.tag, str)]
    for child in children:
        local = _local(str(child.tag))
        if local not in _ELSEWHERE and not (child.get("id") and name_of(child) in _ELEMENTS):
            found[local] = f"{found[local]}; {_said(child)}" if local in found else _said(child)
    return found


def _said(part: etree._Element) -> str:
    texts = [
        f"{_local(str(name))} {value!s}" for name, value in part.attrib.items() if _local(str(name)) not in _NOT_MEANT
    ]
    texts.append((part.text or "").strip())
    texts += [f"{_local(str(child.tag))} {_said(child)}".strip() for child in part if isinstance(child.tag, str)]
    return ", ".join(text for text in texts if text) or "set"


def _subject(element: etree._Element) -> str:
    tag = name_of(element)
    if tag == "definitions":
        return "The file"
    return f"The {_in_words(tag)} {_name(element) or element.get('id')}"


def _name(element: etree._Element) -> str:
    text = next((child.text or "" for child in element if name_of(child) == "text"), "")
    return " ".join((element.get("name") or text).split())


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _in_words(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", name)
