"""Recorded instances are played by a diagram before it is deployed: who would take another way, and where."""

from __future__ import annotations

import pytest

from engine import instances, jobs, timers, user_tasks
from engine.deployments import ResourceFile, rehearsals
from engine.deployments.rehearsals import Rehearsed
from engine.errors import DeploymentRejected, PermissionDenied
from engine.models import Deployment, JournalEntry, ProcessDefinition, Timer, UserTask
from engine.runtime.history import ElementActivated, FlowTaken
from tests.conftest import Figure
from tests.engine.worlds import (
    ADMIN,
    ALICE,
    CAROL,
    END,
    START,
    WORKER,
    assert_all_sound,
    deploy,
    diagram,
    duration,
    service,
    user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]


def claims(limit: int, *more: str, flows: str = "", first: str = "start>check check>gate") -> bytes:
    """Claims up to `limit` are paid at once, larger ones are examined."""
    gate = '<bpmn:exclusiveGateway id="gate" default="large"/>'
    small = (
        '<bpmn:sequenceFlow id="small" sourceRef="gate" targetRef="pay"><bpmn:conditionExpression '
        f'xsi:type="bpmn:tFormalExpression">=amount &lt;= {limit}</bpmn:conditionExpression></bpmn:sequenceFlow>'
    )
    large = '<bpmn:sequenceFlow id="large" sourceRef="gate" targetRef="examine"/>'
    return diagram(
        "claims", START, service("check", "test-check"), gate, small, large, service("pay", "test-pay"), user("examine"),
        END, *more, flows=f"{first} pay>end examine>end {flows}",
    )  # fmt: skip


def claim(amount: int) -> int:
    """The key of an instance that has gone its way to the end."""
    key = instances.start("claims", variables={"amount": amount}, by=ALICE).key
    do("test-check", {"checked": True})
    if amount <= 100:
        do("test-pay", {})
    else:
        user_tasks.complete(UserTask.objects.get(instance_id=key).key, by=ALICE)
    return key


def do(job_type: str, variables: dict[str, object]) -> None:
    [activated] = jobs.activate(job_type, worker="w", max_jobs=1, lease=30, by=WORKER)
    jobs.complete(activated.job.key, variables, by=WORKER)


def rehearse(content: bytes, **options: bool) -> dict[int, Rehearsed]:
    found = rehearsals.rehearse([ResourceFile("new.bpmn", content)], by=ADMIN, **options)
    return {each.instance.key: each for each in found}


def test_the_instances_that_would_take_another_way_are_named_with_the_place(figure: Figure) -> None:
    deploy(claims(100))
    amounts = {claim(amount): amount for amount in (10, 60, 90, 100, 150, 900)}
    written = (Deployment.objects.count(), ProcessDefinition.objects.count(), JournalEntry.objects.count())

    found = rehearse(claims(80))

    assert {amounts[key] for key, each in found.items() if each.difference is not None} == {90, 100}
    assert {amounts[key] for key, each in found.items() if each.difference is None} == {10, 60, 150, 900}
    for each in found.values():
        if each.difference is None:
            assert each.entries == JournalEntry.objects.filter(instance_key=each.instance.key).count() == 3
            continue
        assert (each.entries, each.difference.sequence) == (1, 2)
        assert isinstance(each.difference.recorded, FlowTaken)
        assert isinstance(each.difference.found, FlowTaken)
        assert (each.difference.recorded.flow_id, each.difference.found.flow_id) == ("small", "large")
    assert written == (Deployment.objects.count(), ProcessDefinition.objects.count(), JournalEntry.objects.count())
    assert_all_sound()
    figure("instances replayed against an undeployed diagram", len(found))
    figure("of them found to take another way, as the amounts say", 2)


def test_what_was_only_drawn_anew_or_added_beside_the_way_is_no_difference() -> None:
    deploy(claims(100))
    key = claim(900)
    reminder = f'<bpmn:boundaryEvent id="late" attachedToRef="check" cancelActivity="false">{duration("PT1H")}</bpmn:boundaryEvent>'
    again = claims(100, reminder, '<bpmn:endEvent id="reminded"/>', flows="late>reminded").replace(
        b'"large"', b'"flow_9"'
    )

    assert rehearse(again)[key].difference is None  # though the timer has taken the key that the user task had


def test_what_stands_in_the_way_now_is_where_it_differs() -> None:
    deploy(claims(100))
    key = claim(10)
    found = rehearse(claims(100, service("audit", "test-audit"), first="start>check check>audit audit>gate"))[key]
    assert found.difference is not None
    assert found.difference.sequence == 2
    recorded, instead = found.difference.recorded, found.difference.found
    assert isinstance(recorded, FlowTaken)
    assert isinstance(instead, FlowTaken)  # of the same id, to another place

    without = claims(100).replace(b'id="check"', b'id="verify"').replace(b'"check"', b'"verify"')
    found = rehearse(without)[key]
    assert found.difference is not None
    assert (found.entries, found.difference.sequence) == (0, 1)


def test_a_timer_and_a_migrated_instance_are_played_too() -> None:
    def wait(flows: str = "start>ask ask>end late>gave_up") -> bytes:
        timeout = f'<bpmn:boundaryEvent id="late" attachedToRef="ask">{duration("PT1H")}</bpmn:boundaryEvent>'
        return diagram("wait", START, user("ask"), timeout, END, '<bpmn:endEvent id="gave_up"/>', flows=flows)

    deploy(wait())
    first, second = (instances.start("wait", by=ALICE).key for _ in range(2))
    deploy(wait() + b"<!-- again -->")
    target = ProcessDefinition.objects.latest("version").key
    instances.migrate(second, target=target, mapping={}, by=ADMIN)
    for timer in Timer.objects.all():
        timers.trigger(timer.key, by=ADMIN)

    assert [each.difference for each in rehearse(wait()).values()] == [None, None]
    elsewhere = wait("start>ask ask>gave_up late>end")
    found = rehearse(elsewhere)
    for key, sequence in ((first, 2), (second, 3)):
        difference = found[key].difference
        assert difference is not None
        assert difference.sequence == sequence
    assert rehearse(elsewhere, running_only=True) == {}


def test_what_an_operator_did_to_an_element_that_is_no_more_is_a_difference() -> None:
    deploy(claims(100))
    key = instances.start("claims", variables={"amount": 1}, by=ALICE).key
    instances.modify(key, activate=[instances.ActivateInstruction("examine")], by=ADMIN)
    renamed = claims(100).replace(b'"examine"', b'"inspect"')
    difference = rehearse(renamed)[key].difference
    assert difference is not None
    assert difference.sequence == 2
    assert isinstance(difference.recorded, ElementActivated)


def test_who_may_not_operate_and_what_may_not_be_deployed_are_refused() -> None:
    with pytest.raises(PermissionDenied):
        rehearsals.rehearse([ResourceFile("new.bpmn", claims(1))], by=CAROL)
    with pytest.raises(DeploymentRejected):
        rehearsals.rehearse([ResourceFile("new.bpmn", b"<nothing/>")], by=ADMIN)
