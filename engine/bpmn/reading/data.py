"""Data of scopes, activities and events is read (BPMN 2.0, 10.3): items that become variables, associations that copy them."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.document import child, children, flag, reference_texts, text_of
from engine.bpmn.expressions import Expression, Language
from engine.bpmn.model import DataAssociation, DataItem, VariableMapping
from engine.bpmn.reading.source import Source
from engine.bpmn.variables import DATA_TAGS, variable_name

_PLACEHOLDER = "__targetRef_placeholder"
"""bpmn-js draws an association into an activity as one to a property of this name, since the schema wants a target."""

_DECLARED = ("dataObject", "dataStoreReference", "property", "dataInput", "dataOutput")


def items_of(source: Source, element: etree._Element) -> tuple[DataItem, ...]:
    """Return the data that an element declares: its data objects, stores and properties, its own or its ioSpecification's inputs and
    outputs."""
    declared = [found for found in children(element, *_DECLARED) if found.get("name") != _PLACEHOLDER]
    specification = child(element, "ioSpecification")
    if specification is not None:
        declared += children(specification, "dataInput", "dataOutput")
    return tuple(_item(source, found) for found in declared)


def _item(source: Source, element: etree._Element) -> DataItem:
    store = source.document.find_tagged(element.get("dataStoreRef"), "dataStore")
    return DataItem(
        id=element.get("id", ""),
        name=variable_name(source.document, element),
        is_collection=flag(element if store is None else store, "isCollection"),
    )


def inputs_of(source: Source, element: etree._Element) -> tuple[DataAssociation, ...]:
    return tuple(_associations(source, element, "dataInputAssociation"))


def outputs_of(source: Source, element: etree._Element) -> tuple[DataAssociation, ...]:
    return tuple(_associations(source, element, "dataOutputAssociation"))


def _associations(source: Source, element: etree._Element, tag: str) -> Iterator[DataAssociation]:
    for association in children(element, tag):
        sources = reference_texts(association, "sourceRef")
        transformation = source.compiler.formal(
            child(association, "transformation"), what="transformation of the data association", owner=element
        )
        assignments = tuple(_assignments(source, element, association))
        if len(sources) > 1 and transformation is None and not assignments:
            source.report.add(
                "data-association-sources",
                "A data association with several sources needs a transformation or assignments that say how they are joined",
                element=association,
            )
        yield DataAssociation(
            source=_name(source, sources[0] if sources else ""),
            target=_name(source, text_of(child(association, "targetRef"))),
            transformation=transformation,
            assignments=assignments,
        )


def _name(source: Source, reference: str) -> str | None:
    element = source.document.find_tagged(reference, *DATA_TAGS)
    return None if element is None or element.get("name") == _PLACEHOLDER else variable_name(source.document, element)


def _assignments(source: Source, element: etree._Element, association: etree._Element) -> Iterator[VariableMapping]:
    for assignment in children(association, "assignment"):
        value = _expression(source, element, child(assignment, "from"))
        target = text_of(child(assignment, "to")).removeprefix("=").strip()
        if value is None or not target:
            source.report.add("assignment-incomplete", "An assignment needs a from and a to", element=association)
            continue
        # `to` is written as an expression; what it can mean for a variable is a reference or a path.
        found = source.document.find_tagged(target, *DATA_TAGS)
        yield VariableMapping(value, target if found is None else variable_name(source.document, found))


def _expression(source: Source, element: etree._Element, holder: etree._Element | None) -> Expression | None:
    if holder is not None and text_of(holder) and source.document.find_tagged(text_of(holder), *DATA_TAGS) is None:
        return source.compiler.formal(holder, what="source of the assignment", owner=element)
    found = source.document.find_tagged(text_of(holder), *DATA_TAGS)
    if found is None:
        return None
    return source.compiler.expression(
        variable_name(source.document, found), default=Language.FEEL, what="source of the assignment", element=element
    )
