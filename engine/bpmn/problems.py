"""A report collects what is wrong with a file, against the one table of rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn.model import Problem, Severity
from engine.bpmn.rule_table import RULES

_LIMIT = 1000
"""So many problems are kept of one file, and further ones dropped: enough to mend it, too few to fill a memory."""

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


@dataclass(slots=True)
class Report:
    """A report holds what was found so far; the same problem of the same element is kept once. `for_engine`: the file was written for an
    engine, not in the plain standard."""

    resource_name: str = ""
    for_engine: bool = False
    _found: dict[Problem, None] = field(default_factory=dict)
    _places: set[tuple[str, str | None]] = field(default_factory=set)

    def add(
        self,
        code: str,
        message: str,
        *,
        element: etree._Element | None = None,
        line: int | None = None,
        is_harmless: bool = False,
    ) -> None:
        """Record that the rule `code` is broken by `element`; `line` is that of the element unless it is given.

        In a process that is not executable most rules only warn; in a file that was written for an engine, those that it tolerates, and
        any other where it `is_harmless`.
        """
        if len(self._found) >= _LIMIT:
            return
        rule = RULES[code]
        owner = _identified(element)
        if line is None and element is not None:
            line = element.sourceline if isinstance(element.sourceline, int) else None
        if owner is not None:
            message = _naming(message, owner)
        elif self.resource_name:
            message = f"{self.resource_name}: {message}"
        severity = rule.severity
        if not rule.always and element is not None and not _is_executable(element):
            severity = Severity.WARNING
        if self.for_engine and (rule.tolerated or is_harmless):
            severity = Severity.WARNING
        problem = Problem(
            code=code,
            message=message,
            severity=severity,
            element_id=None if owner is None else owner.get("id"),
            element_name=None if owner is None else _name(owner),
            line=line,
        )
        self._found[problem] = None
        self._places.add((code, problem.element_id))

    def has(self, code: str, *, element: etree._Element) -> bool:
        """Say whether that problem of that element was found already."""
        return (code, element.get("id")) in self._places

    def sorted(self) -> tuple[Problem, ...]:
        """Return the errors before the warnings, each in the order of their lines."""
        return tuple(
            sorted(self._found, key=lambda problem: (problem.severity is not Severity.ERROR, problem.line or 0))
        )


def label(element: etree._Element) -> str:
    """Return what a problem calls an element: its name and id, or its id alone."""
    name, identifier = _name(element), element.get("id")
    if name and identifier:
        return f"{name!r} ({identifier})"
    return repr(name or identifier or _tag(element))


def _naming(message: str, owner: etree._Element) -> str:
    """Return the message, which begins with the element when it does not speak of it by its id."""
    if _mentions(message, owner.get("id", "")):
        return message
    return f"{_tag(owner)} {label(owner)}: {message}"


def _mentions(message: str, identifier: str) -> bool:
    """Say whether the id stands in the message as a word of its own. Files hold ids by the thousand, so no pattern is made of them."""
    start = message.find(identifier)
    while start >= 0:
        end = start + len(identifier)
        if not _is_of_id(message[start - 1 : start]) and not _is_of_id(message[end : end + 1]):
            return True
        start = message.find(identifier, start + 1)
    return False


def _is_of_id(sign: str) -> bool:
    return sign.isalnum() or sign in ("_", "-")


def _tag(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _identified(element: etree._Element | None) -> etree._Element | None:
    """Return the element itself or the nearest one around it that has an id and so can be selected in the diagram."""
    while element is not None and not element.get("id"):
        element = element.getparent()
    return element


def _name(element: etree._Element) -> str | None:
    name = element.get("name")
    return " ".join(name.split()) if name else None


def _is_executable(element: etree._Element) -> bool:
    for around in (element, *element.iterancestors()):
        if around.tag == _BPMN + "process":
            return around.get("isExecutable", "true").strip() in ("true", "1")
    return True
