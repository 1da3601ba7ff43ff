"""Forms are checked by the commands, for every caller."""

import pytest

from engine import deployments, instances, user_tasks
from engine.actors import Actor
from engine.deployments import ResourceFile
from engine.errors import Conflict, PermissionDenied
from engine.forms import FormRejected
from engine.models import ProcessInstance, UserTask, UserTaskStatus
from tests.engine.worlds import ADMIN, ALICE, BOB, END, START, WORKER, diagram, user

pytestmark = pytest.mark.django_db

PROGRAM = Actor("program", groups=frozenset({"managers"}), is_system=True)
FORM = b"""{"id": "order", "components": [
    {"type": "number", "key": "amount", "id": "a", "validate": {"required": true, "max": 100}},
    {"type": "textfield", "key": "note", "id": "n", "readonly": "=frozen"}]}"""
BOUND = '<zeebe:formDefinition formId="order"/>'
ASKED = diagram(
    "asked", START, user("check", 'candidateGroups="managers"', more=BOUND), END, flows="start>check check>end"
)
OPENED = diagram(
    "opened",
    f'<bpmn:startEvent id="start"><bpmn:extensionElements>{BOUND}</bpmn:extensionElements></bpmn:startEvent>',
    END,
    flows="start>end",
)


def deploy(diagram_: bytes) -> None:
    deployments.deploy([ResourceFile("p.bpmn", diagram_), ResourceFile("order.form", FORM)], by=ADMIN)


@pytest.fixture
def key() -> int:
    deploy(ASKED)
    return instances.start("asked", variables={"frozen": True, "note": "as it was"}, by=ALICE).key


@pytest.mark.parametrize("by", [ALICE, PROGRAM], ids=lambda actor: actor.username)
def test_a_user_task_is_not_completed_with_what_its_form_refuses(key: int, by: Actor) -> None:
    task = UserTask.objects.get().key
    with pytest.raises(FormRejected) as refused:
        user_tasks.complete(task, {"amount": 101}, by=by)
    assert list(refused.value.errors) == ["amount"]
    assert UserTask.objects.get().status == UserTaskStatus.CREATED


def test_a_completion_takes_nothing_from_a_field_that_a_variable_makes_read_only(key: int) -> None:
    user_tasks.complete(UserTask.objects.get().key, {"amount": 7, "note": "changed"}, by=ALICE)
    assert instances.result_of(key) == {"frozen": True, "note": "as it was", "amount": 7}


def test_the_form_sees_the_variables_as_they_are_at_the_completion(key: int) -> None:
    instances.set_variables(key, {"frozen": False}, by=ADMIN)
    user_tasks.complete(UserTask.objects.get().key, {"amount": 7, "note": "changed"}, by=ALICE)
    assert (instances.result_of(key) or {})["note"] == "changed"


def test_a_completion_that_is_repeated_with_its_key_is_the_same_though_its_form_took_less(key: int) -> None:
    task, sent = UserTask.objects.get().key, {"amount": 7, "note": "changed", "frozen": True}
    assert [user_tasks.complete(task, sent, by=ALICE, idempotency_key="once") for _ in range(2)] == [key, key]
    with pytest.raises(Conflict, match="idempotency key 'once'"):
        user_tasks.complete(task, {**sent, "amount": 8}, by=ALICE, idempotency_key="once")


def test_who_may_not_complete_a_task_or_comes_too_late_is_told_so_before_the_form_is_asked(key: int) -> None:
    task = UserTask.objects.get().key
    user_tasks.claim(task, by=ALICE)
    with pytest.raises(PermissionDenied):
        user_tasks.complete(task, {}, by=BOB)
    user_tasks.complete(task, {"amount": 7}, by=ALICE)
    with pytest.raises(Conflict, match="'alice'"):
        user_tasks.complete(task, {}, by=ADMIN)


def test_a_persons_start_is_checked_by_the_start_form_and_a_programs_is_not() -> None:
    deploy(OPENED)
    with pytest.raises(FormRejected):
        instances.start("opened", variables={"amount": 101}, by=ALICE)
    assert not ProcessInstance.objects.exists()
    instances.start("opened", variables={"amount": 101}, by=PROGRAM)
    instances.start("opened", variables={"amount": 100}, by=ALICE)
    assert ProcessInstance.objects.count() == 2


@pytest.mark.parametrize("before", [(), ("start",), ("end",), ("start", "end")], ids="-".join)
def test_a_persons_start_is_checked_by_the_start_form_wherever_it_starts(before: tuple[str, ...]) -> None:
    deploy(OPENED)
    with pytest.raises(FormRejected):
        instances.start("opened", variables={"amount": 101}, before=before, by=ADMIN)
    assert not ProcessInstance.objects.exists()
    instances.start("opened", variables={"amount": 100}, before=before, by=ADMIN)
    instances.start("opened", variables={"amount": 101}, before=before, by=WORKER)
