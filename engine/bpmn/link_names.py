"""The two ends of a link find each other by its name (BPMN 2.0, 10.4.5), or by the references of table 10.97 where these say more."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import Document, child, name_of, text_of


def link_name_of(document: Document, event: etree._Element, definition: etree._Element) -> str:
    """Return the name under which a link event finds its other end; empty where nothing tells it.

    A throwing event goes where its `target` says, or to the catching one that has it as a `source`, whatever the names are.
    """
    if name_of(event) != "intermediateThrowEvent":
        return _catching_name(event, definition)
    target = document.find_tagged(text_of(child(definition, "target")), "linkEventDefinition")
    if target is None:
        target = document.link_catchers.get(definition.get("id", ""))
    if target is None or target is definition:
        return own_name_of(event, definition)
    holder = target.getparent()
    return _catching_name(target if holder is None else holder, target)


def own_name_of(event: etree._Element, definition: etree._Element) -> str:
    """Return the name that a link event says itself. A definition that several events refer to ties them by its id."""
    name = definition.get("name")
    if not name and definition.getparent() is not event:
        name = definition.get("id")
    return name or event.get("name") or ""


def _catching_name(event: etree._Element, definition: etree._Element) -> str:
    is_referred_to = name_of(event) == "definitions"
    name = "" if is_referred_to else own_name_of(event, definition)
    return name or definition.get("name") or definition.get("id") or ""
