"""The elements of the standard in the model: what the runtime reads."""

# ruff: noqa: E501 (markup is easier to read unbroken)

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from engine.bpmn.model import (
    AdHoc,
    CancelEvent,
    CompensationEvent,
    ConditionalEvent,
    ElementType,
    ErrorEvent,
    EscalationEvent,
    LinkEvent,
    MessageEvent,
    MessageTarget,
    MultiInstance,
    MultiInstanceBehavior,
    SignalEvent,
    StandardLoop,
    TerminateEvent,
    TimerEvent,
    TimerKind,
)
from tests.core.bpmn.diagrams import accepted, extended, file, flow, line, model, node, one, process

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MESSAGE = '<bpmn:message id="m" name="order placed"/>'
TIMER = "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1S</bpmn:timeDuration></bpmn:timerEventDefinition>"


@pytest.mark.parametrize(
    ("tag", "kind", "attributes", "root"),
    [
        ("task", ElementType.TASK, "", ""),
        ("manualTask", ElementType.MANUAL_TASK, "", ""),
        ("userTask", ElementType.USER_TASK, "", ""),
        ("sendTask", ElementType.SEND_TASK, 'messageRef="m"', MESSAGE),
        ("receiveTask", ElementType.RECEIVE_TASK, 'messageRef="m"', MESSAGE),
        ("callActivity", ElementType.CALL_ACTIVITY, 'calledElement="q"', ""),
        ("subProcess", ElementType.SUB_PROCESS, "", ""),
        ("transaction", ElementType.TRANSACTION, "", ""),
    ],
)
def test_an_activity_has_its_type_and_its_flows(tag: str, kind: ElementType, attributes: str, root: str) -> None:
    found = node(one(f'<bpmn:{tag} id="x" name="The  work" {attributes}/>', root=root))
    assert (found.type, found.name, found.scope) == (kind, "The  work", "p")
    assert [flow.id for flow in found.incoming] == ["start_x"]
    assert [flow.target for flow in found.outgoing] == ["end"]


def test_the_process_is_the_root_scope_with_its_children_in_document_order() -> None:
    process_model = model(one('<bpmn:task id="x"/>'))
    assert process_model.root.type is ElementType.PROCESS
    assert process_model.root.children == ("start", "x", "end")
    assert process_model.root.start_events == ("start",)
    assert process_model.root.scope is None


def test_nested_scopes_know_their_children_starts_and_event_sub_processes() -> None:
    inner = (
        '<bpmn:startEvent id="s2"/><bpmn:endEvent id="e2"/>' + flow("s2", "e2")
        + f'<bpmn:subProcess id="handler" triggeredByEvent="true"><bpmn:startEvent id="s3" isInterrupting="false">{TIMER}</bpmn:startEvent>'
        + '<bpmn:endEvent id="e3"/>' + flow("s3", "e3") + "</bpmn:subProcess>"
    )  # fmt: skip
    nodes = model(one(f'<bpmn:subProcess id="x">{inner}</bpmn:subProcess>')).nodes
    assert nodes["x"].children == ("s2", "e2", "handler")
    assert nodes["x"].start_events == ("s2",)
    assert nodes["x"].event_sub_processes == ("handler",)
    assert nodes["handler"].type is ElementType.EVENT_SUB_PROCESS
    assert nodes["s3"].interrupting is False
    assert nodes["s3"].scope == "handler"


def event(tag: str, definition: str, root: str = "") -> object:
    body = f'<bpmn:{tag} id="x">{definition}</bpmn:{tag}>'
    if tag == "endEvent":
        xml = process('<bpmn:startEvent id="start"/>' + body + flow("start", "x"), root=root)
    elif tag == "startEvent":
        xml = process(body + '<bpmn:endEvent id="end"/>' + flow("x", "end"), root=root)
    else:
        xml = one(body, root=root)
    (found,) = node(xml).events
    return found


def test_messages_and_signals_are_known_by_their_names() -> None:
    caught = event("intermediateCatchEvent", '<bpmn:messageEventDefinition messageRef="m"/>', MESSAGE)
    assert isinstance(caught, MessageEvent)
    assert (caught.message.id, caught.message.name.source) == ("m", "order placed")
    thrown = event(
        "intermediateThrowEvent", '<bpmn:signalEventDefinition signalRef="s"/>', '<bpmn:signal id="s" name="=alarm"/>'
    )
    assert isinstance(thrown, SignalEvent)
    assert thrown.signal.name.evaluate({"alarm": "fire"}, now=NOW) == "fire"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (TimerKind.DATE, "2030-01-31T09:00:00Z"),
        (TimerKind.DATE, "2030-01-31T09:00:00+01:00[Europe/Berlin]"),
        (TimerKind.DURATION, "P1DT2H"),
        (TimerKind.DURATION, "PT0.5S"),
        (TimerKind.CYCLE, "R3/PT10S"),
        (TimerKind.CYCLE, "R/2030-01-01T00:00:00Z/P1D"),
        (TimerKind.CYCLE, "0 0 9-17 * * MON-FRI"),
        (TimerKind.CYCLE, "@daily"),
        (TimerKind.DURATION, "=wait"),
    ],
)
def test_a_timer_has_its_kind_and_its_text(kind: TimerKind, text: str) -> None:
    found = event(
        "startEvent",
        f"<bpmn:timerEventDefinition><bpmn:{kind.value}>{text}</bpmn:{kind.value}></bpmn:timerEventDefinition>",
    )
    assert isinstance(found, TimerEvent)
    assert (found.kind, found.expression.source) == (kind, text.removeprefix("="))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("timeDate", "tomorrow"), ("timeDate", "P1D"), ("timeDuration", "P"), ("timeDuration", "PT"), ("timeDuration", "1h"),
        ("timeCycle", "R3"), ("timeCycle", "Rx/PT1S"), ("timeCycle", "R/PT1S/PT1S"), ("timeCycle", "* * *"),
    ],
)  # fmt: skip
def test_a_timer_that_no_clock_could_follow_is_rejected(kind: str, text: str) -> None:
    from tests.core.bpmn.diagrams import errors

    xml = one(
        f'<bpmn:intermediateCatchEvent id="x"><bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>'
    )
    assert errors(xml) == {"timer-invalid"}


def test_errors_and_escalations_carry_their_codes() -> None:
    error = event("endEvent", '<bpmn:errorEventDefinition errorRef="e"/>', '<bpmn:error id="e" errorCode="DECLINED"/>')
    assert isinstance(error, ErrorEvent)
    assert error.code is not None
    assert error.code.source == "DECLINED"
    escalation = event(
        "endEvent",
        '<bpmn:escalationEventDefinition escalationRef="e"/>',
        '<bpmn:escalation id="e" escalationCode="LATE"/>',
    )
    assert isinstance(escalation, EscalationEvent)
    assert escalation.code is not None
    assert escalation.code.source == "LATE"


def test_terminate_and_conditional_definitions_are_read() -> None:
    assert event("endEvent", "<bpmn:terminateEventDefinition/>") == TerminateEvent()
    conditional = event(
        "intermediateCatchEvent",
        '<bpmn:conditionalEventDefinition><bpmn:condition xsi:type="bpmn:tFormalExpression">=a > 1</bpmn:condition></bpmn:conditionalEventDefinition>',
    )
    assert isinstance(conditional, ConditionalEvent)
    assert conditional.condition.evaluate({"a": Decimal(2)}, now=NOW) is True


def test_links_are_read_by_name() -> None:
    xml = process(
        '<bpmn:startEvent id="s"/><bpmn:intermediateThrowEvent id="a"><bpmn:linkEventDefinition name="over there"/></bpmn:intermediateThrowEvent>'
        '<bpmn:intermediateCatchEvent id="b"><bpmn:linkEventDefinition name="over there"/></bpmn:intermediateCatchEvent><bpmn:endEvent id="e"/>'
        + flow("s", "a") + flow("b", "e")
    )  # fmt: skip
    assert node(xml, "a").events == node(xml, "b").events == (LinkEvent("over there"),)


def test_an_event_definition_may_stand_at_the_top_of_the_file_and_be_referred_to() -> None:
    found = event(
        "endEvent",
        "<bpmn:eventDefinitionRef>ed</bpmn:eventDefinitionRef>",
        '<bpmn:error id="e" errorCode="E"/><bpmn:errorEventDefinition id="ed" errorRef="e"/>',
    )
    assert isinstance(found, ErrorEvent)


def test_several_definitions_make_a_multiple_or_parallel_multiple_event() -> None:
    definitions = f'<bpmn:messageEventDefinition messageRef="m"/>{TIMER}'
    for parallel in ("false", "true"):
        found = node(
            one(
                f'<bpmn:intermediateCatchEvent id="x" parallelMultiple="{parallel}">{definitions}</bpmn:intermediateCatchEvent>',
                root=MESSAGE,
            )
        )
        assert [type(definition) for definition in found.events] == [MessageEvent, TimerEvent]
        assert found.parallel_multiple is (parallel == "true")


def test_a_boundary_event_hangs_on_its_activity() -> None:
    xml = process(
        line('<bpmn:task id="x"/>', ids=("x",))
        + f'<bpmn:boundaryEvent id="b" attachedToRef="x" cancelActivity="false">{TIMER}</bpmn:boundaryEvent>' + flow("b", "end")
    )  # fmt: skip
    assert node(xml).boundary_events == ("b",)
    assert (node(xml, "b").attached_to, node(xml, "b").interrupting) == ("x", False)


@pytest.mark.parametrize("ends", ['sourceRef="b" targetRef="h"', 'sourceRef="h" targetRef="b"'])
def test_an_association_ties_an_activity_to_its_compensation_handler(ends: str) -> None:
    xml = process(
        line('<bpmn:task id="x"/>', ids=("x",))
        + '<bpmn:boundaryEvent id="b" attachedToRef="x"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
        f'<bpmn:task id="h" isForCompensation="true"/><bpmn:association id="a" {ends}/>'
    )
    assert node(xml).compensation_handler == "h"
    assert node(xml, "h").is_for_compensation
    assert node(xml, "b").events == (CompensationEvent(),)


def test_a_compensation_may_name_an_activity_and_not_wait() -> None:
    xml = process(
        '<bpmn:startEvent id="start"/><bpmn:task id="t"/><bpmn:endEvent id="x"><bpmn:compensateEventDefinition activityRef="t" '
        'waitForCompletion="false"/></bpmn:endEvent>' + flow("start", "t") + flow("t", "x")
    )
    assert node(xml).events == (CompensationEvent("t", wait_for_completion=False),)


def test_a_transaction_is_cancelled_from_inside_and_caught_outside() -> None:
    inner = '<bpmn:startEvent id="s2"/><bpmn:endEvent id="e2"><bpmn:cancelEventDefinition/></bpmn:endEvent>' + flow(
        "s2", "e2"
    )
    xml = process(
        line(f'<bpmn:transaction id="x">{inner}</bpmn:transaction>', ids=("x",))
        + '<bpmn:boundaryEvent id="b" attachedToRef="x"><bpmn:cancelEventDefinition/></bpmn:boundaryEvent>' + flow("b", "end")
    )  # fmt: skip
    assert node(xml, "e2").events == node(xml, "b").events == (CancelEvent(),)


def test_quantities_of_tokens_are_read() -> None:
    found = node(one('<bpmn:task id="x" startQuantity="2" completionQuantity="3"/>'))
    assert (found.start_quantity, found.completion_quantity) == (2, 3)


def test_a_standard_loop_has_condition_order_and_maximum() -> None:
    loop = node(
        one(
            '<bpmn:task id="x"><bpmn:standardLoopCharacteristics testBefore="true" loopMaximum="5"><bpmn:loopCondition>=again</bpmn:loopCondition>'
            "</bpmn:standardLoopCharacteristics></bpmn:task>"
        )
    ).loop
    assert isinstance(loop, StandardLoop)
    assert loop.test_before
    assert loop.maximum is not None
    assert loop.maximum.source == "5"
    assert loop.condition is not None
    assert loop.condition.evaluate({"again": True}, now=NOW) is True


@pytest.mark.parametrize(
    ("condition", "event"),
    [
        pytest.param("condition", "event", id="the standard's spelling"),
        pytest.param("formalExpression", "implicitThrowEvent", id="bpmn-js's spelling"),
    ],
)
def test_multi_instance_by_cardinality_with_a_complex_behaviour(condition: str, event: str) -> None:
    loop = node(
        one(
            '<bpmn:task id="x"><bpmn:multiInstanceLoopCharacteristics isSequential="true" behavior="Complex"><bpmn:loopCardinality>=2+1</bpmn:loopCardinality>'
            f"<bpmn:complexBehaviorDefinition><bpmn:{condition}>=true</bpmn:{condition}><bpmn:{event}>"
            f'<bpmn:signalEventDefinition signalRef="s"/></bpmn:{event}></bpmn:complexBehaviorDefinition><bpmn:completionCondition>=enough'
            "</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics></bpmn:task>",
            root='<bpmn:signal id="s" name="s"/>',
        )
    ).loop
    assert isinstance(loop, MultiInstance)
    assert loop.sequential
    assert loop.behavior is MultiInstanceBehavior.COMPLEX
    assert loop.cardinality is not None
    assert loop.cardinality.evaluate({}, now=NOW) == 3
    assert loop.completion_condition is not None
    assert isinstance(loop.complex_behaviors[0].event, SignalEvent)


def test_multi_instance_over_data_of_the_standard_works_on_the_variables_behind_it() -> None:
    """The loop's data input is filled from a data object by an association, as the standard has it."""
    xml = one(
        '<bpmn:task id="x"><bpmn:ioSpecification><bpmn:dataInput id="in" isCollection="true"/><bpmn:dataOutput id="out" isCollection="true"/>'
        "<bpmn:inputSet><bpmn:dataInputRefs>in</bpmn:dataInputRefs></bpmn:inputSet><bpmn:outputSet><bpmn:dataOutputRefs>out</bpmn:dataOutputRefs>"
        "</bpmn:outputSet></bpmn:ioSpecification>"
        "<bpmn:dataInputAssociation><bpmn:sourceRef>many</bpmn:sourceRef><bpmn:targetRef>in</bpmn:targetRef></bpmn:dataInputAssociation>"
        "<bpmn:dataOutputAssociation><bpmn:sourceRef>out</bpmn:sourceRef><bpmn:targetRef>done</bpmn:targetRef></bpmn:dataOutputAssociation>"
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>in</bpmn:loopDataInputRef>"
        '<bpmn:loopDataOutputRef>out</bpmn:loopDataOutputRef><bpmn:inputDataItem id="i" name="order line"/><bpmn:outputDataItem id="o" name="result"/>'
        "</bpmn:multiInstanceLoopCharacteristics></bpmn:task>",
        more='<bpmn:dataObject id="do1" name="order lines" isCollection="true"/><bpmn:dataObjectReference id="many" dataObjectRef="do1"/>'
        '<bpmn:dataObject id="do2" isCollection="true"/><bpmn:dataObjectReference id="done" name="results" dataObjectRef="do2"/>',
    )
    loop = node(xml).loop
    assert isinstance(loop, MultiInstance)
    assert loop.collection is not None
    assert loop.collection.evaluate({"order lines": [1, 2]}, now=NOW) == [1, 2]
    assert (loop.element_variable, loop.output_collection) == ("order line", "results")
    assert loop.output_element is not None
    assert loop.output_element.evaluate({"result": "ok"}, now=NOW) == "ok"


def test_an_ad_hoc_sub_process_has_its_order_and_its_condition() -> None:
    found = node(
        one(
            '<bpmn:adHocSubProcess id="x" ordering="Sequential" cancelRemainingInstances="false"><bpmn:task id="t"/>'
            "<bpmn:completionCondition>=done</bpmn:completionCondition></bpmn:adHocSubProcess>"
        )
    )
    assert isinstance(found.ad_hoc, AdHoc)
    assert found.ad_hoc.sequential
    assert not found.ad_hoc.cancel_remaining_instances
    assert found.ad_hoc.completion_condition is not None
    assert found.children == ("t",)


def test_gateways_keep_their_default_conditions_and_kinds() -> None:
    xml = process(
        '<bpmn:startEvent id="s"/><bpmn:complexGateway id="g" default="no"><bpmn:activationCondition>=activationCount > 1</bpmn:activationCondition>'
        '</bpmn:complexGateway><bpmn:endEvent id="a"/><bpmn:endEvent id="b"/>'
        + flow("s", "g") + flow("g", "a", "=x", name="yes") + flow("g", "b", name="no")
    )  # fmt: skip
    gateway = node(xml, "g")
    assert gateway.type is ElementType.COMPLEX_GATEWAY
    assert gateway.default_flow == "no"
    assert gateway.activation_condition is not None
    assert [flow.condition is not None for flow in gateway.outgoing] == [True, False]


def test_a_parallel_instantiating_event_gateway_is_marked_as_both() -> None:
    caught = "".join(
        f'<bpmn:intermediateCatchEvent id="c{n}"><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>'
        for n in (1, 2)
    )
    xml = process(
        f'<bpmn:eventBasedGateway id="x" instantiate="true" eventGatewayType="Parallel"/>{caught}<bpmn:endEvent id="e"/>'
        + flow("x", "c1") + flow("x", "c2") + flow("c1", "e") + flow("c2", "e"),
        root=MESSAGE,
    )  # fmt: skip
    assert node(xml).instantiate
    assert node(xml).parallel_event_gateway


def test_a_global_task_is_called_as_a_process_of_that_one_task() -> None:
    xml = one(
        '<bpmn:callActivity id="x" calledElement="g"/>',
        root='<bpmn:globalScriptTask id="g" name="Sum" scriptLanguage="feel"><bpmn:script>=1 + 1</bpmn:script></bpmn:globalScriptTask>',
    )
    definitions = accepted(xml)
    called = definitions.processes["g"]
    (inner,) = (called.nodes[child] for child in called.root.children)
    assert (inner.type, inner.scope) == (ElementType.SCRIPT_TASK, "g")
    assert inner.script is not None
    assert inner.script.expression is not None
    assert inner.script.expression.evaluate({}, now=NOW) == 2


def test_a_global_script_names_its_language_in_its_own_way() -> None:
    xml = file(
        '<bpmn:globalScriptTask id="g" scriptLanguage="python"><bpmn:script>a = 1</bpmn:script></bpmn:globalScriptTask>'
    )
    (inner,) = (found for found in model(xml, "g").nodes.values() if found.script is not None)
    assert inner.script is not None
    assert inner.script.source == "a = 1"


def test_data_of_a_process_becomes_variables_by_name() -> None:
    data = (
        '<bpmn:dataObject id="do" name="order"/><bpmn:dataObject id="nameless"/>'
        '<bpmn:dataObjectReference id="r" name="invoice" dataObjectRef="nameless"/>'
    )
    xml = process('<bpmn:property id="data"/>' + line('<bpmn:task id="x"/>', ids=("x",)) + data)
    assert {item.name for item in model(xml).root.data_items} == {"data", "order", "invoice"}


def test_data_associations_copy_between_variables() -> None:
    xml = one(
        '<bpmn:task id="x"><bpmn:ioSpecification><bpmn:dataInput id="in" name="what"/><bpmn:inputSet><bpmn:dataInputRefs>in</bpmn:dataInputRefs></bpmn:inputSet>'
        "<bpmn:outputSet/></bpmn:ioSpecification><bpmn:dataInputAssociation><bpmn:sourceRef>r</bpmn:sourceRef><bpmn:targetRef>in</bpmn:targetRef>"
        "<bpmn:transformation>=upper case(order)</bpmn:transformation></bpmn:dataInputAssociation></bpmn:task>",
        more='<bpmn:dataObject id="do" name="order"/><bpmn:dataObjectReference id="r" dataObjectRef="do"/>',
    )
    (association,) = node(xml).data_inputs
    assert (association.source, association.target) == ("order", "what")
    assert association.transformation is not None
    assert association.transformation.evaluate({"order": "a"}, now=NOW) == "A"


def test_the_placeholder_that_bpmn_js_draws_is_no_variable() -> None:
    xml = one(
        '<bpmn:task id="x"><bpmn:property id="ph" name="__targetRef_placeholder"/><bpmn:dataInputAssociation id="da"><bpmn:sourceRef>r</bpmn:sourceRef>'
        "<bpmn:targetRef>ph</bpmn:targetRef></bpmn:dataInputAssociation></bpmn:task>",
        more='<bpmn:dataObject id="do" name="order"/><bpmn:dataObjectReference id="r" dataObjectRef="do"/>',
    )
    assert node(xml).data_items == ()
    assert node(xml).data_inputs[0].target is None


def test_a_user_task_without_candidates_belongs_to_its_innermost_lane() -> None:
    lanes = (
        '<bpmn:laneSet id="ls"><bpmn:lane id="l1" name="Sales"><bpmn:flowNodeRef>x</bpmn:flowNodeRef><bpmn:flowNodeRef>sub</bpmn:flowNodeRef>'
        '<bpmn:childLaneSet id="c"><bpmn:lane id="l2" name="Inside sales"><bpmn:flowNodeRef>x</bpmn:flowNodeRef></bpmn:lane></bpmn:childLaneSet>'
        "</bpmn:lane></bpmn:laneSet>"
    )
    sub = '<bpmn:subProcess id="sub"><bpmn:userTask id="deep"/></bpmn:subProcess>'
    process_model = model(process(lanes + line('<bpmn:userTask id="x"/>', sub, ids=("x", "sub"))))
    assert process_model.lanes == {"x": "Inside sales", "sub": "Sales", "deep": "Sales"}
    for name, group in (("x", "Inside sales"), ("deep", "Sales")):
        task = process_model.nodes[name].user_task
        assert task is not None
        assert task.candidate_groups is not None
        assert task.candidate_groups.source == group


def test_a_user_task_that_names_its_people_does_not_belong_to_its_lane() -> None:
    lanes = '<bpmn:laneSet id="ls"><bpmn:lane id="l1" name="Sales"><bpmn:flowNodeRef>x</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
    task = extended("userTask", '<zeebe:assignmentDefinition assignee="alice"/>')
    found = node(process(lanes + line(task, ids=("x",)))).user_task
    assert found is not None
    assert found.candidate_groups is None


def test_potential_owners_of_the_standard_are_candidates() -> None:
    xml = one(
        '<bpmn:userTask id="x"><bpmn:potentialOwner><bpmn:resourceAssignmentExpression><bpmn:formalExpression>user(bob), group(sales), boss'
        "</bpmn:formalExpression></bpmn:resourceAssignmentExpression></bpmn:potentialOwner></bpmn:userTask>"
    )
    task = node(xml).user_task
    assert task is not None
    assert task.candidate_users is not None
    assert task.candidate_groups is not None
    assert (task.candidate_users.source, task.candidate_groups.source) == ("bob", "sales,boss")


def test_a_message_flow_between_processes_of_the_file_is_kept_with_its_thrower() -> None:
    xml = file(
        '<bpmn:collaboration id="c"><bpmn:participant id="a" processRef="p"/><bpmn:participant id="b" processRef="q"/>'
        '<bpmn:messageFlow id="mf" sourceRef="x" targetRef="y"/></bpmn:collaboration>' + MESSAGE
        + '<bpmn:process id="p" isExecutable="true"><bpmn:sendTask id="x" messageRef="m"/></bpmn:process>'
        '<bpmn:process id="q" isExecutable="true"><bpmn:receiveTask id="y" messageRef="m"/></bpmn:process>'
    )  # fmt: skip
    assert model(xml).message_flows == {"x": MessageTarget("q", "y")}
    assert model(xml, "q").message_flows == {}


def test_a_correlation_subscription_knows_both_sides_of_its_key() -> None:
    xml = file(
        MESSAGE + '<bpmn:correlationProperty id="prop" name="number"><bpmn:correlationPropertyRetrievalExpression messageRef="m">'
        "<bpmn:messagePath>=order.number</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression></bpmn:correlationProperty>"
        '<bpmn:collaboration id="c"><bpmn:correlationKey id="key" name="by number"><bpmn:correlationPropertyRef>prop</bpmn:correlationPropertyRef>'
        '</bpmn:correlationKey></bpmn:collaboration><bpmn:process id="p" isExecutable="true">' + line('<bpmn:task id="x"/>', ids=("x",))
        + '<bpmn:correlationSubscription id="sub" correlationKeyRef="key"><bpmn:correlationPropertyBinding correlationPropertyRef="prop">'
        "<bpmn:dataPath>=myNumber</bpmn:dataPath></bpmn:correlationPropertyBinding></bpmn:correlationSubscription></bpmn:process>"
    )  # fmt: skip
    key = model(xml).correlation_keys["m"]
    assert (key.name, key.properties) == ("by number", ("prop",))
    assert key.bindings is not None
    assert [each.evaluate({"myNumber": "7"}, now=NOW) for each in key.bindings] == ["7"]
    assert [each.evaluate({"order": {"number": "7"}}, now=NOW) for each in key.payload["m"]] == ["7"]


def test_python_scripts_keep_their_source_and_feel_scripts_are_compiled() -> None:
    python = node(
        one(
            '<bpmn:scriptTask id="x" scriptFormat="python"><bpmn:script>\n    a = 1\n    b = a + 1\n</bpmn:script></bpmn:scriptTask>'
        )
    ).script
    assert python is not None
    assert python.source == "a = 1\nb = a + 1"
    feel = node(
        one('<bpmn:scriptTask id="x" scriptFormat="feel"><bpmn:script>= a + 1</bpmn:script></bpmn:scriptTask>')
    ).script
    assert feel is not None
    assert feel.expression is not None
    assert feel.expression.evaluate({"a": Decimal(1)}, now=NOW) == 2
