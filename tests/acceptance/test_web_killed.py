"""The web server is killed with -9 in the middle of what a client asked for. The client asks again, with the same idempotency key:
it is done once, whether the first request had come to its commit or not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.installation import Installation

pytestmark = pytest.mark.timeout(240)

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="http://stepwell.test" id="defs">
  <process id="signing" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="sign"/>
    <userTask id="sign"><extensionElements><zeebe:userTask/></extensionElements></userTask>
    <sequenceFlow id="f2" sourceRef="sign" targetRef="end"/><endEvent id="end"/>
  </process>
</definitions>"""

INSIDE, AFTER = "inside the transaction", "after its commit"


class Killing:
    """An installation whose web server dies once, the next time that it comes to an armed place."""

    def __init__(self, folder: Path) -> None:
        self.files = {INSIDE: folder / "inside", AFTER: folder / "after"}
        for file in self.files.values():
            file.touch()  # while its file is there a failpoint does nothing
        self.installation = Installation(
            folder / "data",
            STEPWELL_FAILPOINTS=f"advance.before_commit=kill-once:{self.files[INSIDE]};"
            f"advance.after_commit=kill-once:{self.files[AFTER]}",
        )

    def open(self) -> None:
        self.installation.start()
        token = self.installation.manage("api_token", "admin").stdout.splitlines()[-1]
        self.http = httpx.Client(
            base_url=self.installation.address, headers={"Authorization": f"Bearer {token}"}, timeout=60
        )
        deployed = self.http.post("/v2/deployments", files={"resources": ("signing.bpmn", PROCESS.encode())})
        assert deployed.status_code == 200, deployed.text

    def arm(self, place: str) -> None:
        self.files[place].unlink()

    def was_hit(self, place: str) -> bool:
        return self.files[place].exists()

    def post(self, path: str, body: dict[str, Any], *, key: str | None = None) -> httpx.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.http.post(path, json=body, headers=headers)

    def post_until_answered(self, path: str, body: dict[str, Any], *, key: str) -> tuple[httpx.Response, int]:
        """What a careful client does: the same request again as long as none answers. The answer, and the tries without one."""
        lost, deadline = 0, time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                response = self.post(path, body, key=key)
            except httpx.TransportError:
                lost += 1
                time.sleep(0.1)
                continue
            assert response.status_code < 500, response.text
            return response, lost
        raise AssertionError("no answer within 60 s")

    def search(self, what: str, **filters: str) -> list[dict[str, Any]]:
        response = self.post(f"/v2/{what}/search", {"filter": filters})
        assert response.status_code == 200, response.text
        return list(response.json()["items"])

    def journal(self, instance: str) -> list[dict[str, Any]]:
        entries = self.http.get(f"/v2/process-instances/{instance}/journal").json()["items"]
        assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
        return list(entries)


@pytest.fixture(scope="module")
def killing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killing]:
    it = Killing(tmp_path_factory.mktemp("web-killed"))
    with it.installation:
        it.open()
        yield it
        it.http.close()
        it.installation.stop()


@pytest.mark.parametrize("place", [INSIDE, AFTER])
def test_a_creation_that_the_death_of_the_web_server_cut_off_is_one_instance(killing: Killing, place: str) -> None:
    business_id = f"creation {place}"
    body = {"processDefinitionId": "signing", "businessId": business_id, "variables": {"amount": 12}}
    killing.arm(place)
    response, lost = killing.post_until_answered("/v2/process-instances", body, key=business_id)
    assert killing.was_hit(place)
    assert lost >= 1
    assert response.status_code == 200
    [instance] = killing.search("process-instances", businessId=business_id)
    assert instance["processInstanceKey"] == response.json()["processInstanceKey"]
    assert len(killing.search("user-tasks", processInstanceKey=instance["processInstanceKey"])) == 1
    assert len(killing.journal(instance["processInstanceKey"])) == 1


@pytest.mark.parametrize("place", [INSIDE, AFTER])
def test_a_completion_that_the_death_of_the_web_server_cut_off_counts_once(killing: Killing, place: str) -> None:
    instance = killing.post("/v2/process-instances", {"processDefinitionId": "signing"}).json()["processInstanceKey"]
    [task] = killing.search("user-tasks", processInstanceKey=instance)
    path = f"/v2/user-tasks/{task['userTaskKey']}/completion"
    killing.arm(place)
    response, lost = killing.post_until_answered(path, {"variables": {"signed": True}}, key=f"completion {place}")
    assert killing.was_hit(place)
    assert lost >= 1
    assert response.status_code == 204
    [found] = killing.search("process-instances", processInstanceKey=instance)
    assert found["state"] == "COMPLETED"
    assert [(each["name"], each["value"]) for each in killing.search("variables", processInstanceKey=instance)] == [
        ("signed", "true")
    ]
    assert len(killing.journal(instance)) == 2
    # without the key it is another completion, of a task that has ended
    assert killing.post(path, {"variables": {"signed": False}}).status_code == 409


def test_of_many_completions_at_the_moment_of_its_death_each_counts_once(killing: Killing) -> None:
    instances = [
        killing.post("/v2/process-instances", {"processDefinitionId": "signing"}).json()["processInstanceKey"]
        for _ in range(12)
    ]
    tasks = [killing.search("user-tasks", processInstanceKey=each)[0]["userTaskKey"] for each in instances]
    killing.arm(INSIDE)
    with ThreadPoolExecutor(12) as pool:
        answers = pool.map(
            lambda task: killing.post_until_answered(
                f"/v2/user-tasks/{task}/completion", {"variables": {"by": task}}, key=f"of many {task}"
            ),
            tasks,
        )
        assert [response.status_code for response, _ in answers] == [204] * 12
    for instance, task in zip(instances, tasks, strict=True):
        assert len(killing.journal(instance)) == 2
        assert [each["value"] for each in killing.search("variables", processInstanceKey=instance)] == [f'"{task}"']
