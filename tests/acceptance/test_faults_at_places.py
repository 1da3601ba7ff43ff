"""Five faults at each named place: the process dies, its database session is ended, the database is started anew, an answer is lost,
the broker loses everything. Then everybody goes on as always, and the instances end as if nothing had happened.

In a test run the database is started anew at three places; with STEPWELL_FAULTS set at all.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connection

from engine import clock, failpoints, instances, jobs, sweeper, timers
from engine.models import InstanceStatus, Job, JobStatus, JournalEntry, PendingInput, ProcessInstance
from tests.acceptance.faults.test_faults import _reconnect, can_restart_database, persistently, restart_database
from tests.acceptance.workers import PROJECT, Stage
from tests.engine.worlds import (
    ALICE,
    CALLER,
    END,
    FAN,
    START,
    WORK,
    WORKER,
    assert_all_sound,
    deploy,
    diagram,
    service,
)
from webapp.launcher import children

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]

TWO = diagram("two", START, service("a", "test-work"), service("b", "test-work"), END, flows="start>a a>b b>end")
ALL = os.environ.get("STEPWELL_FAULTS") is not None


class Scenario:
    """What is there before the command that is disturbed, and the command."""

    def __init__(self, command: str, before: Callable[[], dict[str, Any]], *diagrams: bytes) -> None:
        self.command = command
        self.before = before
        self.diagrams = diagrams


def two_started() -> dict[str, Any]:
    for _ in range(3):
        instances.start("two", by=ALICE)
    return {}


def part_leased() -> dict[str, Any]:
    instances.start("fan", variables={"items": [1]}, by=ALICE)
    [activated] = jobs.activate("test-part", worker="w", max_jobs=1, lease=60, by=WORKER)
    return {"key": activated.job.key}


def child_leased() -> dict[str, Any]:
    instances.start("caller", by=ALICE)
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=60, by=WORKER)
    return {"key": activated.job.key}


def old_version() -> dict[str, Any]:
    key = instances.start("two", by=ALICE).key
    deploy(TWO.replace(b'name="Two"', b'name="Newer"'))
    newest = instances.definition_of("two")
    return {"key": key, "target": newest.key}


RUN, START_ONE = Scenario("run_jobs", two_started, TWO), Scenario("start", lambda: {"process_id": "two"}, TWO)
PART, CHILD = Scenario("complete_job", part_leased, FAN), Scenario("complete_job", child_leased, WORK, CALLER)
PLACES: dict[str, Scenario] = {
    "advance.before_lock": PART,
    "advance.after_step": RUN,
    "advance.before_state": START_ONE,
    "advance.before_rows": CHILD,
    "advance.before_journal": RUN,
    "advance.before_leases": RUN,
    "advance.before_commit": RUN,
    "advance.after_commit": RUN,
    "advance.after_migration": Scenario("migrate", old_version, TWO),
    "job_leases.before_claim": RUN,
    "job_leases.after_claim": RUN,
}
RESTARTED = tuple(PLACES) if ALL else ("advance.before_commit", "advance.after_commit", "job_leases.after_claim")


class Child:
    """Runs commands that come to a failpoint, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        environ = {**os.environ, "DATABASE_URL": Stage._database(), "DJANGO_SETTINGS_MODULE": "webapp.settings"}
        self._folder = folder
        self._number = 0
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.crashing_commands"],
            env=environ, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            preexec_fn=children.die_with_parent,
        )  # fmt: skip

    def run(self, place: str, action: str, scenario: Scenario, arguments: dict[str, Any]) -> int:
        self._send(f"{place}={action}@1", scenario, arguments)
        return self._finish()

    def held(self, place: str, scenario: Scenario, arguments: dict[str, Any], fault: Callable[[], None]) -> int:
        """Do `fault` while the process stands at the place."""
        self._number += 1
        file = self._folder / f"go-{self._number}"
        reached = file.with_name(f"{file.name}.reached")
        self._send(f"{place}=hold:{file}@1", scenario, arguments)
        deadline = time.monotonic() + 60
        while not reached.exists():
            assert time.monotonic() < deadline, f"the command did not come to {place}"
            time.sleep(0.01)
        fault()
        file.touch()
        return self._finish()

    def _send(self, failpoint: str, scenario: Scenario, arguments: dict[str, Any]) -> None:
        assert self._program.stdin is not None
        case = {"failpoints": failpoint, "command": scenario.command, "arguments": arguments}
        self._program.stdin.write(json.dumps(case) + "\n")
        self._program.stdin.flush()

    def _finish(self) -> int:
        assert self._program.stdout is not None
        return int(self._program.stdout.readline())

    def end(self) -> None:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.close()
        self._program.wait(20)
        self._program.stdout.close()


@pytest.fixture(scope="module")
def child(django_db_setup: None, broker_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    made = Child(tmp_path_factory.mktemp("places"))
    yield made
    made.end()


@pytest.fixture(autouse=True)
def _time() -> Iterator[None]:
    yield
    failpoints.disarm()
    persistently(clock.reset)


def end_sessions() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def empty_broker() -> None:
    address = os.environ["BROKER_URL"].replace("redis+socket://", "unix://")
    with redis.Redis.from_url(address) as client:
        client.flushall()


def settle() -> None:
    """Workers, ticker and clients go on: leases end, timers fire, messages are sent again, until nothing is left to do."""
    for _ in range(12):
        clock.advance(timedelta(minutes=3))
        jobs.expire_leases()
        timers.fire_due()
        sweeper.advance_forgotten()
        sweeper.remove_orphans()
        for key in Job.objects.filter(status=JobStatus.CREATED).values_list("key", flat=True):
            jobs.complete(key, {}, by=WORKER)
        if (
            not ProcessInstance.objects.filter(status=InstanceStatus.ACTIVE).exists()
            and not PendingInput.objects.exists()
        ):
            return
    raise AssertionError("something is stuck")


def check(before: int) -> None:
    """All ended; each transition and each child once."""
    assert_all_sound()
    later = ProcessInstance.objects.filter(key__gt=before)
    for each in later:
        assert each.status == InstanceStatus.COMPLETED
        if each.process_id in STEPS:
            assert JournalEntry.objects.filter(instance_key=each.key).count() in STEPS[each.process_id]
    callers = later.filter(process_id="caller").count()
    assert later.filter(process_id="work").count() == callers


STEPS = {"two": {3, 4}, "fan": {2}, "work": {2}, "caller": {2, 3}}
"""Entries of the journal: a migration is one more; a call is answered in the same transaction, or in the next."""


@pytest.mark.parametrize("place", PLACES)
def test_five_faults_at_a_place_lose_nothing_and_double_nothing(place: str, child: Child) -> None:
    scenario = PLACES[place]
    deploy(*scenario.diagrams)
    faults: dict[str, Callable[[dict[str, Any]], int]] = {
        "killed": lambda arguments: child.run(place, "kill", scenario, arguments),
        "answer lost": lambda arguments: child.run(place, "lose", scenario, arguments),
        "session ended": lambda arguments: child.held(place, scenario, arguments, end_sessions),
        "broker emptied": lambda arguments: child.held(place, scenario, arguments, empty_broker),
    }
    if place in RESTARTED and can_restart_database():
        faults["database started anew"] = lambda arguments: child.held(place, scenario, arguments, restart_database)
    for name, fault in faults.items():
        before = max(ProcessInstance.objects.values_list("key", flat=True), default=0)
        status = fault(scenario.before())
        _reconnect()
        assert (status == -signal.SIGKILL) == (name == "killed"), f"{name}: the command ended with {status}"
        persistently(settle)
        check(before)
        forget_keys()


def forget_keys() -> None:
    from engine.models import IdempotencyKey, Message

    IdempotencyKey.objects.all().delete()
    Message.objects.all().delete()
