"""What starts instances: several start events, multiple and parallel multiple ones, conditions, receive tasks and gateways."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.runtime.effects import Outcome
from engine.runtime.history import FlowTaken
from engine.testing import Engine
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, end, flows, job, node, timer

HOUR = timedelta(hours=1)
ROOT = (
    '<bpmn:message id="m" name="order"/><bpmn:message id="n" name="payment"/>'
    '<bpmn:signal id="s" name="open"/><bpmn:signal id="t" name="close"/>'
)
ORDER = '<bpmn:messageEventDefinition messageRef="m"/>'
PAYMENT = '<bpmn:messageEventDefinition messageRef="n"/>'
OPEN = '<bpmn:signalEventDefinition signalRef="s"/>'
CLOSE = '<bpmn:signalEventDefinition signalRef="t"/>'


def condition(text: str) -> str:
    return (
        "<bpmn:conditionalEventDefinition>"
        f'<bpmn:condition xsi:type="bpmn:tFormalExpression">={text}</bpmn:condition></bpmn:conditionalEventDefinition>'
    )


def begins_with(*definitions: str, parallel: bool = False) -> bytes:
    """A process with one start event of these definitions, and a job."""
    attributes = 'parallelMultiple="true"' if parallel else ""
    return process(
        node("startEvent", "begin", "".join(definitions), attributes) + job("work") + end() + flows("begin work end"),
        root=ROOT,
    )


@pytest.mark.element("start event: none")
@pytest.mark.element("start event: message")
@pytest.mark.element("start event: signal")
@pytest.mark.element("start event: several in one process")
def test_each_start_event_of_a_process_starts_an_instance_of_its_own(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node("startEvent", "ordered", ORDER)
            + node("startEvent", "opened", OPEN)
            + node("startEvent", "due", timer("timeDuration", "PT1H"))
            + node("exclusiveGateway", "merge")
            + end()
            + flows("start merge end", "ordered merge", "opened merge", "due merge"),
            root=ROOT,
        )
    )
    engine.start("p")
    engine.publish("order")
    engine.broadcast("open")
    engine.advance(HOUR)
    assert [each.completed_elements[0] for each in engine.instances] == ["start", "ordered", "opened", "due"]
    assert {each.outcome for each in engine.instances} == {Outcome.COMPLETED}


def test_two_start_events_of_one_signal_start_an_instance_each(engine: Engine) -> None:
    engine.deploy(
        process(
            node("startEvent", "one", OPEN) + node("startEvent", "two", OPEN) + end() + flows("one end", "two end"),
            root=ROOT,
        )
    )
    engine.broadcast("open")
    assert [each.completed_elements for each in engine.instances] == [["one", "end"], ["two", "end"]]


@pytest.mark.element("start event: multiple")
def test_any_event_of_a_multiple_start_event_starts_an_instance(engine: Engine) -> None:
    engine.deploy(begins_with(ORDER, OPEN, condition("level > 3")))
    engine.publish("order", variables={"by": "message"})
    engine.broadcast("open", {"by": "signal"})
    engine.evaluate_conditions({"level": 4})
    assert [each.variables for each in engine.instances] == [{"by": "message"}, {"by": "signal"}, {"level": 4}]


@pytest.mark.element("start event: parallel multiple")
def test_a_parallel_multiple_start_event_needs_each_of_its_events_in_any_order(engine: Engine) -> None:
    engine.deploy(begins_with(ORDER, OPEN, timer("timeDuration", "PT1H"), condition("level > 3"), parallel=True))
    engine.evaluate_conditions({"level": 4})
    engine.broadcast("open", {"opened": True})
    engine.broadcast("open", {"opened": "again"})
    engine.advance(HOUR)
    assert engine.instances == []
    engine.publish("order", "7", {"total": 5})
    (instance,) = engine.instances
    assert instance.variables == {"level": 4, "opened": True, "total": 5}
    assert instance.correlation_key == "7"
    engine.publish("order", "8")
    assert len(engine.instances) == 1


def test_messages_of_a_parallel_multiple_start_event_belong_together_by_their_key(engine: Engine) -> None:
    engine.deploy(begins_with(ORDER, PAYMENT, parallel=True))
    engine.publish("order", "7", {"order": 7})
    engine.publish("payment", "8", {"payment": 8})
    assert engine.instances == []
    engine.publish("order", "8", {"order": 8})
    engine.publish("payment", "7", {"payment": 7})
    assert [each.variables for each in engine.instances] == [{"payment": 8, "order": 8}, {"order": 7, "payment": 7}]


def test_two_messages_of_one_kind_start_two_instances_with_two_of_the_other(engine: Engine) -> None:
    engine.deploy(begins_with(ORDER, PAYMENT, parallel=True))
    for _ in range(2):
        engine.publish("order")
    engine.publish("payment")
    assert len(engine.instances) == 1
    engine.publish("payment")
    assert len(engine.instances) == 2


def test_what_has_occurred_for_a_parallel_multiple_start_event_outlives_a_new_version(engine: Engine) -> None:
    engine.deploy(begins_with(ORDER, OPEN, parallel=True))
    engine.publish("order")
    engine.deploy(begins_with(ORDER, OPEN, parallel=True))
    engine.broadcast("open")
    assert len(engine.instances) == 1


@pytest.mark.parametrize(
    ("text", "starts"),
    [("level > 3", 1), ("level > 5", 0), ("unknown > 3", 0), ("level", 0), ('level + "x" > 3', 0)],
)
def test_a_condition_starts_an_instance_when_it_is_true_and_for_nothing_else(
    engine: Engine, text: str, starts: int
) -> None:
    engine.deploy(begins_with(condition(text)))
    engine.evaluate_conditions({"level": 4})
    assert len(engine.instances) == starts


@pytest.mark.element("start event: conditional")
def test_each_true_condition_of_a_process_starts_an_instance(engine: Engine) -> None:
    engine.deploy(
        process(
            node("startEvent", "high", condition("level > 3"))
            + node("startEvent", "very", condition("level > 5"))
            + node("startEvent", "low", condition("level = 0"))
            + end()
            + flows("high end", "very end", "low end")
        )
    )
    engine.evaluate_conditions({"level": 6})
    assert [each.completed_elements[0] for each in engine.instances] == ["high", "very"]


def receive(identifier: str, message: str, *, instantiate: bool = False) -> str:
    attributes = f'messageRef="{message}"' + (' instantiate="true"' if instantiate else "")
    return node("receiveTask", identifier, attributes=attributes)


@pytest.mark.element("task: receive, instantiating")
def test_a_receive_task_that_instantiates_starts_an_instance_by_its_message(engine: Engine) -> None:
    engine.deploy(process(receive("begin", "m", instantiate=True) + end() + flows("begin end"), root=ROOT))
    engine.publish("order", variables={"total": 5})
    (instance,) = engine.instances
    assert instance.completed_elements == ["begin", "end"]
    assert instance.variables == {"total": 5}


def gateway(identifier: str, *, parallel: bool = False) -> str:
    kind = ' eventGatewayType="Parallel"' if parallel else ""
    return node("eventBasedGateway", identifier, attributes=f'instantiate="true"{kind}')


@pytest.mark.element("event-based gateway: instantiating, exclusive")
def test_the_first_event_of_an_exclusive_gateway_starts_the_instance_and_no_other_is_awaited(engine: Engine) -> None:
    engine.deploy(
        process(
            gateway("first")
            + node("intermediateCatchEvent", "ordered", ORDER)
            + node("intermediateCatchEvent", "paid", PAYMENT)
            + job("work")
            + end()
            + flows("first ordered work end", "first paid work"),
            root=ROOT,
        )
    )
    engine.publish("payment")
    (instance,) = engine.instances
    assert instance.completed_elements == ["first", "paid"]
    assert [fact.flow_id for fact in instance.facts(FlowTaken)] == ["first_paid", "paid_work"]
    assert not instance.message_subscriptions
    engine.publish("order")
    assert len(engine.instances) == 2


@pytest.mark.element("event-based gateway: instantiating, parallel")
def test_a_parallel_gateway_is_started_by_its_first_event_and_waits_for_all_others_of_its_key(engine: Engine) -> None:
    engine.deploy(
        process(
            gateway("all", parallel=True)
            + receive("ordered", "m")
            + receive("paid", "n")
            + job("pack")
            + end("packed")
            + end("booked")
            + flows("all ordered pack packed", "all paid booked"),
            root=ROOT,
        )
    )
    engine.publish("payment", "7")
    engine.publish("order", "8")
    seven, eight = engine.instances
    assert seven.completed_elements == ["all", "paid", "booked"]
    assert [each.correlation_key for each in seven.message_subscriptions] == ["7"]
    engine.publish("order", "7")
    assert len(engine.instances) == 2
    engine.complete_job(seven)
    assert seven.outcome is Outcome.COMPLETED
    assert eight.outcome is None


def test_of_several_gateways_that_start_a_process_one_event_each_has_to_come(engine: Engine) -> None:
    engine.deploy(
        process(
            gateway("one")
            + gateway("two")
            + node("intermediateCatchEvent", "ordered", ORDER)
            + node("intermediateCatchEvent", "opened", OPEN)
            + node("intermediateCatchEvent", "paid", PAYMENT)
            + node("intermediateCatchEvent", "closed", CLOSE)
            + end()
            + flows("one ordered end", "one opened end", "two paid end", "two closed end"),
            root=ROOT,
        )
    )
    engine.publish("payment", "7")
    (instance,) = engine.instances
    assert instance.outcome is None
    engine.publish("order", "8")
    assert len(engine.instances) == 2
    engine.publish("order", "7")
    assert instance.outcome is Outcome.COMPLETED
    assert instance.completed_elements == ["two", "paid", "end", "one", "ordered", "end"]


@pytest.mark.element("start event: timer, cycle")
def test_a_cycle_that_began_long_ago_starts_one_instance_for_all_that_was_missed(engine: Engine) -> None:
    engine.deploy(begins_with(timer("timeCycle", "R/2020-01-01T09:30:00Z/P1D")))
    engine.advance(timedelta(minutes=1))
    assert len(engine.instances) == 1
    engine.advance(timedelta(days=2))
    assert len(engine.instances) == 3
    assert engine.instances[1].journal[0].now.minute == 30


@pytest.mark.element("start event: timer, date")
def test_a_date_starts_one_instance_at_its_time_and_one_that_has_passed_at_once(engine: Engine) -> None:
    engine.deploy(begins_with(timer("timeDate", "2030-01-01T11:00:00+01:00")))
    engine.advance(HOUR - timedelta(seconds=1))
    assert engine.instances == []
    engine.advance(timedelta(days=1))
    assert [each.completed_elements for each in engine.instances] == [["begin"]]
    assert engine.instances[0].journal[0].now.isoformat() == "2030-01-01T10:00:00+00:00"
    engine.deploy(begins_with(timer("timeDate", "2029-01-01T00:00:00Z")).replace(b'id="p"', b'id="q"'))
    engine.advance(timedelta(0))
    assert len(engine.instances) == 2


def test_a_time_that_has_passed_fires_with_the_first_version_alone(engine: Engine) -> None:
    past = begins_with(timer("timeDate", "2029-01-01T00:00:00Z"))
    for _ in range(2):
        engine.deploy(past)
        engine.advance(timedelta(0))
    assert len(engine.instances) == 1
    cycle = begins_with(timer("timeCycle", "R/2029-12-31T10:00:00Z/P1D"))
    engine.deploy(cycle)
    engine.advance(timedelta(minutes=59))
    assert len(engine.instances) == 1
    engine.advance(timedelta(minutes=1))
    assert len(engine.instances) == 2


def test_what_has_occurred_is_forgotten_where_a_new_version_does_not_wait_for_it(engine: Engine) -> None:
    waits = begins_with(ORDER, OPEN, parallel=True)
    engine.deploy(waits)
    engine.broadcast("open")
    engine.deploy(begins_with(ORDER))
    engine.deploy(waits)
    engine.publish("order")
    assert engine.instances == []
    engine.broadcast("open")
    assert len(engine.instances) == 1


@pytest.mark.element("start event: timer, cron")
def test_a_cron_text_starts_instances_at_its_times(engine: Engine) -> None:
    engine.deploy(begins_with(timer("timeCycle", "30 0 10 * * MON-FRI")))
    engine.advance(timedelta(days=7))
    found = [each.journal[0].now.isoformat() for each in engine.instances]
    assert found == [f"2030-01-0{day}T10:00:30+00:00" for day in (1, 2, 3, 4, 7)]


def test_a_new_version_takes_a_cycle_over_without_doubling_it(engine: Engine) -> None:
    for _ in range(3):
        engine.deploy(begins_with(timer("timeCycle", "R/PT1H")))
    engine.advance(HOUR)
    assert len(engine.instances) == 1


def test_a_process_that_is_not_executable_is_started_by_nothing(engine: Engine) -> None:
    engine.deploy(begins_with(ORDER, OPEN).replace(b'isExecutable="true"', b'isExecutable="false"'))
    engine.publish("order")
    engine.broadcast("open")
    assert engine.instances == []
