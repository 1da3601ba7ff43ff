"""Processes and their flow nodes are read (BPMN 2.0, chapter 10): the graph, scope by scope."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lxml import etree

from engine.bpmn.document import (
    ACTIVITY_TAGS,
    EVENT_TAGS,
    FLOW_NODE_TAGS,
    SUB_PROCESS_TAGS,
    UNCONDITIONAL_TAGS,
    child,
    children,
    descendants,
    event_definitions,
    flag,
    is_for_compensation,
    line_of,
    name_of,
    text_of,
)
from engine.bpmn.expressions import Expression
from engine.bpmn.model import AdHoc, CompensationEvent, ElementType, FlowNode, ProcessModel, SequenceFlow
from engine.bpmn.reading import activities, data, events
from engine.bpmn.reading.activities import Fields
from engine.bpmn.reading.collaboration import correlation_keys_of, lanes_of, message_flow_ends_of, message_flows_of
from engine.bpmn.reading.markers import loop_of
from engine.bpmn.reading.source import Source

_TYPES = {
    "subProcess": ElementType.SUB_PROCESS,
    "transaction": ElementType.TRANSACTION,
    "adHocSubProcess": ElementType.AD_HOC_SUB_PROCESS,
    "callActivity": ElementType.CALL_ACTIVITY,
    "task": ElementType.TASK,
    "userTask": ElementType.USER_TASK,
    "manualTask": ElementType.MANUAL_TASK,
    "serviceTask": ElementType.SERVICE_TASK,
    "scriptTask": ElementType.SCRIPT_TASK,
    "businessRuleTask": ElementType.BUSINESS_RULE_TASK,
    "sendTask": ElementType.SEND_TASK,
    "receiveTask": ElementType.RECEIVE_TASK,
    "startEvent": ElementType.START_EVENT,
    "intermediateCatchEvent": ElementType.INTERMEDIATE_CATCH_EVENT,
    "intermediateThrowEvent": ElementType.INTERMEDIATE_THROW_EVENT,
    "boundaryEvent": ElementType.BOUNDARY_EVENT,
    "endEvent": ElementType.END_EVENT,
    "exclusiveGateway": ElementType.EXCLUSIVE_GATEWAY,
    "inclusiveGateway": ElementType.INCLUSIVE_GATEWAY,
    "parallelGateway": ElementType.PARALLEL_GATEWAY,
    "eventBasedGateway": ElementType.EVENT_BASED_GATEWAY,
    "complexGateway": ElementType.COMPLEX_GATEWAY,
    "globalTask": ElementType.TASK,
    "globalManualTask": ElementType.MANUAL_TASK,
    "globalUserTask": ElementType.USER_TASK,
    "globalScriptTask": ElementType.SCRIPT_TASK,
    "globalBusinessRuleTask": ElementType.BUSINESS_RULE_TASK,
}


@dataclass(slots=True)
class _Links:
    """The links say how the nodes of one process hang together; they are gathered before any node is made."""

    flows: dict[str, SequenceFlow] = field(default_factory=dict)
    incoming: dict[str, list[SequenceFlow]] = field(default_factory=dict)
    outgoing: dict[str, list[SequenceFlow]] = field(default_factory=dict)
    boundary: dict[str, list[str]] = field(default_factory=dict)
    handlers: dict[str, str] = field(default_factory=dict)
    lanes: dict[str, str] = field(default_factory=dict)


def read_process(source: Source, process: etree._Element) -> ProcessModel:
    """Return the model of one bpmn:process."""
    links = _links(source, process)
    nodes: dict[str, FlowNode] = {}
    root = _scope(source, process, ElementType.PROCESS, nodes=nodes, links=links, scope=None, fields={})
    nodes = {root.id: root, **nodes}
    extensions = source.extensions(process)
    return ProcessModel(
        id=root.id,
        name=process.get("name") or root.id,
        version_tag=extensions.version_tag,
        is_executable=flag(process, "isExecutable", default=bool(root.children)),
        nodes=nodes,
        flows=links.flows,
        message_flows=message_flows_of(source, process),
        message_flow_ends=message_flow_ends_of(source, process),
        correlation_keys=correlation_keys_of(source, process),
        lanes=links.lanes,
        documentation=text_of(child(process, "documentation")),
    )


def read_global_task(source: Source, task: etree._Element) -> ProcessModel:
    """Read a global task (10.2.6) as a process of that one task, which has no start event: the task starts by itself."""
    identifier = task.get("id", "")
    name = task.get("name") or identifier
    inner = FlowNode(
        id=f"{identifier}.task",
        type=_TYPES[name_of(task)],
        name=name,
        line=line_of(task),
        scope=identifier,
        **_common(source, task),
        **activities.READERS[name_of(task)](source, task),
    )
    root = FlowNode(id=identifier, type=ElementType.PROCESS, name=name, line=line_of(task), children=(inner.id,))
    return ProcessModel(
        id=identifier, name=name, version_tag=None, is_executable=True, nodes={root.id: root, inner.id: inner}, flows={}
    )


def _links(source: Source, process: etree._Element) -> _Links:
    links = _Links(lanes=lanes_of(source, process))
    for element in descendants(process, "sequenceFlow"):
        flow = _flow(source, element)
        if flow is not None and flow.id not in links.flows:
            links.flows[flow.id] = flow
            links.outgoing.setdefault(flow.source, []).append(flow)
            links.incoming.setdefault(flow.target, []).append(flow)
    for element in descendants(process, "boundaryEvent"):
        links.boundary.setdefault(element.get("attachedToRef", ""), []).append(element.get("id", ""))
    for element in source.document.tagged("association"):
        _handler(source, element, links)
    return links


def _flow(source: Source, element: etree._Element) -> SequenceFlow | None:
    start = source.document.find_tagged(element.get("sourceRef"), *FLOW_NODE_TAGS)
    end = source.document.find_tagged(element.get("targetRef"), *FLOW_NODE_TAGS)
    if start is None or end is None:
        return None
    return SequenceFlow(
        id=element.get("id", ""),
        source=start.get("id", ""),
        target=end.get("id", ""),
        name=element.get("name", ""),
        condition=None if name_of(start) in UNCONDITIONAL_TAGS else _condition(source, element),
        line=line_of(element),
    )


def _condition(source: Source, flow: etree._Element) -> Expression | None:
    return source.compiler.formal(child(flow, "conditionExpression"), what="condition", owner=flow)


def _handler(source: Source, association: etree._Element, links: _Links) -> None:
    """Return the handler of a compensation boundary event, to which it is tied by an association (10.6.1), drawn either way round by
    some tools."""
    ends = [source.document.find(association.get(name)) for name in ("sourceRef", "targetRef")]
    for event, activity in (ends, ends[::-1]):
        if (
            event is not None
            and activity is not None
            and name_of(event) == "boundaryEvent"
            and name_of(activity) in ACTIVITY_TAGS
            and is_for_compensation(activity)
            and any(
                name_of(found) == "compensateEventDefinition" for found in event_definitions(source.document, event)
            )
        ):
            links.handlers.setdefault(event.get("attachedToRef", ""), activity.get("id", ""))
            return


def _scope(
    source: Source,
    element: etree._Element,
    kind: ElementType,
    *,
    nodes: dict[str, FlowNode],
    links: _Links,
    scope: str | None,
    fields: Fields,
) -> FlowNode:
    """Make the node of a process or sub-process; the nodes inside go into `nodes`, each scope before what it holds."""
    identifier = element.get("id", "")
    inside = list(children(element, *FLOW_NODE_TAGS))
    made = FlowNode(
        id=identifier,
        type=kind,
        name=element.get("name", ""),
        line=line_of(element),
        scope=scope,
        children=tuple(found.get("id", "") for found in inside),
        start_events=tuple(found.get("id", "") for found in inside if name_of(found) == "startEvent"),
        event_sub_processes=tuple(found.get("id", "") for found in inside if flag(found, "triggeredByEvent")),
        **_common(source, element),
        **fields,
    )
    if scope is not None:
        nodes[identifier] = made
    for found in inside:
        _node(source, found, nodes=nodes, links=links, scope=identifier)
    return made


def _node(source: Source, element: etree._Element, *, nodes: dict[str, FlowNode], links: _Links, scope: str) -> None:
    tag = name_of(element)
    identifier = element.get("id", "")
    fields: Fields = {
        "incoming": tuple(links.incoming.get(identifier, ())),
        "outgoing": tuple(links.outgoing.get(identifier, ())),
        "default_flow": _default(source, element),
    }
    if tag in ACTIVITY_TAGS:
        fields |= _activity(source, element, links=links)
    elif tag in EVENT_TAGS:
        fields |= _event(source, element)
    else:
        fields |= _gateway(source, element)
    if tag in SUB_PROCESS_TAGS:
        kind = ElementType.EVENT_SUB_PROCESS if flag(element, "triggeredByEvent") else _TYPES[tag]
        if tag == "adHocSubProcess":
            fields["ad_hoc"] = _ad_hoc(source, element)
        _scope(source, element, kind, nodes=nodes, links=links, scope=scope, fields=fields)
        return
    nodes[identifier] = FlowNode(
        id=identifier,
        type=_TYPES[tag],
        name=element.get("name", ""),
        line=line_of(element),
        scope=scope,
        **_common(source, element),
        **fields,
    )


def _common(source: Source, element: etree._Element) -> Fields:
    extensions = source.extensions(element)
    return {
        "properties": extensions.properties,
        "inputs": extensions.inputs,
        "outputs": extensions.outputs,
        "listeners": extensions.listeners,
        "data_items": data.items_of(source, element),
        "data_inputs": data.inputs_of(source, element),
        "data_outputs": data.outputs_of(source, element),
    }


def _default(source: Source, element: etree._Element) -> str | None:
    flow = source.document.find_tagged(element.get("default"), "sequenceFlow")
    return None if flow is None else flow.get("id")


def _activity(source: Source, element: etree._Element, *, links: _Links) -> Fields:
    identifier = element.get("id", "")
    fields = activities.READERS[name_of(element)](source, element)
    task = fields.get("user_task")
    lane = links.lanes.get(identifier)
    if task is not None and lane is not None and not (task.assignee or task.candidate_users or task.candidate_groups):
        fields["user_task"] = replace(task, candidate_groups=events.literal(lane))
    return fields | {
        "boundary_events": tuple(links.boundary.get(identifier, ())),
        "loop": loop_of(source, element),
        "is_for_compensation": is_for_compensation(element),
        "compensation_handler": links.handlers.get(identifier),
        "start_quantity": _quantity(source, element, "startQuantity"),
        "completion_quantity": _quantity(source, element, "completionQuantity"),
    }


def _quantity(source: Source, element: etree._Element, attribute: str) -> int:
    text = element.get(attribute, "1").strip()
    if text.isdigit() and 1 <= int(text) <= 10_000:
        return int(text)
    source.report.add(
        "quantity-invalid", f"{attribute} is {text!r}; expected a whole number from 1 to 10000", element=element
    )
    return 1


def _event(source: Source, element: etree._Element) -> Fields:
    tag = name_of(element)
    definitions = events.definitions_of(source, element)
    fields: Fields = {"events": definitions, "parallel_multiple": flag(element, "parallelMultiple")}
    if tag == "startEvent":
        fields["interrupting"] = flag(element, "isInterrupting", default=True)
        fields["form"] = source.extensions(element).form
    elif tag == "boundaryEvent":
        attached = source.document.find_tagged(element.get("attachedToRef"), *ACTIVITY_TAGS)
        fields["attached_to"] = None if attached is None else attached.get("id")
        # Compensation is no interruption: by then the activity has long completed (10.4.3).
        compensation = any(isinstance(definition, CompensationEvent) for definition in definitions)
        fields["interrupting"] = not compensation and flag(element, "cancelActivity", default=True)
    elif tag in ("intermediateThrowEvent", "endEvent"):
        jobs = (activities.job_of(source, found) for found in (element, *event_definitions(source.document, element)))
        fields["job"] = next((job for job in jobs if job is not None), None)
    return fields


def _gateway(source: Source, element: etree._Element) -> Fields:
    tag = name_of(element)
    if tag == "eventBasedGateway":
        return {
            "instantiate": flag(element, "instantiate"),
            "parallel_event_gateway": element.get("eventGatewayType") == "Parallel",
        }
    if tag == "complexGateway":
        condition = source.compiler.formal(
            child(element, "activationCondition"), what="activation condition", owner=element
        )
        return {"activation_condition": condition}
    return {}


def _ad_hoc(source: Source, element: etree._Element) -> AdHoc:
    return AdHoc(
        sequential=element.get("ordering") == "Sequential",
        completion_condition=source.compiler.formal(
            child(element, "completionCondition"), what="completion condition", owner=element
        ),
        cancel_remaining_instances=flag(element, "cancelRemainingInstances", default=True),
        active_elements=source.extensions(element).active_elements,
    )
