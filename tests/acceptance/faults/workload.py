"""What runs while parts are killed: twelve kinds of process, and a handler and a job worker over REST that write every run to an
append-only file."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.core.dmn.models import data, decision, definitions, table
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

OUTSIDE = '''
"""A job worker outside, over REST: takes jobs, writes down each run in one write, completes them; goes on whatever happens."""
import json
import os
import time
import urllib.error
import urllib.request
from pathlib import Path

ADDRESS, TOKEN = os.environ["FAULT_ADDRESS"], os.environ["FAULT_TOKEN"]


def post(path, body):
    request = urllib.request.Request(
        ADDRESS + path, json.dumps(body).encode(),
        {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=15) as answer:
        return json.loads(answer.read() or b"{}")


while True:
    try:
        jobs = post("/v2/jobs/activation", {
            "type": "fault-outside", "timeout": 3000, "maxJobsToActivate": 4, "worker": "outside", "requestTimeout": 1000,
        })["jobs"]
    except (OSError, ValueError):
        time.sleep(0.1)
        continue
    for job in jobs:
        with (Path(os.environ["ACCEPTANCE_FOLDER"]) / "effects").open("a") as log:
            log.write(f"{job['processInstanceKey']} {job['elementId']} {job['jobKey']} {job['attempt']}\\n")
        for _ in range(20):
            try:
                post(f"/v2/jobs/{job['jobKey']}/completion", {"attempt": job["attempt"], "variables": {}})
                break
            except urllib.error.HTTPError as refused:
                if refused.code < 500:
                    break  # too late: it was done, or given to another
                time.sleep(0.1)
            except OSError:
                time.sleep(0.1)
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


def _call(process_id: str) -> str:
    return (
        f'<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="{process_id}"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )


_RULE = (
    '<bpmn:businessRuleTask id="decide"><bpmn:extensionElements><zeebe:calledDecision decisionId="id_rate"'
    ' resultVariable="level"/></bpmn:extensionElements></bpmn:businessRuleTask>'
)
_SCRIPT = (
    '<bpmn:scriptTask id="script" scriptFormat="python"><bpmn:script>total = 1 + 2</bpmn:script></bpmn:scriptTask>'
)
_OUTSIDE = service("ask", "fault-outside", retries=RETRIES)

DIAGRAMS = {
    "chain": diagram("chain", START, task("a"), task("b"), task("c"), END, flows=_line("a", "b", "c")),
    "fan": diagram("fan", START, task("part", more=_PARTS), END, flows=_line("part")),
    "caller": diagram("caller", START, _call("chain"), END, flows=_line("call")),
    "deep": diagram("deep", START, _call("caller"), END, flows=_line("call")),
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
    "outside": diagram("outside", START, _OUTSIDE, task("then"), END, flows=_line("ask", "then")),
    "ruling": diagram("ruling", START, _RULE, task("apply"), END, flows=_line("decide", "apply")),
    "scripted": diagram("scripted", START, _SCRIPT, task("after"), END, flows=_line("script", "after")),
    "alarmed": diagram(
        "alarmed", START, catch("wait", '<bpmn:signalEventDefinition signalRef="s"/>'), task("react"), END,
        flows=_line("wait", "react"), roots='<bpmn:signal id="s" name="fire"/>',
    ),
}  # fmt: skip

DECISION = definitions(
    data("amount", "number"),
    decision("rate", table("amount:number", "level:string", '< 100 => "low"', '>= 100 => "high"'), "input:amount"),
).encode()
RESULTS: dict[str, dict[str, Any]] = {"ruling": {"level": "high"}, "scripted": {"total": 3}}
"""What stands among the variables at the end."""

CALLED = {"caller": "chain", "deep": "caller"}
"""Which process calls which."""

EFFECTS = {
    "chain": ["a", "b", "c"],
    "fan": ["part"] * 5,
    "caller": [],
    "deep": [],
    "outside": ["ask", "then"],
    "ruling": ["apply"],
    "scripted": ["after"],
    "alarmed": ["react"],
    "paying": ["ship"],
    "pausing": ["after"],
    "signing": ["file"],
    "saga": ["car", "hotel", "undo_hotel", "undo_car"],
}
"""What each kind of process does to the outside world, by the element, in this order; each with one key."""
