"""Starting, waiting for, cancelling and suspending process instances."""

import pytest

from engine import instances, jobs, journal, user_tasks
from engine.errors import Conflict, InvalidArgument, NotFound, PermissionDenied
from engine.models import InstanceStatus, Job, JournalEntry, ProcessInstance, UserTask
from engine.runtime import inputs
from tests.conftest import Figure
from tests.engine.worlds import ADMIN, ALICE, CALLER, CAROL, PAUSE, REVIEW, WORK, WORKER, assert_all_sound, deploy

pytestmark = pytest.mark.django_db


def test_an_instance_starts_waits_for_a_person_and_ends_with_its_variables() -> None:
    deploy(REVIEW)
    instance = instances.start("review", variables={"amount": 10}, by=ALICE)
    assert instance.status == InstanceStatus.ACTIVE
    user_tasks.complete(UserTask.objects.get().key, {"approved": True}, by=ALICE)

    assert instances.result_of(instance.key) == {"amount": 10, "approved": True}
    assert instances.require(instance.key).status == InstanceStatus.COMPLETED
    assert JournalEntry.objects.filter(instance_key=instance.key).count() == 2
    assert_all_sound()


def test_the_same_start_twice_with_one_key_is_one_instance() -> None:
    deploy(REVIEW)
    first, second = (
        instances.start("review", variables={"a": 1}, by=ALICE, idempotency_key="order-7") for _ in range(2)
    )
    assert first.key == second.key
    assert ProcessInstance.objects.count() == 1
    with pytest.raises(Conflict, match="idempotency key 'order-7'"):
        instances.start("review", variables={"a": 2}, by=ALICE, idempotency_key="order-7")


def test_a_business_id_may_be_asked_to_be_unique_while_its_instance_runs() -> None:
    deploy(REVIEW)
    first = instances.start("review", business_id="7", unique_business_id=True, by=ALICE)
    with pytest.raises(Conflict, match=str(first.key)):
        instances.start("review", business_id="7", unique_business_id=True, by=ALICE)
    instances.cancel(first.key, by=ADMIN)
    instances.start("review", business_id="7", unique_business_id=True, by=ALICE)


def test_a_process_that_nobody_deployed_cannot_start() -> None:
    deploy(REVIEW)
    with pytest.raises(NotFound, match="'unknown'"):
        instances.start("unknown", by=ALICE)
    with pytest.raises(NotFound, match="version 9"):
        instances.start("review", version=9, by=ALICE)
    with pytest.raises(InvalidArgument, match="either a process id or"):
        instances.start(by=ALICE)
    with pytest.raises(InvalidArgument, match="'nowhere'"):
        instances.start("review", before=["nowhere"], by=ALICE)


def test_a_cancelled_instance_leaves_nothing_behind() -> None:
    deploy(REVIEW, WORK, PAUSE)
    for process_id in ("review", "work", "pause"):
        key = instances.start(process_id, by=ALICE).key
        instances.cancel(key, by=ADMIN)
        assert instances.require(key).status == InstanceStatus.TERMINATED
        with pytest.raises(Conflict, match="TERMINATED"):
            instances.cancel(key, by=ADMIN)
    assert_all_sound()


def test_who_is_no_operator_cannot_cancel() -> None:
    deploy(REVIEW)
    key = instances.start("review", by=ALICE).key
    with pytest.raises(PermissionDenied, match="'carol'"):
        instances.cancel(key, by=CAROL)


def test_a_called_process_runs_as_an_instance_of_its_own_and_answers_its_caller() -> None:
    deploy(WORK, CALLER)
    caller = instances.start("caller", variables={"x": 1}, by=ALICE)
    child = ProcessInstance.objects.get(process_id="work")
    assert (child.parent_key, child.root_key, child.depth) == (caller.key, caller.key, 1)
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=30, by=WORKER)
    assert activated.variables["x"] == 1
    jobs.complete(activated.job.key, {"y": 2}, by=WORKER)
    caller.refresh_from_db()
    assert caller.status == InstanceStatus.COMPLETED
    assert caller.result == {"x": 1, "y": 2}
    assert_all_sound()


def test_a_child_is_cancelled_with_its_parent_and_not_alone() -> None:
    deploy(WORK, CALLER)
    caller = instances.start("caller", by=ALICE)
    child = ProcessInstance.objects.get(process_id="work")
    with pytest.raises(Conflict, match=f"Cancel {caller.key}"):
        instances.cancel(child.key, by=ADMIN)
    instances.cancel(caller.key, by=ADMIN)
    assert set(ProcessInstance.objects.values_list("status", flat=True)) == {InstanceStatus.TERMINATED}
    assert_all_sound()


def test_what_operators_do_is_in_the_journal_with_their_names(figure: Figure) -> None:
    deploy(REVIEW)
    key = instances.start("review", by=ALICE).key
    task = UserTask.objects.get()
    instances.suspend(key, by=ADMIN)
    instances.resume(key, by=ADMIN)
    instances.set_variables(key, {"amount": 5}, by=ADMIN)
    instances.modify(
        key,
        activate=[inputs.ActivateInstruction("check")],
        terminate=[inputs.TerminateInstruction(task.element_instance_key)],
        by=ADMIN,
    )
    instances.cancel(key, by=ADMIN, reason="of no use")
    entries = list(journal.read(key))
    said = [(type(given.input).__name__, given.by) for entry in entries for given in entry.inputs]
    assert said == [
        ("Started", "alice"),
        ("Suspended", "admin"),
        ("Resumed", "admin"),
        ("VariablesSet", "admin"),
        ("Modified", "admin"),
        ("Cancelled", "admin"),
    ]
    assert all(entry.at.tzinfo is not None for entry in entries)
    assert_all_sound()
    figure("kinds of operator's inputs, each journaled with its name", len(said) - 1)


def test_a_suspended_instance_takes_nothing_up_until_it_is_resumed() -> None:
    deploy(WORK)
    key = instances.start("work", by=ALICE).key
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=30, by=WORKER)
    instances.suspend(key, by=ADMIN)
    jobs.complete(activated.job.key, by=WORKER)  # done is done: the answer waits
    assert instances.require(key).status == InstanceStatus.ACTIVE
    instances.resume(key, by=ADMIN)
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert_all_sound()


def test_jobs_and_user_tasks_of_a_suspended_instance_wait() -> None:
    deploy(WORK, REVIEW)
    working = instances.start("work", by=ALICE).key
    reviewing = instances.start("review", by=ALICE).key
    for key in (working, reviewing):
        instances.suspend(key, by=ADMIN)
    assert jobs.activate("test-work", worker="w", max_jobs=1, lease=30, by=WORKER) == []
    with pytest.raises(Conflict, match="suspended"):
        user_tasks.complete(UserTask.objects.get().key, by=ALICE)
    instances.cancel(working, by=ADMIN)
    ended = instances.require(working)
    assert (ended.status, ended.suspended_at) == (InstanceStatus.TERMINATED, None)


def test_variables_are_set_by_an_operator_and_journaled_with_the_name() -> None:
    deploy(REVIEW)
    key = instances.start("review", by=ALICE).key
    instances.set_variables(key, {"amount": 5}, by=ADMIN)
    assert JournalEntry.objects.filter(instance_key=key).order_by("sequence").last().by == "admin"  # type: ignore[union-attr]
    user_tasks.complete(UserTask.objects.get().key, by=ALICE)
    assert instances.require(key).result == {"amount": 5}
    with pytest.raises(NotFound):
        instances.set_variables(12345, {"a": 1}, by=ADMIN)


def test_an_instance_starts_with_the_newest_version_unless_another_is_named() -> None:
    deploy(REVIEW)
    deploy(REVIEW.replace(b'name="Review"', b'name="Review again"'))
    assert instances.start("review", by=ALICE).version == 2
    assert instances.start("review", version=1, by=ALICE).version == 1
    assert Job.objects.count() == 0
