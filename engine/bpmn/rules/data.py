"""These rules are about data objects and what connects them with activities and events (BPMN 2.0, 10.3.1, 8.3.10)."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import ACTIVITY_TAGS, EVENT_TAGS, Document, child, flag, name_of, reference_texts
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context
from engine.bpmn.variables import DATA_TAGS


def check(context: Context) -> None:
    """Report broken rules of data."""
    for association in context.document.tagged("dataInputAssociation", "dataOutputAssociation"):
        _check_association(context, association)
    for item in context.document.tagged(
        "dataObject", "dataInput", "dataOutput", "dataStore", "property", "dataObjectReference"
    ):
        _check_collection(context, item)
    for reference in context.document.tagged("dataObjectReference"):
        _check_reference(context, reference)
    for data_object in context.document.tagged("dataObject"):
        if child(data_object, "dataState") is not None:
            context.problem(
                "data-object-state",
                f"The data object {label(data_object)} has a dataState; give it to a data object reference, where it is drawn",
                data_object,
            )


def _check_reference(context: Context, reference: etree._Element) -> None:
    """A reference shows a data object at one place; what it is, the data object says (10.3.1)."""
    if not reference.get("dataObjectRef"):
        context.problem(
            "data-object-missing",
            f"The data object reference {label(reference)} refers to no data object",
            reference,
        )
    if reference.get("itemSubjectRef"):
        context.problem(
            "data-reference-item",
            f"The data object reference {label(reference)} has an itemSubjectRef; give it to its data object",
            reference,
        )


def _check_association(context: Context, association: etree._Element) -> None:
    """Inputs flow into the data inputs of the association's own element, outputs out of its own data outputs (10.3.1)."""
    _check_items(context, association)
    owner = association.getparent()
    if owner is None or name_of(owner) not in ACTIVITY_TAGS | EVENT_TAGS:
        return
    inward = name_of(association) == "dataInputAssociation"
    near = "targetRef" if inward else "sourceRef"
    expected = "dataInput" if inward else "dataOutput"
    for text in reference_texts(association, near):
        found = context.document.find_tagged(text, *DATA_TAGS)
        if found is None:
            continue
        mine = found.getparent() is owner or (found.getparent() is not None and found.getparent().getparent() is owner)  # type: ignore[union-attr]
        if not mine or name_of(found) not in (expected, "property"):
            context.problem(
                "data-association-end",
                f"{near} of the {name_of(association)} of {label(owner)} is the {name_of(found)} {label(found)}; "
                f"expected a {expected} of {label(owner)}",
                association,
            )
    for text in reference_texts(association, "sourceRef" if inward else "targetRef"):
        found = context.document.find_tagged(text, *DATA_TAGS)
        if found is not None and name_of(found) == ("dataOutput" if inward else "dataInput"):
            context.problem(
                "data-association-end",
                f"The {name_of(association)} of {label(owner)} {'reads' if inward else 'writes'} the {name_of(found)} {label(found)}; "
                f"a {name_of(found)} is only {'written' if inward else 'read'} from inside",
                association,
            )


def _check_items(context: Context, association: etree._Element) -> None:
    """What is copied as it is has one item definition at both ends (10.3.1, data associations)."""
    if child(association, "transformation", "assignment") is not None:
        return
    ends = [
        context.document.find_tagged(text, *DATA_TAGS)
        for name in ("sourceRef", "targetRef")
        for text in reference_texts(association, name)
    ]
    known = [end for end in ends if end is not None]
    items = [_item_of(context, end) for end in known]
    if len(items) != 2 or None in items or same_item(context.document, items[0], items[1]):
        return
    context.problem(
        "data-association-item",
        f"The {name_of(association)} of {label(known[0])} to {label(known[1])} connects data of two item definitions, {items[0]} and "
        f"{items[1]}; expected one definition, or a transformation",
        association,
    )


def _item_of(context: Context, data: etree._Element) -> str | None:
    """Return the item definition of data, for a reference that of what it refers to; None where none is said or it is not in the file."""
    document = context.document
    referred = document.find_tagged(data.get("dataObjectRef"), "dataObject")
    if referred is None:
        referred = document.find_tagged(data.get("dataStoreRef"), "dataStore")
    reference = data.get("itemSubjectRef") or (None if referred is None else referred.get("itemSubjectRef"))
    return reference if document.find_tagged(reference, "itemDefinition") is not None else None


def same_item(document: Document, first: str | None, second: str | None) -> bool:
    """Say whether two item definitions are one, or say that they have the same structure."""
    one, other = document.find_tagged(first, "itemDefinition"), document.find_tagged(second, "itemDefinition")
    if one is other:
        return True
    if one is None or other is None:
        return False
    structures = (one.get("structureRef"), other.get("structureRef"))
    return (
        structures[0] is not None
        and structures[0] == structures[1]
        and flag(one, "isCollection") == flag(other, "isCollection")
    )


def _check_collection(context: Context, item: etree._Element) -> None:
    """isCollection of a data element and of its item definition agree (tables 10.50 and 8.47)."""
    definition = context.document.find_tagged(item.get("itemSubjectRef"), "itemDefinition")
    said = item.get("isCollection")
    if definition is None or said is None or definition.get("isCollection") is None:
        return
    if flag(item, "isCollection") != flag(definition, "isCollection"):
        context.problem(
            "collection-contradiction",
            f"isCollection of {label(item)} contradicts that of its item definition {label(definition)}",
            item,
        )
