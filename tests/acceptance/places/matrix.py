"""Each cell of the matrix: one operation, one failpoint that it comes to, one fault there. Then everybody goes on as always, and what
became of it is compared with an undisturbed run.

A test run does every fault at one place of each phase of each operation, such that every failpoint of the engine gets each of them
somewhere; `kill -9` at all places before and inside of the commit; and starts the database anew at each failpoint once. With
STEPWELL_FAULTS set every fault comes at every place of every operation.
"""

from __future__ import annotations

import difflib
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from engine import clock, instances, jobs, workers
from engine.errors import Conflict, EngineError, NotFound
from engine.models import InstanceStatus, Job, JobStatus, ProcessInstance
from engine.postgres import keys
from engine.upkeep.ticker import Ticker
from tests.acceptance.faults.test_faults import _reconnect, can_restart_database, persistently, restart_database
from tests.acceptance.places.accounts import account, effects_of, marks
from tests.acceptance.places.broker import at_once, empty_broker, hear
from tests.acceptance.places.commands import COMMANDS, LIMITED, OUTSIDE, QUEUE
from tests.acceptance.places.operations import ALL, Operation
from tests.acceptance.workers import PROJECT, Stage
from tests.engine.worlds import WORKER, assert_sound, deploy
from webapp.launcher.bare import children

KILLED, ENDED, RESTARTED, LOST, BROKER_LOST, BROKER_DOUBLED = FAULTS = (
    "killed",
    "session ended",
    "database started anew",
    "answer lost",
    "broker lost all",
    "broker doubled all",
)
EVERYTHING = os.environ.get("STEPWELL_FAULTS") is not None
ROUNDS = 8
_SELDOM = 60.0
"""Seconds: what the ticker does less often has nothing to do here."""


# --- which cells -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    place: str
    phase: str
    fault: str


def name_of(place: str) -> str:
    return place.partition("@")[0]


def hit_of(place: str) -> int:
    return int(place.partition("@")[2] or 1)


def cells_of(operation: Operation, *, everything: bool = EVERYTHING) -> list[Cell]:
    chosen = {place for place, _ in operation.places} if everything else _chosen()[operation.name]
    restarted = chosen if everything else _restarted()[operation.name]
    return [
        Cell(place, phase, fault)
        for place, phase in operation.places
        for fault in FAULTS
        if (fault == KILLED and phase != "after") or place in (restarted if fault == RESTARTED else chosen)
    ]


@cache
def _chosen() -> dict[str, set[str]]:
    """Of each phase of an operation one place, those first that were not chosen before; then what was chosen nowhere."""
    seen: set[str] = set()
    chosen: dict[str, set[str]] = {}
    for operation in ALL:
        mine = chosen[operation.name] = set()
        for phase in (operation.before, operation.inside, operation.after):
            if phase:
                place = next((each for each in phase if name_of(each) not in seen), phase[-1])
                mine.add(place)
                seen.add(name_of(place))
    for operation in reversed(ALL):
        for place, _ in operation.places:
            if name_of(place) not in seen:
                chosen[operation.name].add(place)
                seen.add(name_of(place))
    return chosen


@cache
def _restarted() -> dict[str, set[str]]:
    """Each failpoint in one operation, and one of each operation."""
    seen: set[str] = set()
    restarted: dict[str, set[str]] = {}
    for operation in ALL:
        chosen = [place for place, _ in operation.places if place in _chosen()[operation.name]]
        new = {place for place in chosen if name_of(place) not in seen} or {chosen[-1]}
        restarted[operation.name] = new
        seen |= {name_of(place) for place in new}
    return restarted


# --- a process that runs commands --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    passed: list[str]
    lost: bool


class Program:
    """Runs commands that come to a failpoint, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        environ = {
            **os.environ,
            "DATABASE_URL": Stage._database(),
            "DJANGO_SETTINGS_MODULE": "webapp.settings",
            "ACCEPTANCE_FOLDER": str(folder),
        }
        self._folder = folder
        self._number = count()
        with (folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.acceptance.places.program"],
                env=environ, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, text=True,
                preexec_fn=children.die_with_parent,
            )  # fmt: skip

    def run(self, place: str, action: str, operation: Operation, arguments: dict[str, Any]) -> Answer:
        self._send(place, action, operation, arguments)
        return self._finish()

    def held(
        self, place: str, operation: Operation, arguments: dict[str, Any], meanwhile: Callable[[], object]
    ) -> Answer:
        """Do `meanwhile` while the process stands at the place."""
        file = self._folder / f"go-{next(self._number)}"
        reached = file.with_name(f"{file.name}.reached")
        self._send(place, f"hold:{file}", operation, arguments)
        deadline = time.monotonic() + 60
        while not reached.exists():
            assert time.monotonic() < deadline, f"the command did not come to {place}"
            time.sleep(0.002)
        try:
            meanwhile()
        finally:
            file.touch()
        return self._finish()

    def _send(self, place: str, action: str, operation: Operation, arguments: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        case = {"place": place, "action": action, "command": operation.command, "arguments": arguments}
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()

    def _finish(self) -> Answer:
        assert self._process.stdout is not None
        return Answer(**json.loads(self._process.stdout.readline()))

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


# --- a case ------------------------------------------------------------------------------------------------------------


class Case:
    """One run of an operation, from what is there before to what became of it."""

    def __init__(self, operation: Operation, folder: Path) -> None:
        self.operation = operation
        self.effects = folder / "effects"
        self.token = f"case-{next(_numbers)}-{os.getpid()}"
        keys._ahead.forget()
        self.after = keys.take_one()
        self.arguments = operation.setup(self.token)
        self.doubled = False

    def goes_on(self) -> None:
        """One round of everybody: workers hear the broker, the worker over the API and operators do what they find; then leases are over,
        and the ticker ticks."""
        self._work()
        clock.advance(timedelta(minutes=3))
        _tick()
        self._work()

    def _work(self) -> None:
        hear(twice=self.doubled)
        ready = Job.objects.filter(type__in=(OUTSIDE, LIMITED), status=JobStatus.CREATED)
        for job_type in ready.values_list("type", flat=True).distinct():
            for activated in jobs.activate(job_type, worker="w", max_jobs=10, lease=60, by=WORKER):
                with suppress(NotFound, Conflict):  # its instance has just been cancelled
                    jobs.complete(activated.job.key, {"done": 1}, by=WORKER)
        self.operation.goes_on()

    def account(self) -> list[str]:
        also = f"also {self.operation.also(self.after)}"
        return [*account(self.after, self.token, self.effects), also]

    def settled(self) -> list[str]:
        """What becomes of it when nothing changes any more."""
        before: list[str] = []
        for number in range(ROUNDS):
            self.goes_on()
            now = self.account()
            if number and now == before:
                return now
            before = now
        raise AssertionError("there is no end of it")

    def comes_to(self, expected: list[str]) -> None:
        """Everybody goes on until it is as it was without a fault."""
        for _ in range(ROUNDS):
            self.goes_on()
            found = self.account()
            if found == expected:
                return
        difference = difflib.unified_diff(expected, found, "without a fault", "with it", lineterm="")
        raise AssertionError("\n".join(difference))

    def repeats(self) -> int:
        done = effects_of(self.after, self.effects)
        return done.total() - len(done)

    def clean_up(self) -> None:
        """Check all instances, and end those that are left."""
        found = ProcessInstance.objects.filter(key__gt=self.after)
        for instance in found:
            assert_sound(instance)
        for instance in found.filter(status=InstanceStatus.ACTIVE, parent_key__isnull=True):
            instances.cancel(instance.key, by=WORKER)
        empty_broker()


_numbers = count()


def _tick() -> None:
    ticker = Ticker()
    for task in ticker._tasks:
        if task.every > _SELDOM:
            task.due = math.inf
    ticker.tick()


class Matrix:
    """The cells of one operation."""

    def __init__(self, operation: Operation, program: Program, folder: Path) -> None:
        self._operation = operation
        self._program = program
        self._folder = folder
        deploy(*operation.diagrams)
        self._expected = self._undisturbed()

    def _undisturbed(self) -> list[str]:
        """Also checks that the table names all failpoints that the command comes to."""
        case = Case(self._operation, self._folder)
        answer = self._program.run("", "note", self._operation, case.arguments)
        assert answer.status == 0
        named = {name_of(place) for place, _ in self._operation.places} | set(self._operation.beyond)
        assert named == set(answer.passed), f"the command comes to {list(dict.fromkeys(answer.passed))}"
        expected = case.settled()
        assert not case.repeats()
        case.clean_up()
        return expected

    def check(self, cell: Cell) -> None:
        case = Case(self._operation, self._folder)
        before = marks(journal_only=self._operation.journal_only)
        answer = self._do(cell, case)
        _reconnect() if cell.fault in (ENDED, RESTARTED) else None
        assert answer.passed.count(name_of(cell.place)) >= hit_of(cell.place), "the command did not come to the place"
        assert (answer.status == -signal.SIGKILL) == (cell.fault == KILLED), f"it ended with {answer.status}"
        if cell.fault == KILLED and self._operation.commits:
            after = marks(journal_only=self._operation.journal_only)
            assert (after != before) == (cell.phase == "after"), "the place is in another phase"
        if answer.status != 0:
            persistently(lambda: self._ask_again(case))
        case.doubled = cell.fault == BROKER_DOUBLED
        persistently(lambda: case.comes_to(self._expected))
        if cell.fault in (BROKER_LOST, BROKER_DOUBLED):
            assert case.repeats() == 0
        case.clean_up()

    def _do(self, cell: Cell, case: Case) -> Answer:
        operation, arguments = self._operation, case.arguments
        if cell.fault == KILLED:
            return self._program.run(cell.place, "kill", operation, arguments)
        if cell.fault == LOST:
            if cell.phase == "after" or not operation.commits:
                return self._program.run(cell.place, "lose", operation, arguments)
            answer = self._program.run(cell.place, "lose-commit", operation, arguments)
            assert answer.lost, "no answer was lost"
            return answer
        if cell.fault == BROKER_DOUBLED:
            return self._doubled(cell, case)
        meanwhile = {ENDED: end_sessions, RESTARTED: restart_database, BROKER_LOST: empty_broker}[cell.fault]
        answer = self._program.held(cell.place, operation, arguments, meanwhile)
        if cell.fault == BROKER_LOST:
            empty_broker()
        return answer

    def _doubled(self, cell: Cell, case: Case) -> Answer:
        """What was rung is heard by two others while the command stands at the place, or waits for it there."""
        other = threading.Thread(target=at_once, args=[lambda: hear(twice=True), lambda: workers.run_jobs(QUEUE)])

        def meanwhile() -> None:
            other.start()
            other.join(0.3)

        answer = self._program.held(cell.place, self._operation, case.arguments, meanwhile)
        other.join(60)
        assert not other.is_alive()
        return answer

    def _ask_again(self, case: Case) -> None:
        """As a client does that got no answer. That it was done before is an answer as well."""
        if not self._operation.is_done(case.arguments):
            with suppress(EngineError):
                COMMANDS[self._operation.command](**case.arguments)


def end_sessions() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@dataclass(frozen=True, slots=True)
class World:
    program: Program
    folder: Path
    subtests: pytest.Subtests

    def check(self, operation: Operation) -> None:
        matrix = Matrix(operation, self.program, self.folder)
        for cell in cells_of(operation):
            with self.subtests.test(place=cell.place, fault=cell.fault):
                if cell.fault == RESTARTED and not can_restart_database():
                    pytest.skip("The server is not this run's own.")
                matrix.check(cell)
