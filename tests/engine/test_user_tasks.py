"""Who may do what with a user task."""

from dataclasses import replace

import pytest

from engine import deployments, incidents, instances, user_tasks
from engine.deployments import ResourceFile
from engine.errors import Conflict, InvalidArgument, NotFound, PermissionDenied
from engine.models import Comment, Incident, InstanceStatus, UserTask, UserTaskDraft, UserTaskStatus
from engine.user_tasks import Changes
from tests.engine.worlds import ADMIN, ALICE, BOB, CAROL, END, REVIEW, START, WORKER, deploy, diagram, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> int:
    deploy(REVIEW)
    instances.start("review", by=ALICE)
    return UserTask.objects.get().key


def test_a_candidate_claims_and_completes_and_the_row_says_who(task: int) -> None:
    user_tasks.claim(task, by=ALICE)
    user_tasks.complete(task, {"ok": True}, by=ALICE)
    row = UserTask.objects.get()
    assert (row.status, row.assignee, row.completed_by) == (UserTaskStatus.COMPLETED, "alice", "alice")
    assert (row.name, row.process_name, row.candidate_groups) == ("Check", "Review", ["managers"])


def test_the_loser_of_a_claim_sees_who_won(task: int) -> None:
    user_tasks.claim(task, by=ALICE)
    user_tasks.claim(task, by=ALICE)
    with pytest.raises(Conflict, match="'alice'"):
        user_tasks.claim(task, by=BOB)


def test_for_who_is_no_candidate_the_task_does_not_exist(task: int) -> None:
    for refused in (
        lambda: user_tasks.claim(task, by=CAROL),
        lambda: user_tasks.complete(task, by=CAROL),
        lambda: user_tasks.comment(task, "hello", by=CAROL),
        lambda: user_tasks.save_draft(task, {}, by=CAROL),
        lambda: user_tasks.assign(task, "carol", by=CAROL),
    ):
        with pytest.raises(NotFound):
            refused()
    assert not UserTask.objects.filter(user_tasks.visible_to(CAROL)).exists()
    for actor in (ALICE, ADMIN):
        assert UserTask.objects.filter(user_tasks.visible_to(actor)).exists()


def test_what_is_assigned_to_alice_only_she_and_administrators_complete(task: int) -> None:
    user_tasks.assign(task, "alice", by=ALICE)
    with pytest.raises(PermissionDenied, match="'alice'"):
        user_tasks.complete(task, by=BOB)
    with pytest.raises(PermissionDenied):
        user_tasks.unassign(task, by=BOB)
    user_tasks.complete(task, by=ADMIN)
    assert UserTask.objects.get().completed_by == "admin"


def test_a_program_does_what_its_user_may(task: int) -> None:
    with pytest.raises(NotFound):
        user_tasks.complete(task, by=WORKER)
    user_tasks.complete(task, by=replace(ALICE, is_system=True))


def test_an_assignee_who_is_no_candidate_sees_and_completes_it(task: int) -> None:
    user_tasks.assign(task, "carol", by=ADMIN)
    user_tasks.complete(task, by=CAROL)


def test_a_second_completion_is_a_conflict_that_says_who_was_first(task: int) -> None:
    user_tasks.complete(task, {"a": 1}, by=ALICE, idempotency_key="k")
    with pytest.raises(Conflict, match="COMPLETED by 'alice'"):
        user_tasks.complete(task, by=BOB)
    user_tasks.complete(task, {"a": 1}, by=ALICE, idempotency_key="k")


def test_a_task_of_a_cancelled_instance_is_closed(task: int) -> None:
    instances.cancel(UserTask.objects.get().instance_id, by=ADMIN)
    assert UserTask.objects.get().status == UserTaskStatus.CANCELED
    with pytest.raises(Conflict, match="CANCELED"):
        user_tasks.complete(task, by=ALICE)


def test_a_draft_is_kept_by_person_until_the_task_is_completed(task: int) -> None:
    for amount in (1, 2):
        user_tasks.save_draft(task, {"amount": amount}, by=ALICE)
    user_tasks.save_draft(task, {"amount": 9}, by=BOB)
    assert UserTaskDraft.objects.get(username="alice").variables == {"amount": 2}
    user_tasks.complete(task, by=BOB)
    assert not UserTaskDraft.objects.exists()


def test_comments_have_a_length(task: int) -> None:
    user_tasks.comment(task, " fine ", by=ALICE)
    assert Comment.objects.get().text == "fine"
    for text in ("  ", "x" * 20_000, "a\x00"):
        with pytest.raises(InvalidArgument):
            user_tasks.comment(task, text, by=ALICE)


def test_candidates_dates_and_priority_can_be_changed_one_by_one(task: int) -> None:
    user_tasks.update(task, Changes(candidate_groups=("clerks",), priority=80), by=ALICE)
    row = UserTask.objects.get()
    assert (row.candidate_groups, row.priority, row.due_date) == (["clerks"], 80, None)
    with pytest.raises(InvalidArgument):
        user_tasks.update(task, Changes(priority=101), by=ADMIN)
    user_tasks.complete(task, by=CAROL)


def test_a_form_that_is_missing_is_an_incident_which_its_deployment_mends() -> None:
    deploy(
        diagram(
            "f", START, user("check", more='<zeebe:formDefinition formId="order"/>'), END, flows="start>check check>end"
        )
    )
    key = instances.start("f", by=ALICE).key
    incident = Incident.objects.get()
    assert (incident.type, incident.element_id) == ("FORM_NOT_FOUND", "check")
    with pytest.raises(Conflict, match="'order'"):
        incidents.resolve(incident.key, by=ADMIN)
    deployments.deploy([ResourceFile("order.form", b'{"id":"order","components":[]}')], by=ADMIN)
    incidents.resolve(incident.key, by=ADMIN)
    row = UserTask.objects.select_related("form").get()
    assert row.form is not None
    assert row.form.form_id == "order"
    user_tasks.complete(row.key, by=CAROL)
    assert instances.require(key).status == InstanceStatus.COMPLETED
