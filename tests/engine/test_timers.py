from datetime import timedelta

import pytest

from engine import clock, instances, sweeper, timers
from engine.models import InstanceStatus, PendingInput, ProcessInstance, Timer
from tests.engine.conftest import Bell
from tests.engine.worlds import ADMIN, ALICE, PAUSE, assert_all_sound, deploy

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
