"""Putting tokens at elements by hand: who may, and what is refused before anything is changed."""

import pytest

from engine import instances, jobs, user_tasks
from engine.errors import Conflict, InvalidArgument, PermissionDenied
from engine.instances import Move
from engine.models import InstanceState, InstanceStatus, Job, JournalEntry, ProcessInstance, Timer, UserTask
from engine.runtime import State
from engine.runtime.inputs import ActivateInstruction, TerminateInstruction
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
    service,
)

pytestmark = pytest.mark.django_db

TASK = "<bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements>"
LOOP = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
    '<zeebe:loopCharacteristics inputCollection="=xs" inputElement="item"/></bpmn:extensionElements>'
    "</bpmn:multiInstanceLoopCharacteristics>"
)
INSIDE = (
    f'<bpmn:startEvent id="in"/><bpmn:userTask id="B">{TASK}</bpmn:userTask><bpmn:userTask id="C">{TASK}</bpmn:userTask>'
    '<bpmn:endEvent id="out"/><bpmn:sequenceFlow id="i1" sourceRef="in" targetRef="B"/>'
    '<bpmn:sequenceFlow id="i2" sourceRef="B" targetRef="C"/><bpmn:sequenceFlow id="i3" sourceRef="C" targetRef="out"/>'
)
NESTED = diagram(
    "nested",
    START,
    f'<bpmn:userTask id="A">{TASK}</bpmn:userTask>',
    f'<bpmn:subProcess id="sp">{INSIDE}</bpmn:subProcess>',
    '<bpmn:boundaryEvent id="late" attachedToRef="sp"><bpmn:timerEventDefinition>'
    '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>',
    f'<bpmn:userTask id="Z">{TASK}</bpmn:userTask>',
    END,
    flows="start>A A>sp sp>Z Z>end late>end",
)
EACH = diagram("each", START, f'<bpmn:userTask id="A">{TASK}{LOOP}</bpmn:userTask>', END, flows="start>A A>end")
SEVERAL = diagram(
    "several", START, f'<bpmn:subProcess id="sp">{LOOP}{INSIDE}</bpmn:subProcess>', END, flows="start>sp sp>end"
)


def offered() -> list[str]:
    return [task.element_id for task in UserTask.objects.filter(completed_at=None).order_by("key")]


def state_of(key: int) -> State:
    data = InstanceState.objects.get(instance_id=key).data
    assert data is not None
    return State.from_json(data)


def keys(instance: ProcessInstance, element_id: str) -> list[int]:
    return [each.key for each in state_of(instance.key).elements.values() if each.node == element_id]


def test_an_instance_that_starts_inside_a_sub_process_has_its_boundary_timer_and_leaves_it() -> None:
    deploy(NESTED)
    instance = instances.start("nested", before=["C"], by=ADMIN)
    assert offered() == ["C"]
    assert [timer.element_id for timer in Timer.objects.all()] == ["late"]
    user_tasks.complete(UserTask.objects.get().key, {}, by=ADMIN)
    assert offered() == ["Z"]
    assert not Timer.objects.exists()
    user_tasks.complete(UserTask.objects.get(completed_at=None).key, {}, by=ADMIN)
    instance.refresh_from_db()
    assert instance.status == InstanceStatus.COMPLETED
    assert_all_sound()


def test_only_operators_start_elsewhere_than_at_the_start_event() -> None:
    deploy(NESTED)
    for before in (["Z"], ["C"], ["start", "Z"], ["start", "start"]):
        with pytest.raises(PermissionDenied, match="elsewhere than at the start event"):
            instances.start("nested", before=before, by=ALICE)
    assert not ProcessInstance.objects.exists()
    instances.start("nested", before=["start"], by=ALICE)
    assert offered() == ["A"]


@pytest.mark.parametrize(
    ("element_id", "reason"),
    [
        ("nowhere", "'nowhere'"),
        ("nested", "the process itself"),
        ("f0", "a sequence flow"),
        ("late", "the boundary event"),
        ("in", "the start event"),
        ("start", "the start event"),
    ],
)
def test_an_impossible_place_is_refused_and_nothing_is_changed(element_id: str, reason: str) -> None:
    deploy(NESTED)
    instance = instances.start("nested", by=ALICE)
    entries = JournalEntry.objects.count()
    with pytest.raises(InvalidArgument, match=reason):
        instances.modify(instance.key, activate=[ActivateInstruction(element_id)], by=ADMIN)
    with pytest.raises(InvalidArgument, match=reason):
        instances.modify(instance.key, moves=[Move("A", element_id)], by=ADMIN)
    if element_id != "start":
        with pytest.raises(InvalidArgument, match=reason):
            instances.start("nested", before=[element_id], by=ADMIN)
    assert JournalEntry.objects.count() == entries
    assert offered() == ["A"]
    assert_all_sound()


def test_the_body_of_a_multi_instance_is_refused_as_the_ancestor() -> None:
    deploy(EACH)
    instance = instances.start("each", variables={"xs": [1, 2]}, by=ALICE)
    for ancestor in keys(instance, "A"):
        with pytest.raises(InvalidArgument, match="as its ancestor"):
            instances.modify(instance.key, activate=[ActivateInstruction("A", ancestor)], by=ADMIN)
    for task in UserTask.objects.all():
        user_tasks.complete(task.key, {}, by=ADMIN)
    instance.refresh_from_db()
    assert instance.status == InstanceStatus.COMPLETED
    assert_all_sound()


def test_an_element_inside_a_multi_instance_needs_one_of_its_instances() -> None:
    deploy(SEVERAL)
    instance = instances.start("several", variables={"xs": [1, 2]}, by=ALICE)
    body, first, second = keys(instance, "sp")
    other = instances.start("several", variables={"xs": [1, 2]}, by=ALICE)
    refused = {None: "found 2. Name one", body: "which is its body", keys(other, "sp")[1]: "active element instance"}
    for ancestor, reason in refused.items():
        with pytest.raises(InvalidArgument, match=reason):
            instances.modify(instance.key, activate=[ActivateInstruction("C", ancestor)], by=ADMIN)
    instances.cancel(other.key, by=ADMIN)
    instances.modify(instance.key, activate=[ActivateInstruction("C", second)], by=ADMIN)
    [added] = keys(instance, "C")
    assert state_of(instance.key).elements[added].scope == second
    assert first != second
    assert_all_sound()


def test_a_move_inside_a_multi_instance_stays_in_its_instance() -> None:
    deploy(SEVERAL)
    instance = instances.start("several", variables={"xs": [1, 2, 3]}, by=ALICE)
    _, *inner = keys(instance, "sp")
    instances.modify(instance.key, moves=[Move("B", "C")], by=ADMIN)
    assert offered() == ["C", "C", "C"]
    state = state_of(instance.key)
    assert [state.elements[key].scope for key in keys(instance, "C")] == inner
    instances.modify(instance.key, moves=[Move("sp", "end")], by=ADMIN)
    instance.refresh_from_db()
    assert instance.status == InstanceStatus.COMPLETED
    assert_all_sound()


def test_what_is_not_active_is_not_terminated() -> None:
    deploy(NESTED)
    instance = instances.start("nested", by=ALICE)
    gone = UserTask.objects.get().element_instance_key
    user_tasks.complete(UserTask.objects.get().key, {}, by=ADMIN)
    with pytest.raises(InvalidArgument, match=str(gone)):
        instances.modify(instance.key, terminate=[TerminateInstruction(gone)], by=ADMIN)
    [scope] = keys(instance, "sp")
    with pytest.raises(InvalidArgument, match="to stay"):
        instances.modify(
            instance.key, activate=[ActivateInstruction("C")], terminate=[TerminateInstruction(scope)], by=ADMIN
        )
    assert offered() == ["B"]


def test_a_called_instance_is_not_ended_by_a_modification() -> None:
    deploy(WORK, CALLER)
    caller = instances.start("caller", by=ALICE)
    child = ProcessInstance.objects.get(process_id="work")
    with pytest.raises(Conflict, match=f"Cancel {caller.key}"):
        instances.modify(child.key, terminate=[TerminateInstruction(child.key)], by=ADMIN)
    for element_id, ancestor in (("do", child.key), ("do", None)):
        with pytest.raises(InvalidArgument):
            instances.modify(caller.key, activate=[ActivateInstruction(element_id, ancestor)], by=ADMIN)
    assert Job.objects.count() == 1
    assert_all_sound()


def test_an_ad_hoc_sub_process_activates_its_own_activities_alone() -> None:
    inside = (
        f"{service('a', 'sort')}{service('b', 'sort')}"
        '<bpmn:boundaryEvent id="edge" attachedToRef="a"><bpmn:timerEventDefinition>'
        '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>'
        '<bpmn:sequenceFlow id="i1" sourceRef="a" targetRef="b"/><bpmn:sequenceFlow id="i2" sourceRef="edge" targetRef="b"/>'
    )
    loose = f'<bpmn:adHocSubProcess id="loose">{inside}</bpmn:adHocSubProcess>'
    deploy(diagram("adhoc", START, loose, END, flows="start>loose loose>end"))
    instance = instances.start("adhoc", by=ALICE)
    [scope] = keys(instance, "loose")
    for element_id in ("b", "edge", "nowhere", "start"):
        with pytest.raises(InvalidArgument):
            instances.activate_in_ad_hoc(scope, [ActivateInstruction(element_id)], by=ADMIN)
    instances.activate_in_ad_hoc(scope, [ActivateInstruction("a")], by=ADMIN)
    assert len(jobs.activate("sort", worker="w", max_jobs=9, lease=30, by=WORKER)) == 2
    assert_all_sound()
