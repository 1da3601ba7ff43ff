"""Rate and concurrency limits, suspension of job types, and fairness between processes."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from engine import clock, instances, jobs
from engine.errors import InvalidArgument, PermissionDenied
from engine.handlers import declaring, handler, limits, registry
from engine.handlers.limits import JobTypeLimits
from engine.jobs import job_types
from engine.models import Job, JobTypeSettings
from engine.upkeep import sweeper
from tests.conftest import Figure
from tests.engine.conftest import Bell
from tests.engine.worlds import ADMIN, ALICE, END, START, WORK, WORKER, deploy, diagram, service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def _still() -> Iterator[None]:
    clock.set_time(NOON, runs=False)
    yield
    clock.reset()


def process(process_id: str) -> bytes:
    return diagram(process_id, START, service("do", "test-work"), END, flows="start>do do>end")


def start(process_id: str, count: int) -> None:
    for _ in range(count):
        instances.start(process_id, by=ALICE)


def activate(count: int) -> list[jobs.ActivatedJob]:
    return jobs.activate("test-work", worker="w", max_jobs=count, lease=60, by=WORKER)


def pass_seconds(seconds: float) -> None:
    clock.set_time(clock.now() + timedelta(seconds=seconds), runs=False)


def test_a_flood_of_one_process_does_not_starve_the_others(figure: Figure) -> None:
    deploy(process("flood"), process("drop"), process("trickle"))
    start("flood", 60)
    start("drop", 6)
    start("trickle", 6)
    order = [found.job.process_id for _ in range(24) for found in activate(1)]
    assert Counter(order)["flood"] <= 18, "each has its share of the claims while it has jobs"
    assert Counter(order)["drop"] >= 2
    assert Counter(order)["trickle"] >= 2
    figure("of 24 claims for a process with 60 jobs, beside two with 6", Counter(order)["flood"])


def test_one_large_activation_is_shared_out_and_then_filled() -> None:
    deploy(process("flood"), process("drop"))
    start("flood", 30)
    start("drop", 3)
    assert Counter(found.job.process_id for found in activate(12)) == {"flood": 9, "drop": 3}
    assert Counter(found.job.process_id for found in activate(100)) == {"flood": 21}


def test_priority_goes_before_fairness() -> None:
    deploy(process("flood"), process("drop"))
    start("flood", 3)
    start("drop", 1)
    Job.objects.filter(process_id="flood").update(priority=5)
    assert [found.job.process_id for _ in range(4) for found in activate(1)] == ["flood", "flood", "flood", "drop"]


@pytest.mark.usefixtures("_still")
def test_a_rate_lets_pass_so_many_a_second(figure: Figure) -> None:
    deploy(WORK)
    job_types.limit("test-work", rate="10/s", by=ADMIN)
    start("work", 30)
    assert len(activate(30)) == 5, "half a second may be saved up"
    assert activate(30) == []
    given = 0
    for _ in range(10):
        pass_seconds(0.1)
        given += len(activate(30))
    assert given == 10
    figure("jobs in a second at a limit of 10/s, after the 5 saved up", given)


@pytest.mark.usefixtures("_still")
def test_a_slow_rate_lets_pass_one_at_a_time() -> None:
    deploy(WORK)
    job_types.limit("test-work", rate="2/min", by=ADMIN)
    start("work", 3)
    assert len(activate(3)) == 1
    pass_seconds(29)
    assert activate(3) == []
    pass_seconds(2)
    assert len(activate(3)) == 1


def test_a_concurrency_limit_counts_what_is_leased() -> None:
    deploy(WORK)
    job_types.limit("test-work", concurrency=2, by=ADMIN)
    start("work", 6)
    first, second = activate(5)
    assert activate(5) == []
    jobs.complete(first.job.key, by=WORKER)
    [third] = activate(5)
    jobs.fail(second.job.key, by=WORKER, backoff=60)
    jobs.complete(third.job.key, by=WORKER)
    assert len(activate(5)) == 2
    job_types.limit("test-work", concurrency=None, by=ADMIN)
    assert len(activate(5)) == 1


def test_the_handlers_limit_holds_until_an_operator_sets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaring, "declared", {})
    registry._discovered.set()
    handler("test-work", concurrency=1)(lambda: None)
    try:
        deploy(WORK)
        start("work", 4)
        assert len(activate(4)) == 1
        job_types.limit("test-work", concurrency=3, by=ADMIN)
        assert len(activate(4)) == 2
    finally:
        registry._discovered.clear()


def test_a_suspended_type_is_handed_out_and_rung_for_no_more(bell: Bell) -> None:
    deploy(WORK)
    start("work", 1)
    job_types.suspend("test-work", by=ADMIN)
    row = JobTypeSettings.objects.get()
    assert (row.type, row.changed_by, row.suspended_at is not None) == ("test-work", "admin", True)
    assert activate(1) == []
    assert sweeper.ring_for_jobs() == 0
    job_types.resume("test-work", by=ADMIN)
    assert bell.queues == ["stepwell"]
    assert len(activate(1)) == 1


def test_jobs_of_a_suspended_instance_are_on_hold_also_those_that_come_while_it_is() -> None:
    deploy(WORK)
    key = instances.start("work", by=ALICE).key
    instances.suspend(key, by=ADMIN)
    instances.modify(key, activate=[instances.ActivateInstruction("do")], by=ADMIN)
    assert Job.objects.filter(on_hold=True).count() == 2
    assert activate(5) == []
    instances.resume(key, by=ADMIN)
    assert len(activate(5)) == 2


def test_a_person_without_the_right_changes_no_job_type() -> None:
    for change in (
        lambda: job_types.suspend("t", by=ALICE),
        lambda: job_types.resume("t", by=ALICE),
        lambda: job_types.limit("t", rate=1, by=ALICE),
    ):
        with pytest.raises(PermissionDenied):
            change()


@pytest.mark.parametrize(
    "limit", [{"rate": "fast"}, {"rate": 0}, {"rate": 1e-30}, {"concurrency": 0}, {"concurrency": 2**31}, {}]
)
def test_a_limit_that_is_none_is_refused(limit: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument):
        job_types.limit("t", by=ADMIN, **limit)  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "expected"), [("10/s", 10), ("120/min", 2), ("7200 / h", 2), (0.5, 0.5)])
def test_a_rate_is_given_by_second_minute_or_hour(text: str | float, expected: float) -> None:
    assert limits.per_second(text) == expected


def test_what_a_rate_lets_pass_in_any_time_is_bounded() -> None:
    free_at, passed, now = None, 0, NOON
    for tick in range(1_000):
        now = NOON + timedelta(milliseconds=7 * tick)
        count = limits.admitted(20, free_at, now)
        free_at = limits.free_after(20, free_at, now, count) if count else free_at
        passed += count
    seconds = (now - NOON).total_seconds()
    assert 20 * seconds - 1 <= passed <= 20 * (seconds + limits.BURST) + 1


def test_limits_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="concurrency of 1 to"):
        JobTypeLimits(concurrency=0)
