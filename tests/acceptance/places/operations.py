"""The operations that are disturbed: what is there before, the command, and the failpoints that it comes to, before, inside and
after the commit that counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Max

from engine import batch_operations, clock, definitions, failpoints, incidents, instances, jobs, messages, retention
from engine.jobs import job_types
from engine.journal.projection import Projector
from engine.models import Incident, IncidentStatus, Job, MessageCorrelated, PendingInput, Timer, UserTask
from engine.retention import archive
from tests.acceptance.places.broker import empty_broker
from tests.acceptance.places.commands import LIMITED, OUTSIDE, TRANSACTIONAL, WORK
from tests.engine.worlds import (
    ADMIN,
    ALARM,
    ALICE,
    END,
    ORDERED,
    PAUSE,
    PAYMENT,
    REVIEW,
    START,
    WORKER,
    deploy,
    diagram,
    message,
    on_message,
    service,
    user,
)

Arguments = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """`before`, `inside` and `after` are names of failpoints, in the order in which the command first comes to them; NAME@HIT is a later
    time. `setup` gets a token that is new for each case and returns the command's arguments.

    `goes_on` is what operators do afterwards. `journal_only`: by the journal alone it is told whether the commit has happened.
    `is_done` is what a client without a key looks at before it asks again. `beyond` are failpoints of the same command that
    another operation is about. `also` tells what else has to be as without a fault, of instances with a key above one."""

    name: str
    diagrams: tuple[bytes, ...]
    setup: Callable[[str], Arguments]
    command: str
    before: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    journal_only: bool = False
    commits: bool = True
    is_done: Callable[[Arguments], bool] = field(default=lambda arguments: False)
    goes_on: Callable[[], object] = field(default=lambda: None)
    also: Callable[[int], object] = field(default=lambda after: None)

    def __str__(self) -> str:
        return self.name

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """Each with its phase."""
        return (
            *((place, "before") for place in self.before),
            *((place, "inside") for place in self.inside),
            *((place, "after") for place in self.after),
        )


# --- diagrams --------------------------------------------------------------------------------------------------------


def line(process_id: str, *nodes: str, ids: str, roots: str = "") -> bytes:
    names = ["start", *ids.split(), "end"]
    flows = " ".join(f"{a}>{b}" for a, b in pairwise(names))
    return diagram(process_id, START, *nodes, END, flows=flows, roots=roots)


def compensated(name: str) -> str:
    undo = service(f"undo_{name}", OUTSIDE).replace("<bpmn:serviceTask", '<bpmn:serviceTask isForCompensation="true"')
    return (
        f'{service(name, OUTSIDE)}<bpmn:boundaryEvent id="on_{name}" attachedToRef="{name}"><bpmn:compensateEventDefinition/>'
        f'</bpmn:boundaryEvent>{undo}<bpmn:association id="a_{name}" sourceRef="on_{name}" targetRef="undo_{name}"'
        ' associationDirection="One"/>'
    )


def call(process_id: str) -> str:
    return (
        f'<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="{process_id}"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )


def cycle_start(text: str) -> str:
    return (
        '<bpmn:startEvent id="start"><bpmn:timerEventDefinition><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">'
        f"{text}</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent>"
    )


CHAIN = line("chain", service("a", WORK), service("b", WORK), ids="a b")
ASKED = line("asked", service("a", OUTSIDE), service("b", WORK), ids="a b")
BOOKED = line("booked", service("a", TRANSACTIONAL), ids="a")
LIMIT = line("limit", service("a", LIMITED), ids="a")
LAST_TRY = line("last_try", service("a", OUTSIDE, retries=1), ids="a")
CALLED = line("called", service("a", OUTSIDE), ids="a")
CALLER = line("caller", call("called"), service("b", WORK), ids="call b")
PARTS = line(
    "parts",
    service(
        "part",
        OUTSIDE,
        more="<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics"
        ' inputCollection="=[1,2]" inputElement="item" outputCollection="results" outputElement="=item"/>'
        "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>",
    ),
    service("then", WORK),
    ids="part then",
)
JOINED = diagram(
    "joined",
    START,
    '<bpmn:parallelGateway id="split"/>',
    service("a", OUTSIDE),
    service("b", OUTSIDE),
    '<bpmn:parallelGateway id="join"/>',
    service("c", WORK),
    END,
    flows="start>split split>a split>b a>join b>join join>c c>end",
)
SAGA = line(
    "saga",
    compensated("car"),
    compensated("hotel"),
    '<bpmn:intermediateThrowEvent id="undo"><bpmn:compensateEventDefinition/></bpmn:intermediateThrowEvent>',
    ids="car hotel undo",
)
GUARDED = diagram(
    "guarded",
    START,
    service("do", OUTSIDE),
    '<bpmn:boundaryEvent id="declined" attachedToRef="do"><bpmn:errorEventDefinition errorRef="e"/></bpmn:boundaryEvent>',
    service("mend", WORK),
    END,
    flows="start>do do>end declined>mend mend>end",
    roots='<bpmn:error id="e" name="Declined" errorCode="DECLINED"/>',
)
LISTENED = line(
    "listened",
    user(
        "check",
        more=f'<zeebe:taskListeners><zeebe:taskListener eventType="assigning" type="{OUTSIDE}"/></zeebe:taskListeners>',
    ),
    ids="check",
)
HOURLY = diagram("hourly", cycle_start("R/PT1H"), service("a", WORK), END, flows="start>a a>end")
RECEIVED = diagram(
    "received",
    f'<bpmn:startEvent id="start">{on_message("order")}</bpmn:startEvent>',
    service("a", WORK),
    END,
    flows="start>a a>end",
    roots=message("order"),
)


# --- what is there before --------------------------------------------------------------------------------------------


def start(process_id: str, token: str = "", **options: Any) -> int:
    return instances.start(process_id, variables={"order": token}, by=ALICE, **options).key


def lease(job_type: str = OUTSIDE) -> int:
    [activated] = jobs.activate(job_type, worker="w", max_jobs=1, lease=60, by=WORKER)
    return activated.job.key


def leased(process_id: str, *, done: int = 0) -> Callable[[str], Arguments]:
    """An instance whose job is leased over the API, after `done` others were completed."""

    def setup(token: str) -> Arguments:
        start(process_id)
        for _ in range(done):
            jobs.complete(lease(), by=WORKER)
        return {"key": lease(), "token": token}

    return setup


def without_token(setup: Callable[[str], Arguments]) -> Callable[[str], Arguments]:
    return lambda token: {"key": setup(token)["key"]}


def started(process_id: str, *, count: int = 1, **arguments: Any) -> Callable[[str], Arguments]:
    def setup(token: str) -> Arguments:
        for _ in range(count):
            start(process_id, token)
        return {**arguments, **({"token": token} if "name" in arguments else {})}

    return setup


def limited(token: str) -> Arguments:
    job_types.limit(LIMITED, by=ADMIN, concurrency=1)
    start("limit")
    start("limit")
    return {}


def hour_is_over(token: str) -> Arguments:
    start("pause")
    clock.advance(timedelta(hours=1, seconds=1))
    return {}


def start_timer_is_due(token: str) -> Arguments:
    due = Timer.objects.filter(instance_key=None).aggregate(due=Max("due_at"))["due"]
    clock.set_time(due + timedelta(seconds=1))
    return {}


def message_waits(token: str) -> Arguments:
    messages.publish("paid", correlation_key=token, ttl=3_600, by=WORKER)
    return {"process_id": "payment", "token": token}


def second_order_waits(token: str) -> Arguments:
    [first] = messages.publish("order", correlation_key=token, ttl=3_600, by=WORKER).instances
    messages.publish("order", correlation_key=token, ttl=3_600, by=WORKER)
    instances.cancel(first, by=WORKER)
    return {}


def incident_raised(token: str) -> Arguments:
    start("last_try")
    jobs.fail(lease(), retries=0, message="no", by=WORKER)
    return {"key": Incident.objects.get(status=IncidentStatus.ACTIVE).key}


def user_task_offered(process_id: str, *, token: bool = False) -> Callable[[str], Arguments]:
    def setup(new: str) -> Arguments:
        key = start(process_id)
        return {"key": UserTask.objects.get(instance_id=key).key, **({"token": new} if token else {})}

    return setup


def old_version(token: str) -> Arguments:
    if definitions.newest_process("asked").version == 1:
        deploy(ASKED.replace(b'name="Asked"', b'name="Newer"'))
    return {"key": start("asked", version=1), "target": definitions.newest_process("asked").key}


def parent_with_a_child(token: str) -> Arguments:
    return {"key": start("caller")}


def lease_is_over(process_id: str) -> Callable[[str], Arguments]:
    def setup(token: str) -> Arguments:
        start(process_id)
        lease()
        clock.advance(timedelta(minutes=2))
        return {}

    return setup


def ring_was_lost(token: str) -> Arguments:
    start("chain")
    empty_broker()
    Job.objects.filter(type=WORK).update(available_at=clock.now() - timedelta(minutes=1))
    return {}


def cut_off_after_the_commit(token: str) -> int:
    """The key of an instance with an input that nobody takes up: who brought it went away."""
    key = start("payment", token)
    failpoints.arm("messages.after_commit=raise")
    try:
        messages.publish("paid", correlation_key=token, by=WORKER)
    except failpoints.Broken:
        return key
    finally:
        failpoints.disarm()
    raise AssertionError("the failpoint was not reached")


def forgotten(token: str) -> Arguments:
    cut_off_after_the_commit(token)
    clock.advance(timedelta(seconds=5))
    return {}


def breaks(token: str) -> Arguments:
    return {"key": cut_off_after_the_commit(token)}


def reached_after_its_end(token: str) -> Arguments:
    """A message that was handed to an instance in the moment of its end; another one waits for its like."""
    first, _ = start("payment", token), start("payment", token)
    instances.suspend(first, by=ADMIN)
    messages.publish("paid", correlation_key=token, ttl=60, by=WORKER)
    late = PendingInput.objects.values("instance_key", "input", "at", "by").get(instance_key=first)
    correlated = MessageCorrelated.objects.get(instance_key=first)
    correlated.delete()
    PendingInput.objects.filter(instance_key=first).delete()
    instances.cancel(first, by=ADMIN)
    PendingInput.objects.create(**late)
    MessageCorrelated.objects.create(message_id=correlated.message_id, process_id="payment", instance_key=first)
    clock.advance(timedelta(seconds=5))
    return {}


def batch_asked_for(token: str) -> Arguments:
    key = [start("pause", business_id=token) for _ in range(2)]
    assert len(key) == 2
    batch_operations.suspend_instances({"businessId": token}, by=WORKER)
    return {}


def ended(token: str) -> Arguments:
    key = start("caller")
    instances.cancel(key, by=WORKER)
    return {"key": key}


def kept_long_enough(token: str) -> Arguments:
    ended(token)
    for process_id in ("caller", "called"):
        retention.change(process_id, by=ADMIN, days=1)
    Projector().run()
    clock.advance(timedelta(days=1, seconds=1))
    return {}


def resolve_all() -> None:
    for incident in Incident.objects.filter(status=IncidentStatus.ACTIVE):
        incidents.resolve(incident.key, by=WORKER)


def in_the_archive(after: int) -> int:
    """How many instances stand there, in whole files: once, or once more after a crash."""
    found = (archive.verify(file).instances for file in archive.files([archive.folder()]))
    return len({key for instances in found for key in instances if key > after})


def sweep_retention() -> None:
    Projector().run()
    retention.sweep()


# --- failpoints ------------------------------------------------------------------------------------------------------

STEP = ("advance.before_step", "advance.after_step")
SAVE = (
    "advance.before_state",
    "advance.before_rows",
    "advance.before_journal",
    "advance.after_journal",
    "advance.before_commit",
)
TRANSITION = (*STEP, *SAVE)
"""Between any two statements of a transition."""
LOCKED = "advance.before_lock"
COMMITTED = "advance.after_commit"
RING = ("doorbell.before_ring", "doorbell.after_ring")
TAKEN_UP = "advance.after_taken_up"
ADVANCED = (LOCKED, *TRANSITION, TAKEN_UP)
"""A transition of its own, after another commit."""


def second(*places: str) -> tuple[str, ...]:
    return tuple(f"{place}@2" for place in places)


ADVANCED_NEXT = (*second(LOCKED, *TRANSITION), TAKEN_UP)
"""The same, where the other commit was a transition as well."""


def delivered(
    name: str, diagrams: tuple[bytes, ...], setup: Callable[[str], Arguments], command: str, **more: Any
) -> Operation:
    """An input that is given to an instance and taken up in one commit."""
    return Operation(
        name=name,
        diagrams=diagrams,
        setup=setup,
        command=command,
        before=(*more.pop("before", ()), LOCKED),
        inside=(*more.pop("first_inside", ()), *TRANSITION),
        after=(COMMITTED, *more.pop("after", ())),
        **more,
    )


COMPLETE = "jobs.before_complete"

STARTING = (
    Operation(
        name="start", diagrams=(CHAIN,), command="start",
        setup=lambda token: {"process_id": "chain", "token": token},
        before=("advance.before_begin",), inside=TRANSITION, after=(COMMITTED, *RING),
    ),
    Operation(
        name="start with a child", diagrams=(CALLED, CALLER), command="start",
        setup=lambda token: {"process_id": "caller", "token": token},
        before=("advance.before_begin",), inside=TRANSITION, 
        after=(COMMITTED, LOCKED, "advance.before_step@3", "advance.after_step@3", *second(*SAVE), TAKEN_UP),
    ),
    Operation(
        name="start by a timer", diagrams=(HOURLY,), setup=start_timer_is_due, command="fire_timers",
        before=("timers.before_fire", "timers.before_commit", "timers.after_commit"),
        inside=("starts.before_commit",),
        after=("starts.after_commit", COMMITTED, *ADVANCED, *RING),
    ),
    Operation(
        name="start by a message", diagrams=(RECEIVED,), command="publish",
        setup=lambda token: {"name": "order", "token": token},
        before=("messages.before_publish",),
        inside=("messages.before_deliver", "messages.before_commit"),
        after=("messages.after_commit", COMMITTED, *ADVANCED, *RING),
    ),
    Operation(
        name="start by a message that waited", diagrams=(ORDERED,), setup=second_order_waits, command="start_waiting_messages",
        before=("messages.before_start_waiting",),
        inside=("messages.before_delivered_again",),
        after=("sweeper.before_advance", COMMITTED, *ADVANCED),
    ),
    delivered("cancellation with a child", (CALLED, CALLER), parent_with_a_child, "cancel", after=ADVANCED_NEXT),
    delivered("migration", (ASKED,), old_version, "migrate", first_inside=("advance.after_migration",),
              is_done=lambda arguments: instances.require(arguments["key"]).version == 2),
)  # fmt: skip

WORKING = (
    Operation(
        name="claim by a type with a limit", diagrams=(LIMIT,), setup=limited, command="claim_limited",
        before=("job_leases.before_claim",), inside=("job_leases.before_count",), after=("job_leases.after_claim",),
    ),
    delivered("job completed", (ASKED,), leased("asked"), "complete_job", before=(COMPLETE,), after=RING),
    Operation(
        name="jobs run by a worker", diagrams=(CHAIN,), setup=started("chain", count=2), command="run_jobs", journal_only=True,
        before=(
            "job_leases.before_claim", "job_leases.after_claim", "job_runs.before_handler", "job_runs.after_handler", COMPLETE,
        ),
        inside=(*STEP, "advance.before_leases", *SAVE),
        after=(COMMITTED,),
    ),
    Operation(
        name="job with a transactional handler", diagrams=(BOOKED,), setup=started("booked"), command="run_jobs", journal_only=True,
        before=("job_leases.before_claim", "job_leases.after_claim", "job_runs.before_handler", LOCKED),
        inside=TRANSITION, after=(COMMITTED,),
    ),
    delivered("job failed: incident", (LAST_TRY,), without_token(leased("last_try")), "fail_job",
              before=("jobs.before_fail",), goes_on=resolve_all),
    delivered("incident resolved", (LAST_TRY,), incident_raised, "resolve"),
    delivered("error thrown by a job", (GUARDED,), without_token(leased("guarded")), "throw_error", after=RING),
    Operation(
        name="lease over", diagrams=(CALLED,), setup=lease_is_over("called"), command="expire_leases",
        before=("jobs.before_fail",), inside=("jobs.before_failed",), after=("jobs.after_failed",),
    ),
    delivered("last lease over", (LAST_TRY,), lease_is_over("last_try"), "expire_leases", before=("jobs.before_fail",),
              goes_on=resolve_all),
)  # fmt: skip

FLOWING = (
    delivered("join", (JOINED,), leased("joined", done=1), "complete_job", before=(COMPLETE,), after=RING),
    delivered("multi-instance end", (PARTS,), leased("parts", done=1), "complete_job", before=(COMPLETE,), after=RING),
    delivered("child to parent", (CALLED, CALLER), leased("caller"), "complete_job", before=(COMPLETE,), after=(*ADVANCED_NEXT, *RING)),
    delivered("compensation thrown", (SAGA,), leased("saga", done=1), "complete_job", before=(COMPLETE,)),
    delivered("compensation step", (SAGA,), leased("saga", done=2), "complete_job", before=(COMPLETE,)),
    Operation(
        name="step that breaks is set aside", diagrams=(PAYMENT,), setup=breaks, command="advance_by_a_broken_step",
        before=(COMMITTED, LOCKED), inside=("advance.before_set_aside",), after=("advance.after_set_aside",),
        beyond=("advance.before_step",),
        goes_on=resolve_all,
    ),
    Operation(
        name="sweeper advances", diagrams=(PAYMENT,), setup=forgotten, command="advance_forgotten",
        before=("sweeper.before_advance", "advance.before_tried", "advance.after_tried", LOCKED),
        inside=TRANSITION, after=(TAKEN_UP, COMMITTED),
    ),
    Operation(
        name="sweeper rings", diagrams=(CHAIN,), setup=ring_was_lost, command="ring_for_jobs", commits=False,
        before=("sweeper.before_ring", "doorbell.before_ring"), after=("doorbell.after_ring",),
    ),
    Operation(
        name="sweeper removes an orphan", diagrams=(PAYMENT,), setup=reached_after_its_end, command="remove_orphans",
        before=("sweeper.before_orphans",), inside=("messages.before_given_back",),
        after=("sweeper.after_orphans", COMMITTED, *ADVANCED),
    ),
)  # fmt: skip

WAITING = (
    Operation(
        name="timer", diagrams=(PAUSE,), setup=hour_is_over, command="fire_timers",
        before=("timers.before_fire",), inside=("timers.before_commit",),
        after=("timers.after_commit", "starts.before_commit", "starts.after_commit", COMMITTED, *ADVANCED),
    ),
    Operation(
        name="message with an idempotency key", diagrams=(PAYMENT,), setup=started("payment", count=2, name="paid"),
        command="publish", before=("messages.before_publish",),
        inside=("messages.before_deliver", "messages.before_commit"),
        after=("messages.after_commit", COMMITTED, *ADVANCED),
    ),
    Operation(
        name="message with an id", diagrams=(PAYMENT,), setup=started("payment", count=2, name="paid"),
        command="publish_with_id", before=("messages.before_publish",),
        inside=("messages.before_deliver", "messages.before_commit"),
        after=("messages.after_commit", COMMITTED, *ADVANCED),
    ),
    Operation(
        name="message found by who begins to wait", diagrams=(PAYMENT,), setup=message_waits, command="start",
        before=("advance.before_begin",), inside=TRANSITION, after=(COMMITTED, LOCKED, *second(*TRANSITION), TAKEN_UP),
    ),
    Operation(
        name="signal", diagrams=(ALARM,), setup=started("alarm", count=2, name="alarm"), command="broadcast",
        before=("signals.before_broadcast",), inside=("signals.before_commit",),
        after=("signals.after_commit", COMMITTED, *ADVANCED),
    ),
    delivered("user task claimed", (REVIEW,), user_task_offered("review"), "claim_user_task",
              before=("user_tasks.before_change",)),
    delivered("user task claimed, with a listener", (LISTENED,), user_task_offered("listened"), "claim_user_task",
              before=("user_tasks.before_change",)),
    delivered("user task completed", (REVIEW,), user_task_offered("review", token=True), "complete_user_task",
              before=("user_tasks.before_complete",)),
)  # fmt: skip

KEEPING = (
    Operation(
        name="items of a batch operation collected", diagrams=(PAUSE,), setup=batch_asked_for, command="work_off",
        before=("batch_operation_runs.before_collect",), inside=("batch_operation_runs.before_collected",),
        after=("batch_operation_runs.after_collected",),
        beyond=(
            "batch_operation_runs.before_leased", "batch_operation_runs.after_leased", "batch_operation_runs.before_item",
            "batch_operation_runs.after_item", LOCKED, *TRANSITION, COMMITTED,
        ),
    ),
    Operation(
        name="item of a batch operation", diagrams=(PAUSE,), setup=batch_asked_for, command="work_off", journal_only=True,
        before=(
            "batch_operation_runs.before_leased", "batch_operation_runs.after_leased", "batch_operation_runs.before_item", LOCKED,
        ),
        inside=TRANSITION, after=(COMMITTED, "batch_operation_runs.after_item"),
        beyond=(
            "batch_operation_runs.before_collect", "batch_operation_runs.before_collected",
            "batch_operation_runs.after_collected",
        ),
    ),
    Operation(
        name="instance deleted", diagrams=(CALLED, CALLER), setup=ended, command="delete",
        before=("deletion.before_remove",), inside=("deletion.before_commit",), after=("deletion.after_commit",),
    ),
    Operation(
        name="instance archived and deleted", diagrams=(CALLED, CALLER), setup=kept_long_enough, command="retain",
        before=("retention.before_take_out",), inside=("retention.before_delete", "retention.before_commit"),
        after=("retention.after_commit",), goes_on=sweep_retention, also=in_the_archive,
    ),
)  # fmt: skip

ALL = (*STARTING, *WORKING, *FLOWING, *WAITING, *KEEPING)
