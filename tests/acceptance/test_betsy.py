"""betsy, the test system for BPMN engines of the University of Bamberg, against a real installation over REST."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.acceptance.installation import Installation
from tests.conformance import betsy
from tests.conformance.suites import BETSY

SECONDS = 10
"""How long a trace may take to become what is expected."""
FAILURES = {"ERROR", "ERROR_runtime"}
"""Expected instead of a trace: the instance stops with an incident."""


def cases() -> Iterator[Any]:
    for test in betsy.read():
        if test["group"] != betsy.CONSTRAINTS:
            for case in test["cases"]:
                yield pytest.param(test, case, id=f"{test['name']}-{case['n']}")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with Installation(tmp_path_factory.mktemp("betsy"), STEPWELL_TEST_CLOCK="1") as installation:
        installation.start()
        token = installation.manage("api_token", "admin").stdout.strip().splitlines()[-1]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=installation.address, headers=headers, timeout=60) as client:
            yield client
        installation.stop()


def post(engine: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    response = engine.post(path, json=body)
    assert response.status_code < 300, response.text
    return response.json() if response.content else None


def search(engine: httpx.Client, path: str, **filters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = post(engine, path, {"filter": filters, "page": {"limit": 1000}})["items"]
    return found


def deploy(engine: httpx.Client, test: dict[str, Any]) -> list[str]:
    file = (f"{test['name']}.bpmn", betsy.content(test), "text/xml")
    response = engine.post("/v2/deployments", files={"resources": file})
    assert response.status_code == 200, response.text
    deployed = [each["processDefinition"] for each in response.json()["deployments"]]
    return [each["processDefinitionId"] for each in deployed if each]


def outcome(engine: httpx.Client, test: dict[str, Any], instances: list[dict[str, Any]]) -> list[str]:
    """The sorted trace; an instance that ended by an uncaught error, or has an incident, adds the word for it."""
    trace = []
    for instance in instances:
        key = instance["processInstanceKey"]
        for element in search(engine, "/v2/element-instances/search", processInstanceKey=key, state="COMPLETED"):
            if element["elementId"] in test["tokens"] and element["type"] != "MULTI_INSTANCE_BODY":
                trace.append(test["tokens"][element["elementId"]])
        if search(engine, "/v2/incidents/search", processInstanceKey=key, state="ACTIVE"):
            trace.append("ERROR_runtime")
        if instance["state"] == "TERMINATED":
            trace.append("ERROR_thrownErrorEvent")
    return sorted(trace)


@pytest.mark.skipif(not BETSY.is_dir(), reason=f"betsy is not at {BETSY}")
@pytest.mark.parametrize(("test", "case"), list(cases()))
def test_the_process_leaves_the_trace_that_betsy_expects(
    engine: httpx.Client, test: dict[str, Any], case: dict[str, Any]
) -> None:
    processes = deploy(engine, test)

    def instances() -> list[dict[str, Any]]:
        found = search(engine, "/v2/process-instances/search", processDefinitionId={"$in": processes})
        return [each for each in found if each["processInstanceKey"] not in earlier]

    earlier = set[str]()
    earlier = {each["processInstanceKey"] for each in instances()}
    variables = {"integerVariable": case["integerVariable"], "testCaseNumber": case["n"]}
    if case["test"] is not None:
        variables["test"] = case["test"]
    for process in ["ParallelProcess"] * case["parallel"] + [test["process"]]:
        post(engine, "/v2/process-instances", {"processDefinitionId": process, "variables": variables})
    if case["delay_ms"]:
        time.sleep(0.5)  # the scripts before the timer run in a worker
        moved = int(time.time() * 1000) + case["delay_ms"]
        assert engine.put("/v2/clock", json={"timestamp": moved}).status_code == 204

    expected = sorted("ERROR_runtime" if each in FAILURES else each for each in case["expected"])
    deadline = time.monotonic() + SECONDS
    while (found := outcome(engine, test, instances())) != expected and time.monotonic() < deadline:
        time.sleep(0.1)

    engine.post("/v2/clock/reset")
    for instance in instances():
        if instance["state"] == "ACTIVE":
            cancelled = engine.post(f"/v2/process-instances/{instance['processInstanceKey']}/cancellation", json={})
            assert cancelled.status_code in (204, 409)  # 409: it has ended by itself just now
    assert found == expected
