"""Called processes: what ends them, what their failure does, and which version is called."""

from collections.abc import Callable

import pytest

from engine import instances, jobs, journal, timers, user_tasks
from engine.models import Incident, IncidentStatus, InstanceStatus, Job, ProcessInstance, Timer, UserTask
from engine.runtime.effects import MAX_CALL_DEPTH
from engine.runtime.history import ElementCompleted
from engine.upkeep import sweeper
from tests.conftest import Figure
from tests.engine.worlds import (
    ADMIN,
    ALICE,
    CALLER,
    END,
    START,
    WORK,
    WORKER,
    assert_all_sound,
    deploy,
    diagram,
    duration,
    service,
    user,
)

pytestmark = pytest.mark.django_db


def _calls(process_id: str) -> str:
    return (
        f'<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="{process_id}"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )


def test_children_and_their_children_end_with_whatever_ends_their_parent(figure: Figure) -> None:
    """The parent fails (an uncaught error ends it), times out at the call, or is cancelled: nothing that it called goes on."""
    middle = CALLER.replace(b'id="caller"', b'id="middle"')
    at_call = '<bpmn:boundaryEvent id="late" attachedToRef="call">{}</bpmn:boundaryEvent><bpmn:endEvent id="gave_up"/>'
    times_out = diagram(
        "times_out", START, _calls("middle"), at_call.format(duration("PT1H")), END,
        flows="start>call call>end late>gave_up",
    )  # fmt: skip
    fails = diagram(
        "fails", START, '<bpmn:parallelGateway id="split"/>', _calls("middle"), service("do", "test-fail"),
        '<bpmn:endEvent id="failed"><bpmn:terminateEventDefinition/></bpmn:endEvent>', END,
        flows="start>split split>call split>do call>end do>failed",
    )  # fmt: skip
    deploy(WORK, middle, times_out, fails)
    ways: dict[str, Callable[[int], object]] = {
        "times_out": lambda key: timers.trigger(Timer.objects.get(instance_key=key).key, by=ADMIN),
        "fails": lambda key: jobs.complete(Job.objects.get(instance_id=key, type="test-fail").key, by=ADMIN),
        "middle": lambda key: instances.cancel(key, by=ADMIN),
    }
    ended = 0
    for process_id, end in ways.items():
        key = instances.start(process_id, by=ALICE).key
        called = ProcessInstance.objects.filter(root_key=key).exclude(key=key)
        assert called.filter(status=InstanceStatus.ACTIVE).count() == (1 if process_id == "middle" else 2)
        end(key)
        assert instances.require(key).status != InstanceStatus.ACTIVE
        assert set(called.values_list("status", flat=True)) == {InstanceStatus.TERMINATED}
        ended += called.count()
    assert not Job.objects.exists()
    assert_all_sound()
    figure("called instances that ended with their parents", ended)


def test_an_error_that_a_child_does_not_catch_is_its_parents_and_an_incident_where_nobody_does() -> None:
    """The child fails: its parent catches the error at the call, or an incident stands and both wait for a person."""
    guarded = diagram(
        "guarded_call", START, _calls("work"),
        '<bpmn:boundaryEvent id="caught" attachedToRef="call"><bpmn:errorEventDefinition errorRef="e"/></bpmn:boundaryEvent>',
        END, '<bpmn:endEvent id="mended"/>', flows="start>call call>end caught>mended",
        roots='<bpmn:error id="e" name="Declined" errorCode="DECLINED"/>',
    )  # fmt: skip
    deploy(WORK, CALLER, guarded)
    key = instances.start("guarded_call", by=ALICE).key
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=30, by=WORKER)
    jobs.throw_error(activated.job.key, "DECLINED", message="no cover", by=WORKER)
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert ProcessInstance.objects.get(process_id="work").status == InstanceStatus.ERROR

    key = instances.start("caller", by=ALICE).key
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=30, by=WORKER)
    jobs.throw_error(activated.job.key, "DECLINED", message="no cover", by=WORKER)
    assert instances.require(key).status == InstanceStatus.ACTIVE
    assert Incident.objects.filter(status=IncidentStatus.ACTIVE).count() == 1
    instances.cancel(key, by=ADMIN)
    assert not ProcessInstance.objects.filter(status=InstanceStatus.ACTIVE).exists()
    assert_all_sound()


def test_a_process_that_calls_itself_ends_at_a_depth_with_an_incident() -> None:
    deploy(diagram("p", START, _calls("p"), END, flows="start>call call>end"))
    key = instances.start("p", by=ALICE).key
    sweeper.advance_forgotten()
    incident = Incident.objects.get(status=IncidentStatus.ACTIVE)
    assert incident.element_id == "call"
    assert "at most 100 call activities" in incident.message
    assert ProcessInstance.objects.count() == MAX_CALL_DEPTH + 1
    instances.cancel(key, by=ADMIN)
    assert not ProcessInstance.objects.filter(status=InstanceStatus.ACTIVE).exists()


def test_a_call_by_version_tag_is_patched_by_the_next_version_that_carries_it(figure: Figure) -> None:
    """Instances that run already take the patched version at their next call; what carries another tag does not come in."""

    def tagged(tag: str, job_type: str) -> bytes:
        extension = (
            f'isExecutable="true"><bpmn:extensionElements><zeebe:versionTag value="{tag}"/></bpmn:extensionElements>'
        )
        return WORK.replace(b'isExecutable="true">', extension.encode()).replace(b"test-work", job_type.encode())

    call = _calls("work").replace('processId="work"', 'processId="work" bindingType="versionTag" versionTag="stable"')
    deploy(
        tagged("stable", "test-old"),
        diagram("tagged", START, user("ask"), call, END, flows="start>ask ask>call call>end"),
    )
    first, second = (instances.start("tagged", by=ALICE).key for _ in range(2))

    def goes_on(key: int) -> str:
        user_tasks.complete(UserTask.objects.get(instance_id=key).key, by=ALICE)
        return Job.objects.get(instance__parent_key=key).type

    assert goes_on(first) == "test-old"
    deploy(tagged("stable", "test-patched"))
    deploy(tagged("next", "test-next"))
    assert goes_on(second) == "test-patched"
    assert Job.objects.get(instance__parent_key=first).type == "test-old", "what runs goes on by its version"
    assert_all_sound()
    figure("running instances that took a patch by its tag", 1)


_THROWN = {
    "escalation": '<bpmn:escalation id="late" name="Late" escalationCode="LATE"/>',
    "signal": '<bpmn:signal id="late" name="Late"/>',
}


@pytest.mark.parametrize("kind", _THROWN)
@pytest.mark.parametrize("thrower", ["endEvent", "intermediateThrowEvent"])
def test_what_a_child_throws_in_its_last_step_reaches_its_parent_before_its_end(kind: str, thrower: str) -> None:
    event = f'<bpmn:{kind}EventDefinition {kind}Ref="late"/>'
    throws = f'<bpmn:{thrower} id="up">{event}</bpmn:{thrower}>'
    goes_on = ([END], " up>end") if thrower == "intermediateThrowEvent" else ([], "")
    child = diagram("child", START, throws, *goes_on[0], flows=f"start>up{goes_on[1]}", roots=_THROWN[kind])
    hears = f'<bpmn:boundaryEvent id="b" attachedToRef="call" cancelActivity="false">{event}</bpmn:boundaryEvent>'
    parent = diagram(
        "parent", START, _calls("child"), hears, '<bpmn:endEvent id="told"/>', END,
        flows="start>call call>end b>told", roots=_THROWN[kind],
    )  # fmt: skip
    deploy(child, parent)
    key = instances.start("parent", by=ALICE).key
    assert instances.require(key).status == InstanceStatus.COMPLETED
    facts = [fact for entry in journal.read(key) for fact in entry.facts]
    assert "told" in [fact.element_id for fact in facts if isinstance(fact, ElementCompleted)]
