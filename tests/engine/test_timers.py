from datetime import timedelta
from typing import Any

import pytest

from engine import clock, instances, journal, runtime, timers
from engine.errors import DeploymentRejected, InvalidArgument, NotFound, PermissionDenied
from engine.models import InstanceStatus, JournalEntry, PendingInput, ProcessInstance, Timer
from engine.runtime.history import ElementCompleted
from engine.testing import Engine
from engine.transition import stepping
from engine.upkeep import sweeper
from tests.engine.conftest import Bell
from tests.engine.worlds import (
    ADMIN,
    ALICE,
    END,
    PAUSE,
    START,
    assert_all_sound,
    catch,
    deploy,
    diagram,
    duration,
    user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]


def test_a_timer_fires_when_it_is_due_and_not_before() -> None:
    deploy(PAUSE)
    key = instances.start("pause", by=ALICE).key
    due = Timer.objects.get().due_at
    assert timers.fire_due() == 0
    clock.set_time(due - timedelta(milliseconds=1), runs=False)
    assert timers.fire_due() == 0
    clock.set_time(due, runs=False)
    assert timers.fire_due() == 1
    assert timers.fire_due() == 0
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert_all_sound()


def test_many_due_timers_fire_in_batches_and_are_left_to_the_workers(bell: Bell) -> None:
    deploy(PAUSE)
    keys = {instances.start("pause", by=ALICE).key for _ in range(30)}
    clock.advance(timedelta(hours=2))
    assert [timers.fire_due(limit=25) for _ in range(3)] == [25, 5, 0]
    assert len(bell.instances) == 25
    assert set(bell.instances) <= keys
    clock.advance(timedelta(seconds=2))
    sweeper.advance_forgotten()
    bell.broken = True  # without a broker the ticker does it itself
    sweeper.advance_forgotten()
    assert set(ProcessInstance.objects.values_list("status", flat=True)) == {InstanceStatus.COMPLETED}
    assert_all_sound()


def starting(kind: str, text: str, name: str = "tick") -> bytes:
    return diagram(
        "tick",
        f'<bpmn:startEvent id="start"><bpmn:timerEventDefinition><bpmn:{kind} xsi:type="bpmn:tFormalExpression">{text}'
        f"</bpmn:{kind}></bpmn:timerEventDefinition></bpmn:startEvent>",
        END,
        flows="start>end",
    ).replace(b'name="Tick"', f'name="{name}"'.encode())


def test_a_start_timer_with_a_cycle_starts_as_many_instances_as_it_says() -> None:
    deploy(starting("timeCycle", "R3/PT1H"))
    counts = []
    for _ in range(5):
        clock.advance(timedelta(hours=1, seconds=1))
        timers.fire_due()
        counts.append(ProcessInstance.objects.count())
    assert counts == [1, 2, 3, 3, 3]
    assert not Timer.objects.exists()
    assert set(ProcessInstance.objects.values_list("status", flat=True)) == {InstanceStatus.COMPLETED}
    assert_all_sound()


def test_an_endless_cycle_that_was_not_watched_for_long_starts_one_instance_and_goes_on() -> None:
    deploy(starting("timeCycle", "R/PT1M"))
    clock.advance(timedelta(days=1))
    assert timers.fire_due() == 1
    assert timers.fire_due() == 0
    clock.advance(timedelta(minutes=1))
    assert timers.fire_due() == 1


def test_a_cycle_with_a_number_that_was_not_watched_starts_one_instance_for_all_that_was_missed() -> None:
    deploy(starting("timeCycle", "R4/PT1H"))
    clock.advance(timedelta(hours=3, minutes=1))
    assert [timers.fire_due(), timers.fire_due()] == [1, 0]
    clock.advance(timedelta(hours=1))
    assert [timers.fire_due(), timers.fire_due()] == [1, 0]
    assert not Timer.objects.exists()
    assert ProcessInstance.objects.count() == 2


def test_a_new_version_takes_the_cycle_over_and_a_date_that_is_past_does_not_fire_again() -> None:
    deploy(starting("timeCycle", "R/PT1H"))
    deploy(starting("timeCycle", "R/PT1H", name="Tick again"))
    assert Timer.objects.count() == 1
    deploy(starting("timeDate", (clock.now() - timedelta(days=1)).isoformat(), name="Once"))
    assert not Timer.objects.exists()


def test_a_start_timer_without_a_time_is_refused_at_its_deployment() -> None:
    with pytest.raises((InvalidArgument, DeploymentRejected)):
        deploy(starting("timeCycle", "now and then"))
    assert not ProcessInstance.objects.exists()


def test_the_timer_of_a_suspended_instance_waits_as_an_input() -> None:
    deploy(PAUSE)
    key = instances.start("pause", by=ALICE).key
    instances.suspend(key, by=ADMIN)
    clock.advance(timedelta(hours=2))
    timers.fire_due()
    sweeper.advance_forgotten()
    assert instances.require(key).status == InstanceStatus.ACTIVE
    assert PendingInput.objects.count() == 1
    instances.resume(key, by=ADMIN)
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert_all_sound()


def test_an_operator_fires_a_timer_at_once_and_is_named_in_the_journal() -> None:
    deploy(PAUSE)
    key = instances.start("pause", by=ALICE).key
    timer = Timer.objects.get().key
    with pytest.raises(PermissionDenied):
        timers.trigger(timer, by=ALICE)
    timers.trigger(timer, by=ADMIN)
    assert instances.require(key).status == "COMPLETED"
    assert JournalEntry.objects.filter(instance_key=key).latest("sequence").by == "admin"
    with pytest.raises(NotFound, match="has fired"):
        timers.trigger(timer, by=ADMIN)
    assert_all_sound()


def test_an_operator_gives_a_timer_another_time() -> None:
    deploy(PAUSE)
    key = instances.start("pause", by=ALICE).key
    timers.reschedule(Timer.objects.get().key, clock.now() + timedelta(minutes=1), by=ADMIN)
    assert JournalEntry.objects.filter(instance_key=key).latest("sequence").by == "admin"
    clock.advance(timedelta(minutes=1, seconds=1))
    assert timers.fire_due() == 1
    assert instances.require(key).status == "COMPLETED"
    assert_all_sound()


HOURLY = (
    '<bpmn:boundaryEvent id="hourly" attachedToRef="check" cancelActivity="false"><bpmn:timerEventDefinition>'
    '<bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R3/PT1H</bpmn:timeCycle></bpmn:timerEventDefinition>'
    '</bpmn:boundaryEvent><bpmn:endEvent id="tick"/>'
)
"""Beside the user task `check`: it fires three times, and each time ends at `tick`."""


def test_after_a_jump_of_the_clock_the_timers_of_an_instance_fire_in_the_order_of_their_times() -> None:
    """Also those that a cycle opens on the way, as in the engine of the tests."""
    late = catch("half_past_two", duration("PT2H30M"))
    source = diagram(
        "order", START, '<bpmn:parallelGateway id="split"/>', user("check"), HOURLY, late, '<bpmn:endEvent id="late"/>', END,
        flows="start>split split>check check>end split>half_past_two half_past_two>late hourly>tick",
    )  # fmt: skip
    deploy(source)
    key = instances.start("order", by=ALICE).key
    clock.advance(timedelta(hours=4))
    while timers.fire_due():
        pass
    kit = Engine()
    kit.deploy(source)
    again = kit.start("order")
    kit.advance(timedelta(hours=4))
    ends = [each for each in again.completed_elements if each in ("tick", "late")]
    assert ends == ["tick", "tick", "late", "tick"]
    facts = [fact for entry in journal.read(key) for fact in entry.facts]
    assert [fact.element_id for fact in facts if isinstance(fact, ElementCompleted) and fact.element_id in ends] == ends
    assert not Timer.objects.exists()
    assert_all_sound()


def test_a_timer_that_catches_up_and_breaks_its_step_lets_later_ones_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    late = f'<bpmn:boundaryEvent id="later" attachedToRef="check">{duration("PT2H")}</bpmn:boundaryEvent><bpmn:endEvent id="late"/>'
    deploy(
        diagram("two", START, user("check"), HOURLY, late, END, flows="start>check check>end hourly>tick later>late")
    )
    key = instances.start("two", by=ALICE).key
    broken = Timer.objects.get(catches_up=True).key
    real = runtime.step

    def step(model: Any, state: Any, given: list[Any], **options: Any) -> Any:
        if any(getattr(each, "timer", None) == broken for each in given):
            raise ZeroDivisionError("a bug")
        return real(model, state, given, **options)

    monkeypatch.setattr(stepping, "step", step)
    clock.advance(timedelta(hours=3))
    while timers.fire_due():
        pass
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert not Timer.objects.exists()
