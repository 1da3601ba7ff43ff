"""A step that breaks is rolled back and set aside with an incident; the rest goes on."""

from typing import Any

import pytest

from engine import advance, held_instances, incidents, instances, jobs
from engine.models import Incident, IncidentStatus, InstanceStatus, Job, PendingInput
from engine.runtime import inputs
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
    real = held_instances.step

    def step(model: Any, state: Any, given: list[Any], **options: Any) -> Any:
        for each in given:
            if "poison" in getattr(each, "variables", {}):
                raise ZeroDivisionError("a bug")
        return real(model, state, given, **options)

    monkeypatch.setattr(held_instances, "step", step)


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
    advance.instance_rows.enqueue(
        [(key, inputs.VariablesSet(key, {name: 1})) for name in ("x", "y", "poison", "z")],
        by="admin",
        now=advance.clock.now(),
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
