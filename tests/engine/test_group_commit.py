"""A worker saves the results of many jobs in one commit and leases the next ones in it; what goes wrong with one harms none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from engine import failpoints, handlers, instances, job_leases, job_runs, jobs
from engine.handlers import Handler
from engine.models import Job, JobKind, JournalEntry, ProcessInstance
from tests.engine.worlds import ALICE, END, START, WORKER, assert_all_sound, deploy, diagram, service

pytestmark = pytest.mark.django_db(transaction=True)

LINE = diagram("line", START, service("a", "group-a"), service("b", "group-b"), END, flows="start>a a>b b>end")


def register(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    for name, function in functions.items():
        job_type = name.replace("_", "-")
        monkeypatch.setitem(handlers.registry(), job_type, Handler(type=job_type, function=function))


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
    return job_leases.claim(["group-a"], worker="w", limit=count, lease=60, kinds=(JobKind.BPMN_ELEMENT,))


def completion(job: Job) -> jobs.Completion:
    return jobs.Completion(job.key, job.instance_id, job.attempt, {})


def test_results_of_many_instances_are_one_commit_which_leases_the_next_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, group_a=dict, group_b=dict)
    deploy(LINE)
    for _ in range(4):
        instances.start("line", by=ALICE)
    assert job_runs.run("stepwell") == 8
    assert all_completed()
    assert transactions_of_journal(2) == transactions_of_journal(3) == 1
    assert_all_sound()


def test_when_one_step_breaks_the_others_are_saved_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, group_a=dict, group_b=dict)
    deploy(LINE)
    for _ in range(3):
        instances.start("line", by=ALICE)
    failpoints.arm("advance.after_step=raise@2")
    assert job_runs.run("stepwell") == 6
    assert all_completed()
    assert_all_sound()


def test_a_result_that_comes_too_late_does_not_hold_up_the_others() -> None:
    deploy(LINE)
    for _ in range(3):
        instances.start("line", by=ALICE)
    found = claim(3)
    jobs.complete(found[1].key, {}, by=WORKER)
    leased, late = jobs.complete_together([completion(job) for job in found], then=list)
    assert (leased, late) == ([], {found[1].key})
    assert JournalEntry.objects.filter(sequence=2).count() == 3
    assert_all_sound()


def test_a_result_for_a_suspended_instance_waits_and_the_others_go_on() -> None:
    deploy(LINE)
    first, second = (instances.start("line", by=ALICE).key for _ in range(2))
    found = claim(2)
    instances.suspend(first, by=WORKER)
    jobs.complete_together([completion(job) for job in found], then=list)
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
    assert job_runs.run("stepwell") == 2
    assert seen[:2] == [0, 0]
    assert JournalEntry.objects.filter(sequence=2).count() == 2
    assert_all_sound()
