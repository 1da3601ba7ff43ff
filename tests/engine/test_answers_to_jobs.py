"""Who may answer which job, in which state: a table of every kind, answer, state and answerer. What is refused changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.db import OperationalError

from engine import instances, jobs, scripts
from engine.actors import ENGINE, OPERATORS, Actor
from engine.errors import Conflict, EngineError, NotFound, PermissionDenied
from engine.jobs import running
from engine.jobs.activating import lease_token
from engine.jobs.leasing import claiming
from engine.models import InstanceState, Job, JobAttempt, JobKind, JobStatus, JournalEntry, ProcessInstance
from engine.postgres import keys
from engine.transition import advance
from engine.transition.carriers import SCRIPT_JOB_TYPE
from tests.engine import worlds

pytestmark = pytest.mark.django_db

HOLDER = Actor("bot-a", is_system=True)
OTHER = Actor("bot-b", is_system=True)
NOBODY = Actor("carol", groups=frozenset({"clerks"}))
OPERATOR = Actor("olga", groups=frozenset({OPERATORS}))
IMPOSTOR = Actor("stepwell", is_admin=True, is_system=True)
"""A program whose user is an administrator, and has the engine's name."""
WHO = {"holder": HOLDER, "other": OTHER, "nobody": NOBODY, "operator": OPERATOR, "impostor": IMPOSTOR, "engine": ENGINE}

SCRIPT = '<bpmn:scriptTask id="do" scriptFormat="python"><bpmn:script>x = 1</bpmn:script></bpmn:scriptTask>'
_LISTENER = (
    '<bpmn:task id="do"><bpmn:extensionElements><zeebe:executionListeners><zeebe:executionListener eventType="start"'
    ' type="test-work"/></zeebe:executionListeners></bpmn:extensionElements></bpmn:task>'
)
_TASK_LISTENER = worlds.user(
    "do", more='<zeebe:taskListeners><zeebe:taskListener eventType="creating" type="test-work"/></zeebe:taskListeners>'
)
ELEMENT = {
    JobKind.BPMN_ELEMENT: worlds.service("do", "test-work"),
    JobKind.EXECUTION_LISTENER: _LISTENER,
    JobKind.TASK_LISTENER: _TASK_LISTENER,
    JobKind.SCRIPT: SCRIPT,
}
ANSWER: dict[str, Callable[[int, Actor, int | None], Any]] = {
    "complete": lambda key, by, attempt: jobs.complete(key, {"x": 1}, by=by, attempt=attempt),
    "throw": lambda key, by, attempt: jobs.throw_error(key, "E", by=by, variables={"x": 1}, attempt=attempt),
    "fail": lambda key, by, attempt: jobs.fail(key, retries=2, backoff=0, by=by, variables={"x": 1}, attempt=attempt),
    "fail for good": lambda key, by, attempt: jobs.fail(key, retries=0, by=by, variables={"x": 1}, attempt=attempt),
    "extend": lambda key, by, attempt: jobs.update(key, lease=900, by=by, attempt=attempt),
}
STATES = ("created", "activated", "failed", "gone")


def opened(element: str) -> Job:
    worlds.deploy(worlds.diagram("answered", worlds.START, element, worlds.END, flows="start>do do>end"))
    return started()


def started() -> Job:
    Job.objects.all().delete()
    return Job.objects.get(instance=instances.start("answered", variables={"known": 1}, by=worlds.ALICE))


def brought_to(state: str, job: Job) -> Job:
    is_script = job.kind == JobKind.SCRIPT
    if state == "created":
        return job
    if is_script:
        claiming.claim([job.type], worker="bot-a", limit=1, lease=60, kinds=tuple(JobKind))
    else:
        jobs.activate(job.type, worker="stepwell@mine", max_jobs=1, lease=60, by=HOLDER)
    if state == "failed":
        jobs.fail(job.key, retries=0, by=ENGINE)
    elif state == "gone":
        instances.cancel(job.instance_id, by=worlds.ADMIN)
    return job


def everything() -> object:
    return (
        list(Job.objects.values()),
        list(InstanceState.objects.values()),
        list(ProcessInstance.objects.values("key", "status")),
        JournalEntry.objects.count(),
        JobAttempt.objects.count(),
    )


def refusal(kind: JobKind, answer: str, state: str, who: str, *, named: bool) -> type[EngineError] | None:
    """What is right."""
    if who == "nobody":
        return PermissionDenied
    if state == "gone":
        return NotFound
    if state == "failed" or (state == "created" and (named or answer == "extend")):
        return Conflict
    if kind is JobKind.SCRIPT:
        return None if who == "engine" and answer not in ("complete", "throw") else Conflict
    if who == "holder":
        return None if state == "activated" else Conflict
    return Conflict if who == "other" else None


TABLE = list(product(ELEMENT, STATES, ANSWER))


@pytest.mark.parametrize(("kind", "state", "answer"), TABLE)
def test_a_job_is_answered_by_who_holds_its_lease_or_an_operator_and_a_script_by_nobody(
    kind: JobKind, state: str, answer: str
) -> None:
    job = brought_to(state, opened(ELEMENT[kind]))
    assert job.kind == kind
    before = everything()
    for (who, by), named in product(WHO.items(), (False, True)):
        attempt = (0 if state == "created" else 1) if named else None
        expected = refusal(kind, answer, state, who, named=named)
        if expected is not None:
            with pytest.raises(expected, match="Expected"):
                ANSWER[answer](job.key, by, attempt)
            assert everything() == before, (who, named)
            continue
        ANSWER[answer](job.key, by, attempt)
        assert everything() != before, (who, named)
        job = brought_to(state, started())
        before = everything()


@pytest.mark.parametrize("answer", ANSWER)
def test_an_answer_to_an_older_attempt_changes_nothing_whoever_gives_it(answer: str) -> None:
    job = opened(ELEMENT[JobKind.BPMN_ELEMENT])
    brought_to("activated", job)
    jobs.fail(job.key, retries=2, backoff=0, by=HOLDER)
    brought_to("activated", job)
    before = everything()
    for by in (HOLDER, OPERATOR, ENGINE):
        with pytest.raises(Conflict):
            ANSWER[answer](job.key, by, 1)
    assert everything() == before


def test_a_lease_that_has_ended_may_still_be_answered_by_who_held_it_and_one_given_back_not() -> None:
    job = opened(ELEMENT[JobKind.BPMN_ELEMENT])
    brought_to("activated", job)
    Job.objects.update(status=JobStatus.CREATED, lease_until=None)
    with pytest.raises(Conflict):
        jobs.complete(job.key, by=OTHER)
    jobs.fail(job.key, retries=2, backoff=0, by=HOLDER)
    with pytest.raises(Conflict):
        jobs.complete(job.key, by=HOLDER)


def test_a_lease_of_the_version_before_is_answered_by_any_worker() -> None:
    job = opened(ELEMENT[JobKind.BPMN_ELEMENT])
    brought_to("activated", job)
    Job.objects.update(leased_by=None)
    jobs.complete(job.key, by=OTHER)
    assert not Job.objects.exists()


def test_a_worker_that_calls_itself_as_ours_are_called_is_none_of_ours() -> None:
    worlds.deploy(worlds.WORK)
    for _ in range(2):
        instances.start("work", by=worlds.ALICE)
    jobs.activate("test-work", worker="stepwell@here:1", max_jobs=2, lease=60, by=HOLDER)
    Job.objects.update(lease_until="2020-01-01T00:00Z")
    jobs.expire_leases()
    assert set(Job.objects.values_list("is_suspect", "retries")) == {(False, 2)}  # ours would be suspects, at 3


@pytest.mark.parametrize("retries", [0, 2])
def test_the_variables_of_a_failure_are_written_with_it_into_the_element(retries: int) -> None:
    job = opened(ELEMENT[JobKind.BPMN_ELEMENT])
    brought_to("activated", job)
    sequence = InstanceState.objects.get().sequence
    jobs.fail(job.key, retries=retries, backoff=0, variables={"seen": 7}, by=HOLDER)
    assert InstanceState.objects.get().sequence == sequence + 1
    job.refresh_from_db()
    assert job.retries == retries
    if retries:
        [again] = jobs.activate("test-work", worker="w", max_jobs=1, lease=60, by=OTHER)
        assert again.variables == {"known": 1, "seen": 7}
    worlds.assert_all_sound()


def test_a_database_error_while_a_script_s_answer_is_saved_uses_up_no_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    job = opened(SCRIPT)
    assert job.type == SCRIPT_JOB_TYPE

    def away(*_: object, **__: object) -> None:
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as patched:
        patched.setattr(advance, "deliver", away)
        running.run("stepwell", job.key)
    job.refresh_from_db()
    assert (job.status, job.retries, JobAttempt.objects.count()) == (JobStatus.ACTIVATED, 3, 0)


def test_while_a_script_runs_nobody_s_answer_counts_and_its_own_does(monkeypatch: pytest.MonkeyPatch) -> None:
    job = opened(SCRIPT)
    refused: list[type[BaseException]] = []
    run = scripts.run

    def meanwhile(*given: Any, **more: Any) -> Any:
        for answer, by in product(("complete", "throw", "fail", "fail for good"), (OTHER, OPERATOR, IMPOSTOR)):
            try:
                ANSWER[answer](job.key, by, None)
            except Conflict as conflict:
                refused.append(type(conflict))
        return run(*given, **more)

    monkeypatch.setattr(scripts, "run", meanwhile)
    running.run("stepwell", job.key)
    assert len(refused) == 12
    assert ProcessInstance.objects.get().status == "COMPLETED"


def test_the_lease_token_of_another_activation_extends_nothing() -> None:
    job = opened(ELEMENT[JobKind.BPMN_ELEMENT])
    brought_to("activated", job)
    job.refresh_from_db()
    token = lease_token(job)
    jobs.fail(job.key, retries=2, backoff=0, by=HOLDER)
    brought_to("activated", job)
    before = everything()
    with pytest.raises(Conflict):
        jobs.update(job.key, lease=900, by=HOLDER, attempt=jobs.attempt_of(token, job.key))
    assert everything() == before


def test_a_repeated_completion_knows_the_instance_of_a_job_beyond_the_first_block_of_its_keys() -> None:
    job = opened(ELEMENT[JobKind.BPMN_ELEMENT])
    brought_to("activated", job)
    beyond = job.key + (7 << keys.BITS_PER_BLOCK)
    Job.objects.update(key=beyond)
    for _ in range(2):
        assert jobs.complete(beyond, by=HOLDER, idempotency_key="once") == job.instance_id
