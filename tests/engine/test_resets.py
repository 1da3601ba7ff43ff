"""Going back to a point of the journal, in place and as another instance."""

from datetime import timedelta

import pytest

from engine import clock, incidents, instances, jobs, journal, timers, user_tasks
from engine.errors import Conflict, NotFound, PermissionDenied
from engine.models import (
    Incident,
    InstanceStatus,
    Job,
    JournalEntry,
    MessageSubscription,
    ProcessInstance,
    Timer,
    UserTask,
    UserTaskStatus,
)
from engine.runtime.inputs import UserTaskChanged
from tests.conftest import Figure
from tests.engine.worlds import (
    ADMIN,
    ALICE,
    CALLER,
    END,
    FAN,
    PAUSE,
    PAYMENT,
    START,
    WORK,
    WORKER,
    assert_all_sound,
    deploy,
    diagram,
    service,
    user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]

TWO = diagram("two", START, service("do", "test-work"), user("check"), END, flows="start>do do>check check>end")


def do(job_type: str = "test-work", **variables: object) -> int:
    [activated] = jobs.activate(job_type, worker="w", max_jobs=1, lease=60, by=WORKER)
    jobs.complete(activated.job.key, variables, by=WORKER)
    return activated.job.key


def test_who_had_a_task_is_in_the_journal_and_has_it_again_after_a_reset() -> None:
    deploy(TWO)
    key = instances.start("two", by=ALICE).key
    do()
    task = UserTask.objects.get().key
    user_tasks.claim(task, by=ALICE)
    user_tasks.update(task, user_tasks.Changes(priority=80), by=ALICE)
    user_tasks.assign(task, "bob", by=ALICE)
    user_tasks.unassign(task, by=ADMIN)

    changes = [
        (entry.by, given.input.action, dict(given.input.values))
        for entry in journal.read(key)
        for given in entry.inputs
        if isinstance(given.input, UserTaskChanged)
    ]
    assert changes == [
        ("alice", "claim", {"assignee": "alice"}),
        ("alice", "update", {"priority": 80}),
        ("alice", "assign", {"assignee": "bob"}),
        ("admin", "unassign", {"assignee": ""}),
    ]
    before_the_end = JournalEntry.objects.filter(instance_key=key).count() - 1
    instances.reset(key, sequence=before_the_end, by=ADMIN)
    again = UserTask.objects.get(status=UserTaskStatus.CREATED)
    assert (again.assignee, again.priority) == ("bob", 80)
    assert_all_sound()


def test_a_task_of_a_suspended_instance_may_be_claimed() -> None:
    deploy(TWO)
    key = instances.start("two", by=ALICE).key
    do()
    instances.suspend(key, by=ADMIN)
    user_tasks.claim(UserTask.objects.get().key, by=ALICE)
    assert UserTask.objects.get().assignee == "alice"
    assert_all_sound()


def test_an_instance_goes_back_to_the_task_before_with_the_variables_of_then() -> None:
    deploy(TWO)
    key = instances.start("two", variables={"order": 7}, by=ALICE).key
    first = do(order=8, done=True)
    task = UserTask.objects.get()

    instances.reset(key, sequence=1, by=ADMIN)

    assert UserTask.objects.get(key=task.key).status == UserTaskStatus.CANCELED
    [again] = jobs.activate("test-work", worker="w", max_jobs=1, lease=60, by=WORKER)
    assert again.job.key != first, "another job, so that nobody takes it for the one that was done"
    assert again.variables == {"order": 7}
    assert JournalEntry.objects.get(instance_key=key, sequence=3).by == "admin"
    with pytest.raises(Conflict):
        user_tasks.complete(task.key, {}, by=ADMIN)
    jobs.complete(again.job.key, {"order": 9}, by=WORKER)
    user_tasks.complete(UserTask.objects.get(status=UserTaskStatus.CREATED).key, {}, by=ADMIN)
    assert instances.require(key).result == {"order": 9}
    assert_all_sound()


def test_an_ended_instance_is_begun_again_as_another_one_from_any_point() -> None:
    deploy(TWO)
    key = instances.start("two", variables={"order": 7}, business_id="b-1", by=ALICE).key
    do(done=True)
    user_tasks.complete(UserTask.objects.get().key, {}, by=ADMIN)
    with pytest.raises(Conflict, match="COMPLETED"):
        instances.reset(key, sequence=1, by=ADMIN)

    again = instances.start_from(key, sequence=2, by=ADMIN)

    assert (again.business_id, again.started_by, again.status) == ("b-1", "admin", InstanceStatus.ACTIVE)
    user_tasks.complete(UserTask.objects.get(status=UserTaskStatus.CREATED).key, {"by": "carol"}, by=ADMIN)
    assert instances.require(again.key).result == {"order": 7, "done": True, "by": "carol"}
    assert instances.require(key).result == {"order": 7, "done": True}
    assert_all_sound()


def test_every_point_of_a_journal_can_be_gone_back_to_in_place_and_as_another_instance(figure: Figure) -> None:
    def finish(key: int) -> None:
        if Job.objects.filter(instance_id=key).exists():
            do(done="again")
        user_tasks.complete(UserTask.objects.get(instance_id=key, status=UserTaskStatus.CREATED).key, {}, by=ADMIN)
        assert instances.require(key).status == InstanceStatus.COMPLETED

    deploy(TWO)
    ended = instances.start("two", variables={"order": 7}, by=ALICE).key
    do(done=True)
    finish(ended)
    running = instances.start("two", variables={"order": 8}, by=ALICE).key
    do(done=True)
    points = [entry.sequence for entry in journal.read(running)]
    assert points == [1, 2]
    for sequence in points:
        again = instances.start_from(ended, sequence=sequence, by=ADMIN)
        finish(again.key)
        assert instances.require(again.key).result == {"order": 7, "done": "again" if sequence == 1 else True}
    for sequence in reversed(points):
        instances.reset(running, sequence=sequence, by=ADMIN)
    finish(running)
    assert instances.require(running).result == {"order": 8, "done": "again"}
    assert_all_sound()
    figure("points gone back to, in place and as another instance", 2 * len(points))


def test_a_half_done_multi_instance_is_brought_back_with_what_it_has() -> None:
    deploy(FAN)
    key = instances.start("fan", variables={"items": [1, 2, 3]}, by=ALICE).key
    do("test-part", result="a")
    do("test-part", result="b")
    instances.reset(key, sequence=2, by=ADMIN)
    assert Job.objects.count() == 2
    do("test-part", result="c")
    do("test-part", result="d")
    assert instances.require(key).result == {"items": [1, 2, 3], "results": ["a", "c", "d"]}
    assert_all_sound()


def test_a_timer_and_a_subscription_are_opened_anew() -> None:
    deploy(PAUSE, PAYMENT)
    paused = instances.start("pause", by=ALICE).key
    due = Timer.objects.get().due_at
    instances.reset(paused, sequence=1, by=ADMIN)
    assert Timer.objects.get().due_at == due
    waiting = instances.start("payment", variables={"order": "o-1"}, by=ALICE).key
    before = MessageSubscription.objects.get().key
    instances.reset(waiting, sequence=1, by=ADMIN)
    after = MessageSubscription.objects.get()
    assert after.key != before
    assert after.correlation_key == "o-1"
    clock.advance(timedelta(hours=2))
    timers.fire_due()
    assert instances.require(paused).status == InstanceStatus.COMPLETED
    assert_all_sound()


def test_a_called_instance_is_cancelled_and_called_again() -> None:
    deploy(WORK, CALLER)
    key = instances.start("caller", by=ALICE).key
    child = ProcessInstance.objects.get(parent_key=key)
    opened = JournalEntry.objects.filter(instance_key=key).count()
    instances.reset(key, sequence=opened, by=ADMIN)
    assert instances.require(child.key).status == InstanceStatus.TERMINATED
    do()
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert ProcessInstance.objects.filter(parent_key=key).count() == 2
    assert_all_sound()


def test_a_job_that_stood_in_an_incident_is_tried_afresh() -> None:
    deploy(WORK)
    key = instances.start("work", by=ALICE).key
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=60, by=WORKER)
    jobs.fail(activated.job.key, retries=0, by=WORKER)
    incidents.resolve(Incident.objects.get().key, by=ADMIN)
    instances.reset(key, sequence=2, by=ADMIN)
    assert not Incident.objects.filter(status="ACTIVE").exists()
    assert Job.objects.get().retries == 3
    do()
    assert_all_sound()


def test_a_user_task_whose_listener_runs_is_brought_back_with_its_listener() -> None:
    listener = '<zeebe:taskListeners><zeebe:taskListener eventType="assigning" type="on-assign"/></zeebe:taskListeners>'
    deploy(diagram("heard", START, user("check", 'assignee="bob"', more=listener), END, flows="start>check check>end"))
    key = instances.start("heard", by=ALICE).key
    do("on-assign")
    first = UserTask.objects.get().key
    instances.reset(key, sequence=1, by=ADMIN)
    do("on-assign")
    again = UserTask.objects.get(status=UserTaskStatus.CREATED)
    assert (again.assignee, again.key != first) == ("bob", True)
    instances.reset(key, sequence=2, by=ADMIN)
    last = UserTask.objects.get(status=UserTaskStatus.CREATED)
    user_tasks.complete(last.key, {}, by=ADMIN)
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert_all_sound()


def test_a_suspended_instance_is_reset_and_stays_suspended() -> None:
    deploy(TWO)
    key = instances.start("two", by=ALICE).key
    do()
    instances.suspend(key, by=ADMIN)
    instances.reset(key, sequence=1, by=ADMIN)
    assert jobs.activate("test-work", worker="w", max_jobs=1, lease=60, by=WORKER) == []
    instances.resume(key, by=ADMIN)
    do()
    by = JournalEntry.objects.filter(instance_key=key).order_by("sequence").values_list("by", flat=True)
    assert list(by)[2:5] == ["admin", "admin", "admin"], "suspended, reset and resumed by a person"
    assert_all_sound()


def test_there_is_no_way_back_to_what_never_was_or_to_the_end() -> None:
    deploy(WORK)
    key = instances.start("work", by=ALICE).key
    with pytest.raises(NotFound, match="entry 9"):
        instances.reset(key, sequence=9, by=ADMIN)
    with pytest.raises(PermissionDenied):
        instances.reset(key, sequence=1, by=ALICE)
    do()
    with pytest.raises(Conflict, match="before the end"):
        instances.start_from(key, sequence=2, by=ADMIN)
