"""Jobs done by real Celery workers, who are killed, stopped and restarted in the middle of it."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from engine import doorbell, instances, user_tasks
from engine.handlers import declaring, registry
from engine.models import Incident, InstanceStatus, Job, JobAttempt, JobStatus, JournalEntry, ProcessInstance, UserTask
from tests.acceptance.installation import eventually
from tests.acceptance.workers import Stage, kill, send_to_all, stage
from tests.conftest import Figure
from tests.engine.worlds import (
    ALICE,
    END,
    GUARDED,
    START,
    assert_all_sound,
    assert_sound,
    catch,
    deploy,
    diagram,
    duration,
    service,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def world(tmp_path: Path, broker_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """This process, too, knows the handlers of the stage: it rings for their jobs."""
    with stage(tmp_path, broker_url) as made:
        settings.PROCESSES_DIR = tmp_path / "processes"
        monkeypatch.setenv("ACCEPTANCE_FOLDER", str(tmp_path))
        monkeypatch.setattr(declaring, "declared", {})
        registry._discovered.clear()
        yield made
    registry._discovered.clear()


def one(job_type: str, *, retries: int = 3) -> bytes:
    return diagram("one", START, service("do", job_type, retries=retries), END, flows="start>do do>end")


def chain(length: int) -> bytes:
    names = [f"t{number}" for number in range(length)]
    path = ["start", *names, "end"]
    flows = " ".join(f"{a}>{b}" for a, b in pairwise(path))
    return diagram("chain", START, *[service(name, "test-work") for name in names], END, flows=flows)


def ended(key: int) -> bool:
    return instances.require(key).status == InstanceStatus.COMPLETED


def all_ended() -> bool:
    return not ProcessInstance.objects.filter(status=InstanceStatus.ACTIVE).exists()


def test_a_worker_does_the_job_at_the_ring_of_the_doorbell_once_however_often_it_rings(
    world: Stage, figure: Figure
) -> None:
    deploy(one("test-work"))
    key = instances.start("one", by=ALICE).key
    job = Job.objects.get().key
    for _ in range(5):  # a broker that delivers at least once
        doorbell._ring(doorbell.RUN_JOBS, ["stepwell", job], queue="stepwell")
    world.worker()
    assert eventually(lambda: ended(key), seconds=60), world.output()
    with world.broker() as broker:
        assert eventually(lambda: broker.llen("stepwell") == 0, seconds=60), "all of them were heard"
    assert instances.require(key).result == {"attempt": 1}
    assert len(world.lines("begin")) == 1
    assert_all_sound()
    figure("deliveries of one job, run once", 6)


def test_kill_9_in_the_middle_of_a_handler_loses_nothing_and_its_successor_goes_on_from_the_last_detail(
    world: Stage, figure: Figure
) -> None:
    worker = world.worker()
    world.ticker()
    deploy(one("test-pages"))
    key = instances.start("one", by=ALICE).key
    assert eventually(lambda: len(world.lines("half")) == 1, seconds=60), world.output()
    kill(worker)
    world.worker()
    world.go()
    assert eventually(lambda: ended(key), seconds=60), world.output()
    assert instances.require(key).result == {"attempt": 2, "began_after_page": 3}
    pages = [line for line in world.lines() if line[0].startswith("page-")]
    assert [(line[0], line[2]) for line in pages] == [
        *((f"page-{page}", "1") for page in (1, 2, 3)),
        *((f"page-{page}", "2") for page in (4, 5, 6)),
    ]
    figure("pages of a killed job done twice, of 6", len(pages) - 6)
    assert [line[2] for line in world.lines("end")] == ["2"]
    assert {line[1] for line in world.lines()} == {line[1] for line in world.lines("end")}, "one idempotency key"
    assert JobAttempt.objects.get().message.startswith("Expected an answer of worker")
    assert JournalEntry.objects.filter(instance_key=key).count() == 2
    assert_all_sound()


def test_a_worker_that_slept_beyond_its_lease_cannot_speak_for_its_successor(world: Stage, figure: Figure) -> None:
    sleeper = world.worker(concurrency=1)
    world.ticker()
    deploy(one("test-slow"))
    key = instances.start("one", by=ALICE).key
    assert eventually(lambda: len(world.lines("begin")) == 1, seconds=60), world.output()
    send_to_all(sleeper, signal.SIGSTOP)
    world.worker(concurrency=1)
    assert eventually(lambda: len(world.lines("begin")) == 2, seconds=60), world.output()
    world.go()
    assert eventually(lambda: ended(key), seconds=60), world.output()
    send_to_all(sleeper, signal.SIGCONT)
    assert eventually(lambda: len(world.lines("end")) == 2, seconds=60), world.output()
    assert eventually(lambda: "came too late" in world.output(), seconds=60)
    assert instances.require(key).result == {"attempt": 2}
    assert JournalEntry.objects.filter(instance_key=key).count() == 2
    assert_all_sound()
    figure("answers after the lease, refused", 1)


def test_a_broker_that_lost_every_ring_costs_time_only(world: Stage, figure: Figure) -> None:
    deploy(one("test-work"))
    keys = [instances.start("one", by=ALICE).key for _ in range(5)]
    world.empty_broker()
    world.worker()
    world.ticker()
    assert eventually(lambda: all(map(ended, keys)), seconds=60), world.output()
    assert len(world.lines("begin")) == 5
    assert_all_sound()
    figure("jobs whose rings were lost, each run once", len(world.lines("begin")))


def test_a_ring_that_waits_stands_for_those_after_it(world: Stage) -> None:
    deploy(one("test-work"))
    keys = [instances.start("one", by=ALICE).key for _ in range(5)]
    with world.broker() as broker:
        assert broker.llen("stepwell") == 1
    world.worker()
    assert eventually(lambda: all(map(ended, keys)), seconds=90), world.output()
    assert_all_sound()


def test_a_handler_that_hangs_is_ended_at_its_timeout_and_the_last_time_is_an_incident(
    world: Stage, figure: Figure
) -> None:
    world.worker()
    world.ticker()
    deploy(one("test-hang", retries=2))
    instances.start("one", by=ALICE)
    assert eventually(lambda: Incident.objects.exists(), seconds=60), world.output()
    incident = Incident.objects.get()
    assert incident.message == "HandlerTimeoutError: Expected the handler of 'test-hang' to end within 0.5 seconds."
    assert "in hang" in incident.stack_trace
    assert Job.objects.get().status == JobStatus.FAILED
    assert JobAttempt.objects.count() == len(world.lines("begin")) == 2
    figure("hung attempts ended at their time-out", JobAttempt.objects.count())


def test_a_handler_that_is_silent_beyond_its_heartbeat_timeout_is_ended(world: Stage, figure: Figure) -> None:
    world.worker()
    world.ticker()
    deploy(one("test-silent", retries=1))
    instances.start("one", by=ALICE)
    assert eventually(lambda: Incident.objects.exists(), seconds=60), world.output()
    assert Incident.objects.get().message == (
        "HeartbeatTimeoutError: Expected a heartbeat of the handler of 'test-silent' within 0.6 seconds."
    )
    assert len(world.lines("silent")) == 1, "its heartbeats kept it alive for longer than that before"
    figure("silent attempts ended at their heartbeat time-out", 1)


def test_a_job_that_kills_its_workers_is_set_aside_and_those_behind_it_are_done(world: Stage, figure: Figure) -> None:
    world.worker(concurrency=1)
    world.ticker()
    deploy(
        diagram("deadly", START, service("do", "test-kill", retries=9), END, flows="start>do do>end"),
        diagram("good", START, service("do", "test-work", retries=1), END, flows="start>do do>end"),
    )
    instances.start("deadly", by=ALICE)
    good = [instances.start("good", by=ALICE).key for _ in range(6)]
    assert eventually(lambda: all(map(ended, good)), seconds=120), world.output()
    assert eventually(lambda: Incident.objects.exists(), seconds=120), world.output()
    assert "kills its workers" in Incident.objects.get().message
    assert JobAttempt.objects.count() == 3
    figure("workers killed by one job until it was set aside", JobAttempt.objects.count())


@pytest.fixture
def ledger() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE acceptance_ledger (job_key bigint NOT NULL)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE acceptance_ledger")


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("place", ["advance.before_state", "advance.before_commit", "advance.after_commit"])
def test_kill_9_in_a_transactional_handler_s_transaction_leaves_its_write_exactly_once(
    world: Stage, place: str
) -> None:
    world.worker(STEPWELL_FAILPOINTS=f"{place}=kill-once:{world.folder / 'killed'}", concurrency=1)
    world.ticker()
    deploy(one("test-transactional"))
    key = instances.start("one", by=ALICE).key
    assert eventually(lambda: ended(key), seconds=90), world.output()
    assert eventually((world.folder / "killed").exists, seconds=30), "it was killed"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT job_key) FROM acceptance_ledger")
        assert cursor.fetchone() == (1, 1)
    assert len(world.lines("begin")) == (1 if place == "advance.after_commit" else 2)
    assert_all_sound()


def test_a_failing_handler_is_repeated_after_its_back_off(world: Stage) -> None:
    world.worker()
    world.ticker()
    deploy(one("test-fail-twice"))
    key = instances.start("one", by=ALICE).key
    assert eventually(lambda: ended(key), seconds=60), world.output()
    assert instances.require(key).result == {"attempt": 3}
    assert [attempt.message for attempt in JobAttempt.objects.order_by("attempt")] == [
        "RuntimeError: attempt 1 fails",
        "RuntimeError: attempt 2 fails",
    ]
    assert_all_sound()


def test_a_bpmn_error_of_a_handler_takes_the_boundary_event(world: Stage) -> None:
    world.worker()
    deploy(GUARDED.replace(b"test-work", b"test-declined"))
    key = instances.start("guarded", by=ALICE).key
    assert eventually(lambda: UserTask.objects.exists(), seconds=60), world.output()
    user_tasks.complete(UserTask.objects.get().key, by=ALICE)
    assert ended(key)
    assert_all_sound()


def test_a_result_that_is_no_json_is_an_incident_that_says_so(world: Stage) -> None:
    world.worker()
    deploy(one("test-nonsense", retries=1))
    instances.start("one", by=ALICE)
    assert eventually(lambda: Incident.objects.exists(), seconds=60), world.output()
    assert "found object" in Incident.objects.get().message


def test_a_timer_that_came_due_while_no_ticker_ran_fires_at_the_next_start(world: Stage) -> None:
    deploy(diagram("brief", START, catch("wait", duration("PT1S")), END, flows="start>wait wait>end"))
    key = instances.start("brief", by=ALICE).key
    ticker = world.ticker()
    kill(ticker)
    time.sleep(1.1)
    assert not ended(key)
    again = world.ticker()
    assert eventually(lambda: ended(key), seconds=60), world.output()
    again.send_signal(signal.SIGTERM)
    assert again.wait(10) == 0
    assert_all_sound()


@pytest.mark.slow
def test_workers_killed_at_random_lose_no_instance_and_double_no_transition(world: Stage, figure: Figure) -> None:
    world.ticker()
    workers = [world.worker(ACCEPTANCE_WORK="0.02") for _ in range(2)]
    deploy(chain(5))
    keys = [instances.start("chain", by=ALICE).key for _ in range(40)]
    chance = random.Random(7)  # noqa: S311 - repeatable, not secret
    kills = 0
    while not all_ended() and kills < 8:
        time.sleep(chance.uniform(0.3, 1.5))
        victim = chance.randrange(len(workers))
        kill(workers[victim])
        workers[victim] = world.worker(ACCEPTANCE_WORK="0.02")
        kills += 1
    assert eventually(all_ended, seconds=60), world.output()
    for key in keys:
        assert_sound(instances.require(key))
        assert instances.require(key).status == InstanceStatus.COMPLETED
    runs = Counter(line[1] for line in world.lines("begin"))
    assert len(runs) == 40 * 5
    repeats = sum(runs.values()) - len(runs)
    assert repeats <= kills * 2 * 8, "a kill repeats at most the jobs that the worker held"
    figure("kills of workers at random, nothing lost or doubled", kills)


def test_python_scripts_run_in_pool_processes_also_in_those_that_replace_others(world: Stage) -> None:
    """The interpreter's own processes are made after the fork: one that was started before it would hang."""
    worker = world.worker(concurrency=1)
    world.ticker()
    script = (
        '<bpmn:scriptTask id="{0}" scriptFormat="python"><bpmn:script>total = sum(numbers) * {1}</bpmn:script>'
        "</bpmn:scriptTask>"
    )
    deploy(
        diagram(
            "sums",
            START,
            script.format("first", 1),
            script.format("again", 2),
            END,
            flows="start>first first>again again>end",
        )
    )
    pools: set[int] = set()
    for _ in range(3):
        key = instances.start("sums", variables={"numbers": [1, 2, 3]}, by=ALICE).key
        assert eventually(partial(ended, key), seconds=90), world.output()
        assert (instances.require(key).result or {})["total"] == 12
        children = pool_of(worker.pid)
        assert not pools & children, "the pool's process was to be another"
        pools |= children
        for child in children:
            os.kill(child, signal.SIGKILL)
    assert len(pools) == 3
    assert_all_sound()


def pool_of(worker: int) -> set[int]:
    """The processes of a Celery worker that run its tasks: those children that have its command line."""
    commands = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                commands[int(entry.name)] = (parent, (entry / "cmdline").read_bytes())
    return {pid for pid, (parent, command) in commands.items() if parent == worker and b"celery" in command}
