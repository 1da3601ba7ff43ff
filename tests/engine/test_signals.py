"""A thrown signal reaches each that waits for it once: in its own instance, in others, and what begins with it."""

from __future__ import annotations

import pytest

from engine import instances
from engine.messages import signals
from engine.models import InstanceStatus, ProcessInstance, SignalSubscription, UserTask
from tests.engine.worlds import (
    ADMIN,
    ALARM,
    ALICE,
    END,
    START,
    assert_all_sound,
    deploy,
    diagram,
    user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]

SIGNAL = '<bpmn:signalEventDefinition signalRef="s"/>'
ROOT = '<bpmn:signal id="s" name="alarm"/>'
BEGINS = diagram(
    "begins",
    f'<bpmn:startEvent id="start">{SIGNAL}</bpmn:startEvent>',
    END,
    flows="start>end",
    roots=ROOT,
)
THROWER = diagram(
    "thrower",
    START,
    '<bpmn:parallelGateway id="split"/>',
    user("work"),
    f'<bpmn:boundaryEvent id="heard" attachedToRef="work" cancelActivity="false">{SIGNAL}</bpmn:boundaryEvent>',
    f'<bpmn:intermediateCatchEvent id="wait">{SIGNAL}</bpmn:intermediateCatchEvent>',
    f'<bpmn:intermediateThrowEvent id="throw">{SIGNAL}</bpmn:intermediateThrowEvent>',
    user("noted"),
    user("waited"),
    END,
    flows="start>split split>throw throw>end split>wait wait>waited waited>end split>work work>end heard>noted noted>end",
    roots=ROOT,
)


def tasks(key: int) -> list[str]:
    return sorted(UserTask.objects.filter(instance_id=key).values_list("element_id", flat=True))


def test_a_thrown_signal_reaches_each_once_across_instances_and_transactions() -> None:
    deploy(ALARM, BEGINS, THROWER)
    others = [instances.start("alarm", by=ALICE).key for _ in range(2)]
    thrower = instances.start("thrower", by=ALICE).key
    assert tasks(thrower) == ["noted", "waited", "work"]
    assert {instances.require(key).status for key in others} == {InstanceStatus.COMPLETED}
    assert ProcessInstance.objects.filter(process_id="begins").count() == 1
    [left] = SignalSubscription.objects.all()
    assert (left.instance_key, left.element_id) == (thrower, "heard")

    signals.broadcast("alarm", by=ADMIN)
    assert tasks(thrower) == ["noted", "noted", "waited", "work"]
    assert ProcessInstance.objects.filter(process_id="begins").count() == 2

    second = instances.start("thrower", by=ALICE).key
    assert tasks(second) == ["noted", "waited", "work"], "it hears its own signal once"
    assert tasks(thrower) == ["noted", "noted", "noted", "waited", "work"], "and the other instance hears it too"
    assert_all_sound()
