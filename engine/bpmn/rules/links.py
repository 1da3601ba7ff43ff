"""These rules are about links, which join two ends of one way within a scope (BPMN 2.0, 10.4.5)."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from engine.bpmn.document import event_definitions, name_of
from engine.bpmn.link_names import link_name_of, own_name_of
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context


def check(context: Context) -> None:
    """Report broken rules of links: every source has its one target in the same scope (10.4.5, link)."""
    throwing, catching = _links(context, "intermediateThrowEvent"), _links(context, "intermediateCatchEvent")
    names = {name for _, name in catching}
    for key, links in throwing.items():
        for link in links:
            _check_link_name(context, link, is_tied=bool(link.name))
            _check_throwing_link(context, link, targets=len(catching.get(key, ())), is_elsewhere=link.name in names)
    for key, links in catching.items():
        for link in links:
            _check_link_name(context, link, is_tied=key in throwing)
            _check_catching_link(context, link, is_reached=key in throwing)


def _check_link_name(context: Context, link: _Link, *, is_tied: bool) -> None:
    """Both ends of a link have its name (table 10.97); where references tie them, it can be missing or another."""
    own = own_name_of(link.event, link.definition)
    if not own and not is_tied:
        context.problem(
            "link-name-missing",
            f"The link event {label(link.event)} has no name, by which its other end is found",
            link.event,
        )
    elif own != link.name:
        context.problem(
            "link-by-reference",
            f"The link event {label(link.event)} finds its other end by a reference; other engines look for the name, so give both one",
            link.event,
        )


def _check_throwing_link(context: Context, link: _Link, *, targets: int, is_elsewhere: bool) -> None:
    if targets != 1:
        elsewhere = "; a link does not leave it. Expected one" if is_elsewhere and not targets else "; expected one"
        context.problem(
            "link-target",
            f"The link {label(link.event)} finds {targets} catching link events named {link.name!r} in its own "
            f"(sub-)process{elsewhere}",
            link.event,
        )
    if context.outgoing.get(link.event):
        context.problem(
            "link-flow",
            f"A sequence flow leaves the throwing link event {label(link.event)}; it goes on at its target",
            link.event,
        )


def _check_catching_link(context: Context, link: _Link, *, is_reached: bool) -> None:
    if not is_reached:
        context.problem(
            "link-source",
            f"No throwing link event named {link.name!r} leads to {label(link.event)}; it is never reached",
            link.event,
        )
    if context.incoming.get(link.event):
        context.problem(
            "link-flow",
            f"A sequence flow leads into the catching link event {label(link.event)}; only its source does",
            link.event,
        )


@dataclass(frozen=True, slots=True)
class _Link:
    name: str
    event: etree._Element
    definition: etree._Element


def _links(context: Context, tag: str) -> dict[tuple[etree._Element | None, str], list[_Link]]:
    """Return the link events of one kind by their scope and name."""
    found: dict[tuple[etree._Element | None, str], list[_Link]] = {}
    for event in context.document.tagged(tag):
        for definition in event_definitions(context.document, event):
            if name_of(definition) == "linkEventDefinition":
                name = link_name_of(context.document, event, definition)
                found.setdefault((event.getparent(), name), []).append(_Link(name, event, definition))
    return found
