"""What is known of each attempt at a job, and what an attempt may cost."""

from datetime import timedelta

import pytest

from engine import clock, incidents, instances, jobs
from engine.handlers import JobContext, declaring, handler, registry
from engine.jobs import running
from engine.jobs.leasing import claiming, suspects
from engine.models import AttemptOutcome, Incident, Job, JobAttempt, JobStatus
from engine.queries.instances import incidents as reads
from tests.conftest import Figure
from tests.engine.worlds import ADMIN, ALICE, END, START, WORK, WORKER, assert_all_sound, deploy, diagram, service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]
OWN = "stepwell@here:1"


@pytest.fixture(autouse=True)
def _no_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaring, "declared", {})
    monkeypatch.setattr(registry, "by_type", lambda: declaring.declared)


def with_headers(**headers: str) -> bytes:
    lines = "".join(f'<zeebe:header key="stepwell:{name}" value="{value}"/>' for name, value in headers.items())
    task = service("do", "test-work").replace(
        "</bpmn:extensionElements>", f"<zeebe:taskHeaders>{lines}</zeebe:taskHeaders></bpmn:extensionElements>"
    )
    return diagram("work", START, task, END, flows="start>do do>end")


def claim(count: int = 8, lease: float = 10) -> list[Job]:
    return claiming.claim(["test-work"], worker=OWN, limit=count, lease=lease)


def crash() -> None:
    """Whoever has leased says nothing more."""
    clock.advance(timedelta(seconds=11))
    jobs.expire_leases()


def test_an_incident_shows_each_attempt_with_its_times_worker_error_stack_and_inputs(figure: Figure) -> None:
    deploy(WORK)
    instances.start("work", variables={"order": 7, "scan": "x" * 5_000}, by=ALICE)
    for number in (1, 2, 3):
        [activated] = jobs.activate("test-work", worker=f"w{number}", max_jobs=1, lease=30, by=WORKER)
        jobs.fail(activated.job.key, by=WORKER, message=f"broken {number}", stack_trace=f"line {number}", backoff=0)
    view = reads.get(Incident.objects.get().key, by=ADMIN)
    assert [(each.attempt, each.worker, each.message, each.stack_trace) for each in view.attempts] == [
        (number, f"w{number}", f"broken {number}", f"line {number}") for number in (1, 2, 3)
    ]
    for each in view.attempts:
        assert each.started_at is not None
        assert each.started_at <= each.ended_at
        assert each.inputs["order"] == 7
        assert each.inputs["scan"].endswith("… (5002 characters)")
    figure("attempts shown in the incident, each with times, worker, error, stack and inputs", len(view.attempts))


def test_a_handler_s_attempt_keeps_what_it_was_given() -> None:
    @handler("test-work", retries=1)
    def work(order: int, job: JobContext) -> None:
        raise RuntimeError("no")

    deploy(WORK)
    instances.start("work", variables={"order": 7, "other": 1}, by=ALICE)
    Job.objects.update(retries=1)
    running.run("stepwell")
    assert JobAttempt.objects.get().inputs == {"order": 7}


def test_the_headers_of_a_task_win_over_its_handler() -> None:
    @handler("test-work", retries=5, backoff=100, wait_timeout=50, jitter=0)
    def work() -> None:
        raise ValueError("no")

    deploy(with_headers(backoff="PT2S", backoffCoefficient="10", backoffJitter="0", waitTimeout="7", timeout="3"))
    instances.start("work", by=ALICE)
    job = Job.objects.get()
    assert (job.wait_timeout, job.timeout) == (7, 3)
    clock.set_time(clock.now(), runs=False)
    assert running.run("stepwell") == 1
    assert Job.objects.get().available_at == clock.now() + timedelta(seconds=2)
    clock.set_time(clock.now() + timedelta(seconds=2), runs=False)
    assert running.run("stepwell") == 1
    assert Job.objects.get().available_at == clock.now() + timedelta(seconds=20)


@pytest.mark.parametrize("named", ["ValueError", "Other, ValueError", "Exception"])
def test_an_error_that_the_headers_name_is_not_tried_again(named: str) -> None:
    @handler("test-work", retries=3)
    def work() -> None:
        raise ValueError("no")

    deploy(with_headers(nonRetryable=named))
    instances.start("work", by=ALICE)
    running.run("stepwell")
    assert Incident.objects.get().message == "ValueError: no"
    assert JobAttempt.objects.count() == 1


def test_a_job_that_no_worker_takes_in_time_is_an_incident_and_its_resolution_waits_anew() -> None:
    deploy(with_headers(waitTimeout="PT1M"))
    key = instances.start("work", by=ALICE).key
    clock.advance(timedelta(seconds=59))
    assert jobs.expire_waits() == 0
    clock.advance(timedelta(seconds=2))
    assert jobs.expire_waits() == 1
    incident = Incident.objects.get()
    assert "within 60 seconds, none did" in incident.message
    assert Job.objects.get().status == JobStatus.FAILED
    assert not JobAttempt.objects.exists()
    incidents.resolve(incident.key, by=ADMIN)
    assert jobs.expire_waits() == 0
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=300, by=WORKER)
    clock.advance(timedelta(seconds=61))
    assert jobs.expire_waits() == 0, "it is being done"
    jobs.complete(activated.job.key, by=WORKER)
    assert instances.require(key).status == "COMPLETED"
    assert_all_sound()


def test_an_attempt_of_a_job_worker_ends_at_the_job_s_time_out_whatever_it_asks_for() -> None:
    deploy(with_headers(timeout="PT1M"))
    instances.start("work", by=ALICE)
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=3_600, by=WORKER)
    clock.advance(timedelta(seconds=50))
    jobs.update(activated.job.key, lease=3_600, by=WORKER)
    assert jobs.expire_leases() == 0
    clock.advance(timedelta(seconds=11))
    assert jobs.expire_leases() == 1


def test_a_worker_that_dies_with_several_jobs_uses_up_no_attempt_and_each_is_then_run_alone() -> None:
    deploy(WORK)
    for _ in range(3):
        instances.start("work", by=ALICE)
    first, second, third = claim()
    crash()
    assert set(Job.objects.values_list("retries", "is_suspect", "status")) == {(3, True, JobStatus.CREATED)}
    assert not JobAttempt.objects.exists()
    [alone] = suspects.alone_if_suspected(claim())
    assert Job.objects.filter(status=JobStatus.CREATED).count() == 2, "the others were given back at once"
    crash()
    assert Job.objects.get(key=alone.key).retries == 2, "now it is known which job it was"
    assert sorted(Job.objects.values_list("retries", flat=True)) == [2, 3, 3]
    assert {first.key, second.key, third.key} == set(Job.objects.values_list("key", flat=True))


def test_of_jobs_that_were_leased_together_the_last_that_is_left_is_the_culprit() -> None:
    deploy(WORK)
    for _ in range(3):
        instances.start("work", by=ALICE)
    first, second, third = claim()
    for done in (first, second):
        jobs.complete(done.key, by=WORKER, attempt=done.attempt)
    crash()
    left = Job.objects.get()
    assert (left.key, left.retries, left.is_suspect) == (third.key, 2, False)


def test_a_job_that_kills_its_third_worker_is_set_aside_however_many_retries_it_has() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    Job.objects.update(retries=100)
    for number in (1, 2, 3):
        assert len(claim()) == 1, number
        crash()
    assert claim() == []
    incident = Incident.objects.get()
    assert "kills its workers" in incident.message
    assert set(JobAttempt.objects.values_list("outcome", flat=True)) == {AttemptOutcome.LEASE_EXPIRED}


def test_a_job_worker_that_is_slow_three_times_has_its_retries() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    Job.objects.update(retries=100)
    for _ in range(4):
        jobs.activate("test-work", worker="elsewhere", max_jobs=1, lease=10, by=WORKER)
        crash()
    assert Job.objects.get().retries == 96
