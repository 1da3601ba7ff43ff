"""Two and more connections at once, on a real PostgreSQL."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from engine import clock, instances, jobs, messages, timers, user_tasks
from engine.errors import Conflict, EngineError
from engine.models import (
    InstanceState,
    InstanceStatus,
    JournalEntry,
    Message,
    MessageCorrelated,
    PendingInput,
    ProcessInstance,
    Timer,
    UserTask,
)
from engine.transition import advance, saving
from engine.upkeep import sweeper
from tests.conftest import Figure
from tests.engine.worlds import (
    ADMIN,
    ALICE,
    BOB,
    FAN,
    PAUSE,
    PAYMENT,
    REVIEW,
    WORK,
    WORKER,
    assert_all_sound,
    deploy,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_time")]


def at_once(works: Iterable[Callable[[], Any]], *, threads: int = 8) -> list[Any]:
    """Run all, beginning together, each in a connection of its own; results or domain errors in order."""
    works = list(works)
    together = threading.Barrier(min(threads, len(works)))

    def run(work: Callable[[], Any], first: bool) -> Any:
        try:
            if first:
                together.wait(10)
            return work()
        except EngineError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(run, work, number < threads) for number, work in enumerate(works)]
        return [future.result(timeout=60) for future in futures]


def activate_all(job_type: str) -> list[int]:
    return [found.job.key for found in jobs.activate(job_type, worker="w", max_jobs=1000, lease=600, by=WORKER)]


def test_of_two_who_complete_one_user_task_one_wins_and_the_other_is_told() -> None:
    deploy(REVIEW)
    instances.start("review", by=ALICE)
    key = UserTask.objects.get().key
    results = at_once([partial(user_tasks.complete, key, {"by": who.username}, by=who) for who in (ALICE, BOB)])
    assert [type(result) for result in results if isinstance(result, Exception)] == [Conflict]
    ended = ProcessInstance.objects.get()
    assert ended.status == InstanceStatus.COMPLETED
    assert ended.result == {"by": UserTask.objects.get().completed_by}
    assert_all_sound()


def test_of_two_who_claim_one_user_task_one_wins() -> None:
    deploy(REVIEW)
    instances.start("review", by=ALICE)
    key = UserTask.objects.get().key
    results = at_once([partial(user_tasks.claim, key, by=who) for who in (ALICE, BOB)])
    [loser] = [result for result in results if result is not None]
    assert isinstance(loser, Conflict)
    assert UserTask.objects.get().assignee in loser.detail


def test_of_two_who_complete_one_job_one_wins(figure: Figure) -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    [key] = activate_all("test-work")
    results = at_once([partial(jobs.complete, key, {"n": n}, by=WORKER) for n in (1, 2)])
    assert len([result for result in results if isinstance(result, EngineError)]) == 1
    assert JournalEntry.objects.filter(instance_key=ProcessInstance.objects.get().key).count() == 2
    assert_all_sound()
    figure("connections at once with one outcome", 2)


def test_no_two_workers_are_given_one_job(figure: Figure) -> None:
    deploy(WORK)
    for _ in range(40):
        instances.start("work", by=ALICE)
    given = at_once(lambda: jobs.activate("test-work", worker="w", max_jobs=5, lease=60, by=WORKER) for _ in range(12))
    keys = [found.job.key for batch in given for found in batch]
    assert len(keys) == len(set(keys)) == 40
    figure("jobs given out to 12 at once, none twice", len(keys))


def test_two_hundred_results_for_one_instance_from_eight_connections_all_count(figure: Figure) -> None:
    deploy(FAN)
    key = instances.start("fan", variables={"items": list(range(200))}, by=ALICE).key
    found = activate_all("test-part")
    assert len(found) == 200
    results = at_once([partial(jobs.complete, job, {"result": n}, by=WORKER) for n, job in enumerate(found)])
    assert set(results) == {key}
    assert PendingInput.objects.count() == 0
    ended = instances.require(key)
    assert ended.status == InstanceStatus.COMPLETED
    assert sorted((ended.result or {})["results"]) == list(range(200))
    assert_all_sound()
    figure("results from 8 connections, all counted", 200)


def test_who_finds_the_instance_held_leaves_the_input_to_the_holder() -> None:
    deploy(FAN)
    key = instances.start("fan", variables={"items": [1, 2]}, by=ALICE).key
    first, second = activate_all("test-part")
    with transaction.atomic():
        InstanceState.objects.select_for_update().get(instance_id=key)  # someone is in the middle of a step
        [answer] = at_once([lambda: jobs.complete(first, {"result": 1}, by=WORKER)])
        assert answer == key
        assert PendingInput.objects.count() == 1
    jobs.complete(second, {"result": 2}, by=WORKER)
    assert PendingInput.objects.count() == 0
    assert instances.require(key).status == InstanceStatus.COMPLETED
    assert_all_sound()


def test_the_holder_looks_again_after_its_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    deploy(FAN)
    key = instances.start("fan", variables={"items": [1, 2]}, by=ALICE).key
    first, second = activate_all("test-part")
    real = saving.save
    meanwhile: list[Any] = []

    def save(held: Any) -> Any:
        if not meanwhile:  # another result comes while this one's transaction holds the instance
            meanwhile.append(None)
            meanwhile.extend(at_once([lambda: jobs.complete(second, {"result": 2}, by=WORKER)]))
        return real(held)

    monkeypatch.setattr(saving, "save", save)
    jobs.complete(first, {"result": 1}, by=WORKER)
    assert meanwhile == [None, key]
    assert PendingInput.objects.count() == 0
    assert instances.require(key).status == InstanceStatus.COMPLETED


def test_an_input_whose_finder_went_away_is_found_by_the_sweeper() -> None:
    deploy(WORK)
    key = instances.start("work", by=ALICE).key
    [job] = activate_all("test-work")
    with transaction.atomic():
        InstanceState.objects.select_for_update().get(instance_id=key)
        at_once([lambda: jobs.complete(job, by=WORKER)])
    assert instances.require(key).status == InstanceStatus.ACTIVE
    clock.advance(clock.timedelta(seconds=2))
    assert sweeper.advance_forgotten() == 1
    assert instances.require(key).status == InstanceStatus.COMPLETED


def test_a_message_reaches_who_begins_to_wait_at_the_same_time(figure: Figure) -> None:
    deploy(PAYMENT)
    orders = [str(number) for number in range(20)]
    starts = [partial(instances.start, "payment", variables={"order": order}, by=ALICE) for order in orders]
    sends = [partial(messages.publish, "paid", correlation_key=order, ttl=60, by=WORKER) for order in orders]
    results = at_once([work for pair in zip(starts, sends, strict=True) for work in pair])
    assert [result for result in results if isinstance(result, EngineError)] == []
    assert set(ProcessInstance.objects.values_list("status", flat=True)) == {InstanceStatus.COMPLETED}
    assert MessageCorrelated.objects.count() == 20
    assert_all_sound()
    figure("messages published while their receivers began to wait, all received once", 20)


def test_of_one_message_id_sent_by_eight_at_once_one_is_taken(figure: Figure) -> None:
    deploy(PAYMENT)
    keys = [instances.start("payment", variables={"order": "7"}, by=ALICE).key for _ in range(3)]
    results = at_once(
        [
            lambda: messages.publish("paid", correlation_key="7", ttl=60, message_id="bank-1", by=WORKER)
            for _ in range(8)
        ]
    )
    assert len([result for result in results if isinstance(result, Conflict)]) == 7
    assert Message.objects.count() == 1
    assert [instances.require(key).status for key in keys].count(InstanceStatus.COMPLETED) == 1
    assert_all_sound()
    figure("publications at once of one message id, one taken", 8)


def test_two_messages_for_one_waiting_instance_end_it_once() -> None:
    deploy(PAYMENT)
    instances.start("payment", variables={"order": "7"}, by=ALICE)
    results = at_once([lambda: messages.publish("paid", correlation_key="7", by=WORKER) for _ in range(2)])
    assert sorted(len(result.instances) for result in results) == [0, 1]
    assert_all_sound()


def test_several_tickers_fire_each_timer_once(figure: Figure) -> None:
    deploy(PAUSE)
    for _ in range(60):
        instances.start("pause", by=ALICE)
    clock.advance(clock.timedelta(hours=2))
    fired = at_once([lambda: timers.fire_due(limit=10) for _ in range(8)])
    assert sum(fired) + timers.fire_due() == 60
    assert not Timer.objects.exists()
    clock.advance(clock.timedelta(seconds=2))
    sweeper.advance_forgotten()
    assert set(ProcessInstance.objects.values_list("status", flat=True)) == {InstanceStatus.COMPLETED}
    assert_all_sound()
    figure("timers fired by 8 tickers at once, each once", 60)


def test_the_same_start_from_eight_connections_with_one_key_is_one_instance(figure: Figure) -> None:
    deploy(REVIEW)
    results = at_once([lambda: instances.start("review", by=ALICE, idempotency_key="k").key for _ in range(8)])
    assert len(set(results)) == 1
    assert ProcessInstance.objects.count() == 1
    figure("starts at once with one key, one instance", 8)


def test_a_cancellation_and_a_completion_at_once_leave_one_outcome() -> None:
    deploy(REVIEW)
    for _ in range(5):
        key = instances.start("review", by=ALICE).key
        task = UserTask.objects.get(instance_id=key).key
        at_once([partial(user_tasks.complete, task, by=ALICE), partial(instances.cancel, key, by=ADMIN)])
        status = instances.require(key).status
        shown = UserTask.objects.get(key=task).status
        assert (status, shown) in {
            (InstanceStatus.COMPLETED, "COMPLETED"),
            (InstanceStatus.TERMINATED, "CANCELED"),
        }
    assert_all_sound()


def test_an_instance_that_another_advances_is_not_waited_for() -> None:
    deploy(WORK)
    key = instances.start("work", by=ALICE).key
    with transaction.atomic():
        InstanceState.objects.select_for_update().get(instance_id=key)
        at_once([lambda: advance.advance(key)])  # returns at once
