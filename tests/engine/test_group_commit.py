"""A worker saves the results of many jobs in one commit and leases the next ones in it; what goes wrong with one harms none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from engine import clock, failpoints, handlers, instances, jobs
from engine.handlers import Handler
from engine.jobs import job_types, running
from engine.jobs.leasing import claiming
from engine.jobs.running import draining, results
from engine.jobs.running.pace import Pace
from engine.models import Job, JobKind, JournalEntry, ProcessInstance
from tests.engine.worlds import ALICE, END, START, WORKER, assert_all_sound, deploy, diagram, service

pytestmark = pytest.mark.django_db(transaction=True)

LINE = diagram("line", START, service("a", "group-a"), service("b", "group-b"), END, flows="start>a a>b b>end")


def register(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    for name, function in functions.items():
        job_type = name.replace("_", "-")
        monkeypatch.setitem(handlers.by_type(), job_type, Handler(type=job_type, function=function))


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


def transactions_of_journal(sequence: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM engine_journalentry WHERE sequence = %s", [sequence])
        return int(cursor.fetchone()[0])


def all_completed() -> bool:
    return not ProcessInstance.objects.exclude(status="COMPLETED").exists()


def claim(count: int) -> list[Job]:
    return claiming.claim(["group-a"], worker="w", limit=count, lease=60, kinds=(JobKind.BPMN_ELEMENT,))


def completion(job: Job) -> jobs.Completion:
    return jobs.Completion(job.key, job.instance_id, job.attempt, {})


def test_results_of_many_instances_are_one_commit_which_leases_the_next_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "_pace", Pace())  # as after quick jobs, whatever ran before in this process
    monkeypatch.setattr(results, "_LONGEST_WAIT", 30.0)  # so that no thread saves some of them on a busy machine
    register(monkeypatch, group_a=dict, group_b=dict)
    deploy(LINE)
    for _ in range(4):
        instances.start("line", by=ALICE)
    assert running.run("stepwell") == 8
    assert all_completed()
    assert transactions_of_journal(2) == transactions_of_journal(3) == 1
    assert_all_sound()


def test_when_one_step_breaks_the_others_are_saved_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, group_a=dict, group_b=dict)
    deploy(LINE)
    for _ in range(3):
        instances.start("line", by=ALICE)
    failpoints.arm("advance.after_step=raise@2")
    assert running.run("stepwell") == 6
    assert all_completed()
    assert_all_sound()


def test_a_result_that_comes_too_late_does_not_hold_up_the_others() -> None:
    deploy(LINE)
    for _ in range(3):
        instances.start("line", by=ALICE)
    found = claim(3)
    jobs.complete(found[1].key, {}, by=WORKER)
    together = jobs.complete_together([completion(job) for job in found])
    assert together.late == {found[1].key}
    assert JournalEntry.objects.filter(sequence=2).count() == 3
    assert_all_sound()


def test_a_result_for_a_suspended_instance_waits_and_the_others_go_on() -> None:
    deploy(LINE)
    first, second = (instances.start("line", by=ALICE).key for _ in range(2))
    found = claim(2)
    instances.suspend(first, by=WORKER)
    jobs.complete_together([completion(job) for job in found])
    assert JournalEntry.objects.filter(instance_key=second, sequence=2).exists()
    assert JournalEntry.objects.filter(instance_key=first).count() == 2, "its start and its suspension"
    instances.resume(first, by=WORKER)
    assert JournalEntry.objects.filter(sequence=2).count() == 2
    assert_all_sound()


def test_a_handler_that_takes_long_does_not_hold_up_the_results_of_those_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []

    def slow_when_it_is_the_second() -> None:
        seen.append(JournalEntry.objects.filter(sequence=2).count())
        if len(seen) == 2:
            deadline = time.monotonic() + 20
            while not JournalEntry.objects.filter(sequence=2).exists():
                assert time.monotonic() < deadline, "the first result was not saved while the second handler ran"
                time.sleep(0.02)

    register(monkeypatch, group_a=slow_when_it_is_the_second)
    deploy(LINE)
    for _ in range(2):
        instances.start("line", by=ALICE)
    assert running.run("stepwell") == 2
    assert seen[:2] == [0, 0]
    assert JournalEntry.objects.filter(sequence=2).count() == 2
    assert_all_sound()


def insertions_of_jobs() -> list[tuple[str, int]]:
    """Of each job that was inserted or leased, by the order: its status and attempt, as the rows that were written say."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, attempt FROM job_writes ORDER BY number")
        return list(cursor.fetchall())


@pytest.fixture
def _job_writes() -> Iterator[None]:
    """A trigger notes every row version of a job."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE job_writes (number bigserial, status text, attempt int);"
            "CREATE FUNCTION note_job() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN INSERT INTO job_writes (status, attempt) VALUES (NEW.status, NEW.attempt); RETURN NEW; END $$;"
            "CREATE TRIGGER note_job AFTER INSERT OR UPDATE ON engine_job FOR EACH ROW EXECUTE FUNCTION note_job()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER note_job ON engine_job; DROP FUNCTION note_job; DROP TABLE job_writes")


CREATED, LEASED_FIRST = ("CREATED", 0), ("ACTIVATED", 1)


@pytest.mark.usefixtures("_job_writes")
def test_a_worker_that_goes_on_with_an_instance_inserts_its_next_job_as_leased(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, group_a=dict, group_b=dict)
    deploy(LINE)
    instances.start("line", by=ALICE)
    assert running.run("stepwell") == 2
    assert all_completed()
    assert insertions_of_jobs() == [CREATED, LEASED_FIRST, LEASED_FIRST], (
        "created and leased; the next one leased at once"
    )
    assert_all_sound()


@pytest.mark.usefixtures("_job_writes")
def test_what_was_ready_before_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    register(monkeypatch, group_a=lambda: order.append("a"), group_b=lambda: order.append("b"))
    deploy(LINE)
    for _ in range(3):
        instances.start("line", by=ALICE)
    monkeypatch.setattr(draining, "_pace", type("One", (), {"jobs_ahead": lambda _: 1, "ran": lambda *_: None})())
    assert running.run("stepwell") == 6
    assert order[:2] == ["a", "a"], "an opened job does not overtake those that wait"
    assert_all_sound()


@pytest.mark.usefixtures("_job_writes")
@pytest.mark.parametrize("stop", ["rate", "suspended"])
def test_a_job_of_a_type_that_is_limited_or_suspended_is_not_taken_past_its_limit(
    monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    register(monkeypatch, group_a=dict, group_b=dict)
    deploy(LINE)
    instances.start("line", by=ALICE)
    if stop == "rate":
        job_types.limit("group-b", by=WORKER, concurrency=5)
    else:
        job_types.suspend("group-b", by=WORKER)
    assert running.run("stepwell") == (2 if stop == "rate" else 1)
    writes = insertions_of_jobs()
    assert writes[2] == CREATED, "it is inserted as ready, and counted when it is claimed"
    assert len(writes) == (4 if stop == "rate" else 3)
    assert_all_sound()


def test_a_job_that_is_leased_at_once_gives_its_handler_what_one_from_the_database_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Any] = []

    def second(total: Any, items: Any) -> None:
        seen.append((total, type(total), items))
        items.append("changed")

    register(monkeypatch, group_a=lambda: {"total": Decimal("3.0"), "items": [1, Decimal("2.50")]})
    monkeypatch.setitem(handlers.by_type(), "group-b", Handler(type="group-b", function=second, takes_all=True))
    deploy(LINE)
    key = instances.start("line", by=ALICE).key
    assert running.run("stepwell") == 2
    assert seen[0][:2] == (Decimal("3.0"), Decimal)
    assert instances.require(key).result == {"total": Decimal("3.0"), "items": [1, Decimal("2.50")]}
    assert_all_sound()


def test_a_job_that_was_leased_at_once_comes_again_when_its_worker_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def dies() -> None:
        if not calls:
            calls.append(1)
            raise Killed

    calls: list[int] = []
    register(monkeypatch, group_a=dict, group_b=dies)
    deploy(LINE)
    instances.start("line", by=ALICE)
    with pytest.raises(Killed):
        running.run("stepwell")
    job = Job.objects.get()
    assert (job.status, job.attempt, job.type) == ("ACTIVATED", 1, "group-b")
    assert running.run("stepwell") == 0, "the lease holds"
    clock.advance(timedelta(seconds=60))
    assert jobs.expire_leases() == 1
    assert running.run("stepwell") == 1
    assert all_completed()
    assert_all_sound()
