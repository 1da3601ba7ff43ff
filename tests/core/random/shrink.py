"""Makes a case that fails small: takes parts out of the diagram and turns out of the schedule, as long as it fails in the same way.

What it takes out leaves a sound diagram sound: an activity becomes a task that passes, a region with one way in and one way out
goes, an event goes with what only it leads to.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from tests.core.bpmn.diagrams import NAMESPACES

Case = tuple[str, tuple[str, ...]]
"""The diagram, and the turns by name."""
Failure = tuple[str, str]
B = f"{{{NAMESPACES['bpmn']}}}"
SECONDS = 40.0


def failure_of(play: Callable[[Case], None], case: Case) -> Failure | None:
    """What goes wrong and where; None when all is well."""
    try:
        play(case)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return type(error).__name__, f"{place.filename}:{place.lineno}"
    return None


@dataclass
class _Search:
    """The smallest case so far, and how to tell that a smaller one still fails as it does."""

    play: Callable[[Case], None]
    case: Case
    wanted: Failure | None
    end: float

    def takes(self, smaller: Case) -> bool:
        if time.monotonic() > self.end or failure_of(self.play, smaller) != self.wanted:
            return False
        self.case = smaller
        return True


def shrunk(play: Callable[[Case], None], case: Case, *, seconds: float = SECONDS) -> Case:
    search = _Search(play, case, failure_of(play, case), time.monotonic() + seconds)
    before: Case | None = None
    while search.case != before and search.wanted is not None:
        before = search.case
        _without_turns(search)
        for change in (_without_inside, _without_region, _without_event, _plain, _without_node, _without_part):
            _without(search, change)
    return search.case


def _without_turns(search: _Search) -> None:
    size = len(search.case[1])
    while size:
        start = 0
        while start < len(search.case[1]):
            source, turns = search.case
            if not search.takes((source, turns[:start] + turns[start + size :])):
                start += size
        size //= 2


def _without(search: _Search, change: Callable[[str, int], str | None]) -> None:
    number = 0
    while (changed := change(search.case[0], number)) is not None:
        if not search.takes((changed, search.case[1])):
            number += 1


# --- changes: each takes the number of the place at which it is tried, and gives None when there are no more


def _edit(source: str, number: int, places: Callable[[etree._Element], list[Callable[[], None]]]) -> str | None:
    root = etree.fromstring(source.encode())
    found = places(root)
    if number >= len(found):
        return None
    found[number]()
    _drop_what_nothing_leads_to(root)
    return etree.tostring(root, encoding="unicode")


def _scopes(root: etree._Element) -> list[etree._Element]:
    return [each for each in root.iter() if _tag(each) in ("process", "subProcess", "transaction", "adHocSubProcess")]


def _tag(element: etree._Element) -> str:
    return str(element.tag).removeprefix(B)


def _nodes(scope: etree._Element) -> list[etree._Element]:
    return [each for each in scope if each.get("id") and _tag(each) not in ("sequenceFlow", "association")]


def _flows(scope: etree._Element) -> list[etree._Element]:
    return scope.findall(f"{B}sequenceFlow")


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _plain_task(element: etree._Element) -> None:
    """A task that passes at once, without events at it."""
    identifier, scope = str(element.get("id")), element.getparent()
    assert scope is not None
    for edge in scope.findall(f"{B}boundaryEvent"):
        if edge.get("attachedToRef") == identifier:
            _remove(edge)
    kept = {
        name: value
        for name, value in element.attrib.items()
        if str(name) in ("id", "startQuantity", "completionQuantity")
    }
    element.clear()
    element.tag = f"{B}manualTask"
    for name, value in kept.items():
        element.set(name, value)


def _plain_end(element: etree._Element) -> None:
    for inner in list(element):
        _remove(inner)


def _without_inside(source: str, number: int) -> str | None:
    """A sub-process becomes a task that passes."""

    def places(root: etree._Element) -> list[Callable[[], None]]:
        inner = [each for each in _scopes(root) if _tag(each) != "process" and each.get("triggeredByEvent") is None]
        return [lambda each=each: _plain_task(each) for each in inner]  # type: ignore[misc]

    return _edit(source, number, places)


def _plain(source: str, number: int) -> str | None:
    """Any other activity, and an event that waits or throws, becomes a task that passes; an end event a plain one."""

    def places(root: etree._Element) -> list[Callable[[], None]]:
        found: list[Callable[[], None]] = []
        for scope in _scopes(root):
            for each in _nodes(scope):
                name = _tag(each)
                is_link = each.find(f"{B}linkEventDefinition") is not None
                if name == "manualTask" or is_link or each.get("isForCompensation") is not None:
                    continue
                if name == "endEvent" and len(each):
                    found.append(lambda each=each: _plain_end(each))  # type: ignore[misc]
                elif name.endswith(("Task", "task", "Activity")) or name.startswith("intermediate"):
                    found.append(lambda each=each: _plain_task(each))  # type: ignore[misc]
        return found

    return _edit(source, number, places)


def _without_event(source: str, number: int) -> str | None:
    """A boundary event or event sub-process goes."""

    def places(root: etree._Element) -> list[Callable[[], None]]:
        events = [
            each
            for scope in _scopes(root)
            for each in _nodes(scope)
            if _tag(each) == "boundaryEvent" or each.get("triggeredByEvent")
        ]
        return [lambda each=each: _remove(each) for each in events]  # type: ignore[misc]

    return _edit(source, number, places)


def _without_part(source: str, number: int) -> str | None:
    """A listener, loop, condition or completion condition goes."""
    names = {
        "executionListeners",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "completionCondition",
    }

    def places(root: etree._Element) -> list[Callable[[], None]]:
        parts = [each for each in root.iter() if isinstance(each.tag, str) and etree.QName(each).localname in names]
        return [lambda each=each: _remove(each) for each in parts]  # type: ignore[misc]

    return _edit(source, number, places)


def _without_node(source: str, number: int) -> str | None:
    """A node with one way in and one way out goes."""

    def places(root: etree._Element) -> list[Callable[[], None]]:
        found: list[Callable[[], None]] = []
        for scope in _scopes(root):
            for each in _nodes(scope):
                identifier = each.get("id")
                before = [flow for flow in _flows(scope) if flow.get("targetRef") == identifier]
                after = [flow for flow in _flows(scope) if flow.get("sourceRef") == identifier]
                held = any(node.get("attachedToRef") == identifier for node in _nodes(scope))
                held = held or each.find(f"{B}linkEventDefinition") is not None or "Quantity" in str(each.attrib)
                if len(before) == len(after) == 1 and not held:
                    found.append(lambda a=before[0], n=each, b=after[0]: _join(a, n, b))  # type: ignore[misc]
        return found

    return _edit(source, number, places)


def _join(before: etree._Element, node: etree._Element, after: etree._Element) -> None:
    scope = node.getparent()
    assert scope is not None
    source, target = before.get("sourceRef"), str(after.get("targetRef"))
    if any(flow.get("sourceRef") == source and flow.get("targetRef") == target for flow in _flows(scope)):
        return  # it holds two flows between the same nodes apart
    before.set("targetRef", target)
    _remove(node)
    _remove(after)


def _without_region(source: str, number: int) -> str | None:
    """All between two nodes goes, where no other way leads in or out."""

    def places(root: etree._Element) -> list[Callable[[], None]]:
        found: list[tuple[int, Callable[[], None]]] = []
        for scope in _scopes(root):
            following: dict[str, list[str]] = {str(node.get("id")): [] for node in _nodes(scope)}
            preceding: dict[str, list[str]] = {name: [] for name in following}
            for flow in _flows(scope):
                following[str(flow.get("sourceRef"))].append(str(flow.get("targetRef")))
                preceding[str(flow.get("targetRef"))].append(str(flow.get("sourceRef")))
            for edge in scope.findall(f"{B}boundaryEvent"):
                following[str(edge.get("attachedToRef"))].append(str(edge.get("id")))
                preceding[str(edge.get("id"))].append(str(edge.get("attachedToRef")))
            for first in following:
                for last in following:
                    region = _between(first, last, following, preceding)
                    if region:
                        found.append((-len(region), lambda s=scope, a=first, b=last, r=region: _cut(s, a, b, r)))  # type: ignore[misc]
        return [cut for _, cut in sorted(found, key=lambda each: each[0])]

    return _edit(source, number, places)


def _between(first: str, last: str, following: dict[str, list[str]], preceding: dict[str, list[str]]) -> set[str]:
    if first == last or not following[first]:
        return set()
    region: set[str] = set()
    todo = list(following[first])
    while todo:
        node = todo.pop()
        if node == last or node in region:
            continue
        if node == first:
            return set()
        region.add(node)
        todo += following[node]
    closed = all(source == first or source in region for node in region for source in preceding[node])
    leads = any(source in region for source in preceding[last])
    return region if closed and leads else set()


def _cut(scope: etree._Element, first: str, last: str, region: set[str]) -> None:
    for flow in _flows(scope):
        source, target = str(flow.get("sourceRef")), str(flow.get("targetRef"))
        if source in region or target in region or (source, target) == (first, last):
            _remove(flow)
    for node in _nodes(scope):
        if node.get("id") in region:
            _remove(node)
        elif node.get("id") == first:
            node.attrib.pop("default", "")
    name = f"{first}_{last}"
    etree.SubElement(scope, f"{B}sequenceFlow", {"id": name, "sourceRef": first, "targetRef": last})


def _drop_what_nothing_leads_to(root: etree._Element) -> None:
    """Nodes without a way in, and flows and associations without an end, until there are none."""
    changed = True
    while changed:
        changed = False
        for scope in _scopes(root):
            names = {str(node.get("id")) for node in _nodes(scope)}
            led_to = {flow.get("targetRef") for flow in [*_flows(scope), *scope.findall(f"{B}association")]}
            for edge in [*_flows(scope), *scope.findall(f"{B}association")]:
                if not {edge.get("sourceRef"), edge.get("targetRef")} <= names:
                    _remove(edge)
                    changed = True
            for node in _nodes(scope):
                if _tag(scope) == "adHocSubProcess" or node.get("triggeredByEvent") or _tag(node) == "startEvent":
                    continue
                if _tag(node) == "boundaryEvent":
                    gone = node.get("attachedToRef") not in names
                elif node.find(f"{B}linkEventDefinition") is not None:
                    continue
                else:
                    gone = node.get("id") not in led_to
                if gone:
                    _remove(node)
                    changed = True
