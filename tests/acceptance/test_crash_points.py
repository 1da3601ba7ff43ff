"""The process is killed with -9 between any two statements of a transition. Whoever asked asks again, the sweeper sweeps, and all
is as if nothing had happened: the instance goes on where it was, once."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from engine import batch_operations, clock, incidents, instances, jobs, messages, timers, user_tasks
from engine.batch_operations import working_off
from engine.errors import Conflict
from engine.models import (
    IdempotencyKey,
    Incident,
    IncidentStatus,
    InstanceStatus,
    Job,
    JobAttempt,
    JournalEntry,
    PendingInput,
    ProcessInstance,
    UserTask,
)
from engine.runtime.inputs import VariablesSet
from engine.transition import tries
from engine.transition.rows import pending_inputs
from engine.upkeep import sweeper
from tests.acceptance.faults import workload
from tests.acceptance.workers import PROJECT, Stage
from tests.conftest import Figure
from tests.engine.worlds import ALICE, CALLER, FAN, PAUSE, PAYMENT, REVIEW, WORK, WORKER, assert_all_sound, deploy
from webapp.launcher.bare import children

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_time")]

INSIDE = (
    "advance.after_step",
    "advance.before_state",
    "advance.before_rows",
    "advance.before_journal",
    "advance.after_journal",
    "advance.before_commit",
)
AFTER = ("advance.after_commit",)
SOME = ("advance.before_rows", "advance.before_commit", *AFTER)
"""For commands whose transaction is the same as that of a completion, which is cut off everywhere."""
EVERYWHERE = (*INSIDE, *AFTER) if os.environ.get("STEPWELL_FAULTS") else SOME
"""In each test run the matrix of `tests/acceptance/places` kills at all of them."""
Crash = Callable[..., None]
Run = Callable[[dict[str, Any]], int]


@pytest.fixture
def _time() -> Iterator[None]:
    yield
    clock.reset()


@pytest.fixture(scope="module")
def run(django_db_setup: None) -> Iterator[Run]:
    """Runs a command in a process of its own; returns its exit status."""
    environ = {
        **os.environ,
        "DATABASE_URL": Stage._database(),
        "STEPWELL_TEST_CLOCK": "1",
        "DJANGO_SETTINGS_MODULE": "webapp.settings",
    }
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.acceptance.crashing_commands"],
        env=environ,
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=children.die_with_parent,
    )
    assert program.stdin is not None
    assert program.stdout is not None

    def run_one(case: dict[str, Any]) -> int:
        program.stdin.write(json.dumps(case) + "\n")  # type: ignore[union-attr]
        program.stdin.flush()  # type: ignore[union-attr]
        return int(program.stdout.readline())  # type: ignore[union-attr]

    yield run_one
    program.stdin.close()
    program.wait(10)
    program.stdout.close()


@pytest.fixture
def crash(run: Run, figure: Figure) -> Crash:
    def until_killed(failpoint: str, command: str, **arguments: Any) -> None:
        """Raises AssertionError when the command did not come to the failpoint."""
        status = run({"failpoints": f"{failpoint}=kill", "command": command, "arguments": arguments})
        assert status == -signal.SIGKILL, f"the command ended with {status} before it came to {failpoint}"
        figure("kill -9 between two statements", 1)

    return until_killed


def sweep() -> None:
    clock.advance(timedelta(seconds=2))
    sweeper.advance_forgotten()
    sweeper.remove_orphans()


def statuses() -> list[str]:
    return list(ProcessInstance.objects.order_by("key").values_list("status", flat=True))


@pytest.mark.parametrize("failpoint", EVERYWHERE)
def test_a_start_that_is_cut_off_and_repeated_is_one_start(failpoint: str, crash: Crash) -> None:
    deploy(WORK)
    crash(failpoint, "start", process_id="work")
    assert ProcessInstance.objects.count() == (1 if failpoint in AFTER else 0)
    instance = instances.start("work", by=ALICE, idempotency_key="k")
    assert ProcessInstance.objects.count() == 1
    [activated] = jobs.activate("test-work", worker="w", max_jobs=5, lease=60, by=WORKER)
    jobs.complete(activated.job.key, by=WORKER)
    assert instances.require(instance.key).status == InstanceStatus.COMPLETED
    assert_all_sound()


@pytest.mark.parametrize("failpoint", ["jobs.before_complete", *EVERYWHERE])
def test_a_jobs_completion_that_is_cut_off_counts_once(failpoint: str, crash: Crash) -> None:
    deploy(WORK)
    key = instances.start("work", by=ALICE).key
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=60, by=WORKER)
    crash(failpoint, "complete_job", key=activated.job.key)
    assert_all_sound()
    jobs.complete(activated.job.key, {"done": 1}, by=WORKER, idempotency_key="k")
    assert instances.require(key).result == {"done": 1}
    assert JournalEntry.objects.filter(instance_key=key).count() == 2
    assert_all_sound()


@pytest.mark.parametrize("failpoint", EVERYWHERE)
def test_a_persons_completion_that_is_cut_off_counts_once(failpoint: str, crash: Crash) -> None:
    deploy(REVIEW)
    key = instances.start("review", by=ALICE).key
    task = UserTask.objects.get().key
    crash(failpoint, "complete_user_task", key=task)
    assert UserTask.objects.get().status == ("COMPLETED" if failpoint in AFTER else "CREATED")
    user_tasks.complete(task, {"done": 1}, by=ALICE, idempotency_key="k")
    assert instances.require(key).result == {"done": 1}
    assert_all_sound()


@pytest.mark.parametrize("failpoint", EVERYWHERE)
def test_a_childs_end_reaches_its_parent_though_it_is_cut_off(failpoint: str, crash: Crash) -> None:
    deploy(WORK, CALLER)
    instances.start("caller", by=ALICE)
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=60, by=WORKER)
    crash(failpoint, "complete_job", key=activated.job.key)
    jobs.complete(activated.job.key, {"done": 1}, by=WORKER, idempotency_key="k")
    sweep()
    assert statuses() == [InstanceStatus.COMPLETED] * 2
    assert_all_sound()


@pytest.mark.parametrize("failpoint", EVERYWHERE)
def test_a_message_that_is_cut_off_and_published_again_is_consumed_once(failpoint: str, crash: Crash) -> None:
    deploy(PAYMENT)
    key, other = (instances.start("payment", variables={"order": "7"}, by=ALICE).key for _ in range(2))
    crash(failpoint, "publish", order="7")
    messages.publish("paid", correlation_key="7", ttl=60, by=WORKER, idempotency_key="k")
    sweep()
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert instances.require(other).status == InstanceStatus.ACTIVE
    assert_all_sound()


@pytest.mark.parametrize("failpoint", ["timers.before_commit", "timers.after_commit", *EVERYWHERE])
def test_a_firing_that_is_cut_off_fires_once(failpoint: str, crash: Crash) -> None:
    deploy(PAUSE)
    key = instances.start("pause", by=ALICE).key
    clock.advance(timedelta(hours=2))
    crash(failpoint, "fire_timers")
    timers.fire_due()
    sweep()
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert JournalEntry.objects.filter(instance_key=key).count() == 2
    assert_all_sound()


def claim(job_type: str) -> int:
    """The key of the next job."""
    [activated] = jobs.activate(job_type, worker="w", max_jobs=1, lease=60, by=WORKER)
    return activated.job.key


@pytest.mark.parametrize("failpoint", SOME)
def test_the_end_of_a_multi_instance_that_is_cut_off_comes_once(failpoint: str, crash: Crash) -> None:
    deploy(FAN)
    key = instances.start("fan", variables={"items": [1, 2]}, by=ALICE).key
    first, last = claim("test-part"), claim("test-part")
    jobs.complete(first, {"result": "a"}, by=WORKER)
    crash(failpoint, "complete_job", key=last)
    jobs.complete(last, {"done": 1}, by=WORKER, idempotency_key="k")
    ended = instances.require(key)
    assert ended.status == InstanceStatus.COMPLETED
    assert ended.result is not None
    assert len(ended.result["results"]) == 2
    assert_all_sound()


@pytest.mark.parametrize("failpoint", SOME)
def test_a_compensation_that_is_cut_off_undoes_each_activity_once_in_reverse(
    failpoint: str, crash: Crash, figure: Figure
) -> None:
    deploy(workload.DIAGRAMS["saga"])
    key = instances.start("saga", by=ALICE).key
    done = []
    for cut_off in (False, True, True, False):  # car, hotel (which throws), undo_hotel, undo_car
        [activated] = jobs.activate("fault-work", worker="w", max_jobs=5, lease=60, by=WORKER)
        job = activated.job
        done.append(job.element_id)
        if cut_off:
            crash(failpoint, "complete_job", key=job.key)
        jobs.complete(job.key, {"done": 1}, by=WORKER, idempotency_key="k" if cut_off else None)
        IdempotencyKey.objects.all().delete()  # the commands that are cut off share one key
    assert done == workload.EFFECTS["saga"]
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert_all_sound()
    figure("activities undone once, in reverse", 2)


@pytest.mark.parametrize("failpoint", SOME)
def test_an_incident_that_is_cut_off_is_raised_once_and_resolved_once(failpoint: str, crash: Crash) -> None:
    deploy(WORK)
    key = instances.start("work", by=ALICE).key
    job = claim("test-work")
    crash(failpoint, "fail_job", key=job)
    if failpoint not in AFTER:
        assert not Incident.objects.exists()
        jobs.fail(job, retries=0, message="no", by=WORKER)
    sweep()
    incident = Incident.objects.get().key
    crash(failpoint, "resolve", key=incident)
    assert_all_sound()
    if failpoint in AFTER:
        with pytest.raises(Conflict, match="resolved by 'worker'"):
            incidents.resolve(incident, by=WORKER)
    else:
        incidents.resolve(incident, by=WORKER)
    sweep()
    assert Incident.objects.get().status == IncidentStatus.RESOLVED
    assert JobAttempt.objects.count() == 1
    jobs.complete(claim("test-work"), by=WORKER)
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert_all_sound()


@pytest.mark.parametrize("failpoint", SOME)
def test_the_last_expired_lease_that_is_cut_off_uses_up_one_attempt(failpoint: str, crash: Crash) -> None:
    deploy(WORK.replace(b'retries="3"', b'retries="1"'))
    instances.start("work", by=ALICE)
    claim("test-work")
    clock.advance(timedelta(minutes=2))
    crash(failpoint, "expire_leases")
    jobs.expire_leases()
    sweep()
    assert Incident.objects.count() == JobAttempt.objects.count() == 1
    assert_all_sound()


@pytest.mark.parametrize(
    "failpoint", [*SOME, "batch_operation_runs.before_collected", "batch_operation_runs.before_item"]
)
def test_a_batch_operation_that_is_cut_off_does_each_item_once(failpoint: str, crash: Crash) -> None:
    deploy(PAUSE)
    keys = [instances.start("pause", by=ALICE).key for _ in range(3)]
    before = JournalEntry.objects.count()
    operation = batch_operations.suspend_instances({"processDefinitionId": "pause"}, by=WORKER)

    crash(failpoint, "work_off")
    clock.advance(working_off.LEASE + timedelta(seconds=1))
    working_off.run()

    operation.refresh_from_db()
    assert (operation.status, operation.completed_count) == ("COMPLETED", 3)
    assert ProcessInstance.objects.filter(key__in=keys, suspended_at__isnull=False).count() == 3
    assert JournalEntry.objects.count() == before + 3
    assert_all_sound()


def test_an_input_that_kills_whoever_takes_it_up_is_set_aside_and_all_else_goes_on(run: Run, figure: Figure) -> None:
    deploy(WORK)
    key, other = (instances.start("work", by=ALICE).key for _ in range(2))
    left = [(key, VariablesSet(key, {name: 1})) for name in ("x", "deadly", "z")]
    pending_inputs.enqueue([*left, (other, VariablesSet(other, {"y": 1}))], by="alice", now=clock.now())
    clock.advance(timedelta(seconds=2))

    sweep_once = {"failpoints": "", "command": "advance_forgotten", "arguments": {}, "deadly": "deadly"}
    statuses: list[int] = []
    while not statuses or statuses[-1] != 0:
        statuses.append(run(sweep_once))
        assert len(statuses) < 9

    assert statuses == [-signal.SIGKILL] * tries.MOST_DEATHS + [0]
    incident = Incident.objects.get()
    assert (incident.instance_key, incident.in_state) == (key, False)
    assert "have died of it" in incident.message
    assert "deadly" in incident.message
    assert PendingInput.objects.get().incident_key == incident.key
    leased = jobs.activate("test-work", worker="w", max_jobs=5, lease=60, by=WORKER)
    given = {each.job.instance_id: each.variables for each in leased}
    assert given == {key: {"x": 1, "z": 1}, other: {"y": 1}}
    assert run(sweep_once) == 0
    incidents.resolve(incident.key, by=WORKER)  # here nothing is wrong with it
    for job in Job.objects.all():
        jobs.complete(job.key, by=WORKER)
    assert instances.require(key).result == {"x": 1, "deadly": 1, "z": 1}
    assert instances.require(other).status == InstanceStatus.COMPLETED
    assert_all_sound()
    figure("deaths by one input until it was set aside", len(statuses) - 1)
