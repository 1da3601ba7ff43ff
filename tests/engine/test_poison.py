"""A step that breaks is rolled back and set aside with an incident; the rest goes on."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection

from engine import clock, failpoints, incidents, instances, jobs, runtime
from engine.models import Incident, IncidentStatus, InstanceStatus, Job, PendingInput
from engine.postgres import locks
from engine.runtime import inputs
from engine.transition import advance, held_instances, saving, stepping, tries
from engine.transition.outbox import FollowUps
from engine.transition.rows import pending_inputs
from tests.engine.worlds import ADMIN, ALICE, END, START, WORKER, assert_all_sound, deploy, diagram, service

pytestmark = pytest.mark.django_db

TWO = diagram(
    "two",
    START,
    '<bpmn:parallelGateway id="split"/>',
    service("a", "test-a"),
    service("b", "test-b"),
    '<bpmn:parallelGateway id="join"/>',
    END,
    flows="start>split split>a split>b a>join b>join join>end",
)


@pytest.fixture
def _breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that gets the variable `poison` breaks, as one with a bug would."""
    real = runtime.step

    def step(model: Any, state: Any, given: list[Any], **options: Any) -> Any:
        for each in given:
            if "poison" in getattr(each, "variables", {}):
                raise ZeroDivisionError("a bug")
        return real(model, state, given, **options)

    monkeypatch.setattr(stepping, "step", step)


@pytest.fixture
def _disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


def activate(job_type: str) -> int:
    [activated] = jobs.activate(job_type, worker="w", max_jobs=1, lease=30, by=WORKER)
    return activated.job.key


@pytest.mark.usefixtures("_breaks")
def test_the_input_that_breaks_is_set_aside_with_its_stack_and_the_other_branch_goes_on() -> None:
    deploy(TWO)
    key = instances.start("two", by=ALICE).key
    jobs.complete(activate("test-a"), {"poison": 1}, by=WORKER)

    incident = Incident.objects.get()
    assert (incident.type, incident.instance_key, incident.in_state) == ("UNKNOWN", key, False)
    assert "ZeroDivisionError: a bug" in incident.message
    assert "in step" in incident.stack_trace
    assert PendingInput.objects.get().incident_key == incident.key

    jobs.complete(activate("test-b"), {"fine": 1}, by=WORKER)
    assert Job.objects.count() == 0
    assert instances.require(key).status == InstanceStatus.ACTIVE


def test_a_resolved_incident_takes_the_input_up_again(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("_breaks")
    deploy(TWO)
    key = instances.start("two", by=ALICE).key
    jobs.complete(activate("test-a"), {"poison": 1}, by=WORKER)
    jobs.complete(activate("test-b"), by=WORKER)
    incidents.resolve(Incident.objects.get().key, by=ADMIN)
    second = Incident.objects.get(status=IncidentStatus.ACTIVE)  # it breaks again: a new incident
    monkeypatch.undo()  # the bug is mended
    incidents.resolve(second.key, by=ADMIN)
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert_all_sound()


@pytest.mark.usefixtures("_breaks")
def test_one_bad_input_among_many_is_found_and_the_others_are_taken_up() -> None:
    deploy(TWO)
    key = instances.start("two", by=ALICE).key
    pending_inputs.enqueue(
        [(key, inputs.VariablesSet(key, {name: 1})) for name in ("x", "y", "poison", "z")],
        by="admin",
        now=clock.now(),
    )
    advance.advance(key)
    assert PendingInput.objects.count() == 1
    assert Incident.objects.count() == 1
    [activated] = jobs.activate("test-a", worker="w", max_jobs=1, lease=30, by=WORKER)
    assert activated.variables == {"x": 1, "y": 1, "z": 1}


@pytest.mark.usefixtures("_breaks")
def test_an_instance_whose_first_step_breaks_is_there_with_its_incident() -> None:
    deploy(TWO)
    key = instances.start("two", variables={"poison": 1}, by=ALICE).key
    assert instances.require(key).status == InstanceStatus.ACTIVE
    assert Incident.objects.get().instance_key == key
    instances.cancel(key, by=ADMIN)
    assert instances.require(key).status == InstanceStatus.TERMINATED
    assert Incident.objects.get().status == IncidentStatus.RESOLVED


def left_behind(*keys: int) -> None:
    pending_inputs.enqueue([(key, inputs.VariablesSet(key, {"x": 1})) for key in keys], by="admin", now=clock.now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_disarmed")
def test_a_database_that_fails_again_and_again_is_no_death_by_an_input() -> None:
    deploy(TWO)
    key = instances.start("two", by=ALICE).key
    left_behind(key)
    failpoints.arm("advance.before_commit=lose")
    for _ in range(tries.MOST_DEATHS + 1):
        with pytest.raises(OperationalError):
            tries.advance_left(key)
    assert PendingInput.objects.get().tries == 0
    failpoints.disarm()
    tries.advance_left(key)
    assert not PendingInput.objects.exists()
    assert not Incident.objects.exists()
    assert_all_sound()


@pytest.mark.django_db(transaction=True)
def test_what_another_is_just_taking_up_is_not_tried_beside_it() -> None:
    deploy(TWO)
    key = instances.start("two", by=ALICE).key
    left_behind(key)

    def elsewhere() -> None:
        try:
            tries.advance_left(key)
        finally:
            connection.close()

    with locks.alone_with(key) as alone, ThreadPoolExecutor(1) as pool:
        assert alone
        pool.submit(elsewhere).result(timeout=30)
    assert PendingInput.objects.get().tries == 0
    tries.advance_left(key)
    assert not PendingInput.objects.exists()


@pytest.mark.usefixtures("_breaks")
def test_instances_that_are_advanced_together_are_one_commit_and_one_that_breaks_harms_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deploy(TWO)
    good, bad, suspended = (instances.start("two", by=ALICE).key for _ in range(3))
    others = [instances.start("two", by=ALICE).key for _ in range(3)]
    left_behind(*others)
    saved: list[int] = []
    real = saving.save_all

    def save_all(found: Sequence[held_instances.Held]) -> FollowUps:
        saved.append(len(found))
        return real(found)

    monkeypatch.setattr(saving, "save_all", save_all)
    advance.advance(*others)
    assert saved == [3]
    assert not PendingInput.objects.exists()

    instances.suspend(suspended, by=ADMIN)
    left_behind(good, suspended)
    pending_inputs.enqueue([(bad, inputs.VariablesSet(bad, {"poison": 1}))], by="admin", now=clock.now())
    advance.advance(good, bad, suspended)
    incident = Incident.objects.get()
    assert incident.instance_key == bad
    assert set(PendingInput.objects.values_list("instance_key", "incident_key")) == {
        (bad, incident.key),
        (suspended, None),
    }
    assert_all_sound()
