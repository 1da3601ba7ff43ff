"""Real Celery workers and tickers over the test run's own PostgreSQL and Valkey, with handlers that write down what they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis
from django.db import connection
from psycopg.conninfo import make_conninfo

from webapp.launcher.bare import children

PROJECT = Path(__file__).resolve().parents[2]

HANDLERS = '''
import os
import time
from pathlib import Path

from engine.handlers import BpmnError, JobContext, handler

FOLDER = Path(os.environ["ACCEPTANCE_FOLDER"])


def note(what, job):
    """One line, in one write, so that the lines of several processes do not mix."""
    with (FOLDER / "log").open("a") as log:
        log.write(f"{what} {job.key} {job.attempt} {os.getpid()}\\n")


@handler("test-work", backoff=0.1)
def work(job: JobContext):
    note("begin", job)
    time.sleep(float(os.environ.get("ACCEPTANCE_WORK", "0")))
    note("end", job)
    return {"attempt": job.attempt}


@handler("test-pages", backoff=0.1)
def pages(job: JobContext):
    """Six pages; after the third it waits until it may go on."""
    note("begin", job)
    done = job.details["page"] if job.details else 0
    for page in range(done + 1, 7):
        note(f"page-{page}", job)
        job.heartbeat({"page": page})
        if page == 3:
            note("half", job)
            while not (FOLDER / "go").exists():
                time.sleep(0.02)
    note("end", job)
    return {"attempt": job.attempt, "began_after_page": done}


@handler("test-slow", backoff=0.1)
def slow(job: JobContext):
    note("begin", job)
    while not (FOLDER / "go").exists():
        time.sleep(0.02)
    note("end", job)
    return {"attempt": job.attempt}


@handler("test-hang", retries=2, backoff=0.1, timeout=0.5)
def hang(job: JobContext):
    note("begin", job)
    time.sleep(60)


@handler("test-silent", retries=1, heartbeat_timeout=0.6)
def silent(job: JobContext):
    note("begin", job)
    for _ in range(4):
        time.sleep(0.3)
        job.heartbeat()
    note("silent", job)
    time.sleep(60)


@handler("test-transactional", backoff=0.1, transactional=True)
def transactional(job: JobContext):
    from django.db import connection

    note("begin", job)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO acceptance_ledger (job_key) VALUES (%s)", [job.key])
    return {"attempt": job.attempt}


@handler("test-kill", retries=9)
def kill(job: JobContext):
    note("begin", job)
    os.kill(os.getpid(), 9)


@handler("test-fail-twice", retries=3, backoff=0.1)
def fail_twice(job: JobContext):
    note("begin", job)
    if job.attempt < 3:
        raise RuntimeError(f"attempt {job.attempt} fails")
    return {"attempt": job.attempt}


@handler("test-declined")
def declined(job: JobContext):
    raise BpmnError("DECLINED", "no cover", {"reason": "limit"})


@handler("test-nonsense", retries=1)
def nonsense(job: JobContext):
    return {"value": object()}
'''


class Stage:
    """A folder with handlers, and the processes that were started in it. All end with the test."""

    def __init__(self, folder: Path, broker_url: str) -> None:
        self.folder = folder
        package = folder / "processes" / "acceptance"
        package.mkdir(parents=True)
        (package / "handlers.py").write_text(HANDLERS)
        self.environ = {
            **os.environ,
            "DATABASE_URL": self._database(),
            "BROKER_URL": broker_url,
            "STEPWELL_DATA": str(folder / "data"),
            "STEPWELL_PROCESSES": str(folder / "processes"),
            "STEPWELL_TEST_CLOCK": "0",
            "STEPWELL_JOB_LEASE": "2",
            "STEPWELL_LOG_LEVEL": "INFO",
            "DJANGO_SETTINGS_MODULE": "webapp.settings",
            "ACCEPTANCE_FOLDER": str(folder),
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.empty_broker()

    def worker(self, *, concurrency: int = 2, **environ: str) -> subprocess.Popen[bytes]:
        return self._start(
            [
                sys.executable, "-m", "celery", "--app", "webapp.celery", "worker", "--pool", "prefork",
                "--concurrency", str(concurrency), "--without-gossip", "--without-mingle", "--loglevel", "INFO",
            ],
            environ,
        )  # fmt: skip

    def ticker(self, **environ: str) -> subprocess.Popen[bytes]:
        return self._start([sys.executable, "-m", "django", "ticker"], environ)

    def start(self, command: list[str], **environ: str) -> subprocess.Popen[bytes]:
        """Another program of this installation."""
        return self._start(command, environ)

    def _start(self, command: list[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / "output").open("ab") as output:
            process = children.start(command, environ={**self.environ, **environ}, cwd=PROJECT, output=output.fileno())
        self.processes.append(process)
        return process

    def lines(self, what: str = "") -> list[list[str]]:
        log = self.folder / "log"
        found = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return [line for line in found if not what or line[0] == what]

    def go(self) -> None:
        (self.folder / "go").touch()

    def output(self) -> str:
        return (self.folder / "output").read_text()

    def empty_broker(self) -> None:
        """The broker loses everything that it was told."""
        with self.broker() as client:
            client.flushall()

    def broker(self) -> redis.Redis:
        return redis.Redis.from_url(self.environ["BROKER_URL"].replace("redis+socket://", "unix://"))

    def end(self) -> None:
        for process in self.processes:
            send_to_all(process, signal.SIGKILL)
            process.wait()

    @staticmethod
    def _database() -> str:
        parts = connection.settings_dict
        return make_conninfo(
            dbname=str(parts["NAME"]),
            user=str(parts["USER"]),
            password=str(parts["PASSWORD"]),
            host=str(parts["HOST"]),
            port=str(parts["PORT"]) or None,
        )


@contextmanager
def stage(folder: Path, broker_url: str) -> Iterator[Stage]:
    made = Stage(folder, broker_url)
    try:
        yield made
    finally:
        made.end()


def send_to_all(process: subprocess.Popen[bytes], number: int) -> None:
    """The process and its pool: they have a process group of their own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9 of the worker alone; the kernel takes its pool along."""
    process.kill()
    process.wait()
