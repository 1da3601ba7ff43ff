"""The doctor names what is wrong, and only that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection

from engine import clock, instances
from engine.models import InstanceState, Job, PendingInput, Timer
from engine.postgres import keys
from engine.upkeep import doctor, standing_still
from engine.upkeep.doctor import Level
from tests.engine.worlds import (
    ALARM,
    ALICE,
    CALLER,
    END,
    FAN,
    PAUSE,
    PAYMENT,
    REVIEW,
    START,
    TIMEOUT,
    WORK,
    deploy,
    diagram,
    user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]
LONG_AGO = timedelta(hours=1)


def problems() -> dict[str, str]:
    return {finding.area: finding.text for finding in doctor.examine() if finding.level is Level.PROBLEM}


def test_a_sound_installation_has_no_problem() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    assert problems() == {}
    [journal] = [finding for finding in doctor.examine() if finding.area == "journal"]
    assert journal.text.startswith("1 running instances replay")


def late_timer() -> None:
    deploy(TIMEOUT)
    instances.start("timeout", by=ALICE)
    Timer.objects.update(due_at=clock.now() - LONG_AGO)


def forgotten_input() -> None:
    deploy(WORK)
    key = instances.start("work", by=ALICE).key
    PendingInput.objects.create(instance_key=key, input={}, at=clock.now() - LONG_AGO, by="alice")


def input_set_aside() -> None:
    deploy(WORK)
    key = instances.start("work", by=ALICE).key
    PendingInput.objects.create(instance_key=key, input={}, at=clock.now(), by="alice", incident_key=7)


def changed_state() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    row = InstanceState.objects.get()
    assert row.data is not None
    row.data["c"] += 1
    row.save()


@pytest.mark.parametrize(
    ("harm", "area", "text"),
    [
        (late_timer, "ticker", "1 timers are late, by up to 3600 s"),
        (forgotten_input, "instances", "1 inputs wait for their instance, for up to 3600 s"),
        (input_set_aside, "instances", "1 inputs broke their step and were set aside"),
        pytest.param(
            changed_state,
            "journal",
            "The replay of 1 of 1 running instances differs",
            marks=pytest.mark.spoils,
            id="changed_state",
        ),
    ],
)
def test_what_is_wrong_is_named(harm: Callable[[], None], area: str, text: str) -> None:
    harm()
    assert text in problems()[area]


def test_a_job_that_waits_long_is_a_warning_where_only_a_job_worker_could_do_it() -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    Job.objects.update(available_at=clock.now() - LONG_AGO)
    [waiting] = [finding for finding in doctor.examine() if finding.area == "jobs"]
    assert (waiting.level, "'test-work' wait for a worker, for up to 3600 s" in waiting.text) == (Level.WARNING, True)
    assert "over the API" in waiting.advice


def test_a_database_that_may_lose_commits_is_a_warning() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    assert any("synchronous_commit is off" in finding.text for finding in doctor.examine())


@pytest.fixture
def _sequence_of_keys() -> Iterator[None]:
    """Sequences do not roll back with a test: other tests expect keys that follow each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM stepwell_key_block")
        before = cursor.fetchone()[0]
        yield
        cursor.execute("SELECT setval('stepwell_key_block', %s)", [before + 1])


@pytest.mark.usefixtures("_sequence_of_keys")
def test_after_a_restore_no_key_comes_that_may_have_been_given_out() -> None:
    before = keys.take_one()
    keys.skip_those_given_out_since_a_backup()
    assert keys.take_one() - before > 2**24 << keys.BITS_PER_BLOCK


def test_an_instance_that_waits_for_nothing_is_found_and_those_that_wait_are_not() -> None:
    for content in (WORK, PAUSE, PAYMENT, ALARM, REVIEW, CALLER, FAN, TIMEOUT):
        deploy(content)
    for process_id in ("work", "pause", "payment", "alarm", "review", "caller", "fan", "timeout"):
        instances.start(process_id, variables={"items": [1, 2], "order": 1}, by=ALICE)
    looked = standing_still.look()
    assert (looked.found, looked.are_all) == ([], True)
    assert looked.number == InstanceState.objects.count()

    lost = Job.objects.filter(process_id="work", instance__parent_key=None).get()
    lost.delete()
    [found] = standing_still.look().found
    assert (found.instance_key, found.text) == (lost.instance_id, "'do' waits for a job that is not there")
    assert "1 of 9 running instances wait for nothing" in problems()["instances"]
    PendingInput.objects.create(instance_key=lost.instance_id, input={}, at=clock.now(), by="alice")
    assert standing_still.look().found == []


def test_a_token_that_waits_at_a_join_for_a_flow_that_nothing_can_take_is_named() -> None:
    gateway, join = '<bpmn:exclusiveGateway id="choice" default="f2"/>', '<bpmn:parallelGateway id="both"/>'
    flows = "start>choice choice>both choice>check check>both both>end"
    text = diagram("deadlock", START, gateway, user("check"), join, END, flows=flows).decode()
    condition = (
        '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=amount &lt; 1000</bpmn:conditionExpression>'
    )
    flow = 'sourceRef="choice" targetRef="both"'
    deploy(text.replace(f"{flow}/>", f"{flow}>{condition}</bpmn:sequenceFlow>").encode())
    instances.start("deadlock", variables={"amount": 5000}, by=ALICE)
    assert standing_still.look().found == []
    instances.start("deadlock", variables={"amount": 5}, by=ALICE)
    assert "the token on 'f1' waits at 'both' for others, which can come no more" in problems()["instances"]


def test_no_more_instances_are_looked_at_than_the_limits_say() -> None:
    deploy(WORK)
    for _ in range(3):
        instances.start("work", by=ALICE)
    Job.objects.all().delete()
    looked = standing_still.look(limit=2)
    assert (looked.number, looked.are_all, len(looked.found)) == (2, False, 2)
    assert standing_still.look(seconds=0).number == 0
