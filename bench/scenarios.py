"""What is measured of Stepwell itself. Each function returns rows of the report."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from bench import diagrams, measure, web
from bench.installation import Installation


def deploy() -> None:
    from engine import deployments
    from engine.deployments import ResourceFile

    files = {name: content for name, content in vars(diagrams).items() if name.isupper() and isinstance(content, bytes)}
    deployments.deploy([ResourceFile(f"{name.lower()}.bpmn", content) for name, content in files.items()], by=_admin())


def _admin() -> Any:
    from engine.actors import Actor

    return Actor("bench", is_admin=True, is_system=True)


def _wait_for_all(process_id: str, *, seconds: float) -> None:
    from engine.models import ProcessInstance

    running = ProcessInstance.objects.filter(process_id=process_id, status="ACTIVE")
    measure.wait_until(lambda: not running.exists(), seconds=seconds)


# --- a ---------------------------------------------------------------------------------------------------------------


def start_to_end(count: int) -> measure.Cost:
    """Start instances of a process of five tasks that nobody works on; each ends within its start."""
    from engine import instances

    by = _admin()
    for _ in range(min(50, count)):
        instances.start("plain", by=by)
    measure.checkpoint()
    instances.start("plain", by=by)
    with measure.cost() as cost:
        for _ in range(count):
            instances.start("plain", by=by)
    return cost


# --- b ---------------------------------------------------------------------------------------------------------------


def five_service_tasks(it: Installation, count: int, *, workers: int) -> measure.Cost:
    """From the first start to the last end; one client starts, `workers` processes work."""
    from engine import instances

    by = _admin()
    with it.workers(workers):
        for _ in range(4 * workers):
            instances.start("chain", by=by)
        _wait_for_all("chain", seconds=120)
        measure.checkpoint()
        with measure.cost() as cost:
            for _ in range(count):
                instances.start("chain", by=by)
            _wait_for_all("chain", seconds=600)
    return cost


def five_service_tasks_waiting(it: Installation, count: int, *, workers: int) -> measure.Cost:
    """All are started before; from when the worker is ready to the last end."""
    from engine import instances

    by = _admin()
    for _ in range(count):
        instances.start("chain", by=by)
    with it.workers(workers), measure.cost() as cost:
        _wait_for_all("chain", seconds=600)
    return cost


# --- c, d ------------------------------------------------------------------------------------------------------------


class _Rest:
    def __init__(self, address: str) -> None:
        from django.contrib.auth import get_user_model

        from webapp.accounts import tokens

        user, _ = get_user_model().objects.get_or_create(username="bench", is_superuser=True)
        self.port = int(address.rpartition(":")[2])
        self.token = tokens.issue(user, "bench")
        self._address = address
        self._headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}

    def post(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(self._address + path, json.dumps(body).encode(), self._headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
            return json.loads(answer.read() or b"{}")


@contextmanager
def _served(it: Installation) -> Iterator[_Rest]:
    from tests.acceptance.installation import free_port

    with it.web(free_port()) as address:
        yield _Rest(address)


def five_external_jobs(it: Installation, count: int) -> float:
    """Seconds from the first activation to the last end: one job worker over REST, up to 32 jobs a request."""
    from engine import instances

    for _ in range(count):
        instances.start("external", by=_admin())
    with _served(it) as rest:
        began, done = time.perf_counter(), 0
        while done < 5 * count:
            found = rest.post(
                "/v2/jobs/activation",
                {"type": "bench-external", "timeout": 60_000, "maxJobsToActivate": 32, "requestTimeout": 1_000},
            )["jobs"]
            for job in found:
                rest.post(f"/v2/jobs/{job['jobKey']}/completion", {"variables": {}})
            done += len(found)
        return time.perf_counter() - began


def next_user_task(it: Installation, count: int) -> tuple[list[float], list[float]]:
    """Seconds from sending a completion to the answer of the search that shows the next task, over REST; and what of it a
    request costs that does nothing."""
    from engine import instances

    times, empty = [], []
    with _served(it) as rest:
        for number in range(count + 5):
            key = str(instances.start("desk", by=_admin()).key)
            open_tasks = {"filter": {"processInstanceKey": key, "state": "CREATED"}}
            [first] = rest.post("/v2/user-tasks/search", open_tasks)["items"]
            for _ in range(2):
                began = time.perf_counter()
                rest.post(f"/v2/user-tasks/{first['userTaskKey']}/completion", {})
                [following] = rest.post("/v2/user-tasks/search", open_tasks)["items"]
                if number >= 5:
                    times.append(time.perf_counter() - began)
                assert following["elementId"] != first["elementId"]
                first = following
            began = time.perf_counter()
            rest.post("/v2/user-tasks/search", {"filter": {"processInstanceKey": "1"}})
            empty.append(time.perf_counter() - began)
    return times, empty


# --- j ---------------------------------------------------------------------------------------------------------------


def waiting_clients(it: Installation, *, polls: int, slow: int, starts: int, seconds: float) -> web.Times:
    """Ordinary requests alone and beside clients that wait; those that start an instance wait for a user task that nobody does."""
    with _served(it) as rest:
        return web.waiting_clients(
            rest.port, rest.token, polls=polls, slow=slow, starts=starts, seconds=seconds, process_id="desk"
        )


# --- e, f, g, i --------------------------------------------------------------------------------------------------------


def fan_out(width: int) -> float:
    """Seconds of this process's own time for one instance with `width` parallel jobs: opened, leased by a thousand, joined."""
    from engine import instances, jobs
    from engine.jobs.leasing import claiming
    from engine.models import JobKind

    by = _admin()
    began = time.process_time()
    key = instances.start("fan", variables={"items": list(range(width))}, by=by).key
    while found := claiming.claim(
        ["bench-part"], worker="bench", limit=1_000, lease=600, kinds=(JobKind.BPMN_ELEMENT,)
    ):
        done = [jobs.Completion(each.key, each.instance_id, each.attempt, {"result": 1}) for each in found]
        jobs.complete_together(done)
    ended = instances.require(key)
    assert ended.result is not None
    assert len(ended.result["results"]) == width
    return time.process_time() - began


def loop(rounds: int, *, marks: int = 4) -> list[tuple[int, float, int]]:
    """Of a loop: rounds, microseconds a round and bytes of state, at `marks` times. In the core: what a round costs."""
    from datetime import UTC, datetime

    from engine import exact_json
    from engine.bpmn import parse
    from engine.runtime import State, step
    from engine.runtime.effects import OpenJob
    from engine.runtime.inputs import JobCompleted, Started

    model = parse(diagrams.LOOP).processes["loop"]
    now = datetime(2030, 1, 1, tzinfo=UTC)
    done = step(model, State.new(1 << 24), [Started({"n": 0})], now=now)
    found, each = [], rounds // marks
    for mark in range(1, marks + 1):
        began = time.process_time()
        for _ in range(each):
            [job] = [effect for effect in done.effects if isinstance(effect, OpenJob)]
            state = done.state
            if state.needs_keys:
                from engine.runtime.inputs import KeysGranted

                state = step(model, state, [KeysGranted((2 + mark) << 24)], now=now).state
            done = step(model, state, [JobCompleted(job.key, {})], now=now)
        spent = time.process_time() - began
        found.append((mark * each, spent / each * 1e6, len(exact_json.encode(done.state.to_json()))))
    return found


def due_timers(it: Installation, count: int, *, workers: int) -> float:
    """Seconds to fire `count` timers that are all due, one for each instance, until `workers` processes have ended all of these."""
    from engine import clock, instances, timers
    from engine.models import Timer

    by = _admin()
    for _ in range(count):
        instances.start("pause", variables={"pause": "P1D"}, by=by)
    with it.workers(workers), it.ticker():
        Timer.objects.update(due_at=clock.now() - timedelta(seconds=1))
        began = time.perf_counter()
        while timers.fire_due():
            pass
        _wait_for_all("pause", seconds=3_600)
        return time.perf_counter() - began


def correlation(others: int, count: int) -> list[float]:
    """Seconds to correlate a message while `others` subscriptions to the same name are open."""
    from engine import instances, messages

    by = _admin()
    fill_subscriptions(others)
    times = []
    for number in range(count):
        key = instances.start("payment", variables={"order": f"order-{number}"}, by=by).key
        began = time.perf_counter()
        messages.publish("paid", correlation_key=f"order-{number}", ttl=60, by=by)
        times.append(time.perf_counter() - began)
        assert instances.require(key).ended_at is not None
    return times


def fill_subscriptions(count: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO engine_messagesubscription (key, instance_key, definition_key, process_id, element_id,"
            " element_instance_key, interrupting, created_at, message_name, correlation_key)"
            " SELECT n, n, 1, 'other', 'wait', n, true, now(), 'paid', 'other-' || n FROM generate_series(1, %s) n",
            [count],
        )
        cursor.execute("ANALYZE engine_messagesubscription")
