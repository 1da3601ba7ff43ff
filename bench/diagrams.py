"""The processes that are measured."""

from __future__ import annotations

from itertools import pairwise

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d"'
    ' targetNamespace="urn:bench">'
)
START, END = '<bpmn:startEvent id="start"/>', '<bpmn:endEvent id="end"/>'


def process(process_id: str, nodes: dict[str, str], *, roots: str = "", flows: str = "") -> bytes:
    """A file with one process: a line from start over `nodes` to end, or `flows` in their own form."""
    line = flows or "".join(
        f'<bpmn:sequenceFlow id="f{number}" sourceRef="{a}" targetRef="{b}"/>'
        for number, (a, b) in enumerate(pairwise(["start", *nodes, "end"]))
    )
    return (
        f'{HEAD}{roots}<bpmn:process id="{process_id}" isExecutable="true">{START}{"".join(nodes.values())}{END}{line}'
        "</bpmn:process></bpmn:definitions>"
    ).encode()


def service(element_id: str, job_type: str, more: str = "") -> str:
    return (
        f'<bpmn:serviceTask id="{element_id}"><bpmn:extensionElements><zeebe:taskDefinition type="{job_type}"/>'
        f"</bpmn:extensionElements>{more}</bpmn:serviceTask>"
    )


def user(element_id: str) -> str:
    return (
        f'<bpmn:userTask id="{element_id}" name="{element_id}"><bpmn:extensionElements><zeebe:userTask/>'
        '<zeebe:assignmentDefinition candidateGroups="clerks"/></bpmn:extensionElements></bpmn:userTask>'
    )


def catch(element_id: str, definition: str) -> str:
    return f'<bpmn:intermediateCatchEvent id="{element_id}">{definition}</bpmn:intermediateCatchEvent>'


_PARTS = (
    '<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=items"'
    ' inputElement="item" outputCollection="results" outputElement="=result"/></bpmn:extensionElements>'
    "</bpmn:multiInstanceLoopCharacteristics>"
)
_FIVE = [f"t{number}" for number in range(5)]

PLAIN = process("plain", {name: f'<bpmn:task id="{name}"/>' for name in _FIVE})
CHAIN = process("chain", {name: service(name, "bench-work") for name in _FIVE})
EXTERNAL = process("external", {name: service(name, "bench-external") for name in _FIVE})
DESK = process("desk", {name: user(name) for name in ("first", "second", "third")})
FAN = process("fan", {"part": service("part", "bench-part", _PARTS)})
PAUSE = process(
    "pause",
    {
        "wait": catch(
            "wait",
            '<bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">=pause</bpmn:timeDuration>'
            "</bpmn:timerEventDefinition>",
        )
    },
)
PAYMENT = process(
    "payment",
    {"wait": catch("wait", '<bpmn:messageEventDefinition messageRef="m"/>')},
    roots='<bpmn:message id="m" name="paid"><bpmn:extensionElements><zeebe:subscription correlationKey="=order"/>'
    "</bpmn:extensionElements></bpmn:message>",
)
LOOP = process(
    "loop",
    {
        "merge": '<bpmn:exclusiveGateway id="merge"/>',
        "work": service("work", "bench-loop"),
        "again": '<bpmn:exclusiveGateway id="again" default="back"/>',
    },
    flows='<bpmn:sequenceFlow id="f0" sourceRef="start" targetRef="merge"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="merge" targetRef="work"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="work" targetRef="again"/>'
    '<bpmn:sequenceFlow id="back" sourceRef="again" targetRef="merge"/>'
    '<bpmn:sequenceFlow id="out" sourceRef="again" targetRef="end"><bpmn:conditionExpression>=n &lt; 0</bpmn:conditionExpression>'
    "</bpmn:sequenceFlow>",
)
