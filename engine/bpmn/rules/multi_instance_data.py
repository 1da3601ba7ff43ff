"""These rules are about what a multi-instance activity loops over and collects into (BPMN 2.0, table 10.29)."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.dialects import speaks_dialect
from engine.bpmn.document import ACTIVITY_TAGS, TASK_TAGS, child, flag, name_of, text_of
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context
from engine.bpmn.variables import DATA_TAGS


def check(context: Context) -> None:
    """Report broken rules of the collections of multi-instance activities and of their items."""
    for activity in context.document.tagged(*ACTIVITY_TAGS):
        marker = child(activity, "multiInstanceLoopCharacteristics")
        if marker is not None:
            _check_multi_instance(context, activity, marker)


def _check_multi_instance(context: Context, activity: etree._Element, marker: etree._Element) -> None:
    """A loop's data is a collection, and its item the scalar of it (table 10.29)."""
    for reference, item_tag, tag in (
        ("loopDataInputRef", "inputDataItem", "dataInput"),
        ("loopDataOutputRef", "outputDataItem", "dataOutput"),
    ):
        whole = context.document.find_tagged(text_of(child(marker, reference)), *DATA_TAGS)
        item = child(marker, item_tag)
        if item is not None and child(marker, reference) is None and not speaks_dialect(context.document.root):
            context.problem(
                "multi-instance-item-unused",
                f"The {item_tag} of {label(activity)} is an item of no collection, as there is no {reference}; it has no effect",
                activity,
            )
        if whole is None:
            continue
        if name_of(activity) in TASK_TAGS and name_of(whole) != tag and not speaks_dialect(context.document.root):
            context.problem(
                "multi-instance-task-data",
                f"{reference} of the task {label(activity)} is the {name_of(whole)} {label(whole)}; expected a {tag} of the task, which an "
                "association connects with it",
                activity,
            )
        if name_of(whole) == tag and (whole.getparent() is None or whole.getparent().getparent() is not activity):  # type: ignore[union-attr]
            context.problem(
                "multi-instance-data", f"{reference} of {label(activity)} is a {tag} of another element", activity
            )
        if not _is_collection(context, whole):
            context.problem(
                "multi-instance-data",
                f"{reference} of {label(activity)} is {label(whole)}, which is no collection",
                activity,
            )
        if item is not None:
            _check_item(context, activity, whole, item)


def _check_item(context: Context, activity: etree._Element, whole: etree._Element, item: etree._Element) -> None:
    definition = context.document.find_tagged(item.get("itemSubjectRef"), "itemDefinition")
    of_whole = context.document.find_tagged(whole.get("itemSubjectRef"), "itemDefinition")
    if flag(item, "isCollection") or (definition is not None and flag(definition, "isCollection")):
        context.problem(
            "multi-instance-item",
            f"The {name_of(item)} of {label(activity)} is a collection; expected one item of the collection",
            activity,
        )
    elif (
        definition is not None
        and of_whole is not None
        and definition is not of_whole
        and definition.get("structureRef") != of_whole.get("structureRef")
    ):
        context.problem(
            "multi-instance-item",
            f"The {name_of(item)} of {label(activity)} has another structure than the collection's items",
            activity,
        )


def _is_collection(context: Context, element: etree._Element) -> bool:
    target = context.document.find_tagged(element.get("dataObjectRef"), "dataObject")
    element = element if target is None else target
    definition = context.document.find_tagged(element.get("itemSubjectRef"), "itemDefinition")
    if name_of(element) in ("property", "dataStoreReference", "dataStore"):
        return definition is None or flag(definition, "isCollection")
    return flag(element, "isCollection") or (definition is not None and flag(definition, "isCollection"))
