"""What happens because time passes, and what was forgotten."""

import threading
from datetime import timedelta
from functools import partial

import pytest

from engine import clock, handlers, instances, jobs
from engine.handlers import Handler, declaring
from engine.models import IdempotencyKey
from engine.runtime import inputs
from engine.transition.rows import pending_inputs
from engine.upkeep import sweeper
from engine.upkeep.ticker import Ticker
from tests.engine.conftest import Bell
from tests.engine.worlds import ALICE, WORK, WORKER, deploy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]


@pytest.fixture
def _ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """This installation has a handler for the job type of WORK."""
    known = {**handlers.by_type(), "test-work": Handler(type="test-work", function=lambda: None)}
    monkeypatch.setattr(declaring, "declared", known)


@pytest.mark.usefixtures("_ours")
def test_a_new_job_is_rung_for_once_and_a_forgotten_one_again(bell: Bell) -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    assert len(bell.jobs) == 1
    assert sweeper.ring_for_jobs() == 0, "a fresh job is left to its ring"
    clock.advance(timedelta(seconds=2))
    assert sweeper.ring_for_jobs() == 1
    assert bell.queues == ["stepwell"]


@pytest.mark.usefixtures("_ours")
def test_a_job_whose_back_off_is_over_is_rung_for_at_once(bell: Bell) -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=30, by=WORKER)
    jobs.fail(activated.job.key, by=WORKER, backoff=10)
    clock.advance(timedelta(seconds=9))
    assert sweeper.ring_for_jobs() == 0
    clock.advance(timedelta(seconds=1))
    assert sweeper.ring_for_jobs() == 1


def test_jobs_that_only_others_can_do_are_not_rung_for(bell: Bell) -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    clock.advance(timedelta(seconds=5))
    assert sweeper.ring_for_jobs() == 0
    assert (bell.jobs, bell.queues) == ([], [])


def test_a_broker_that_does_not_answer_stops_no_command(bell: Bell) -> None:
    bell.broken = True
    deploy(WORK)
    assert instances.start("work", by=ALICE).key


def test_old_idempotency_keys_are_forgotten() -> None:
    deploy(WORK)
    first = instances.start("work", by=ALICE, idempotency_key="k")
    clock.advance(timedelta(days=8))
    assert sweeper.forget_idempotency_keys() == 1
    assert not IdempotencyKey.objects.exists()
    assert instances.start("work", by=ALICE, idempotency_key="k").key != first.key


def test_an_input_for_an_instance_that_never_was_is_swept_away() -> None:
    deploy(WORK)
    key = instances.start("work", by=ALICE).key
    instances.cancel(key, by=WORKER)
    pending_inputs.enqueue([(key, inputs.JobCompleted(1))], by="x", now=clock.now())
    assert sweeper.remove_orphans() == 0
    clock.advance(timedelta(seconds=2))
    assert sweeper.remove_orphans() == 1


@pytest.mark.django_db(transaction=True)
def test_a_task_that_fails_does_not_keep_the_others_from_running(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ticker = Ticker()
    ran: list[str] = []

    def broken() -> None:
        raise ZeroDivisionError("a bug")

    for number, task in enumerate(ticker._tasks):
        monkeypatch.setattr(task, "work", broken if number == 0 else partial(ran.append, task.name))
    ticker.tick()
    assert ran == [task.name for task in ticker._tasks[1:]]
    assert "Could not fire timers" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_ticker_that_is_stopped_ends_after_its_round() -> None:
    ticker = Ticker()
    thread = threading.Thread(target=ticker.run)
    ticker.stop()
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
