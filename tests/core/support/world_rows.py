"""Data, collaboration, correlation, references and dialects: what a diagram says beside its flow (chapters 8 and 9, 10.3)."""

from __future__ import annotations

import re

from engine.bpmn.expressions import Expression, Language
from engine.bpmn.model import (
    ElementType,
    ErrorEvent,
    EscalationEvent,
    FlowNode,
    MessageEvent,
    ProcessModel,
    SignalEvent,
)
from engine.runtime import correlating, processors
from engine.runtime.elements import catchers, events, throwing, user_tasks
from engine.runtime.machine import Machine
from tests.core.support.row import Family, Match, Row, Run, any_element, written

ASSOCIATE = (processors.run,)


def _holds_data(node: FlowNode, _model: ProcessModel) -> bool:
    return bool(node.data_items)


DATA = Family(
    "Data",
    (
        written("data object", "<bpmn:dataObject ", _holds_data, by=ASSOCIATE),
        written("data object reference", "<bpmn:dataObjectReference ", by=ASSOCIATE),
        written("data store", "<bpmn:dataStoreReference ", _holds_data, by=ASSOCIATE),
        written(
            "property of a process",
            "<bpmn:property ",
            lambda node, model: node.scope is None and bool(node.data_items),
            by=ASSOCIATE,
        ),
        written(
            "property of an activity",
            "<bpmn:property ",
            lambda node, model: node.scope is not None and bool(node.data_items),
            by=ASSOCIATE,
        ),
        any_element("data input association", lambda node, model: bool(node.data_inputs), by=ASSOCIATE),
        any_element("data output association", lambda node, model: bool(node.data_outputs), by=ASSOCIATE),
        any_element(
            "data association: transformation",
            lambda node, model: any(each.transformation for each in node.data_inputs + node.data_outputs),
            by=ASSOCIATE,
        ),
        any_element(
            "data association: assignments",
            lambda node, model: any(each.assignments for each in node.data_inputs + node.data_outputs),
            by=ASSOCIATE,
            rules=("assignment-incomplete",),
        ),
        written("ioSpecification: data inputs and outputs", "<bpmn:ioSpecification", _holds_data, by=ASSOCIATE),
        any_element(
            "data of an event",
            lambda node, model: node.type.value.endswith("EVENT") and bool(node.data_inputs + node.data_outputs),
            by=ASSOCIATE,
            rules=("event-data-count", "event-data-item"),
        ),
    ),
    rules=(
        "io-set-missing",
        "io-set-incomplete",
        "io-set-subset",
        "io-set-foreign",
        "io-set-one-sided",
        "io-binding",
        "data-object-missing",
        "data-association-end",
        "data-association-sources",
        "collection-contradiction",
        "io-binding-missing",
        "io-sub-process",
        "data-association-item",
        "data-object-state",
        "data-reference-item",
    ),
)


def _waits_for_message(node: FlowNode, _model: ProcessModel) -> bool:
    return node.message is not None or any(isinstance(event, MessageEvent) for event in node.events)


def _correlates_by_subscription(node: FlowNode, model: ProcessModel) -> bool:
    messages = [event.message for event in node.events if isinstance(event, MessageEvent)]
    return any(each.id in model.correlation_keys for each in [*messages, *([node.message] if node.message else [])])


def _has_key(node: FlowNode, _model: ProcessModel) -> bool:
    messages = [event.message for event in node.events if isinstance(event, MessageEvent)]
    return any(each.correlation_key is not None for each in [*messages, *([node.message] if node.message else [])])


COLLABORATION = Family(
    "Collaboration and correlation",
    (
        written("participant", "<bpmn:participant ", lambda node, model: node.scope is None, by=(Machine.token,)),
        any_element(
            "lane: candidate group of its user tasks",
            lambda node, model: node.type is ElementType.USER_TASK and node.id in model.lanes,
            by=(user_tasks.offer,),
        ),
        any_element(
            "message flow between two processes",
            lambda node, model: node.id in model.message_flows,
            by=(throwing.publish,),
            rules=("message-flow-same-pool", "message-flow-source", "message-flow-target", "message-flow-fork"),
        ),
        any_element("correlation: by name and key expression", _has_key, by=(events.subscribe_message,)),
        any_element(
            "correlation: properties and subscriptions",
            _correlates_by_subscription,
            by=(correlating.key_of_awaited,),
            rules=("correlation-key-empty", "correlation-retrieval", "correlation-path", "correlation-subscription"),
        ),
    ),
    rules=("participant-multiplicity", "global-conversation", "choreography-not-run"),
)


def _event(kind: type[object]) -> Match:
    return lambda node, model: any(isinstance(event, kind) for event in node.events)


REFERENCES = Family(
    "References",
    (
        written(
            "eventDefinitionRef", "eventDefinitionRef", lambda node, model: bool(node.events), by=(events.subscribe,)
        ),
        written("errorRef", 'errorRef="', _event(ErrorEvent), by=(catchers.throw_error,)),
        written("escalationRef", 'escalationRef="', _event(EscalationEvent), by=(catchers.escalate,)),
        written("messageRef", 'messageRef="', _waits_for_message, by=(events.subscribe_message,)),
        written("signalRef", 'signalRef="', _event(SignalEvent), by=(events.broadcast,)),
        written("operationRef", "operationRef", _waits_for_message, by=(events.subscribe_message,)),
        written("itemDefinition", "<bpmn:itemDefinition ", by=ASSOCIATE),
    ),
    rules=("reference-dangling", "reference-kind", "reference-missing"),
)


def _speaks(language: Language) -> Match:
    def where(node: FlowNode, _model: ProcessModel) -> bool:
        found: list[Expression | None] = [flow.condition for flow in node.outgoing]
        found += [each.source for each in node.inputs + node.outputs]
        return any(each is not None and each.language is language for each in found)

    return where


def _dialect(prefix: str) -> Row:
    """An element or attribute of its namespace stands in the file, and a process of it ended."""
    used = re.compile(rf"<{prefix}:|\s(?!xmlns){prefix}:")

    def shown(run: Run) -> bool:
        return used.search(run.source) is not None and run.model.id in run.times_left()

    return Row(f"dialect: {prefix}", (Machine.map_variables,), shown)


DIALECTS = Family(
    "Dialects and expressions",
    (
        *(_dialect(each) for each in ("zeebe", "camunda", "operaton", "flowable", "activiti", "spiffworkflow")),
        *(
            any_element(f"expressions: {name}", _speaks(language), by=(Machine.raw,))
            for name, language in (("FEEL", Language.FEEL), ("JUEL", Language.JUEL), ("Python", Language.PYTHON))
        ),
        any_element(
            "input and output mappings",
            lambda node, model: bool(node.inputs and node.outputs),
            by=(Machine.map_variables,),
            rules=("mapping-incomplete", "mapping-local"),
        ),
        any_element(
            "execution listeners",
            lambda node, model: {each.event for each in node.listeners} >= {"start", "end"},
            by=(processors.listener_completed,),
            rules=("listener-incomplete",),
        ),
    ),
    rules=(
        "extension-unknown",
        "retries-unsupported",
        "business-key-inherited",
        "expression-syntax",
        "expression-language",
        "expression-read-as-feel",
    ),
)

FAMILIES = (DATA, COLLABORATION, REFERENCES, DIALECTS)
