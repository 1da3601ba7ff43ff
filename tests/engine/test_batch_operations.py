from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from engine import batch_operations, clock, failpoints, instances, jobs
from engine.batch_operations import collecting, working_off
from engine.errors import Conflict, InvalidArgument, NotFound, PermissionDenied
from engine.failpoints import Broken
from engine.models import BatchOperation, BatchOperationItem, Incident, InstanceStatus, JournalEntry, ProcessInstance
from engine.queries import repeated_failures
from tests.engine import worlds
from tests.engine.conftest import Bell
from tests.engine.worlds import ADMIN, ALICE, WORKER

pytestmark = pytest.mark.django_db


def started(process_id: str, count: int) -> list[int]:
    return [instances.start(process_id, by=ADMIN).key for _ in range(count)]


def states(operation: BatchOperation) -> dict[int, str]:
    return dict(operation.items.order_by("item_key").values_list("item_key", "status"))


def status_of(operation: BatchOperation) -> tuple[str, int | None, int | None, int | None]:
    operation.refresh_from_db()
    return operation.status, operation.total_count, operation.completed_count, operation.failed_count


def steps(key: int) -> int:
    return JournalEntry.objects.filter(instance_key=key).count()


def test_all_that_the_filter_finds_are_cancelled_in_the_background_and_later_ones_are_not_meant(bell: Bell) -> None:
    worlds.deploy(worlds.PAUSE, worlds.REVIEW)
    meant, others = started("pause", 3), started("review", 1)

    operation = batch_operations.cancel_instances({"processDefinitionId": "pause"}, by=ADMIN)
    later = started("pause", 1)
    assert bell.batch_operations == 1
    assert not operation.items.exists()

    assert working_off.run() == 3
    assert states(operation) == dict.fromkeys(meant, "COMPLETED")
    assert status_of(operation) == ("COMPLETED", 3, 3, 0)
    ended = ProcessInstance.objects.filter(status=InstanceStatus.TERMINATED).values_list("key", flat=True)
    assert sorted(ended) == meant
    assert ProcessInstance.objects.filter(key__in=[*others, *later], status=InstanceStatus.ACTIVE).count() == 2
    assert JournalEntry.objects.filter(instance_key=meant[0]).latest("sequence").by == "admin"
    assert working_off.run() == 0


def test_what_was_called_ends_with_its_root_and_is_no_item() -> None:
    worlds.deploy(worlds.WORK, worlds.CALLER)
    (root,) = started("caller", 1)

    operation = batch_operations.cancel_instances({"startedBy": "admin", "state": "ACTIVE"}, by=ADMIN)
    working_off.run()

    assert states(operation) == {root: "COMPLETED"}
    assert not ProcessInstance.objects.filter(status=InstanceStatus.ACTIVE).exists()


def test_an_item_that_is_refused_says_why_and_the_others_are_done() -> None:
    worlds.deploy(worlds.REVIEW, worlds.PAUSE)
    good, other = started("review", 1) + started("pause", 1)
    newest = ProcessInstance.objects.get(key=good).definition_id

    operation = batch_operations.migrate_instances({"state": "ACTIVE"}, target=newest, mapping={}, by=ADMIN)
    working_off.run()

    assert states(operation) == {good: "COMPLETED", other: "FAILED"}
    assert status_of(operation) == ("COMPLETED", 2, 1, 1)
    refused = operation.items.get(item_key=other)
    assert "Expected a mapping for the active element 'wait'" in refused.error
    assert refused.processed_at is not None


def test_each_incident_is_an_item() -> None:
    worlds.deploy(worlds.WORK)
    keys = started("work", 2)
    for job in jobs.activate("test-work", max_jobs=2, worker="w", lease=60, by=WORKER):
        jobs.fail(job.job.key, retries=0, message="no", by=WORKER)
    incidents = sorted(Incident.objects.values_list("key", flat=True))

    operation = batch_operations.resolve_incidents({"hasIncident": True}, by=ADMIN)
    working_off.run()

    assert states(operation) == dict.fromkeys(incidents, "COMPLETED")
    assert sorted(operation.items.values_list("instance_key", flat=True)) == keys
    assert not Incident.objects.filter(status="ACTIVE").exists()


def test_of_the_incidents_only_those_are_resolved_that_a_filter_of_incidents_finds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = worlds.diagram(
        "both",
        worlds.START,
        '<bpmn:parallelGateway id="fork"/>',
        worlds.service("a", "test-work"),
        worlds.service("b", "test-work"),
        worlds.END,
        flows="start>fork fork>a fork>b a>end b>end",
    )
    worlds.deploy(both)
    started("both", 3)
    for job in jobs.activate("test-work", max_jobs=6, worker="w", lease=60, by=WORKER):
        jobs.fail(job.job.key, retries=0, message=f"no {job.job.element_id}", by=WORKER)
    meant = sorted(Incident.objects.filter(element_id="a").values_list("key", flat=True))
    monkeypatch.setattr(collecting, "COLLECTED", 2)  # in turns, as with many

    operation = batch_operations.resolve_found_incidents({"errorMessage": "no a", "state": "ACTIVE"}, by=ADMIN)
    working_off.run()

    assert states(operation) == dict.fromkeys(meant, "COMPLETED")
    assert status_of(operation) == ("COMPLETED", 3, 3, 0)
    assert set(Incident.objects.filter(status="ACTIVE").values_list("element_id", flat=True)) == {"b"}


def test_a_batch_of_retries_that_fails_again_says_so_with_the_reasons() -> None:
    worlds.deploy(worlds.WORK, worlds.PAUSE)
    keys = started("work", 4)

    def fail(messages: dict[int, str]) -> None:
        for job in jobs.activate("test-work", max_jobs=4, worker="w", lease=60, by=WORKER):
            message = messages.get(job.job.instance_id)
            if message is None:
                jobs.complete(job.job.key, by=WORKER)
            else:
                jobs.fail(job.job.key, retries=0, message=message, by=WORKER)

    fail(dict.fromkeys(keys, "boom"))
    operation = batch_operations.resolve_incidents({"hasIncident": True}, by=ADMIN)
    working_off.run()
    assert repeated_failures.get(operation.key, by=ADMIN).failed_again_count == 0

    fail({keys[0]: "boom", keys[1]: "boom", keys[2]: "another"})
    again = repeated_failures.get(operation.key, by=ADMIN)
    assert again.failed_again_count == 3
    assert [(each.error_message, each.count, each.is_same_reason) for each in again.reasons] == [
        ("boom", 2, True),
        ("another", 1, False),
    ]

    second = batch_operations.resolve_incidents({"hasIncident": True}, by=ADMIN)
    working_off.run()
    fail({})
    assert repeated_failures.get(second.key, by=ADMIN).failed_again_count == 0
    assert repeated_failures.get(operation.key, by=ADMIN).failed_again_count == 3
    started("pause", 1)
    other = batch_operations.suspend_instances({"processDefinitionId": "pause"}, by=ADMIN)
    working_off.run()
    assert repeated_failures.get(other.key, by=ADMIN).reasons == []
    with pytest.raises(PermissionDenied):
        repeated_failures.get(operation.key, by=ALICE)


def test_a_retry_that_fails_again_within_its_own_step_is_counted() -> None:
    worlds.deploy(worlds.CALLER)  # and not what it calls
    started("caller", 2)

    operation = batch_operations.resolve_incidents({"hasIncident": True}, by=ADMIN)
    working_off.run()

    again = repeated_failures.get(operation.key, by=ADMIN)
    assert (again.failed_again_count, [each.is_same_reason for each in again.reasons]) == (2, [True])


def test_a_filter_of_incidents_is_checked() -> None:
    with pytest.raises(InvalidArgument, match="which incidents are meant"):
        batch_operations.resolve_found_incidents({}, by=ADMIN)
    with pytest.raises(InvalidArgument, match="businessId"):
        batch_operations.resolve_found_incidents({"businessId": "x"}, by=ADMIN)
    with pytest.raises(PermissionDenied):
        batch_operations.resolve_found_incidents({"state": "ACTIVE"}, by=ALICE)


def test_elements_are_moved_where_they_are_active() -> None:
    two = worlds.diagram(
        "two",
        worlds.START,
        worlds.user("first"),
        worlds.user("second"),
        worlds.END,
        flows="start>first first>second second>end",
    )
    worlds.deploy(two, worlds.PAUSE)
    moved, other = started("two", 1) + started("pause", 1)

    operation = batch_operations.modify_instances({"state": "ACTIVE"}, moves=[("first", "second")], by=ADMIN)
    working_off.run()

    assert states(operation) == {moved: "COMPLETED", other: "FAILED"}
    assert "Expected an active instance of the element 'first'" in operation.items.get(item_key=other).error


def test_instances_are_suspended_and_resumed_together() -> None:
    worlds.deploy(worlds.PAUSE)
    keys = started("pause", 2)

    batch_operations.suspend_instances({"processDefinitionId": "pause"}, by=ADMIN)
    working_off.run()
    assert ProcessInstance.objects.filter(key__in=keys, suspended_at__isnull=False).count() == 2

    again = batch_operations.suspend_instances({"processDefinitionId": "pause"}, by=ADMIN)
    batch_operations.resume_instances({"processDefinitionId": "pause"}, by=ADMIN)
    working_off.run()
    assert status_of(again) == ("COMPLETED", 0, 0, 0)
    assert not ProcessInstance.objects.filter(suspended_at__isnull=False).exists()


def test_a_suspended_operation_waits_and_a_cancelled_one_leaves_the_rest_alone() -> None:
    worlds.deploy(worlds.PAUSE)
    keys = started("pause", 2)
    operation = batch_operations.cancel_instances({"processDefinitionId": "pause"}, by=ADMIN)
    with pytest.raises(Conflict, match=r"Expected batch operation \d+ to be ACTIVE to suspend it; it is CREATED"):
        batch_operations.suspend(operation.key, by=ADMIN)
    collecting.collect(operation.key)

    batch_operations.suspend(operation.key, by=ADMIN)
    assert working_off.run() == 0
    batch_operations.resume(operation.key, by=ADMIN)
    (first, _) = working_off._lease(operation.key)
    working_off._try(first)
    batch_operations.cancel(operation.key, by=ADMIN)

    assert working_off.run() == 0
    assert states(operation) == {keys[0]: "COMPLETED", keys[1]: "CANCELED"}
    assert status_of(operation) == ("CANCELED", 2, 1, 0)
    assert ProcessInstance.objects.get(key=keys[1]).status == InstanceStatus.ACTIVE
    with pytest.raises(Conflict):
        batch_operations.cancel(operation.key, by=ADMIN)


def test_an_item_in_hand_when_its_operation_is_suspended_is_not_begun() -> None:
    worlds.deploy(worlds.PAUSE)
    (key,) = started("pause", 1)
    operation = batch_operations.cancel_instances({"processDefinitionId": "pause"}, by=ADMIN)
    collecting.collect(operation.key)
    (item,) = working_off._lease(operation.key)
    batch_operations.suspend(operation.key, by=ADMIN)

    working_off._try(item)
    assert states(operation) == {key: "ACTIVE"}
    assert ProcessInstance.objects.get(key=key).status == InstanceStatus.ACTIVE

    batch_operations.resume(operation.key, by=ADMIN)
    assert working_off.run() == 1
    assert states(operation) == {key: "COMPLETED"}


@pytest.mark.parametrize("place", ["advance.before_commit", "advance.after_commit", "batch_operation_runs.after_item"])
@pytest.mark.usefixtures("_time")
def test_an_item_is_done_once_wherever_its_worker_dies(place: str) -> None:
    worlds.deploy(worlds.PAUSE)
    key = started("pause", 1)[0]
    before = steps(key)
    operation = batch_operations.suspend_instances({"processInstanceKey": str(key)}, by=ADMIN)
    collecting.collect(operation.key)

    failpoints.arm(f"{place}={'lose' if place != 'batch_operation_runs.after_item' else 'raise'}")
    with pytest.raises((OperationalError, Broken)):
        working_off.run()
    failpoints.disarm()
    clock.advance(working_off.LEASE + timedelta(seconds=1))
    working_off.run()

    assert steps(key) == before + 1
    assert status_of(operation) == ("COMPLETED", 1, 1, 0)


def test_two_that_have_the_same_item_in_hand_do_it_once() -> None:
    worlds.deploy(worlds.PAUSE)
    key = started("pause", 1)[0]
    before = steps(key)
    operation = batch_operations.suspend_instances({"processInstanceKey": str(key)}, by=ADMIN)
    collecting.collect(operation.key)
    (item,) = working_off._lease(operation.key)
    instances_of_it = BatchOperationItem.objects.select_related("operation").get(id=item.id)

    working_off._try(item)
    instances.resume(key, by=ADMIN)
    working_off._try(instances_of_it)

    assert steps(key) == before + 2
    assert ProcessInstance.objects.get(key=key).suspended_at is None


def test_no_more_than_two_chunks_are_in_hand_and_the_collection_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worlds.deploy(worlds.PAUSE)
    keys = started("pause", 7)
    monkeypatch.setattr(collecting, "COLLECTED", 3)
    monkeypatch.setattr(working_off, "CHUNK", 2)
    operation = batch_operations.suspend_instances({"processDefinitionId": "pause"}, by=ADMIN)

    collected: list[int] = []
    while not collected or operation.status == "CREATED":
        collecting.collect(operation.key)
        operation.refresh_from_db()
        collected.append(operation.items.count())
    assert collected == [3, 6, 7]
    assert sorted(states(operation)) == keys
    assert [len(working_off._lease(operation.key)) for _ in range(3)] == [2, 2, 0]


def test_without_a_broker_the_ticker_does_it(bell: Bell) -> None:
    worlds.deploy(worlds.PAUSE)
    started("pause", 1)
    operation = batch_operations.suspend_instances({"processDefinitionId": "pause"}, by=ADMIN)
    assert working_off.ring_or_run() == 1
    assert status_of(operation)[0] == "CREATED"

    bell.broken = True
    while working_off.ring_or_run():
        pass
    assert status_of(operation)[0] == "COMPLETED"


@pytest.mark.parametrize("given", [{}, {"state": None}, None, []])
def test_a_filter_that_finds_everything_is_refused(given: Any) -> None:
    with pytest.raises(InvalidArgument, match="Expected a filter that says which"):
        batch_operations.cancel_instances(given, by=ADMIN)


def test_another_filter_than_one_of_instances_or_a_target_that_is_none_is_refused_at_once() -> None:
    worlds.deploy(worlds.PAUSE)
    with pytest.raises(InvalidArgument, match="Expected one of the fields"):
        batch_operations.cancel_instances({"colour": "red"}, by=ADMIN)
    with pytest.raises(NotFound):
        batch_operations.migrate_instances({"state": "ACTIVE"}, target=1, mapping={}, by=ADMIN)
    with pytest.raises(InvalidArgument, match="Expected 1 to 100 move instructions"):
        batch_operations.modify_instances({"state": "ACTIVE"}, moves=[], by=ADMIN)
    assert not BatchOperation.objects.exists()


@pytest.mark.parametrize(
    "command",
    [
        batch_operations.cancel_instances,
        batch_operations.resolve_incidents,
        batch_operations.suspend_instances,
        batch_operations.resume_instances,
    ],
)
def test_only_operators_may(command: Callable[..., object]) -> None:
    with pytest.raises(PermissionDenied):
        command({"state": "ACTIVE"}, by=ALICE)


def test_only_administrators_may_delete() -> None:
    with pytest.raises(PermissionDenied, match="Expected an administrator to delete process instances"):
        batch_operations.delete_instances({"state": "COMPLETED"}, by=WORKER)


@pytest.mark.usefixtures("_time")
def test_old_operations_are_forgotten() -> None:
    worlds.deploy(worlds.PAUSE)
    started("pause", 1)
    batch_operations.suspend_instances({"processDefinitionId": "pause"}, by=ADMIN)
    working_off.run()
    assert working_off.forget() == 0

    clock.advance(timedelta(days=91))
    assert working_off.forget() == 1
    assert not BatchOperation.objects.exists()
