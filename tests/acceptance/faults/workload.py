"""What runs while parts are killed: seven kinds of process, and a handler that writes every run to an append-only file."""

from __future__ import annotations

from itertools import pairwise

from tests.engine.worlds import END, START, catch, diagram, duration, message, on_message, service, user

HANDLERS = '''
import os
import time
from pathlib import Path

from engine.handlers import JobContext, handler


@handler("fault-work", backoff=0.1)
def work(job: JobContext):
    """The outside world: one line a run, in one write, so that the lines of several processes do not mix."""
    with (Path(os.environ["ACCEPTANCE_FOLDER"]) / "effects").open("a") as log:
        log.write(f"{job.instance_key} {job.element_id} {job.idempotency_key} {job.attempt}\\n")
    time.sleep(0.02)
    return {}
'''

RETRIES = 100
"""Every kill uses up an attempt of what it hits: no instance is to end in an incident by bad luck alone."""


def task(element_id: str, *, more: str = "") -> str:
    return service(element_id, "fault-work", retries=RETRIES, more=more)


def _compensated(name: str) -> str:
    """A task and what undoes it."""
    undo = task(f"undo_{name}").replace("<bpmn:serviceTask", '<bpmn:serviceTask isForCompensation="true"')
    return (
        f'{task(name)}<bpmn:boundaryEvent id="on_{name}" attachedToRef="{name}"><bpmn:compensateEventDefinition/>'
        f"</bpmn:boundaryEvent>{undo}"
        f'<bpmn:association id="a_{name}" sourceRef="on_{name}" targetRef="undo_{name}" associationDirection="One"/>'
    )


def _line(*ids: str) -> str:
    return " ".join(f"{a}>{b}" for a, b in pairwise(("start", *ids, "end")))


_PARTS = (
    '<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=[1,2,3,4,5]"'
    ' inputElement="item"/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>'
)
_CALL = (
    '<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="chain"/></bpmn:extensionElements>'
    "</bpmn:callActivity>"
)

DIAGRAMS = {
    "chain": diagram("chain", START, task("a"), task("b"), task("c"), END, flows=_line("a", "b", "c")),
    "fan": diagram("fan", START, task("part", more=_PARTS), END, flows=_line("part")),
    "caller": diagram("caller", START, _CALL, END, flows=_line("call")),
    "paying": diagram(
        "paying", START, catch("wait", on_message("paid")), task("ship"), END,
        flows=_line("wait", "ship"), roots=message("paid", "=order"),
    ),
    "pausing": diagram("pausing", START, catch("wait", duration("PT1S")), task("after"), END, flows=_line("wait", "after")),
    "signing": diagram("signing", START, user("sign"), task("file"), END, flows=_line("sign", "file")),
    "saga": diagram(
        "saga", START, _compensated("car"), _compensated("hotel"),
        '<bpmn:intermediateThrowEvent id="undo"><bpmn:compensateEventDefinition/></bpmn:intermediateThrowEvent>', END,
        flows=_line("car", "hotel", "undo"),
    ),
}  # fmt: skip

EFFECTS = {
    "chain": ["a", "b", "c"],
    "fan": ["part"] * 5,
    "caller": [],
    "paying": ["ship"],
    "pausing": ["after"],
    "signing": ["file"],
    "saga": ["car", "hotel", "undo_hotel", "undo_car"],
}
"""What each kind of process does to the outside world, by the element, in this order; each with one key."""
