"""Two pictures differ in places, sizes and ways of lines. This changes nothing that the engine does, and is said as such."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.differences.names import Names
from engine.bpmn.document import Document
from engine.differences import Difference, Kind

_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_BOUNDS = "{http://www.omg.org/spec/DD/20100524/DC}Bounds"
_WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"


@dataclass(frozen=True, slots=True)
class _Drawn:
    place: str
    size: str
    looks: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return ", ".join(
            text for text in (self.place, self.size, *(f"{name} {value}" for name, value in self.looks)) if text
        )


def picture_differences(
    before: Document, after: Document, *, names: Names, renamed: Mapping[str, str]
) -> Iterator[Difference]:
    """Yield the elements of both versions that are drawn otherwise. What was added or removed needs no word of its picture."""
    old = {renamed.get(key, key): drawn for key, drawn in _drawn(before).items()}
    new = _drawn(after)
    for key in [*old, *(each for each in new if each not in old)]:
        if old.get(key) == new.get(key) or not (_exists(before, key, renamed) and key in after.by_id):
            continue
        was, now = old.get(key), new.get(key)
        name = names.subject(key) if key in names.nodes or key in names.flows else _name(after.by_id[key])
        yield Difference(
            key,
            names.plain(key),
            Kind.LAYOUT,
            "layout",
            was.text if was else None,
            now.text if now else None,
            f"{name} {_change(was, now)} on the picture.",
        )


def _exists(document: Document, key: str, renamed: Mapping[str, str]) -> bool:
    return key in document.by_id or key in renamed.values()


def _name(element: etree._Element) -> str:
    return element.get("name") or f"'{element.get('id')}'"


def _change(was: _Drawn | None, now: _Drawn | None) -> str:
    if was is None or now is None:
        return "is not drawn any more" if now is None else "is drawn now"
    if was.place != now.place:
        return "was moved and resized" if was.size != now.size else "was moved"
    return "was resized" if was.size != now.size else "looks different"


def _drawn(document: Document) -> dict[str, _Drawn]:
    found: dict[str, _Drawn] = {}
    for shape in document.root.iter(f"{_DI}BPMNShape", f"{_DI}BPMNEdge"):
        element = (shape.get("bpmnElement") or "").rpartition(":")[2]
        bounds = shape.find(_BOUNDS)
        points = " ".join(f"({_number(each, 'x')}, {_number(each, 'y')})" for each in shape.findall(_WAYPOINT))
        looks = tuple(
            sorted(
                (str(name).rpartition("}")[2], str(value))
                for name, value in shape.attrib.items()
                if name not in ("id", "bpmnElement")
            )
        )
        if bounds is not None:
            place = f"at ({_number(bounds, 'x')}, {_number(bounds, 'y')})"
            found[element] = _Drawn(place, f"{_number(bounds, 'width')} × {_number(bounds, 'height')}", looks)
        else:
            found[element] = _Drawn(points, "", looks)
    return found


def _number(element: etree._Element, name: str) -> str:
    """Return a coordinate without the digits that tools write at will: 100 and 100.0 are one."""
    try:
        return f"{float(element.get(name) or 0):.0f}"
    except ValueError:
        return "0"
