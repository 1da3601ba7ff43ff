"""Clients that wait, or send slowly, hold no thread of the web server: everybody else is served."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.acceptance.installation import Installation, eventually

pytestmark = pytest.mark.timeout(240)

MANY = 40
"""More than the server has threads."""
SOON = 3.0
"""Seconds, on a busy machine."""
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="http://stepwell.test" id="defs">
  <process id="picking" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="pick"/>
    <serviceTask id="pick"><extensionElements><zeebe:taskDefinition type="pick"/></extensionElements></serviceTask>
    <sequenceFlow id="f2" sourceRef="pick" targetRef="end"/><endEvent id="end"/>
  </process>
</definitions>"""


class World:
    """An installation and a program that may work on jobs."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.token = installation.manage("api_token", "admin").stdout.splitlines()[-1]
        self.http = httpx.Client(
            base_url=installation.address, headers={"Authorization": f"Bearer {self.token}"}, timeout=30
        )

    def connect(self, path: str, body: bytes, *, length: int | None = None) -> socket.socket:
        """Send a request, of whose body there may be more to come."""
        connection = socket.create_connection(("127.0.0.1", self.installation.port), timeout=30)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length or len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        return connection

    def poll(self, job_type: str, *, seconds: int = 50) -> socket.socket:
        return self.connect("/v2/jobs/activation", json.dumps(activation(job_type, seconds=seconds)).encode())

    def start(self, **more: Any) -> httpx.Response:
        return self.http.post("/v2/process-instances", json={"processDefinitionId": "picking", **more})


def activation(job_type: str, *, seconds: int) -> dict[str, Any]:
    return {"type": job_type, "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": seconds * 1_000}


@contextlib.contextmanager
def all_closed(connections: list[socket.socket]) -> Iterator[None]:
    try:
        yield
    finally:
        for connection in connections:
            connection.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("waiting")
    polls = str(MANY + 5)
    with Installation(folder / "data", STEPWELL_BODY_SECONDS="4", STEPWELL_OPEN_POLLS=polls) as installation:
        installation.start()
        it = World(installation)
        deployed = it.http.post("/v2/deployments", files=[("resources", ("picking.bpmn", PROCESS.encode()))])
        assert deployed.status_code == 200, deployed.text
        yield it
        # in the middle of all that waits
        waiting = [it.poll("nobody-does-this") for _ in range(5)]
        slow = [it.connect("/login", b"x", length=100_000) for _ in range(5)]
        with all_closed(waiting + slow):
            time.sleep(0.5)
            began = time.monotonic()
            assert installation.stop() == 0
            assert time.monotonic() - began < 30
            assert b" 200 OK" in waiting[0].recv(100)  # every poll gets its answer
        it.http.close()


def everybody_else_is_served(world: World) -> None:
    for path in ("/healthz", "/readyz", "/v2/topology"):
        began = time.monotonic()
        assert world.http.get(path).status_code == 200
        assert time.monotonic() - began < SOON, path


def test_slow_logins_keep_nobody_waiting(world: World) -> None:
    with all_closed([world.connect("/login", b"x", length=100_000) for _ in range(MANY)]):
        everybody_else_is_served(world)


def test_long_polls_for_jobs_keep_nobody_waiting(world: World) -> None:
    with all_closed([world.poll("nobody-does-this") for _ in range(MANY)]):
        time.sleep(0.5)
        everybody_else_is_served(world)


def test_starts_that_await_their_end_keep_nobody_waiting_and_get_their_variables(world: World) -> None:
    answers: list[httpx.Response] = []

    def wait() -> None:
        answers.append(world.start(awaitCompletion=True, requestTimeout=60_000, variables={"a": 1}))

    threads = [threading.Thread(target=wait) for _ in range(MANY // 2)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    everybody_else_is_served(world)
    for _ in threads:
        [job] = world.http.post("/v2/jobs/activation", json=activation("pick", seconds=20)).json()["jobs"]
        done = world.http.post(f"/v2/jobs/{job['jobKey']}/completion", json={"variables": {"picked": True}})
        assert done.status_code == 204
    for thread in threads:
        thread.join()
    assert [(each.status_code, each.json()["variables"]) for each in answers] == [
        (200, {"a": 1, "picked": True})
    ] * len(threads)


def test_a_job_goes_to_a_client_that_lives_not_to_one_that_has_gone(world: World) -> None:
    with all_closed([world.poll("pick") for _ in range(5)]):
        time.sleep(0.5)
    living: list[Any] = []
    poll = threading.Thread(
        target=lambda: living.append(world.http.post("/v2/jobs/activation", json=activation("pick", seconds=20)).json())
    )
    poll.start()
    started = world.start().json()["processInstanceKey"]
    poll.join()
    [job] = living[0]["jobs"]
    assert (job["processInstanceKey"], job["attempt"]) == (started, 1)
    assert world.http.post(f"/v2/jobs/{job['jobKey']}/completion", json={}).status_code == 204


def test_a_job_that_comes_reaches_as_many_polls_as_there_are_jobs(world: World) -> None:
    polls = [world.poll("pick", seconds=30) for _ in range(8)]
    with all_closed(polls):
        time.sleep(0.5)
        started = {world.start().json()["processInstanceKey"] for _ in polls}
        found = [json.loads(poll.recv(65_536).partition(b"\r\n\r\n")[2])["jobs"] for poll in polls]
    assert {job["processInstanceKey"] for jobs in found for job in jobs} == started
    for [job] in found:
        world.http.post(f"/v2/jobs/{job['jobKey']}/completion", json={})


def test_a_body_that_comes_too_slowly_is_refused(world: World) -> None:
    with contextlib.closing(world.connect("/login", b"x", length=100_000)) as connection:
        began = time.monotonic()
        answer = connection.recv(65_536)
        assert b" 408 " in answer.partition(b"\r\n")[0]
        assert b"application/problem+json" in answer
        assert 3 < time.monotonic() - began < 15


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(world: World) -> None:
    with contextlib.closing(world.connect("/v2/process-instances", b"{", length=100_000_000)) as connection:
        assert b" 413 " in connection.recv(65_536).partition(b"\r\n")[0]


def test_one_token_may_have_so_many_open_polls_and_then_gets_429_with_the_time_to_wait(world: World) -> None:
    with all_closed([world.poll("nobody-does-this") for _ in range(MANY + 5)]):
        time.sleep(1)
        answer = world.http.post("/v2/jobs/activation", json=activation("nobody-does-this", seconds=20))
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert "open long polls" in answer.json()["detail"]
        assert world.http.get("/v2/topology").status_code == 200

    def may_poll_again() -> bool:
        body = {**activation("nobody-does-this", seconds=20), "requestTimeout": 50}
        return world.http.post("/v2/jobs/activation", json=body).status_code == 200

    assert eventually(may_poll_again, seconds=10)
