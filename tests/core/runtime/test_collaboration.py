"""Pools, lanes and message flows between the processes of one file, and what events refer to."""

from __future__ import annotations

import pytest

from engine import exact_json
from engine.runtime.effects import Outcome
from engine.testing import Engine
from tests.core.bpmn.diagrams import file, process
from tests.core.runtime.nodes import START, boundary, end, flows, job, message, node
from tests.core.runtime.occurrences import MESSAGE, ROOTS


@pytest.mark.element("message flow between two processes", "participant")
def test_a_message_flow_leads_from_one_pool_into_the_other_and_to_nobody_else(engine: Engine) -> None:
    collaboration = (
        '<bpmn:collaboration id="c"><bpmn:participant id="buyer" processRef="p"/><bpmn:participant id="seller" processRef="q"/>'
        '<bpmn:messageFlow id="mf" sourceRef="ask" targetRef="asked"/></bpmn:collaboration>'
    )
    buyer = START + node("intermediateThrowEvent", "ask", MESSAGE) + end() + flows("start ask end")
    seller = node("startEvent", "asked", MESSAGE) + job("answer") + end("e") + flows("asked answer e")
    engine.deploy(
        file(
            f'<bpmn:process id="p" isExecutable="true">{buyer}</bpmn:process>'
            f'<bpmn:process id="q" isExecutable="true">{seller}</bpmn:process>{collaboration}<bpmn:message id="m" name="offer"/>'
        )
    )
    other = process(
        node("startEvent", "also", MESSAGE) + end("e") + flows("also e"), root='<bpmn:message id="m" name="offer"/>'
    )
    engine.deploy(other.replace(b'id="p"', b'id="stranger"'))
    thrower = engine.start("p", {"item": "tea"})
    assert [each.model.id for each in engine.instances] == ["p", "q"]
    assert engine.instances[1].variables == {"item": "tea"}
    assert thrower.outcome is Outcome.COMPLETED
    [published] = [each for each in exact_json.decode(thrower.journal[0].effects) if each[0] == "PublishMessage"]
    assert published[-1] == "asked"


@pytest.mark.element("lane: candidate group of its user tasks")
def test_a_lane_is_the_candidate_group_of_user_tasks_that_name_nobody(engine: Engine) -> None:
    lanes = (
        '<bpmn:laneSet id="ls"><bpmn:lane id="l1" name="Sales"><bpmn:flowNodeRef>a</bpmn:flowNodeRef><bpmn:flowNodeRef>b</bpmn:flowNodeRef>'
        "</bpmn:lane></bpmn:laneSet>"
    )
    named = '<zeebe:userTask/><zeebe:assignmentDefinition assignee="bob"/>'
    tasks = node("userTask", "a", "<bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements>") + node(
        "userTask", "b", f"<bpmn:extensionElements>{named}</bpmn:extensionElements>"
    )
    engine.deploy(process(lanes + START + tasks + end() + flows("start a b end")))
    instance = engine.start("p")
    found = []
    for name in ("a", "b"):
        [task] = instance.user_tasks
        found.append((task.assignee, task.candidate_groups))
        engine.complete_user_task(instance, name)
    assert found == [(None, ("Sales",)), ("bob", ())]
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("eventDefinitionRef")
def test_an_event_definition_that_several_events_refer_to_is_that_of_each(engine: Engine) -> None:
    shared = "<bpmn:eventDefinitionRef>alarmed</bpmn:eventDefinitionRef>"
    definition = '<bpmn:signalEventDefinition id="alarmed" signalRef="s"/>'
    engine.deploy(
        process(
            START
            + node("intermediateCatchEvent", "wait", shared)
            + job("work")
            + boundary("caught", "work", shared)
            + end()
            + end("mended")
            + flows("start wait work end", "caught mended"),
            root=ROOTS + definition,
        )
    )
    instance = engine.start("p")
    engine.broadcast("alarm")
    assert [each.element_id for each in instance.jobs] == ["work"]
    engine.broadcast("alarm")
    assert instance.completed_elements == ["start", "wait", "caught", "mended"]


@pytest.mark.element("operationRef")
def test_a_receive_task_waits_for_the_message_of_its_operation(engine: Engine) -> None:
    interface = (
        '<bpmn:interface id="i" name="shop"><bpmn:operation id="op" name="order"><bpmn:inMessageRef>m</bpmn:inMessageRef>'
        "</bpmn:operation></bpmn:interface>"
    )
    receiving = node("receiveTask", "wait", "", 'operationRef="op"')
    engine.deploy(
        process(START + receiving + end() + flows("start wait end"), root=interface + message("paid", "order"))
    )
    instance = engine.start("p", {"order": "7"})
    engine.publish("paid", "8")
    assert instance.outcome is None
    engine.publish("paid", "7")
    assert instance.completed_elements == ["start", "wait", "end"]


@pytest.mark.element("correlation: properties and subscriptions")
def test_a_correlation_property_finds_the_conversation_of_a_message_by_its_payload(engine: Engine) -> None:
    """The first message gives the instance its key; a later one is its own when the other path finds the same value (8.3.2)."""
    formal = 'xsi:type="bpmn:tFormalExpression"'

    def retrieval(message_id: str, path: str) -> str:
        return (
            f'<bpmn:correlationPropertyRetrievalExpression messageRef="{message_id}"><bpmn:messagePath {formal}>={path}'
            "</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression>"
        )

    roots = (
        '<bpmn:message id="m" name="order"/><bpmn:message id="m2" name="payment"/>'
        f'<bpmn:correlationProperty id="number" name="number">{retrieval("m", "order.id")}{retrieval("m2", "orderId")}'
        '</bpmn:correlationProperty><bpmn:collaboration id="c"><bpmn:participant id="pool" processRef="p"/>'
        '<bpmn:correlationKey id="key" name="by number"><bpmn:correlationPropertyRef>number</bpmn:correlationPropertyRef>'
        "</bpmn:correlationKey></bpmn:collaboration>"
    )
    subscription = (
        '<bpmn:correlationSubscription id="sub" correlationKeyRef="key"><bpmn:correlationPropertyBinding correlationPropertyRef="number">'
        f"<bpmn:dataPath {formal}>=order.id</bpmn:dataPath></bpmn:correlationPropertyBinding></bpmn:correlationSubscription>"
    )
    paid = node("intermediateCatchEvent", "paid", '<bpmn:messageEventDefinition messageRef="m2"/>')
    body = node("startEvent", "ordered", MESSAGE) + paid + end("e") + flows("ordered paid e") + subscription
    engine.deploy(process(body, root=roots))
    for number in (7, 8):
        engine.publish("order", variables={"order": {"id": number}})
    seven, eight = engine.instances
    engine.publish("payment", "8", {"orderId": 8, "amount": 3})
    assert (seven.outcome, eight.outcome) == (None, Outcome.COMPLETED)
    assert eight.variables == {"order": {"id": 8}, "orderId": 8, "amount": 3}
    engine.publish("payment", "9", {"orderId": 9})
    assert seven.outcome is None
