"""What the tests of events share: their roots, the definitions that refer to them, and scopes in one line each."""

from __future__ import annotations

from engine.testing import Instance
from tests.core.bpmn.diagrams import file
from tests.core.runtime.nodes import end, flows, node

ROOTS = (
    '<bpmn:signal id="s" name="alarm"/><bpmn:signal id="t" name="calm"/><bpmn:message id="m" name="paid"/>'
    '<bpmn:error id="e1" errorCode="E1"/><bpmn:error id="e2" errorCode="E2"/><bpmn:error id="any" name="without a code"/>'
    '<bpmn:escalation id="x1" escalationCode="X1"/><bpmn:escalation id="x2" escalationCode="X2"/>'
    '<bpmn:escalation id="x_any" name="without a code"/>'
)
ALARM = '<bpmn:signalEventDefinition signalRef="s"/>'
CALM = '<bpmn:signalEventDefinition signalRef="t"/>'
PAID = '<bpmn:messageEventDefinition messageRef="m"/>'
SPLIT = node("parallelGateway", "split")


def error(reference: str = "") -> str:
    return f'<bpmn:errorEventDefinition errorRef="{reference}"/>' if reference else "<bpmn:errorEventDefinition/>"


def escalation(reference: str = "") -> str:
    if not reference:
        return "<bpmn:escalationEventDefinition/>"
    return f'<bpmn:escalationEventDefinition escalationRef="{reference}"/>'


def catch(identifier: str, definition: str) -> str:
    return node("intermediateCatchEvent", identifier, definition)


def throw(identifier: str, definition: str) -> str:
    return node("intermediateThrowEvent", identifier, definition)


def sub(identifier: str, inner: str, *ways: str, tag: str = "subProcess") -> str:
    return node(tag, identifier, inner + flows(*ways))


def handler(identifier: str, definition: str, *, interrupting: bool = True, inner: str = "", way: str = "") -> str:
    """An event sub-process: its start event, what is between, its end event; all named after it."""
    interrupts = "" if interrupting else 'isInterrupting="false"'
    begin = node("startEvent", f"{identifier}_start", definition, interrupts)
    nodes = begin + inner + ("" if "_end" in inner else end(f"{identifier}_end"))
    return node(
        "subProcess",
        identifier,
        nodes + flows(way or f"{identifier}_start {identifier}_end"),
        'triggeredByEvent="true"',
    )


def ended(instance: Instance) -> list[str]:
    """Which end events were reached, in order."""
    return [each for each in instance.completed_elements if instance.model.nodes[each].type.value == "END_EVENT"]


def failing(code: str, *inner: str) -> str:
    return sub(
        "sub", node("startEvent", "begin") + node("endEvent", "fail", error(code)) + "".join(inner), "begin fail"
    )


def pair(first: str, second: str) -> bytes:
    """Two processes of one file, `p` and `q`, as pools."""
    pools = '<bpmn:participant id="a" processRef="p"/><bpmn:participant id="b" processRef="q"/>'
    one, two = (
        f'<bpmn:process id="{name}" isExecutable="true">{body}</bpmn:process>'
        for name, body in (("p", first), ("q", second))
    )
    return file(f'{ROOTS}<bpmn:collaboration id="c">{pools}</bpmn:collaboration>{one}{two}')
