"""Every field of the model has its words here, by which a difference is said. A test compares with `engine.bpmn.model`."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn import model
from engine.bpmn.differences import durations
from engine.bpmn.expressions import Expression
from engine.differences import NO_WORDS, Vocabulary, Words


def type_in_words(element_type: model.ElementType) -> str:
    return element_type.value.lower().replace("_", " ")


def _a_type(element_type: model.ElementType) -> str:
    words = type_in_words(element_type)
    return f"{'an' if words[0] in 'aeio' else 'a'} {words}"


NOUNS: Mapping[type, str] = {
    model.MessageEvent: "message event",
    model.SignalEvent: "signal event",
    model.TimerEvent: "timer",
    model.ErrorEvent: "error event",
    model.EscalationEvent: "escalation event",
    model.CompensationEvent: "compensation event",
    model.ConditionalEvent: "conditional event",
    model.LinkEvent: "link event",
    model.CancelEvent: "cancel event",
    model.TerminateEvent: "terminate event",
    model.StandardLoop: "loop",
    model.MultiInstance: "multi-instance marker",
}
_MAPPING = {"source": Words("source"), "target": Words("target")}
VOCABULARY = Vocabulary(
    fields={
        model.Message: {
            "id": NO_WORDS,  # tools write new ids at will; a message is what its name and key say
            "name": Words("message name"),
            "correlation_key": Words("correlation key"),
        },
        model.Signal: {"id": NO_WORDS, "name": Words("signal name")},
        model.MessageEvent: {"message": Words("message"), "operation": Words("operation")},
        model.SignalEvent: {"signal": Words("signal")},
        model.TimerEvent: {"kind": Words("kind of timer"), "expression": Words("timer")},
        model.ErrorEvent: {
            "code": Words("error code"),
            "code_variable": Words("variable for the error code"),
            "message_variable": Words("variable for the error message"),
        },
        model.EscalationEvent: {
            "code": Words("escalation code"),
            "code_variable": Words("variable for the escalation code"),
        },
        model.CompensationEvent: {
            "activity": Words("compensated activity", refers=True),
            "wait_for_completion": Words(
                "waiting for the compensation",
                yes="waits for the end of the compensation",
                no="does not wait for the end of the compensation",
            ),
        },
        model.ConditionalEvent: {"condition": Words("condition")},
        model.LinkEvent: {"name": Words("link name")},
        model.CancelEvent: {},
        model.TerminateEvent: {},
        model.VariableMapping: _MAPPING,
        model.JobDefinition: {
            "type": Words("job type"),
            "retries": Words("retries", plural=True),
            "headers": Words("header"),
            "priority": Words("job priority"),
            "backoff": Words("waiting time between attempts", said=durations.duration),
            "timeout": Words("job time-out", said=durations.duration),
        },
        model.FormReference: {
            "form_id": Words("form"),
            "external_reference": Words("external form"),
            "binding": Words("binding of the form"),
            "version_tag": Words("version tag of the form"),
            "schema": Words("embedded form"),
        },
        model.UserTaskDefinition: {
            "assignee": Words("assignee"),
            "candidate_users": Words("candidate users", plural=True),
            "candidate_groups": Words("candidate groups", plural=True),
            "due_date": Words("due date", said=durations.duration),
            "follow_up_date": Words("follow-up date", said=durations.duration),
            "priority": Words("priority"),
            "form": Words("form"),
            "headers": Words("header"),
        },
        model.ScriptDefinition: {
            "expression": Words("script"),
            "source": Words("script"),
            "result_variable": Words("result variable"),
            "line": NO_WORDS,
        },
        model.CalledDecision: {
            "decision_id": Words("decision"),
            "result_variable": Words("result variable"),
            "binding": Words("binding of the decision"),
            "version_tag": Words("version tag of the decision"),
            "version": Words("version of the decision"),
            "result_mapping": Words("mapping of the decision's result"),
        },
        model.CalledElement: {
            "process_id": Words("called process"),
            "binding": Words("binding of the called process"),
            "version_tag": Words("version tag of the called process"),
            "version": Words("version of the called process"),
            "propagate_all_parent_variables": Words(
                "passing on all variables",
                yes="gives all its variables to the called process",
                no="does not give all its variables to the called process",
            ),
            "propagate_all_child_variables": Words(
                "taking over all variables",
                yes="takes all variables from the called process",
                no="does not take all variables from the called process",
            ),
            "business_id": Words("business id of the called process"),
            "inputs": Words("value given", item=lambda each: f"value given as '{each.target}'", ordered=True),
            "outputs": Words("value taken", item=lambda each: f"value taken as '{each.target}'", ordered=True),
        },
        model.Listener: {"event": Words("event"), "job": Words("job")},
        model.StandardLoop: {
            "condition": Words("loop condition"),
            "test_before": Words(
                "test of the loop condition",
                yes="tests its loop condition before each round",
                no="tests its loop condition after each round",
            ),
            "maximum": Words("largest number of rounds"),
        },
        model.ComplexBehavior: {"condition": Words("condition"), "event": Words("event", bare=True)},
        model.MultiInstance: {
            "sequential": Words(
                "order of instances", yes="runs its instances one after the other", no="runs its instances in parallel"
            ),
            "cardinality": Words("number of instances"),
            "collection": Words("input collection"),
            "element_variable": Words("input element"),
            "output_collection": Words("output collection"),
            "output_element": Words("output element"),
            "completion_condition": Words("completion condition"),
            "behavior": Words("multi-instance behavior"),
            "one_behavior_event": Words("event of the first completed instance"),
            "none_behavior_event": Words("event of each completed instance"),
            "complex_behaviors": Words("complex behavior", ordered=True),
        },
        model.AdHoc: {
            "sequential": Words(
                "order of activities",
                yes="runs its activities one after the other",
                no="runs its activities in parallel",
            ),
            "completion_condition": Words("completion condition"),
            "cancel_remaining_instances": Words(
                "cancelling what remains",
                yes="cancels what still runs when its condition holds",
                no="waits for what still runs when its condition holds",
            ),
            "active_elements": Words("activated elements", plural=True),
        },
        model.DataItem: {
            "id": NO_WORDS,  # an item is known by it
            "name": Words("name"),
            "is_collection": Words("being a collection"),
            "initial": Words("initial value"),
        },
        model.DataAssociation: {
            "source": Words("source"),
            "target": Words("target"),
            "transformation": Words("transformation"),
            "assignments": Words("assignment", item=lambda each: f"assignment to '{each.target}'", ordered=True),
        },
        model.SequenceFlow: {
            "id": NO_WORDS,  # an element is known by it
            "source": Words("source", verb="comes from", refers=True),
            "target": Words("target", verb="leads to", refers=True),
            "name": Words("name"),
            "condition": Words("condition"),
            "line": NO_WORDS,
        },
        model.FlowNode: {
            "id": NO_WORDS,  # an element is known by it
            "type": Words("type", verb="is"),
            "name": Words("name"),
            "line": NO_WORDS,
            "scope": Words("scope", verb="lies in", refers=True),
            "incoming": NO_WORDS,  # flows are compared by themselves
            "outgoing": NO_WORDS,
            "default_flow": Words("default flow", refers=True),
            "properties": Words("property"),
            "inputs": Words("input mapping", item=lambda each: f"input mapping of '{each.target}'", ordered=True),
            "outputs": Words("output mapping", item=lambda each: f"output mapping of '{each.target}'", ordered=True),
            "data_items": Words("data item", item=lambda each: f"data item '{each.id}'"),
            "data_inputs": Words("data input", ordered=True),
            "data_outputs": Words("data output", ordered=True),
            "events": Words("event", item=lambda each: NOUNS[type(each)], bare=True),
            "parallel_multiple": Words(
                "parallel events", yes="waits for all its events", no="waits for one of its events"
            ),
            "interrupting": Words("interrupting", yes="interrupts", no="does not interrupt"),
            "attached_to": Words("activity", verb="is attached to", refers=True),
            "boundary_events": NO_WORDS,  # said as what the events are attached to
            "loop": Words("loop"),
            "is_for_compensation": Words(
                "being for compensation", yes="is for compensation", no="is not for compensation"
            ),
            "compensation_handler": Words("compensation handler", refers=True),
            "start_quantity": Words("start quantity"),
            "completion_quantity": Words("completion quantity"),
            "job": Words("job"),
            "user_task": Words("user task"),
            "script": Words("script"),
            "decision": Words("decision"),
            "call": Words("call"),
            "message": Words("message"),
            "listeners": Words("listener", item=lambda each: f"{each.event} listener", ordered=True),
            "form": Words("start form"),
            "instantiate": Words("instantiating", yes="starts instances", no="does not start instances"),
            "parallel_event_gateway": Words(
                "waiting for all events", yes="waits for all events behind it", no="waits for the first event behind it"
            ),
            "activation_condition": Words("activation condition"),
            "children": NO_WORDS,  # said as where the children lie
            "start_events": NO_WORDS,
            "event_sub_processes": NO_WORDS,
            "ad_hoc": Words("ad-hoc behavior"),
        },
        model.CorrelationKey: {
            "id": NO_WORDS,
            "name": Words("name"),
            "properties": Words("correlation properties", plural=True, ordered=True),
            "payload": Words("payload expression", item=lambda each: f"payload expression for message '{each}'"),
            "bindings": Words("data expression", ordered=True),
        },
        model.MessageTarget: {
            "process_id": Words("receiving process", refers=True),
            "element_id": Words("receiver", refers=True),
        },
        model.ProcessModel: {
            "id": Words("process id"),
            "name": NO_WORDS,  # the root's name, where it has one
            "version_tag": Words("version tag"),
            "is_executable": Words("being executable", yes="is executable", no="is not executable"),
            "nodes": NO_WORDS,  # elements are compared by themselves, with their lanes and message flows
            "flows": NO_WORDS,
            "message_flows": Words("message flow", item=lambda each: f"message flow from '{each}'"),
            "message_flow_ends": Words("ends of message flows", plural=True, refers=True),
            "correlation_keys": Words("correlation key", item=lambda each: f"correlation key of message '{each}'"),
            "lanes": NO_WORDS,
            "documentation": NO_WORDS,  # compared in the file, as that of every element
            "paths": NO_WORDS,
        },
        model.Definitions: {
            "id": NO_WORDS,
            "target_namespace": NO_WORDS,
            "processes": NO_WORDS,
            "problems": NO_WORDS,
        },
        model.Problem: dict.fromkeys(("code", "message", "severity", "element_id", "element_name", "line"), NO_WORDS),
    },
    nouns=NOUNS,
    texts={
        Expression: durations.expression,
        model.TimerEvent: durations.timer,
        model.ElementType: _a_type,
    },
    sentences={model.TimerEvent: durations.timer_sentence},
)
LANE = Words("lane", verb="lies in the lane")
