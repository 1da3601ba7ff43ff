"""A version of a process is suspended: nothing starts by it, and what runs by it stands still, until it is resumed."""

from datetime import timedelta

import pytest

from engine import clock, incidents, instances, messages
from engine.batch_operations import suspension, working_off
from engine.errors import Conflict, NotFound, PermissionDenied
from engine.instances import conditionals
from engine.messages import signals
from engine.models import Incident, JournalEntry, ProcessDefinition, ProcessInstance
from engine.transition import starts
from tests.engine import worlds
from tests.engine.worlds import ADMIN, ALICE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]

HOURLY = worlds.diagram(
    "hourly",
    '<bpmn:startEvent id="start"><bpmn:timerEventDefinition><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R/PT1H'
    "</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent>",
    worlds.user("check"),
    worlds.END,
    flows="start>check check>end",
)
ALARMED = worlds.diagram(
    "alarmed",
    '<bpmn:startEvent id="start"><bpmn:signalEventDefinition signalRef="s"/></bpmn:startEvent>',
    worlds.user("check"),
    worlds.END,
    flows="start>check check>end",
    roots='<bpmn:signal id="s" name="alarm"/>',
)


def key_of(process_id: str) -> int:
    return ProcessDefinition.objects.get(process_id=process_id).key


def running(process_id: str) -> int:
    return ProcessInstance.objects.filter(process_id=process_id, ended_at=None).count()


def test_its_instances_stand_still_by_name_of_who_did_it_and_go_on() -> None:
    worlds.deploy(worlds.PAUSE, worlds.REVIEW)
    one, other = instances.start("pause", by=ADMIN).key, instances.start("review", by=ADMIN).key

    operation = suspension.suspend(key_of("pause"), by=ADMIN)
    working_off.run()
    assert operation is not None
    assert list(operation.items.values_list("instance_key", flat=True)) == [one]
    assert set(ProcessInstance.objects.filter(suspended_at=None).values_list("key", flat=True)) == {other}
    assert JournalEntry.objects.filter(instance_key=one).latest("sequence").by == "admin"

    suspension.resume(key_of("pause"), by=ADMIN)
    working_off.run()
    assert not ProcessInstance.objects.filter(suspended_at__isnull=False).exists()
    worlds.assert_all_sound()


def test_its_instances_run_on_where_they_are_not_meant() -> None:
    worlds.deploy(worlds.PAUSE)
    instances.start("pause", by=ADMIN)
    assert suspension.suspend(key_of("pause"), by=ADMIN, with_instances=False) is None
    working_off.run()
    assert not ProcessInstance.objects.filter(suspended_at__isnull=False).exists()


def test_who_starts_it_by_hand_or_by_a_reset_is_refused() -> None:
    worlds.deploy(worlds.PAUSE)
    key = instances.start("pause", by=ADMIN).key
    suspension.suspend(key_of("pause"), by=ADMIN)
    message = "Expected process 'pause' version 1 not to be suspended; 'admin' has suspended it"
    with pytest.raises(Conflict, match=message):
        instances.start("pause", by=ADMIN)
    with pytest.raises(Conflict, match=message):
        instances.start_from(key, sequence=1, by=ADMIN)

    suspension.resume(key_of("pause"), by=ADMIN)
    instances.start("pause", by=ADMIN)


def test_who_calls_it_has_an_incident_that_is_resolved_after_the_resumption() -> None:
    worlds.deploy(worlds.WORK, worlds.CALLER)
    suspension.suspend(key_of("work"), by=ADMIN)
    instances.start("caller", by=ADMIN)
    incident = Incident.objects.get()
    assert "'work' version 1, called by 'call', not to be suspended" in incident.message

    suspension.resume(key_of("work"), by=ADMIN)

    incidents.resolve(incident.key, by=ADMIN)
    assert running("work") == 1


@pytest.mark.parametrize("key", ["", "k"])
def test_a_message_that_is_kept_starts_it_when_it_is_resumed_and_one_that_is_not_starts_nothing(key: str) -> None:
    worlds.deploy(worlds.ORDERED)
    suspension.suspend(key_of("ordered"), by=ADMIN)
    messages.publish("order", correlation_key=key, ttl=60, by=ADMIN, variables={"a": 1})
    messages.publish("order", correlation_key=key, ttl=0, by=ADMIN)
    with pytest.raises(NotFound):
        messages.correlate("order", correlation_key=key, by=ADMIN)
    assert messages.start_waiting() == []
    assert running("ordered") == 0

    suspension.resume(key_of("ordered"), by=ADMIN)
    assert running("ordered") == 1
    assert messages.start_waiting() == []
    assert running("ordered") == 1


def test_its_start_timer_fires_when_it_is_resumed_and_others_meanwhile() -> None:
    worlds.deploy(HOURLY)
    suspension.suspend(key_of("hourly"), by=ADMIN)
    clock.advance(timedelta(hours=1, minutes=1))
    assert starts.fire_due(limit=10) == []

    suspension.resume(key_of("hourly"), by=ADMIN)
    assert len(starts.fire_due(limit=10)) == 1


def test_signals_and_conditions_start_nothing() -> None:
    worlds.deploy(ALARMED, worlds.HOT)
    for process_id in ("alarmed", "hot"):
        suspension.suspend(key_of(process_id), by=ADMIN)
    signals.broadcast("alarm", by=ADMIN)
    assert conditionals.evaluate(variables={"degrees": 40}, by=ADMIN).instances == ()
    assert conditionals.evaluate(variables={"degrees": 40}, definition_key=key_of("hot"), by=ADMIN).instances == ()
    assert ProcessInstance.objects.count() == 0


def test_a_newer_version_is_not_suspended_with_it() -> None:
    worlds.deploy(worlds.PAUSE)
    suspension.suspend(key_of("pause"), by=ADMIN)
    worlds.deploy(worlds.PAUSE.replace(b"PT1H", b"PT2H"))
    assert instances.start("pause", by=ADMIN).version == 2


def test_twice_is_refused_and_it_is_for_operators() -> None:
    worlds.deploy(worlds.PAUSE)
    with pytest.raises(PermissionDenied):
        suspension.suspend(key_of("pause"), by=ALICE)
    with pytest.raises(Conflict, match="it is not suspended already"):
        suspension.resume(key_of("pause"), by=ADMIN)
    suspension.suspend(key_of("pause"), by=ADMIN)
    with pytest.raises(Conflict, match="it is suspended already"):
        suspension.suspend(key_of("pause"), by=ADMIN)
    with pytest.raises(NotFound):
        suspension.suspend(1, by=ADMIN)
