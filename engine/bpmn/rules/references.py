"""These rules say what each reference may refer to, and that it must be there (the attributes of type QName and IDREF of the schema)."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.dialects import spiffworkflow
from engine.bpmn.document import (
    ACTIVITY_TAGS,
    CHOREOGRAPHY_ACTIVITY_TAGS,
    EVENT_DEFINITION_TAGS,
    FLOW_NODE_TAGS,
    GLOBAL_TASK_TAGS,
    Document,
    children,
    line_of,
    name_of,
    text_of,
)
from engine.bpmn.problems import Report
from engine.bpmn.rules.context import Context
from engine.bpmn.variables import DATA_TAGS

Tags = frozenset[str]

_FLOW_ENDS = FLOW_NODE_TAGS | CHOREOGRAPHY_ACTIVITY_TAGS
_CONVERSATIONS = frozenset({"conversation", "subConversation", "callConversation"})
_MESSAGE_ENDS = FLOW_NODE_TAGS | {"participant"}
_INTERACTIONS = _MESSAGE_ENDS | _CONVERSATIONS
_CHOREOGRAPHIES = frozenset({"choreography", "globalChoreographyTask"})
_ITEMS = frozenset({"itemDefinition"})
_INPUTS, _OUTPUTS = frozenset({"dataInput"}), frozenset({"dataOutput"})
_OPERATION, _MESSAGE = frozenset({"operation"}), frozenset({"message"})
_PARTICIPANT, _FLOW = frozenset({"participant"}), frozenset({"sequenceFlow"})
_MESSAGE_FLOW = frozenset({"messageFlow"})
_ANY: Tags = frozenset()
"""The empty set stands for any element of the file."""

ATTRIBUTES: dict[tuple[str, str], Tags] = {
    ("association", "sourceRef"): _ANY,
    ("association", "targetRef"): _ANY,
    ("boundaryEvent", "attachedToRef"): ACTIVITY_TAGS,
    ("callChoreography", "calledChoreographyRef"): _CHOREOGRAPHIES,
    ("callConversation", "calledCollaborationRef"): frozenset({"collaboration", "globalConversation"}),
    ("choreographyTask", "initiatingParticipantRef"): _PARTICIPANT,
    ("subChoreography", "initiatingParticipantRef"): _PARTICIPANT,
    ("callChoreography", "initiatingParticipantRef"): _PARTICIPANT,
    ("globalChoreographyTask", "initiatingParticipantRef"): _PARTICIPANT,
    ("compensateEventDefinition", "activityRef"): ACTIVITY_TAGS,
    ("conversationAssociation", "innerConversationNodeRef"): _CONVERSATIONS,
    ("conversationAssociation", "outerConversationNodeRef"): _CONVERSATIONS,
    ("conversationLink", "sourceRef"): _INTERACTIONS,
    ("conversationLink", "targetRef"): _INTERACTIONS,
    ("correlationPropertyBinding", "correlationPropertyRef"): frozenset({"correlationProperty"}),
    ("correlationPropertyRetrievalExpression", "messageRef"): _MESSAGE,
    ("correlationSubscription", "correlationKeyRef"): frozenset({"correlationKey"}),
    ("dataObjectReference", "dataObjectRef"): frozenset({"dataObject"}),
    ("dataStoreReference", "dataStoreRef"): frozenset({"dataStore"}),
    ("errorEventDefinition", "errorRef"): frozenset({"error"}),
    ("escalationEventDefinition", "escalationRef"): frozenset({"escalation"}),
    ("group", "categoryValueRef"): frozenset({"categoryValue"}),
    ("correlationProperty", "type"): _ITEMS,
    ("ioBinding", "operationRef"): _OPERATION,
    ("ioBinding", "inputDataRef"): _INPUTS | {"inputSet"},
    ("ioBinding", "outputDataRef"): _OUTPUTS | {"outputSet"},
    ("lane", "partitionElementRef"): _ANY,
    ("message", "itemRef"): _ITEMS,
    ("messageEventDefinition", "messageRef"): _MESSAGE,
    ("messageFlow", "sourceRef"): _MESSAGE_ENDS,
    ("messageFlow", "targetRef"): _MESSAGE_ENDS,
    ("messageFlow", "messageRef"): _MESSAGE,
    ("messageFlowAssociation", "innerMessageFlowRef"): _MESSAGE_FLOW,
    ("messageFlowAssociation", "outerMessageFlowRef"): _MESSAGE_FLOW,
    ("multiInstanceLoopCharacteristics", "oneBehaviorEventRef"): EVENT_DEFINITION_TAGS,
    ("multiInstanceLoopCharacteristics", "noneBehaviorEventRef"): EVENT_DEFINITION_TAGS,
    ("participant", "processRef"): frozenset({"process"}),
    ("process", "definitionalCollaborationRef"): frozenset({"collaboration", "choreography", "globalConversation"}),
    ("receiveTask", "messageRef"): _MESSAGE,
    ("receiveTask", "operationRef"): _OPERATION,
    ("sendTask", "messageRef"): _MESSAGE,
    ("sendTask", "operationRef"): _OPERATION,
    ("serviceTask", "operationRef"): _OPERATION,
    ("resourceParameter", "type"): _ITEMS,
    ("resourceParameterBinding", "parameterRef"): frozenset({"resourceParameter"}),
    ("sequenceFlow", "sourceRef"): _FLOW_ENDS,
    ("sequenceFlow", "targetRef"): _FLOW_ENDS,
    ("signal", "structureRef"): _ITEMS,
    ("error", "structureRef"): _ITEMS,
    ("escalation", "structureRef"): _ITEMS,
    ("signalEventDefinition", "signalRef"): frozenset({"signal"}),
}
for _tag in (*FLOW_NODE_TAGS, "sequenceFlow"):
    ATTRIBUTES[_tag, "default"] = _FLOW
for _tag in (
    "dataInput",
    "dataOutput",
    "dataObject",
    "dataObjectReference",
    "dataStore",
    "dataStoreReference",
    "property",
):
    ATTRIBUTES[_tag, "itemSubjectRef"] = _ITEMS
for _tag in ("inputDataItem", "outputDataItem"):
    ATTRIBUTES[_tag, "itemSubjectRef"] = _ITEMS
for _tag in (
    "formalExpression", "conditionExpression", "condition", "loopCondition", "loopCardinality", "completionCondition",
    "activationCondition", "timeDate", "timeDuration", "timeCycle", "from", "to", "transformation", "dataPath", "messagePath",
):  # fmt: skip
    ATTRIBUTES[_tag, "evaluatesToTypeRef"] = _ITEMS

CHILDREN: dict[tuple[str, str], Tags] = {
    ("collaboration", "choreographyRef"): _CHOREOGRAPHIES,
    ("globalConversation", "choreographyRef"): _CHOREOGRAPHIES,
    ("choreography", "choreographyRef"): _CHOREOGRAPHIES,
    ("globalChoreographyTask", "choreographyRef"): _CHOREOGRAPHIES,
    ("correlationKey", "correlationPropertyRef"): frozenset({"correlationProperty"}),
    ("dataInputAssociation", "sourceRef"): DATA_TAGS,
    ("dataInputAssociation", "targetRef"): DATA_TAGS,
    ("dataOutputAssociation", "sourceRef"): DATA_TAGS,
    ("dataOutputAssociation", "targetRef"): DATA_TAGS,
    ("inputSet", "dataInputRefs"): _INPUTS,
    ("inputSet", "optionalInputRefs"): _INPUTS,
    ("inputSet", "whileExecutingInputRefs"): _INPUTS,
    ("inputSet", "outputSetRefs"): frozenset({"outputSet"}),
    ("outputSet", "dataOutputRefs"): _OUTPUTS,
    ("outputSet", "optionalOutputRefs"): _OUTPUTS,
    ("outputSet", "whileExecutingOutputRefs"): _OUTPUTS,
    ("outputSet", "inputSetRefs"): frozenset({"inputSet"}),
    ("lane", "flowNodeRef"): _FLOW_ENDS | {"dataObjectReference", "dataStoreReference", "dataObject", "dataStore"},
    ("linkEventDefinition", "source"): frozenset({"linkEventDefinition"}),
    ("linkEventDefinition", "target"): frozenset({"linkEventDefinition"}),
    ("messageEventDefinition", "operationRef"): _OPERATION,
    ("multiInstanceLoopCharacteristics", "loopDataInputRef"): DATA_TAGS,
    ("multiInstanceLoopCharacteristics", "loopDataOutputRef"): DATA_TAGS,
    ("operation", "inMessageRef"): _MESSAGE,
    ("operation", "outMessageRef"): _MESSAGE,
    ("operation", "errorRef"): frozenset({"error"}),
    ("participant", "interfaceRef"): frozenset({"interface"}),
    ("participant", "endPointRef"): frozenset({"endPoint"}),
    ("participantAssociation", "innerParticipantRef"): _PARTICIPANT,
    ("participantAssociation", "outerParticipantRef"): _PARTICIPANT,
    ("partnerEntity", "participantRef"): _PARTICIPANT,
    ("partnerRole", "participantRef"): _PARTICIPANT,
    ("process", "supports"): frozenset({"process"}),
    ("subConversation", "participantRef"): _PARTICIPANT,
    ("conversation", "participantRef"): _PARTICIPANT,
    ("callConversation", "participantRef"): _PARTICIPANT,
    ("choreographyTask", "messageFlowRef"): _MESSAGE_FLOW,
}
for _tag in FLOW_NODE_TAGS | {"sequenceFlow", "dataObject", "dataObjectReference", "dataStoreReference"}:
    CHILDREN[_tag, "categoryValueRef"] = frozenset({"categoryValue"})
for _tag in FLOW_NODE_TAGS | CHOREOGRAPHY_ACTIVITY_TAGS:
    CHILDREN[_tag, "incoming"] = CHILDREN[_tag, "outgoing"] = _FLOW
for _tag in (
    "startEvent",
    "intermediateCatchEvent",
    "boundaryEvent",
    "intermediateThrowEvent",
    "endEvent",
    "implicitThrowEvent",
    "event",
):
    CHILDREN[_tag, "eventDefinitionRef"] = EVENT_DEFINITION_TAGS
for _tag in CHOREOGRAPHY_ACTIVITY_TAGS:
    CHILDREN[_tag, "participantRef"] = _PARTICIPANT
for _tag in _CONVERSATIONS:
    CHILDREN[_tag, "messageFlowRef"] = _MESSAGE_FLOW
for _tag in GLOBAL_TASK_TAGS | {"process"}:
    CHILDREN[_tag, "supportedInterfaceRef"] = frozenset({"interface"})
for _tag in ("performer", "humanPerformer", "potentialOwner", "resourceRole"):
    CHILDREN[_tag, "resourceRef"] = frozenset({"resource"})

REQUIRED = frozenset(
    {
        ("sequenceFlow", "sourceRef"), ("sequenceFlow", "targetRef"), ("messageFlow", "sourceRef"), ("messageFlow", "targetRef"),
        ("boundaryEvent", "attachedToRef"), ("association", "sourceRef"), ("association", "targetRef"),
        ("correlationPropertyBinding", "correlationPropertyRef"), ("correlationPropertyRetrievalExpression", "messageRef"),
        ("resourceParameterBinding", "parameterRef"),
    }
)  # fmt: skip
_VARIABLE_NAMES = frozenset({"loopDataInputRef", "loopDataOutputRef"})
_TYPES = frozenset({"structureRef", "evaluatesToTypeRef", "type"})
"""Tools write the name of a type straight into these, where the standard wants an item definition."""

_NEEDED = frozenset(
    {
        "messageRef", "signalRef", "errorRef", "escalationRef", "operationRef", "eventDefinitionRef", "attachedToRef", "activityRef",
        "sourceRef", "targetRef", "correlationKeyRef", "correlationPropertyRef", "dataObjectRef", "loopDataInputRef", "loopDataOutputRef",
        "oneBehaviorEventRef", "noneBehaviorEventRef", "resourceRef", "default",
    }
)  # fmt: skip
"""Without these references the process cannot run as it is drawn; others may lead into a file that is not read."""


def check(context: Context) -> None:
    """Report every reference that leads nowhere or to an element of a kind that cannot stand there."""
    document, report = context.document, context.report
    for (tag, attribute), expected in ATTRIBUTES.items():
        for element in document.tagged(tag):
            value = element.get(attribute)
            if value is not None and value.strip():
                _check(document, element, attribute, value, expected, report)
            elif (tag, attribute) in REQUIRED:
                report.add(
                    "reference-missing",
                    f"{tag} has no {attribute}; expected the id of {_kinds(expected)}",
                    element=element,
                )
    pythonic = spiffworkflow.NAMESPACE in document.root.nsmap.values()
    for (tag, name), expected in CHILDREN.items():
        for element in document.tagged(tag):
            for reference in children(element, name):
                if pythonic and name in _VARIABLE_NAMES:
                    continue  # that dialect writes the name of a variable there
                _check(document, element, name, text_of(reference), expected, report, line=line_of(reference))


def _check(
    document: Document,
    element: etree._Element,
    name: str,
    value: str,
    expected: Tags,
    report: Report,
    *,
    line: int | None = None,
) -> None:
    if _is_imported(document, element, value):
        if name in _NEEDED:
            report.add(
                "reference-imported",
                f"{name} of {name_of(element)} refers to {value!r} in another file, which is not read; copy that element into this file",
                element=element,
                line=line,
            )
        return
    found = document.find(value)
    if found is None:
        if name not in _TYPES:
            report.add(
                "reference-dangling",
                f"{name} of {name_of(element)} refers to {value!r}, which is no element of this file; expected {_kinds(expected)}",
                element=element,
                line=line,
                is_harmless=name not in _NEEDED,
            )
        return
    if expected and name_of(found) not in expected:
        report.add(
            "reference-kind",
            f"{name} of {name_of(element)} refers to {value!r}, which is a {name_of(found)}; expected {_kinds(expected)}",
            element=element,
            line=line,
        )


def _is_imported(document: Document, element: etree._Element, value: str) -> bool:
    """Say whether the prefix of a QName stands for XML Schema or a namespace that the file imports: what lies there cannot be looked at."""
    prefix, colon, _ = value.strip().partition(":")
    namespace = element.nsmap.get(prefix) if colon else None
    if namespace == "http://www.w3.org/2001/XMLSchema":
        return True
    if namespace is None or namespace == document.root.get("targetNamespace"):
        return False
    return namespace in document.imported


def _kinds(expected: Tags) -> str:
    if not expected:
        return "an element"
    if expected >= FLOW_NODE_TAGS:
        return "a flow node" + (" or participant" if "participant" in expected else "")
    if expected == ACTIVITY_TAGS:
        return "an activity"
    if expected == EVENT_DEFINITION_TAGS:
        return "an event definition"
    if expected == DATA_TAGS:
        return "a data element"
    return " or ".join(sorted(expected))
