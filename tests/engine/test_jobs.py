"""Jobs: leases, attempts, answers in time and late ones."""

from datetime import timedelta

import pytest

from engine import clock, incidents, instances, jobs, timers
from engine.errors import Conflict, InvalidArgument, NotFound, PermissionDenied
from engine.jobs import ActivatedJob
from engine.models import Incident, IncidentStatus, InstanceStatus, Job, JobAttempt, JobStatus, PendingInput, UserTask
from engine.queries import awaited
from tests.engine.worlds import ADMIN, ALICE, GUARDED, TIMEOUT, WORK, WORKER, assert_all_sound, deploy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]


def activate(count: int = 1, lease: float = 30, worker: str = "w") -> list[ActivatedJob]:
    return jobs.activate("test-work", worker=worker, max_jobs=count, lease=lease, by=WORKER)


def test_a_job_is_leased_to_one_worker_and_its_completion_moves_the_instance_on() -> None:
    deploy(WORK)
    key = instances.start("work", variables={"order": 7, "other": 8}, by=ALICE).key
    [activated] = jobs.activate(
        "test-work", worker="w", max_jobs=5, lease=30, by=WORKER, fetch_variables=["order", "unknown"]
    )
    assert activated.variables == {"order": 7}
    assert (activated.job.attempt, activated.job.status) == (1, JobStatus.ACTIVATED)
    assert activate() == []
    jobs.complete(activated.job.key, {"done": True}, by=WORKER)
    assert instances.require(key).result == {"order": 7, "other": 8, "done": True}
    assert_all_sound()


def test_a_lease_that_reached_nobody_is_given_back_and_uses_up_nothing() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    lost = activate()
    jobs.give_back(lost)
    [again] = activate()
    assert (again.job.key, again.job.retries) == (lost[0].job.key, lost[0].job.retries)
    assert not JobAttempt.objects.exists()
    jobs.give_back(lost)  # too late: another has it
    assert activate() == []
    jobs.complete(again.job.key, attempt=again.job.attempt, by=WORKER)
    jobs.give_back([again])
    assert not Job.objects.exists()


def test_what_requests_wait_for_is_told_for_all_at_once() -> None:
    deploy(WORK)
    keys = [instances.start("work", by=ALICE).key for _ in range(3)]
    assert awaited.ready_jobs(["test-work", "other-work"]) == {"test-work": 3}
    [activated] = activate()
    assert awaited.ready_jobs(["test-work"]) == {"test-work": 2}
    assert awaited.ended_instances(keys) == {}
    jobs.complete(activated.job.key, by=WORKER)
    ended = activated.job.instance_id
    assert set(awaited.ended_instances([*keys, 1])) == {ended, 1}
    assert set(awaited.inputs_taken_up([(ended, 0), (ended, 2**40)])) == {(ended, 0), (ended, 2**40)}
    PendingInput.objects.create(instance_key=ended, input={}, at=clock.now(), by="x")
    newest = instances.newest_input(ended)
    assert set(awaited.inputs_taken_up([(ended, newest - 1), (ended, newest)])) == {(ended, newest - 1)}


def test_a_second_completion_is_a_late_answer() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    [activated] = activate()
    jobs.complete(activated.job.key, by=WORKER)
    with pytest.raises(NotFound, match="has ended"):
        jobs.complete(activated.job.key, by=WORKER)


def test_a_repeated_completion_with_its_key_is_answered_like_the_first() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    [activated] = activate()
    for _ in range(2):
        jobs.complete(activated.job.key, {"a": 1}, by=WORKER, idempotency_key="k")
    with pytest.raises(Conflict):
        jobs.complete(activated.job.key, {"a": 2}, by=WORKER, idempotency_key="k")
    assert_all_sound()


def test_an_answer_of_an_earlier_attempt_is_fenced_off() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    [slow] = activate(lease=10, worker="slow")
    clock.advance(timedelta(seconds=11))
    assert jobs.expire_leases() == 1
    [quick] = activate(worker="quick")
    assert quick.job.attempt == 2
    with pytest.raises(Conflict, match="attempt 2"):
        jobs.complete(slow.job.key, by=WORKER, attempt=1)
    with pytest.raises(Conflict):
        jobs.fail(slow.job.key, by=WORKER, attempt=1)
    jobs.complete(quick.job.key, by=WORKER, attempt=2)
    assert_all_sound()


def test_an_expired_lease_uses_up_an_attempt_until_an_incident_stands() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    for attempt in (1, 2, 3):
        [activated] = activate(lease=10)
        assert activated.job.attempt == attempt
        clock.advance(timedelta(seconds=11))
        assert jobs.expire_leases() == 1
        assert jobs.expire_leases() == 0
    assert activate() == []
    incident = Incident.objects.get()
    assert (incident.type, incident.job_key) == ("JOB_NO_RETRIES", Job.objects.get().key)
    assert "within its lease" in incident.message
    assert JobAttempt.objects.count() == 3


def test_a_heartbeat_renews_the_lease_and_leaves_its_details_to_the_next_attempt() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    [activated] = activate(lease=10)
    clock.advance(timedelta(seconds=8))
    assert jobs.heartbeat(activated.job.key, attempt=1, lease=10, details={"page": 3})
    clock.advance(timedelta(seconds=8))
    assert jobs.expire_leases() == 0
    clock.advance(timedelta(seconds=3))
    jobs.expire_leases()
    assert not jobs.heartbeat(activated.job.key, attempt=1, lease=10)
    [again] = activate()
    assert again.job.details == {"page": 3}


def test_a_failed_attempt_comes_again_after_its_back_off() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    [activated] = activate()
    jobs.fail(activated.job.key, by=WORKER, message="no answer", stack_trace="trace", backoff=60)
    assert activate() == []
    clock.advance(timedelta(seconds=61))
    [again] = activate()
    assert (again.job.attempt, again.job.retries) == (2, 2)
    attempt = JobAttempt.objects.get()
    assert (attempt.message, attempt.stack_trace, attempt.attempt) == ("no answer", "trace", 1)


def test_after_the_last_attempt_an_incident_stands_and_its_resolution_tries_once_more() -> None:
    deploy(WORK)
    key = instances.start("work", by=ALICE).key
    [activated] = activate()
    jobs.fail(activated.job.key, by=WORKER, message="broken", stack_trace="trace", retries=0)
    incident = Incident.objects.get()
    assert (incident.message, incident.stack_trace) == ("broken", "trace")
    assert activate() == []
    with pytest.raises(PermissionDenied):
        incidents.resolve(incident.key, by=ALICE)

    incidents.resolve(incident.key, by=ADMIN)

    assert Incident.objects.get().status == IncidentStatus.RESOLVED
    [again] = activate()
    jobs.complete(again.job.key, by=WORKER)
    assert instances.require(key).status == InstanceStatus.COMPLETED
    with pytest.raises(Conflict, match="resolved by 'admin'"):
        incidents.resolve(incident.key, by=ADMIN)
    assert_all_sound()


def test_an_error_takes_the_boundary_event() -> None:
    deploy(GUARDED)
    instances.start("guarded", by=ALICE)
    [activated] = activate()
    jobs.throw_error(activated.job.key, "DECLINED", message="no cover", by=WORKER)
    assert UserTask.objects.get().element_id == "mend"
    assert not Job.objects.exists()
    assert_all_sound()


def test_a_boundary_timer_withdraws_the_job_and_a_result_after_it_is_late() -> None:
    deploy(TIMEOUT)
    key = instances.start("timeout", by=ALICE).key
    [activated] = activate()
    clock.advance(timedelta(minutes=1, seconds=1))
    assert timers.fire_due() == 1
    assert instances.require(key).status == InstanceStatus.COMPLETED
    with pytest.raises(NotFound):
        jobs.complete(activated.job.key, by=WORKER)
    assert_all_sound()


def test_jobs_of_higher_priority_and_older_ones_go_first() -> None:
    deploy(WORK)
    first, second, third = (instances.start("work", by=ALICE).key for _ in range(3))
    jobs.update(Job.objects.get(instance_id=third).key, priority=9, by=WORKER)
    assert [found.job.instance_id for found in activate(3)] == [third, first, second]


@pytest.mark.parametrize(("max_jobs", "lease"), [(0, 1), (10_000, 1), (1, 0)])
def test_an_activation_out_of_bounds_is_refused(max_jobs: int, lease: float) -> None:
    with pytest.raises(InvalidArgument):
        jobs.activate("t", worker="w", by=WORKER, max_jobs=max_jobs, lease=lease)


def test_a_person_works_on_no_jobs() -> None:
    with pytest.raises(PermissionDenied):
        jobs.activate("t", worker="w", max_jobs=1, lease=1, by=ALICE)
    with pytest.raises(PermissionDenied):
        jobs.complete(1, by=ALICE)
