"""Loop and multi-instance markers of activities are read (BPMN 2.0, 10.2.8)."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import EVENT_DEFINITION_TAGS, child, children, flag, name_of, text_of
from engine.bpmn.expressions import Expression
from engine.bpmn.model import ComplexBehavior, EventDefinition, MultiInstance, MultiInstanceBehavior, StandardLoop
from engine.bpmn.reading.events import read_definition
from engine.bpmn.reading.source import Source
from engine.bpmn.variables import DATA_TAGS, variable, variable_name


def loop_of(source: Source, activity: etree._Element) -> StandardLoop | MultiInstance | None:
    """Return the loop marker of an activity; None when it has none or a broken one, which is then a problem."""
    standard = child(activity, "standardLoopCharacteristics")
    if standard is not None:
        maximum = source.compiler.literal_or(standard.get("loopMaximum"), what="loop maximum", element=activity)
        condition = source.compiler.formal(child(standard, "loopCondition"), what="loop condition", owner=activity)
        if condition is None and maximum is None:
            source.report.add(
                "loop-condition-missing", "The loop has neither a loopCondition nor a loopMaximum", element=activity
            )
        return StandardLoop(condition, test_before=flag(standard, "testBefore"), maximum=maximum)
    multiple = child(activity, "multiInstanceLoopCharacteristics")
    return None if multiple is None else _multi_instance(source, activity, multiple)


def _multi_instance(source: Source, activity: etree._Element, marker: etree._Element) -> MultiInstance | None:
    said = source.extensions(marker).loop
    compiler = source.compiler
    cardinality = compiler.formal(child(marker, "loopCardinality"), what="loop cardinality", owner=activity)
    collection = said.collection if said else None
    if collection is None:
        collection = _data(source, activity, text_of(child(marker, "loopDataInputRef")), inward=True)
    if (collection is None) == (cardinality is None):
        source.report.add(
            "multi-instance-incomplete",
            "A multi-instance activity needs a collection or a loopCardinality, and not both",
            element=activity,
        )
        return None
    element_variable = (said.element_variable if said else None) or _item_name(source, marker, "inputDataItem")
    output_collection = (said.output_collection if said else None) or _data_name(
        source, activity, text_of(child(marker, "loopDataOutputRef")), inward=False
    )
    output_element = said.output_element if said else None
    if output_element is None and output_collection is not None:
        item = _item_name(source, marker, "outputDataItem")
        output_element = None if item is None else variable(item)
    return MultiInstance(
        sequential=flag(marker, "isSequential"),
        cardinality=cardinality,
        collection=collection,
        element_variable=element_variable,
        output_collection=output_collection,
        output_element=output_element,
        completion_condition=compiler.formal(
            child(marker, "completionCondition"), what="completion condition", owner=activity
        ),
        behavior=_behavior(marker),
        one_behavior_event=_referred_event(source, activity, marker.get("oneBehaviorEventRef")),
        none_behavior_event=_referred_event(source, activity, marker.get("noneBehaviorEventRef")),
        complex_behaviors=tuple(_complex(source, activity, marker)),
    )


def _behavior(marker: etree._Element) -> MultiInstanceBehavior:
    try:
        return MultiInstanceBehavior(marker.get("behavior", "All"))
    except ValueError:
        return MultiInstanceBehavior.ALL


def _referred_event(source: Source, activity: etree._Element, reference: str | None) -> EventDefinition | None:
    found = source.document.find_tagged(reference, *EVENT_DEFINITION_TAGS)
    return None if found is None else read_definition(source, found, event=activity)


def _complex(source: Source, activity: etree._Element, marker: etree._Element) -> list[ComplexBehavior]:
    behaviors = []
    for definition in children(marker, "complexBehaviorDefinition"):
        # bpmn-js names both after their types.
        condition = source.compiler.formal(
            child(definition, "condition", "formalExpression"),
            what="condition of the complex behaviour",
            owner=activity,
        )
        thrown = child(definition, "event", "implicitThrowEvent")
        event = (
            None
            if thrown is None
            else next((found for found in children(thrown) if name_of(found) in EVENT_DEFINITION_TAGS), None)
        )
        if condition is None or event is None:
            source.report.add(
                "complex-behavior-incomplete",
                "A complexBehaviorDefinition needs a condition and an event to throw",
                element=activity,
            )
            continue
        read = read_definition(source, event, event=activity)
        if read is not None:
            behaviors.append(ComplexBehavior(condition, read))
    return behaviors


def _item_name(source: Source, marker: etree._Element, tag: str) -> str | None:
    item = child(marker, tag)
    return None if item is None else variable_name(source.document, item) or None


def _data(source: Source, activity: etree._Element, reference: str, *, inward: bool) -> Expression | None:
    name = _data_name(source, activity, reference, inward=inward)
    return None if name is None else variable(name)


def _data_name(source: Source, activity: etree._Element, reference: str, *, inward: bool) -> str | None:
    """Return the variable that loopDataInputRef or loopDataOutputRef means.

    By the standard it is a data input or output of the activity, filled from or copied to a data object by an association: the
    loop works on that object's variable directly. A text that is no element's id is the name of a variable.
    """
    if not reference:
        return None
    element = source.document.find_tagged(reference, *DATA_TAGS)
    if element is None:
        return reference
    tag, here, there = (
        ("dataInputAssociation", "targetRef", "sourceRef")
        if inward
        else ("dataOutputAssociation", "sourceRef", "targetRef")
    )
    for association in children(activity, tag):
        if source.document.find(text_of(child(association, here))) is element:
            other = source.document.find_tagged(text_of(child(association, there)), *DATA_TAGS)
            if other is not None:
                return variable_name(source.document, other)
    return variable_name(source.document, element)
