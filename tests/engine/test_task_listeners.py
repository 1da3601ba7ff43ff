"""Task listeners with rows: a change waits in its own state, and is carried out, corrected or denied."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine import instances, jobs, user_tasks
from engine.errors import Conflict, InvalidArgument
from engine.jobs.leasing import activated, claiming
from engine.models import Job, ProcessInstance, UserTask, UserTaskDraft
from engine.queries.jobs import activated_view
from engine.user_tasks import Changes
from tests.engine import worlds

pytestmark = pytest.mark.django_db(transaction=True)


def start(*events: str) -> ProcessInstance:
    each = "".join(f'<zeebe:taskListener eventType="{event}" type="on_{event}"/>' for event in events)
    task = worlds.user("a", "", more=f"<zeebe:taskListeners>{each}</zeebe:taskListeners>")
    worlds.deploy(worlds.diagram("listened", worlds.START, task, worlds.END, flows="start>a a>end"))
    return instances.start("listened", by=worlds.ADMIN)


def lease(job_type: str) -> Job:
    [job] = claiming.claim([job_type], worker="w", limit=9, lease=60)
    return job


def answer(job_type: str, **result: object) -> None:
    jobs.complete(lease(job_type).key, by=worlds.WORKER, result=result)


def test_a_claim_waits_for_its_listener_who_is_told_what_it_is_about() -> None:
    start("assigning")
    task = UserTask.objects.get()
    user_tasks.claim(task.key, by=worlds.ALICE)
    task.refresh_from_db()
    assert (task.status, task.assignee) == ("ASSIGNING", "")
    with pytest.raises(Conflict):
        user_tasks.claim(task.key, by=worlds.BOB)
    [told] = activated.with_variables([lease("on_assigning")], fetch=None)
    view = activated_view(told)
    assert (view.kind, view.listener_event_type) == ("TASK_LISTENER", "assigning")
    assert view.user_task is not None
    assert view.user_task["userTaskKey"] == str(task.key)
    assert (view.user_task["action"], view.user_task["assignee"]) == ("claim", "alice")
    assert view.user_task["changedAttributes"] == ["assignee"]
    jobs.complete(told.job.key, by=worlds.WORKER, result={"corrections": {"priority": 90}})
    task.refresh_from_db()
    assert (task.status, task.assignee, task.priority) == ("CREATED", "alice", 90)
    worlds.assert_all_sound()


def test_an_update_that_is_denied_leaves_the_task_as_it_was() -> None:
    start("updating")
    task = UserTask.objects.get()
    user_tasks.update(task.key, Changes(due_date=datetime(2030, 1, 1, tzinfo=UTC), priority=3), by=worlds.ADMIN)
    answer("on_updating", denied=True, deniedReason="too late")
    task.refresh_from_db()
    assert (task.status, task.due_date, task.priority) == ("CREATED", None, 50)
    user_tasks.update(task.key, Changes(due_date=datetime(2030, 1, 1, tzinfo=UTC)), by=worlds.ADMIN)
    answer("on_updating")
    task.refresh_from_db()
    assert (task.status, task.due_date) == ("CREATED", datetime(2030, 1, 1, tzinfo=UTC))


def test_a_completion_is_carried_out_when_its_listener_agrees_and_keeps_the_draft_until_then() -> None:
    instance = start("completing")
    task = UserTask.objects.get()
    user_tasks.save_draft(task.key, {"n": 1}, by=worlds.ALICE)
    user_tasks.complete(task.key, {"n": 1}, by=worlds.ALICE)
    task.refresh_from_db()
    assert (task.status, task.completed_at, UserTaskDraft.objects.count()) == ("COMPLETING", None, 1)
    answer("on_completing", denied=True)
    task.refresh_from_db()
    assert (task.status, task.completed_by) == ("CREATED", "")
    user_tasks.complete(task.key, {"n": 2}, by=worlds.ALICE)
    answer("on_completing")
    task.refresh_from_db()
    assert (task.status, task.completed_by, UserTaskDraft.objects.count()) == ("COMPLETED", "alice", 0)
    assert task.completed_at is not None
    assert instances.require(instance.key).result == {"n": 2}
    worlds.assert_all_sound()


def test_a_task_whose_listeners_are_asked_is_canceled_with_its_instance() -> None:
    instance = start("completing")
    user_tasks.complete(UserTask.objects.get().key, by=worlds.ALICE)
    instances.cancel(instance.key, by=worlds.ADMIN)
    assert UserTask.objects.get().status == "CANCELED"
    assert Job.objects.count() == 0


def test_only_a_task_listener_may_deny_or_correct() -> None:
    start("creating")
    job = lease("on_creating")
    for result in ({"denied": True}, {"corrections": {"priority": 101}}, {"corrections": 1}, {"denied": "yes"}):
        with pytest.raises(InvalidArgument):
            jobs.complete(job.key, by=worlds.WORKER, result=result)
    jobs.complete(job.key, by=worlds.WORKER, result={"corrections": {"assignee": "bob"}})
    assert UserTask.objects.get().assignee == "bob"
