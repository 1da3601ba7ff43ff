"""What starts instances by itself, kept in rows: it outlives restarts and new versions, and two at once do not miss each other."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from engine import clock, definitions, deployments, instances, messages, timers
from engine.errors import NotFound, PermissionDenied
from engine.instances import conditionals
from engine.messages import signals
from engine.models import (
    InstanceStatus,
    Message,
    MessageCorrelated,
    ProcessDefinition,
    ProcessInstance,
    StartOccurrence,
    StartSubscription,
    Timer,
)
from tests.engine.worlds import (
    ADMIN,
    ALICE,
    END,
    HOT,
    START,
    WORKER,
    assert_all_sound,
    catch,
    deploy,
    diagram,
    duration,
    message,
    on_message,
    user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]

ROOTS = message("order") + message("payment") + '<bpmn:signal id="s" name="open"/>'
OPEN = '<bpmn:signalEventDefinition signalRef="s"/>'


def together(*definitions: str, version: str = "1") -> bytes:
    """A parallel multiple start event."""
    start = (
        f'<bpmn:startEvent id="start" parallelMultiple="true" name="{version}">{"".join(definitions)}</bpmn:startEvent>'
    )
    return diagram("together", start, user("check"), END, flows="start>check check>end", roots=ROOTS)


ORDER_AND_OPEN = together(on_message("order"), OPEN)


def forget_caches() -> None:
    """As a process that has just been started."""
    definitions.model_of.cache_clear()


def test_all_triggers_of_a_parallel_multiple_start_event_start_one_instance_also_after_a_restart() -> None:
    deploy(together(on_message("order"), OPEN, duration("PT1H")))
    assert messages.publish("order", correlation_key="7", variables={"total": 5}, by=WORKER).instances == ()
    forget_caches()
    signals.broadcast("open", variables={"opened": True}, by=ADMIN)
    signals.broadcast("open", by=ADMIN)
    assert StartOccurrence.objects.count() == 2
    assert not ProcessInstance.objects.exists()
    forget_caches()
    clock.advance(timedelta(hours=1, seconds=1))
    timers.fire_due()
    instance = ProcessInstance.objects.get()
    assert (instance.correlation_key, instance.status) == ("7", InstanceStatus.ACTIVE)
    assert not StartOccurrence.objects.exists()
    instances.cancel(instance.key, by=ADMIN)
    assert instances.require(instance.key).result == {"opened": True, "total": 5}
    assert_all_sound()


def test_what_has_occurred_stays_for_a_new_version_that_waits_for_it_and_goes_with_one_that_does_not() -> None:
    deploy(ORDER_AND_OPEN)
    messages.publish("order", by=WORKER)
    deploy(together(on_message("order"), OPEN, version="2"))
    assert StartOccurrence.objects.count() == 1
    deploy(together(OPEN, on_message("order"), version="3"))
    assert not StartOccurrence.objects.exists()


def test_a_message_that_waits_at_a_parallel_multiple_start_event_is_taken_once() -> None:
    deploy(ORDER_AND_OPEN)
    messages.publish("order", ttl=60, by=WORKER)
    assert MessageCorrelated.objects.get().instance_key == 0
    signals.broadcast("open", by=ADMIN)
    signals.broadcast("open", by=ADMIN)
    assert messages.start_waiting() == []
    assert ProcessInstance.objects.count() == 1
    assert len(messages.correlate("order", by=WORKER).instances) == 1
    with pytest.raises(NotFound):
        messages.correlate("order", by=WORKER)  # it asks for an instance that has the message, and there is none yet
    assert not StartOccurrence.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_triggers_at_the_same_moment_do_not_miss_each_other() -> None:
    deploy(together(on_message("order"), on_message("payment")))
    for _ in range(10):
        gate = threading.Barrier(2)

        def publish(name: str, gate: threading.Barrier = gate) -> None:
            try:
                gate.wait(timeout=10)
                messages.publish(name, by=WORKER)
            finally:
                connection.close()

        threads = [threading.Thread(target=publish, args=(name,)) for name in ("order", "payment")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
    assert ProcessInstance.objects.count() == 10
    assert not StartOccurrence.objects.exists()


def test_a_condition_starts_instances_of_the_newest_version_or_of_the_definition_that_is_named() -> None:
    deploy(HOT)
    old = ProcessDefinition.objects.get()
    deploy(HOT.replace(b"&gt; 30", b"&gt; 40"))
    assert conditionals.evaluate(variables={"degrees": 31}, by=ADMIN).instances == ()
    [(definition, key)] = conditionals.evaluate(variables={"degrees": 31}, definition_key=old.key, by=ADMIN).instances
    assert definition == old.key
    assert instances.require(key).version == 1
    assert len(conditionals.evaluate(variables={"degrees": 41}, by=ADMIN).instances) == 1
    assert conditionals.evaluate(by=ADMIN).instances == ()
    assert_all_sound()


def test_a_deleted_process_is_started_by_no_condition() -> None:
    deploy(HOT)
    key = ProcessDefinition.objects.get().key
    deployments.delete_process(key, by=ADMIN)
    assert conditionals.evaluate(variables={"degrees": 31}, by=ADMIN).instances == ()
    with pytest.raises(NotFound):
        conditionals.evaluate(variables={"degrees": 31}, definition_key=key, by=ADMIN)


def test_who_is_no_operator_evaluates_no_conditions() -> None:
    with pytest.raises(PermissionDenied):
        conditionals.evaluate(by=ALICE)


def cycle(text: str) -> str:
    return duration("X").replace("timeDuration", "timeCycle").replace("X", text)


def test_a_cycle_outlives_a_restart_and_a_new_version_takes_it_over_without_doubling() -> None:
    daily = diagram("daily", f'<bpmn:startEvent id="start">{cycle("R/PT1H")}</bpmn:startEvent>', END, flows="start>end")
    deploy(daily)
    clock.advance(timedelta(hours=1, seconds=1))
    forget_caches()
    timers.fire_due()
    deploy(daily.replace(b'name="Daily"', b'name="Daily again"'))
    assert Timer.objects.count() == 1
    clock.advance(timedelta(hours=1, seconds=1))
    timers.fire_due()
    timers.fire_due()
    assert list(ProcessInstance.objects.order_by("key").values_list("version", flat=True)) == [1, 2]


def pools(*processes: bytes, flows: str, roots: str) -> bytes:
    """One file of these diagrams as pools, with message flows `a>b`. A sequence flow's id is made unique in the file."""
    head = processes[0].decode().split("<bpmn:process")[0]
    found = [each.decode().split("<bpmn:process")[1].split("</bpmn:definitions>")[0] for each in processes]
    ids = [body.split('id="')[1].split('"')[0] for body in found]
    bodies = [f"<bpmn:process{body}".replace('id="f', f'id="{each}_f') for each, body in zip(ids, found, strict=True)]
    participants = [f'<bpmn:participant id="pool_{each}" processRef="{each}"/>' for each in ids]
    lines = [
        f'<bpmn:messageFlow id="mf{number}" sourceRef="{pair.split(">")[0]}" targetRef="{pair.split(">")[1]}"/>'
        for number, pair in enumerate(flows.split())
    ]
    collaboration = "".join(['<bpmn:collaboration id="c">', *participants, *lines, "</bpmn:collaboration>"])
    return "".join([head, roots, collaboration, *bodies, "</bpmn:definitions>"]).encode()


def throw(element_id: str, name: str) -> str:
    return f'<bpmn:intermediateThrowEvent id="{element_id}">{on_message(name)}</bpmn:intermediateThrowEvent>'


def test_a_message_flow_leads_to_its_end_and_to_nobody_else() -> None:
    sender = diagram("sender", START, throw("send", "order"), END, flows="start>send send>end")
    receiver = diagram(
        "receiver",
        f'<bpmn:startEvent id="begin">{on_message("order")}</bpmn:startEvent>',
        '<bpmn:endEvent id="done"/>',
        flows="begin>done",
    )
    other = diagram(
        "other",
        f'<bpmn:startEvent id="start">{on_message("order")}</bpmn:startEvent>',
        END,
        flows="start>end",
        roots=message("order"),
    )
    deploy(pools(sender, receiver, flows="send>begin", roots=message("order")), other)
    instances.start("sender", by=ALICE)
    assert set(ProcessInstance.objects.values_list("process_id", flat=True)) == {"sender", "receiver"}
    assert not Message.objects.exists()
    assert_all_sound()


def test_a_message_from_outside_has_its_key_in_its_variables_where_the_process_says_where() -> None:
    root = (
        message("paid")
        + '<bpmn:correlationProperty id="number"><bpmn:correlationPropertyRetrievalExpression messageRef="m_paid">'
        "<bpmn:messagePath>=invoice.number</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression></bpmn:correlationProperty>"
        '<bpmn:collaboration id="c"><bpmn:correlationKey id="key"><bpmn:correlationPropertyRef>number</bpmn:correlationPropertyRef>'
        "</bpmn:correlationKey></bpmn:collaboration>"
    )
    subscription = (
        '<bpmn:correlationSubscription id="sub" correlationKeyRef="key"><bpmn:correlationPropertyBinding correlationPropertyRef="number">'
        "<bpmn:dataPath>=mine</bpmn:dataPath></bpmn:correlationPropertyBinding></bpmn:correlationSubscription>"
    )
    waits = diagram("waits", START, catch("wait", on_message("paid")), END, flows="start>wait wait>end", roots=root)
    deploy(waits.replace(b"</bpmn:process>", subscription.encode() + b"</bpmn:process>"))
    one, two = (instances.start("waits", variables={"mine": number}, by=ALICE).key for number in (1, 2))
    assert messages.publish("paid", variables={"invoice": {"number": 2}}, by=WORKER).instances == (two,)
    assert messages.publish("paid", variables={"invoice": {"number": 3}}, by=WORKER).instances == ()
    assert messages.publish("paid", correlation_key="1", by=WORKER).instances == (one,)
    assert_all_sound()


def test_over_a_message_flow_a_key_that_one_side_alone_knows_is_enough_where_it_leaves_no_doubt() -> None:
    sender = diagram("sender", START, throw("send", "paid"), END, flows="start>send send>end")
    receiver = diagram(
        "receiver",
        '<bpmn:startEvent id="begin"/>',
        catch("wait", on_message("paid")),
        '<bpmn:endEvent id="done"/>',
        flows="begin>wait wait>done",
    )
    deploy(pools(sender, receiver, flows="send>wait", roots=message("paid", "=order")))
    first = instances.start("receiver", variables={"order": "1"}, by=ALICE)
    instances.start("sender", by=ALICE)
    assert instances.require(first.key).status == InstanceStatus.COMPLETED

    waiting = [instances.start("receiver", variables={"order": order}, by=ALICE).key for order in ("2", "3")]
    instances.start("sender", by=ALICE)
    assert {instances.require(key).status for key in waiting} == {InstanceStatus.ACTIVE}, "it may be either's"
    assert Message.objects.get().target_element_id == "wait"
    instances.start("sender", variables={"order": "3"}, by=ALICE)
    assert [instances.require(key).status for key in waiting] == [InstanceStatus.ACTIVE, InstanceStatus.COMPLETED]

    unsure = instances.start("receiver", by=ALICE).key
    assert instances.require(unsure).status == InstanceStatus.COMPLETED, "the message without a key is for it"
    assert not StartSubscription.objects.exists()
    assert_all_sound()


def gateway(kind: str) -> bytes:
    """An event-based gateway that starts instances by an order or a payment."""
    return diagram(
        "shop",
        f'<bpmn:eventBasedGateway id="first" instantiate="true" {kind}/>',
        catch("ordered", on_message("order")),
        catch("paid", on_message("payment")),
        user("pack"),
        END,
        flows="first>ordered first>paid ordered>pack paid>pack pack>end",
        roots=message("order") + message("payment"),
    )


def test_a_parallel_gateway_waits_for_the_other_message_of_its_key_also_after_a_restart_and_a_new_version() -> None:
    deploy(gateway('eventGatewayType="Parallel"'))
    [seven] = messages.publish("payment", correlation_key="7", by=WORKER).instances
    [eight] = messages.publish("order", correlation_key="8", by=WORKER).instances
    forget_caches()
    deploy(gateway('name="Again" eventGatewayType="Parallel"'))
    assert messages.publish("order", correlation_key="7", by=WORKER).instances == (seven,)
    assert messages.publish("payment", correlation_key="8", by=WORKER).instances == (eight,)
    assert ProcessInstance.objects.count() == 2
    assert_all_sound()


def test_an_exclusive_gateway_starts_an_instance_by_each_of_its_messages() -> None:
    deploy(gateway(""))
    [one] = messages.publish("order", correlation_key="7", by=WORKER).instances
    assert messages.publish("payment", correlation_key="7", ttl=60, by=WORKER).instances == (), "one runs with the key"
    instances.cancel(one, by=ADMIN)
    [two] = messages.start_waiting()
    assert two != one
    assert_all_sound()


def test_a_receive_task_that_instantiates_starts_instances_of_the_newest_version() -> None:
    receive = '<bpmn:receiveTask id="begin" messageRef="m_order" instantiate="true"/>'
    shop = diagram("shop", receive, user("pack"), END, flows="begin>pack pack>end", roots=message("order"))
    deploy(shop)
    deploy(shop.replace(b'name="Shop"', b'name="Shop again"'))
    [key] = messages.publish("order", variables={"total": 5}, by=WORKER).instances
    assert instances.require(key).version == 2
    assert_all_sound()
