"""Two web servers, two workers and two tickers share one database and one broker. One of each is killed and does not come back."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from engine.models import InstanceStatus, ProcessInstance
from tests.acceptance.installation import eventually, free_port
from tests.acceptance.workers import Stage, send_to_all, stage
from tests.conftest import Figure
from tests.engine.worlds import END, START, assert_all_sound, catch, deploy, diagram, duration, service
from webapp.accounts import tokens
from webapp.launcher import roles

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
STARTS = 40
PATH = ("start", "first", "wait", "second", "end")


@pytest.fixture
def world(tmp_path: Path, broker_url: str, settings: Settings) -> Iterator[Stage]:
    with stage(tmp_path, broker_url) as made:
        settings.PROCESSES_DIR = tmp_path / "processes"
        yield made


def test_one_of_each_dies_and_everything_goes_on_by_the_other(world: Stage, figure: Figure) -> None:
    deploy(
        diagram(
            "both", START, service("first", "test-work"), catch("wait", duration("PT1S")), service("second", "test-work"), END,
            flows=" ".join(f"{a}>{b}" for a, b in pairwise(PATH)),
        )
    )  # fmt: skip
    token = tokens.issue(User.objects.create_user("robot", is_staff=True), "robot")
    ports = [free_port(), free_port()]
    webs = [world.start(list(map(str, roles.web_command("127.0.0.1", port)))) for port in ports]
    workers = [world.worker(ACCEPTANCE_WORK="0.1") for _ in range(2)]
    tickers = [world.ticker() for _ in range(2)]
    for port in ports:
        assert eventually(lambda port=port: answers(port), seconds=90), world.output()  # type: ignore[misc]

    def start(number: int) -> tuple[str, int]:
        """As careful clients do: by the next server, with the same key, until one answers. The instance, and the tries without one."""
        body = {"processDefinitionId": "both", "businessId": f"order-{number}"}
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"order-{number}"}
        for lost, port in enumerate(itertools.islice(itertools.cycle(ports[number % 2 :] + ports[: number % 2]), 50)):
            try:
                found: Any = httpx.post(
                    f"http://127.0.0.1:{port}/v2/process-instances", json=body, headers=headers, timeout=30
                )
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            assert found.status_code == 200, found.text
            return found.json()["processInstanceKey"], lost
        raise AssertionError("no answer")

    with ThreadPoolExecutor(4) as pool:
        started = []
        for number, answer in enumerate(pool.map(start, range(STARTS))):
            started.append(answer)
            if number == STARTS // 3:
                for part in (webs[0], workers[0], tickers[0]):
                    send_to_all(part, signal.SIGKILL)

    assert eventually(lambda: not ProcessInstance.objects.filter(status=InstanceStatus.ACTIVE).exists(), seconds=90), (
        world.output()
    )
    assert ProcessInstance.objects.filter(status=InstanceStatus.COMPLETED).count() == STARTS
    assert {key for key, _ in started} == set(map(str, ProcessInstance.objects.values_list("key", flat=True)))
    runs = [line[1] for line in world.lines("end")]
    assert len(set(runs)) == 2 * STARTS
    repeats = len(world.lines("begin")) - 2 * STARTS
    assert repeats <= 2 * 32, "a kill repeats at most the jobs that the worker held"
    assert_all_sound()
    figure("instances by two of each with one of each killed", STARTS)
    figure("requests without an answer, sent again to the other", sum(lost for _, lost in started))
    figure("of their tasks run again", repeats)
    figure("instances lost or doubled", STARTS - len({key for key, _ in started}))


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
