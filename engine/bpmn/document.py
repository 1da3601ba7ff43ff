"""A BPMN file is indexed here, and the rest of the package walks through it in these few ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from lxml import etree

from engine.bpmn.problems import Report
from engine.bpmn.xml_text import FileLimits, tree_of

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_PREFIX = f"{{{BPMN}}}"

FLOW_NODE_TAGS = frozenset(
    {
        "task", "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask",
        "subProcess", "transaction", "adHocSubProcess", "callActivity",
        "startEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "endEvent",
        "exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway",
    }
)  # fmt: skip
UNCONDITIONAL_TAGS = frozenset({"parallelGateway", "eventBasedGateway", "startEvent"})
"""All flows out of these are taken; a condition on one is ignored (8.3.13, 10.4.2)."""
TASK_TAGS = frozenset(tag for tag in FLOW_NODE_TAGS if tag.endswith(("task", "Task")))
SUB_PROCESS_TAGS = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITY_TAGS = TASK_TAGS | SUB_PROCESS_TAGS | {"callActivity"}
EVENT_TAGS = frozenset(tag for tag in FLOW_NODE_TAGS if tag.endswith("Event"))
CATCH_EVENT_TAGS = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})
THROW_EVENT_TAGS = frozenset({"intermediateThrowEvent", "endEvent"})
GATEWAY_TAGS = frozenset(tag for tag in FLOW_NODE_TAGS if tag.endswith("Gateway"))
EVENT_DEFINITION_TAGS = frozenset(
    f"{kind}EventDefinition"
    for kind in (
        "message", "signal", "timer", "error", "escalation", "compensate", "conditional", "link", "cancel", "terminate",
    )
)  # fmt: skip
GLOBAL_TASK_TAGS = frozenset(
    {"globalTask", "globalUserTask", "globalManualTask", "globalScriptTask", "globalBusinessRuleTask"}
)
CHOREOGRAPHY_ACTIVITY_TAGS = frozenset({"choreographyTask", "subChoreography", "callChoreography"})


@dataclass(frozen=True, slots=True)
class Document:
    """A document is the tree of a file, with its BPMN elements by id and by name. Of two elements with one id, the first is found."""

    root: etree._Element
    by_id: Mapping[str, etree._Element]
    by_tag: Mapping[str, tuple[etree._Element, ...]]
    reference_names: Mapping[str, str]
    """The name of the first reference with a name to each data object or data store, by the id of the latter."""
    link_catchers: Mapping[str, etree._Element]
    """The first catching link definition that has a throwing one as a source, by the id of the latter."""
    imported: frozenset[str]
    """The namespaces of the files that this one imports."""

    def tagged(self, *tags: str) -> Iterator[etree._Element]:
        """Yield every element of the file with one of these names, tag by tag, each in document order."""
        for tag in tags:
            yield from self.by_tag.get(tag, ())

    def find(self, reference: str | None) -> etree._Element | None:
        """Return the element that a QName or a bare id refers to; prefixes are dropped, as tools write them at will."""
        if not reference:
            return None
        reference = reference.strip()
        found = self.by_id.get(reference)
        if found is None and ":" in reference:
            found = self.by_id.get(reference.rpartition(":")[2])
        return found

    def find_tagged(self, reference: str | None, *tags: str) -> etree._Element | None:
        """Find like `find`, but return None when what is found is of another kind."""
        found = self.find(reference)
        return found if found is not None and name_of(found) in tags else None


def event_definitions(document: Document, event: etree._Element) -> list[etree._Element]:
    """Return the event definitions of an event: its own, then those that it refers to by eventDefinitionRef."""
    referred = (
        document.find_tagged(text, *EVENT_DEFINITION_TAGS) for text in reference_texts(event, "eventDefinitionRef")
    )
    return [*children(event, *EVENT_DEFINITION_TAGS), *(found for found in referred if found is not None)]


def name_of(element: etree._Element) -> str:
    """Return the local name of a BPMN element; an empty text for an element of any other namespace."""
    tag = element.tag
    return tag[len(_PREFIX) :] if isinstance(tag, str) and tag.startswith(_PREFIX) else ""


def children(element: etree._Element, *tags: str) -> Iterator[etree._Element]:
    """Return the BPMN children with one of the given local names, or all of them."""
    if not len(element):
        return
    wanted = _qualified(tags)
    for child in element:
        tag = child.tag
        if tag in wanted if wanted else name_of(child):
            yield child


@cache
def _qualified(tags: tuple[str, ...]) -> frozenset[str]:
    """Return the names with their namespace; the sets of names that the package asks for are few and fixed."""
    return frozenset(_PREFIX + tag for tag in tags)


def child(element: etree._Element, *tags: str) -> etree._Element | None:
    return next(children(element, *tags), None)


def descendants(element: etree._Element, *tags: str) -> Iterator[etree._Element]:
    """Return every BPMN element below, in document order, with one of the given local names."""
    yield from element.iter(*(_PREFIX + tag for tag in tags))


def text_of(element: etree._Element | None) -> str:
    """Return the trimmed text of an element, with CDATA and with the text after comments; empty for None."""
    return "" if element is None else "".join(map(str, element.itertext())).strip()


def reference_texts(element: etree._Element, tag: str) -> list[str]:
    """Return the texts of all children of that name: incoming, dataInputRefs, flowNodeRef and their like."""
    return [text_of(found) for found in children(element, tag)]


def flag(element: etree._Element, attribute: str, *, default: bool = False) -> bool:
    """Read an xsd:boolean attribute."""
    value = element.get(attribute)
    return default if value is None else value.strip() in ("true", "1")


def is_for_compensation(activity: etree._Element) -> bool:
    """Say whether an activity runs only to undo another. On an event sub-process the mark means nothing: its start event starts it."""
    return flag(activity, "isForCompensation") and not flag(activity, "triggeredByEvent")


def line_of(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0


def enclosing(element: etree._Element, *tags: str) -> etree._Element | None:
    """Return the nearest ancestor with one of the given BPMN names."""
    parent = element.getparent()
    while parent is not None and name_of(parent) not in tags:
        parent = parent.getparent()
    return parent


def read(xml: bytes, *, report: Report, limits: FileLimits) -> Document | None:
    """Parse `xml` into a Document. None after a problem that leaves nothing to look at."""
    root = tree_of(xml, report=report, limits=limits)
    if root is None:
        return None
    if name_of(root) != "definitions":
        report.add(
            "not-bpmn", f"Expected a bpmn:definitions element of namespace {BPMN}, found {root.tag}", line=line_of(root)
        )
        return None
    if not _within_limits(root, report=report, limits=limits):
        return None
    return _indexed(root, report=report)


def _within_limits(root: etree._Element, *, report: Report, limits: FileLimits) -> bool:
    count = sum(1 for _ in descendants(root, *FLOW_NODE_TAGS))
    if count > limits.flow_nodes:
        report.add(
            "too-many-elements",
            f"The file has {count:,} flow nodes; at most {limits.flow_nodes:,} are accepted. Move parts into called processes",
        )
        return False
    for scope in descendants(root, *SUB_PROCESS_TAGS):
        depth = sum(1 for _ in scope.iterancestors())
        if depth > limits.nesting:
            report.add("xml-too-deep", f"Sub-processes are nested deeper than {limits.nesting} levels", element=scope)
            return False
    return True


def _indexed(root: etree._Element, *, report: Report) -> Document:
    by_id: dict[str, etree._Element] = {}
    by_tag: dict[str, list[etree._Element]] = {}
    for element in root.iter(f"{{{BPMN}}}*"):
        by_tag.setdefault(name_of(element), []).append(element)
        identifier = element.get("id")
        if identifier is None:
            continue
        if not identifier and name_of(element) == "sequenceFlow":
            continue
        first = by_id.setdefault(identifier, element)
        if first is not element:
            report.add(
                "duplicate-id",
                f"The id {identifier!r} is used twice: first by {name_of(first)} in line {line_of(first)}. Give one of them a new id",
                element=element,
            )
    return Document(
        root=root,
        by_id=by_id,
        by_tag={tag: tuple(elements) for tag, elements in by_tag.items()},
        reference_names=_reference_names(by_tag),
        link_catchers=_link_catchers(by_tag),
        imported=frozenset(found.get("namespace", "") for found in by_tag.get("import", ())),
    )


def _link_catchers(by_tag: Mapping[str, list[etree._Element]]) -> dict[str, etree._Element]:
    catchers: dict[str, etree._Element] = {}
    for definition in by_tag.get("linkEventDefinition", ()):
        for text in reference_texts(definition, "source"):
            catchers.setdefault(text.rpartition(":")[2], definition)
    return catchers


def _reference_names(by_tag: Mapping[str, list[etree._Element]]) -> dict[str, str]:
    names: dict[str, str] = {}
    for tag, attribute in (("dataObjectReference", "dataObjectRef"), ("dataStoreReference", "dataStoreRef")):
        for reference in by_tag.get(tag, ()):
            target, name = reference.get(attribute), reference.get("name")
            if target and name:
                names.setdefault(target.rpartition(":")[2], name)
    return names
