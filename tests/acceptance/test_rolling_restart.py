"""Each part of a running installation is restarted while callers call: none of them gets an error, no work is done twice."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.installation import Installation, eventually

pytestmark = pytest.mark.timeout(180)

HANDLER = """
import os, time
from engine.handlers import JobContext, handler

@handler("bake")
def bake(job: JobContext) -> dict:
    with open(os.environ["BAKED"], "a") as log:
        log.write(f"{job.instance_key} {job.attempt}\\n")
    time.sleep(2)
    return {"baked": True}
"""
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="http://stepwell.test" id="defs">
  <process id="baking" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="bake"/>
    <serviceTask id="bake"><extensionElements><zeebe:taskDefinition type="bake"/></extensionElements></serviceTask>
    <sequenceFlow id="f2" sourceRef="bake" targetRef="end"/><endEvent id="end"/>
  </process>
</definitions>"""


class Callers:
    """Threads that call until they are told to stop; what they were answered is counted."""

    def __init__(self, installation: Installation) -> None:
        token = installation.manage("api_token", "admin").stdout.splitlines()[-1]
        self.address = installation.address
        self.headers = {"Authorization": f"Bearer {token}"}
        self.answers: Counter[str] = Counter()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def post(self, path: str, body: dict[str, Any], *, client: httpx.Client | None = None) -> httpx.Response:
        caller: Any = client or httpx
        return caller.post(self.address + path, json=body, headers=self.headers, timeout=60)

    def begin(self, *works: Callable[[], str]) -> None:
        for work in works:
            self._threads.append(threading.Thread(target=self._repeat, args=(work,)))
            self._threads[-1].start()

    def _repeat(self, work: Callable[[], str]) -> None:
        while not self._stop.is_set():
            try:
                said = work()
            except httpx.HTTPError as error:
                said = repr(error)
            self.answers[said] += 1

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def read(self) -> str:
        return f"read {httpx.get(self.address + '/v2/topology', headers=self.headers, timeout=60).status_code}"

    def wait_for_jobs(self) -> str:
        body = {"type": "nobody-does-this", "maxJobsToActivate": 1, "timeout": 1000, "requestTimeout": 15_000}
        return f"polled {self.post('/v2/jobs/activation', body).status_code}"

    def bake(self) -> str:
        body = {"processDefinitionId": "baking", "awaitCompletion": True, "requestTimeout": 50_000}
        return f"baked {self.post('/v2/process-instances', body).status_code}"


def one_more_is_baked(callers: Callers) -> None:
    """All parts work together again: one is replaced after the other, as a careful operator does."""
    before = callers.answers["baked 200"]
    assert eventually(lambda: callers.answers["baked 200"] > before, seconds=120), callers.answers


def restart(installation: Installation, part: str, number: int) -> None:
    """Until the old processes are gone and new ones are there; Granian's master stays."""
    before = set(installation.pids_of(part))
    first = min(before)
    os.kill(first, number)
    stays = {first} if number == signal.SIGHUP else set()

    def is_done() -> bool:
        now = set(installation.pids_of(part))
        return now & before == stays and len(now - stays) > 0

    assert eventually(is_done, seconds=120), (part, before, installation.pids_of(part))


def test_web_server_worker_and_ticker_are_restarted_under_calls(tmp_path: Path) -> None:
    package = tmp_path / "processes" / "baking"
    package.mkdir(parents=True)
    (package / "handlers.py").write_text(HANDLER, "utf-8")
    (package / "baking.bpmn").write_text(PROCESS, "utf-8")
    baked = tmp_path / "baked"
    with Installation(
        tmp_path / "data", STEPWELL_PROCESSES=str(tmp_path / "processes"), BAKED=str(baked)
    ) as installation:
        installation.start()
        callers = Callers(installation)
        callers.begin(callers.read, callers.wait_for_jobs, callers.bake)
        try:
            for part, number in (("granian", signal.SIGHUP), ("celery", signal.SIGTERM), ("ticker", signal.SIGTERM)):
                one_more_is_baked(callers)
                restart(installation, part, number)
            one_more_is_baked(callers)
        finally:
            callers.end()
        assert set(callers.answers) == {"read 200", "polled 200", "baked 200"}, callers.answers
        runs = [line.split() for line in baked.read_text("utf-8").splitlines()]
        assert {attempt for _, attempt in runs} == {"1"}  # a worker that is asked to end finishes what it has begun
        assert len(runs) == len({instance for instance, _ in runs}) == callers.answers["baked 200"]
        waiting: list[str] = []
        poll = threading.Thread(target=lambda: waiting.append(callers.wait_for_jobs()))
        poll.start()
        time.sleep(1)
        assert installation.stop() == 0
        poll.join()
        assert waiting == ["polled 200"]  # also when all is stopped
