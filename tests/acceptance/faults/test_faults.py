"""A mixed workload while web server, workers, ticker, database and broker are killed, stopped and cut off, the disk is full and the
clock jumps; then an independent checker.

Every kind of fault once, as they come with every test run. The long form, with its figures as JSON in the file STEPWELL_FAULTS_REPORT:

    STEPWELL_FAULTS=1000 STEPWELL_FAULTS_REPORT=faults.json python3 manage.py test tests/acceptance/faults
"""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, InterfaceError, connection
from psycopg import sql
from psycopg_pool import PoolTimeout
from pytest_django import Settings

from engine import clock, deployments, instances, messages, user_tasks
from engine.deployments import ResourceFile
from engine.errors import Conflict
from engine.handlers import declaring, registry
from engine.jobs.running import pace
from engine.messages import signals
from engine.models import InstanceStatus, Job, ProcessInstance, SignalSubscription, UserTask, UserTaskStatus
from tests.acceptance.faults.checker import check, effects_in
from tests.acceptance.faults.workload import DECISION, DIAGRAMS, HANDLERS, OUTSIDE
from tests.acceptance.installation import eventually, free_port
from tests.acceptance.workers import Stage, kill, send_to_all, stage
from tests.engine.worlds import ADMIN, ALICE, WORKER, deploy
from webapp.accounts import tokens
from webapp.launcher import pytest_services, roles
from webapp.launcher.servers import postgres
from webapp.launcher.servers.postgres_binaries import account_for_server

T = TypeVar("T")
FAULTS = int(os.environ.get("STEPWELL_FAULTS", "11"))
CONCURRENCY = 2
WORKERS = 2
PREFETCHED = pace.BATCH + 1  # and the one that it was rung for
"""Jobs that one process of a worker may hold at its death: the bound for what a single fault repeats."""

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180 + FAULTS * 15)]


@pytest.fixture
def world(tmp_path: Path, broker_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with stage(tmp_path, broker_url) as made:
        made.environ |= {
            "STEPWELL_TEST_CLOCK": "1",
            "STEPWELL_ALLOWED_HOSTS": "127.0.0.1",
            "STEPWELL_DB_POOL_SIZE": "8",
            "STEPWELL_SUPERVISED": "1",  # the web server's worker dies with it
        }
        (tmp_path / "outside.py").write_text(OUTSIDE)
        (tmp_path / "processes" / "acceptance" / "handlers.py").write_text(HANDLERS)
        settings.PROCESSES_DIR = tmp_path / "processes"
        monkeypatch.setenv("ACCEPTANCE_FOLDER", str(tmp_path))
        monkeypatch.setattr(declaring, "declared", {})
        registry._discovered.clear()
        _keep_commits("on")
        yield made
        persistently(clock.reset)
    registry._discovered.clear()
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
        self.set_back = timedelta()
        self.outside = Outside(world)
        self.disk = Disk(world.folder)
        self._kinds = {
            "worker killed": self._kill_worker,
            "worker stopped beyond its lease": self._stop_worker,
            "ticker killed": self._kill_ticker,
            "broker emptied": self.world.empty_broker,
            "connections cut": self._cut_connections,
            "database crashed": self._crash_database,
            "database killed and started again": self._restart_database,
            "web server killed": self._kill_web,
            "worker over REST killed": self._kill_outside,
            "clock moved": self._move_clock,
            "disk full for a while": self._fill_disk,
        }
        if not can_restart_database():
            del self._kinds["database killed and started again"]
        if not self.disk.mounted:
            del self._kinds["disk full for a while"]
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

    def _restart_database(self) -> None:
        """All of its processes die; it is started again on its files, as it recovers from its log."""
        restart_database()

    def _kill_web(self) -> None:
        kill(self.outside.web)

    def _kill_outside(self) -> None:
        kill(self.outside.worker)

    def _move_clock(self) -> None:
        """All leases expire at once, or everything that is due comes later."""
        seconds = self.chance.choice([600, 60, -20])
        self.set_back = max(self.set_back, timedelta(seconds=-seconds))
        persistently(lambda: clock.advance(timedelta(seconds=seconds)))

    def _fill_disk(self) -> None:
        self.disk.fill()
        time.sleep(self.chance.uniform(0.5, 1.5))
        self.disk.free()

    def _start_what_has_ended(self) -> None:
        """As a supervisor does."""
        self.outside.start_what_has_ended()
        self.workers = [
            each if each.poll() is None else self.world.worker(concurrency=CONCURRENCY) for each in self.workers
        ]
        if self.ticker.poll() is not None:
            self.ticker = self.world.ticker()


class Outside:
    """A web server, and a job worker that talks to it."""

    def __init__(self, world: Stage) -> None:
        self.world = world
        self.port = free_port()
        user = get_user_model().objects.create_superuser("outside", password=secrets.token_urlsafe())
        token = tokens.issue(user, "faults")
        self._environ = {"FAULT_ADDRESS": f"http://127.0.0.1:{self.port}", "FAULT_TOKEN": token}
        self.web, self.worker = self._start_web(), self._start_worker()

    def _start_web(self) -> subprocess.Popen[bytes]:
        return self.world.start([str(part) for part in roles.web_command("127.0.0.1", self.port)])

    def _start_worker(self) -> subprocess.Popen[bytes]:
        return self.world.start([sys.executable, str(self.world.folder / "outside.py")], **self._environ)

    def start_what_has_ended(self) -> None:
        if self.web.poll() is not None:
            self.web = self._start_web()
        if self.worker.poll() is not None:
            self.worker = self._start_worker()


class Disk:
    """A small file system of its own for the tables that every transition writes, where this machine lets us mount one."""

    def __init__(self, folder: Path) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="stepwell-disk-", dir="/tmp"))
        size = 64 + FAULTS // 2
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}m", "none", str(self.path)]
        self.mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
        if self.mounted:
            self._move_tables()

    def _move_tables(self) -> None:
        account = account_for_server()
        if account is not None:
            os.chown(self.path, account.uid, account.gid)
        self.path.chmod(0o700)
        with connection.cursor() as cursor:
            place = sql.SQL("CREATE TABLESPACE faults LOCATION {}").format(sql.Literal(str(self.path)))
            cursor.execute(place.as_string())
            cursor.execute(
                "SELECT relid::regclass::text FROM pg_partition_tree('engine_journalentry') WHERE isleaf"
                " UNION ALL SELECT unnest(ARRAY['engine_job', 'engine_pendinginput', 'engine_instancestate'])"
            )
            for (table,) in cursor.fetchall():
                move = sql.SQL("ALTER TABLE {} SET TABLESPACE faults").format(sql.Identifier(table))
                cursor.execute(move.as_string())

    def fill(self) -> None:
        with suppress(OSError), (self.path / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(65536))

    def free(self) -> None:
        (self.path / "ballast").unlink(missing_ok=True)

    def end(self) -> None:
        """Move the tables back: the test run's database goes on."""
        if self.mounted:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE ALL IN TABLESPACE faults SET TABLESPACE pg_default")
                cursor.execute("DROP TABLESPACE faults")
            subprocess.run(["umount", self.path], check=False)
        self.path.rmdir()


def can_restart_database() -> bool:
    """Whether the server is the test run's own."""
    return pytest_services._services is not None and pytest_services._services.needs_postgres


def restart_database() -> None:
    kill_and_start_database()
    _reconnect()


def kill_and_start_database(*, away: float = 0) -> None:
    """Kill all of it, and start it again `away` seconds later."""
    services = pytest_services._services
    assert services is not None
    [number] = [number for number, each in enumerate(services.servers) if isinstance(each, postgres.Server)]
    server = services.servers[number]
    server.process.kill()
    server.process.wait()
    time.sleep(away)
    services.servers[number] = postgres.start(
        services.folder / "postgres", log_file=services.folder / "postgres.log", environ=os.environ, durable=False
    )


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
                variables={"order": str(number), "amount": 150},
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
        if persistently(SignalSubscription.objects.exists):
            persistently(partial(signals.broadcast, "fire", by=WORKER))

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


def _what_is_left() -> str:
    running = ProcessInstance.objects.filter(status=InstanceStatus.ACTIVE)
    by_process = Counter(running.values_list("process_id", flat=True))
    by_job = Counter(Job.objects.values_list("type", "status", "attempt"))
    return f"still running at {clock.now()}: {dict(by_process)}; their jobs by type, status and attempt: {dict(by_job)}"


def test_faults_lose_nothing_double_nothing_and_leave_nothing_stuck(
    world: Stage, request: pytest.FixtureRequest
) -> None:
    seed = int(os.environ.get("STEPWELL_FAULTS_SEED", "11"))
    deployments.deploy([ResourceFile("rate.dmn", DECISION)], by=ADMIN)
    persistently(lambda: deploy(*DIAGRAMS.values()))
    faults, clients = Faults(world, seed=seed), Clients()
    request.addfinalizer(faults.disk.end)
    began = time.monotonic()
    for _ in range(FAULTS):
        clients.start_one_of_each()
        time.sleep(faults.chance.uniform(0.1, 0.8))
        faults.next()
        clients.sign_all()

    def all_ended() -> bool:
        clients.sign_all()
        return not persistently(ProcessInstance.objects.filter(status=InstanceStatus.ACTIVE).exists)

    assert eventually(all_ended, seconds=90), f"{_what_is_left()}\n{world.output()[-20_000:]}"
    figures = check(
        clients.acknowledged,
        effects_in(world.folder / "effects"),
        repeats_at_most=FAULTS * (WORKERS * CONCURRENCY * PREFETCHED + 4),
        set_back=faults.set_back,
    )
    report = {"seed": seed, "seconds": round(time.monotonic() - began, 1), "faults": dict(faults.done), **figures}
    if path := os.environ.get("STEPWELL_FAULTS_REPORT"):
        Path(path).write_text(json.dumps(report, indent=2) + "\n")
    assert sum(faults.done.values()) == FAULTS
