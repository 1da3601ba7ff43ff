"""Small diagrams that the tests of the shell deploy, and what must hold for every instance."""

from __future__ import annotations

from engine import deployments
from engine.actors import MODELERS, OPERATORS, Actor
from engine.deployments import ResourceFile
from engine.journal.replay import replay
from engine.models import (
    Incident,
    IncidentStatus,
    InstanceState,
    InstanceStatus,
    Job,
    JournalEntry,
    MessageSubscription,
    PendingInput,
    ProcessInstance,
    SignalSubscription,
    Timer,
    UserTask,
    UserTaskStatus,
)
from tests.conftest import REPLAYED, record

ADMIN = Actor("admin", is_admin=True)
ALICE = Actor("alice", groups=frozenset({"managers"}))
BOB = Actor("bob", groups=frozenset({"managers"}))
CAROL = Actor("carol", groups=frozenset({"clerks"}))
WORKER = Actor("worker", groups=frozenset({OPERATORS, MODELERS}), is_system=True)

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="http://stepwell.test">
"""


def diagram(process_id: str, *nodes: str, flows: str = "", roots: str = "") -> bytes:
    """A file with one process. `flows`: pairs `a>b` by blank; `roots`: messages, signals and errors beside the process."""
    lines = [
        f'<bpmn:sequenceFlow id="f{number}" sourceRef="{pair.split(">")[0]}" targetRef="{pair.split(">")[1]}"/>'
        for number, pair in enumerate(flows.split())
    ]
    body = "\n".join([*nodes, *lines])
    return (
        f'{_HEAD}{roots}<bpmn:process id="{process_id}" name="{process_id.capitalize()}" isExecutable="true">{body}'
        "</bpmn:process></bpmn:definitions>"
    ).encode()


START = '<bpmn:startEvent id="start"/>'
END = '<bpmn:endEvent id="end"/>'


def service(element_id: str, job_type: str, *, retries: int = 3, more: str = "") -> str:
    return (
        f'<bpmn:serviceTask id="{element_id}"><bpmn:extensionElements>'
        f'<zeebe:taskDefinition type="{job_type}" retries="{retries}"/></bpmn:extensionElements>{more}</bpmn:serviceTask>'
    )


def user(element_id: str, assignment: str = "", *, more: str = "") -> str:
    return (
        f'<bpmn:userTask id="{element_id}" name="{element_id.capitalize()}"><bpmn:extensionElements><zeebe:userTask/>'
        f"<zeebe:assignmentDefinition {assignment}/>{more}</bpmn:extensionElements></bpmn:userTask>"
    )


def message(name: str, key: str = "") -> str:
    subscription = (
        f'<bpmn:extensionElements><zeebe:subscription correlationKey="{key}"/></bpmn:extensionElements>' if key else ""
    )
    return f'<bpmn:message id="m_{name}" name="{name}">{subscription}</bpmn:message>'


def catch(element_id: str, definition: str) -> str:
    return f'<bpmn:intermediateCatchEvent id="{element_id}">{definition}</bpmn:intermediateCatchEvent>'


def duration(text: str) -> str:
    return (
        '<bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">'
        f"{text}</bpmn:timeDuration></bpmn:timerEventDefinition>"
    )


def on_message(name: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="m_{name}"/>'


REVIEW = diagram("review", START, user("check", 'candidateGroups="managers"'), END, flows="start>check check>end")
WORK = diagram("work", START, service("do", "test-work"), END, flows="start>do do>end")
PAYMENT = diagram(
    "payment",
    START,
    catch("wait", on_message("paid")),
    END,
    flows="start>wait wait>end",
    roots=message("paid", "=order"),
)
PAUSE = diagram("pause", START, catch("wait", duration("PT1H")), END, flows="start>wait wait>end")
FAN = diagram(
    "fan",
    START,
    service(
        "part",
        "test-part",
        more='<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=items"'
        ' inputElement="item" outputCollection="results" outputElement="=result"/></bpmn:extensionElements>'
        "</bpmn:multiInstanceLoopCharacteristics>",
    ),
    END,
    flows="start>part part>end",
)
CALLER = diagram(
    "caller",
    START,
    '<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="work"/></bpmn:extensionElements>'
    "</bpmn:callActivity>",
    END,
    flows="start>call call>end",
)
ORDERED = diagram(
    "ordered",
    f'<bpmn:startEvent id="start">{on_message("order")}</bpmn:startEvent>',
    user("check"),
    END,
    flows="start>check check>end",
    roots=message("order"),
)
ALARM = diagram(
    "alarm",
    START,
    catch("wait", '<bpmn:signalEventDefinition signalRef="s"/>'),
    END,
    flows="start>wait wait>end",
    roots='<bpmn:signal id="s" name="alarm"/>',
)
HOT = diagram(
    "hot",
    '<bpmn:startEvent id="start"><bpmn:conditionalEventDefinition><bpmn:condition xsi:type="bpmn:tFormalExpression">'
    "=degrees &gt; 30</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:startEvent>",
    user("check"),
    END,
    flows="start>check check>end",
)
GUARDED = diagram(
    "guarded",
    START,
    service("do", "test-work"),
    '<bpmn:boundaryEvent id="declined" attachedToRef="do"><bpmn:errorEventDefinition errorRef="e"/></bpmn:boundaryEvent>',
    user("mend"),
    END,
    flows="start>do do>end declined>mend mend>end",
    roots='<bpmn:error id="e" name="Declined" errorCode="DECLINED"/>',
)
TIMEOUT = diagram(
    "timeout",
    START,
    service("do", "test-work"),
    f'<bpmn:boundaryEvent id="late" attachedToRef="do">{duration("PT1M")}</bpmn:boundaryEvent>',
    '<bpmn:endEvent id="gave_up"/>',
    END,
    flows="start>do do>end late>gave_up",
)


def deploy(*contents: bytes) -> None:
    deployments.deploy(
        [ResourceFile(f"file{number}.bpmn", content) for number, content in enumerate(contents)], by=ADMIN
    )


def assert_all_sound() -> None:
    """What must hold for every instance in the database, whatever happened to it."""
    for instance in ProcessInstance.objects.all():
        assert_sound(instance)


def assert_all_replay() -> None:
    """The core makes the same facts and the same state of every journal in the database; of very many, of the newest."""
    for key in ProcessInstance.objects.order_by("-key").values_list("key", flat=True)[:200]:
        assert_replays(key)


def assert_replays(instance_key: int) -> None:
    assert replay(instance_key).differences == ()
    record(REPLAYED, 1)


def assert_sound(instance: ProcessInstance) -> None:
    sequences = list(
        JournalEntry.objects.filter(instance_key=instance.key).order_by("sequence").values_list("sequence", flat=True)
    )
    assert sequences == list(range(1, len(sequences) + 1)), "the journal has gaps"
    assert_replays(instance.key)
    state = InstanceState.objects.filter(instance_id=instance.key).first()
    if instance.status == InstanceStatus.ACTIVE:
        assert state is not None
        assert state.sequence == len(sequences)
        return
    assert state is None
    assert instance.ended_at is not None
    for model in (Timer, MessageSubscription, SignalSubscription, PendingInput):
        assert not model.objects.filter(instance_key=instance.key).exists(), f"an orphan in {model.__name__}"
    assert not Job.objects.filter(instance_id=instance.key).exists()
    assert not UserTask.objects.filter(instance_id=instance.key, status=UserTaskStatus.CREATED).exists()
    assert not Incident.objects.filter(instance_key=instance.key, status=IncidentStatus.ACTIVE).exists()
