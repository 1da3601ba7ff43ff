"""A mixed workload while workers, ticker, database and broker are killed, stopped and cut off; then an independent checker.

Ten faults as they come with every test run. The long form, with its figures as JSON in the file STEPWELL_FAULTS_REPORT:

    STEPWELL_FAULTS=1000 STEPWELL_FAULTS_REPORT=faults.json python3 manage.py test tests/acceptance/faults
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, connection
from psycopg import sql
from psycopg_pool import PoolTimeout
from pytest_django import Settings

from engine import handlers, instances, messages, user_tasks
from engine.errors import Conflict
from engine.models import InstanceStatus, ProcessInstance, UserTask, UserTaskStatus
from tests.acceptance.faults.checker import check, effects_in
from tests.acceptance.faults.workload import DIAGRAMS, HANDLERS
from tests.acceptance.installation import eventually
from tests.acceptance.workers import Stage, kill, send_to_all, stage
from tests.engine.worlds import ALICE, WORKER, deploy

T = TypeVar("T")
FAULTS = int(os.environ.get("STEPWELL_FAULTS", "10"))
CONCURRENCY = 2
WORKERS = 2
PREFETCHED = 8
"""Jobs that one process of a worker may hold at its death: the bound for what a single fault repeats."""

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180 + FAULTS * 15)]


@pytest.fixture
def world(tmp_path: Path, broker_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with stage(tmp_path, broker_url) as made:
        (tmp_path / "processes" / "acceptance" / "handlers.py").write_text(HANDLERS)
        settings.PROCESSES_DIR = tmp_path / "processes"
        monkeypatch.setenv("ACCEPTANCE_FOLDER", str(tmp_path))
        monkeypatch.setattr(handlers, "_registry", {})
        handlers._discovered.clear()
        _keep_commits("on")
        yield made
    handlers._discovered.clear()
    persistently(lambda: _keep_commits("off"))


def _keep_commits(value: str) -> None:
    """The test run's database answers before its log is written; here an answered commit must outlive the server."""
    with connection.cursor() as cursor:
        name = sql.Identifier(str(connection.settings_dict["NAME"]))
        statement = sql.SQL("ALTER DATABASE {} SET synchronous_commit = {}").format(name, sql.Literal(value))
        cursor.execute(statement.as_string())
    _reconnect()


def _reconnect() -> None:
    """New sessions, for a setting of the database or after its crash."""
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()


def persistently(work: Callable[[], T], *, seconds: float = 30) -> T:
    """As a client does that gets no answer: ask again, in the same words."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return work()
        except (DatabaseError, InterfaceError, PoolTimeout, psycopg.Error):
            if time.monotonic() > deadline:
                raise
            _reconnect()
            time.sleep(0.1)


class Faults:
    """Does one fault after the other, chosen by a seed that the report names."""

    def __init__(self, world: Stage, *, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.done: Counter[str] = Counter()
        self.workers = [world.worker(concurrency=CONCURRENCY) for _ in range(WORKERS)]
        self.ticker = world.ticker()
        self._kinds = {
            "worker killed": self._kill_worker,
            "worker stopped beyond its lease": self._stop_worker,
            "ticker killed": self._kill_ticker,
            "broker emptied": self.world.empty_broker,
            "connections cut": self._cut_connections,
            "database crashed": self._crash_database,
        }
        self._order: list[str] = []

    def next(self) -> None:
        """Every kind comes once before one comes again."""
        if not self._order:
            self._order = self.chance.sample(list(self._kinds), len(self._kinds))
        name = self._order.pop()
        self._kinds[name]()
        self.done[name] += 1
        self._start_what_has_ended()

    def _kill_worker(self) -> None:
        kill(self.chance.choice(self.workers))

    def _stop_worker(self) -> None:
        sleeper = self.chance.choice(self.workers)
        send_to_all(sleeper, signal.SIGSTOP)
        time.sleep(float(self.world.environ["STEPWELL_JOB_LEASE"]) + 0.5)
        send_to_all(sleeper, signal.SIGCONT)

    def _kill_ticker(self) -> None:
        kill(self.ticker)

    def _cut_connections(self) -> None:
        def cut() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                               " AND pid <> pg_backend_pid()")  # fmt: skip

        persistently(cut)

    def _crash_database(self) -> None:
        """PostgreSQL throws away its memory and recovers from its log when one of its processes is killed with -9."""

        def pid() -> int:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                return int(cursor.fetchone()[0])

        os.kill(persistently(pid), signal.SIGKILL)

    def _start_what_has_ended(self) -> None:
        """As a supervisor does."""
        self.workers = [
            each if each.poll() is None else self.world.worker(concurrency=CONCURRENCY) for each in self.workers
        ]
        if self.ticker.poll() is not None:
            self.ticker = self.world.ticker()


class Clients:
    """Starts instances, publishes messages and completes user tasks; every request has a key of its own and is repeated."""

    def __init__(self) -> None:
        self.acknowledged: dict[int, str] = {}

    def start_one_of_each(self) -> None:
        for process_id in DIAGRAMS:
            number = len(self.acknowledged)
            if process_id == "paying" and number % 2:
                self._pay(number)  # before anybody waits for it
            start = partial(
                instances.start,
                process_id,
                variables={"order": str(number)},
                by=ALICE,
                idempotency_key=f"start-{number}",
            )
            self.acknowledged[persistently(start).key] = process_id
            if process_id == "paying" and not number % 2:
                self._pay(number)

    def sign_all(self) -> None:
        open_tasks = UserTask.objects.filter(status=UserTaskStatus.CREATED)
        for key in persistently(lambda: list(open_tasks.values_list("key", flat=True))):
            persistently(partial(user_tasks.complete, key, by=ALICE, idempotency_key=f"sign-{key}"))

    def _pay(self, number: int) -> None:
        pay: Callable[[], Any] = partial(
            messages.publish, "paid", correlation_key=str(number), message_id=f"payment-{number}", ttl=3_600, by=WORKER
        )
        persistently(partial(_unless_known, pay))
        persistently(partial(_unless_known, pay))  # the sender, too, may send twice


def _unless_known(publish: Callable[[], Any]) -> None:
    try:
        publish()
    except Conflict:
        return  # it was published before its answer was lost


def test_faults_lose_nothing_double_nothing_and_leave_nothing_stuck(world: Stage) -> None:
    seed = int(os.environ.get("STEPWELL_FAULTS_SEED", "11"))
    persistently(lambda: deploy(*DIAGRAMS.values()))
    faults, clients = Faults(world, seed=seed), Clients()
    began = time.monotonic()
    for _ in range(FAULTS):
        clients.start_one_of_each()
        time.sleep(faults.chance.uniform(0.1, 0.8))
        faults.next()
        clients.sign_all()

    def all_ended() -> bool:
        clients.sign_all()
        return not persistently(ProcessInstance.objects.filter(status=InstanceStatus.ACTIVE).exists)

    assert eventually(all_ended, seconds=90), world.output()[-20_000:]
    figures = check(
        clients.acknowledged,
        effects_in(world.folder / "effects"),
        repeats_at_most=FAULTS * WORKERS * CONCURRENCY * PREFETCHED,
    )
    report = {"seed": seed, "seconds": round(time.monotonic() - began, 1), "faults": dict(faults.done), **figures}
    if path := os.environ.get("STEPWELL_FAULTS_REPORT"):
        Path(path).write_text(json.dumps(report, indent=2) + "\n")
    assert sum(faults.done.values()) == FAULTS
