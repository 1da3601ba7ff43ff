"""Small diagrams for the tests: the markup that matters, inside a file that is valid around it."""

from __future__ import annotations

from itertools import pairwise

from engine.bpmn import parse
from engine.bpmn.model import Definitions, FlowNode, ProcessModel

NAMESPACES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
    "camunda": "http://camunda.org/schema/1.0/bpmn",
    "operaton": "http://operaton.org/schema/1.0/bpmn",
    "flowable": "http://flowable.org/bpmn",
    "activiti": "http://activiti.org/bpmn",
    "spiffworkflow": "http://spiffworkflow.org/bpmn/schema/1.0/core",
    "other": "http://example.com/a-tool-of-its-own",
}


def file(content: str, *, dialects: tuple[str, ...] = ("zeebe",), attributes: str = "") -> bytes:
    """A BPMN file; `content` is what stands in bpmn:definitions."""
    declared = " ".join(f'xmlns:{name}="{NAMESPACES[name]}"' for name in ("bpmn", "xsi", *dialects))
    return (
        f'<bpmn:definitions {declared} id="file" targetNamespace="http://example.com/test" {attributes}>{content}</bpmn:definitions>'
    ).encode()


def process(body: str, *, root: str = "", dialects: tuple[str, ...] = ("zeebe",), attributes: str = "") -> bytes:
    """A file with one executable process `p`; `root` stands beside the process."""
    return file(
        f'<bpmn:process id="p" isExecutable="true">{body}</bpmn:process>{root}',
        dialects=dialects,
        attributes=attributes,
    )


def line(*nodes: str, ids: tuple[str, ...]) -> str:
    """The nodes one after another between a start and an end event; `ids` are theirs."""
    way = ("start", *ids, "end")
    flows = "".join(flow(a, b) for a, b in pairwise(way))
    return '<bpmn:startEvent id="start"/>' + "".join(nodes) + '<bpmn:endEvent id="end"/>' + flows


def flow(source: str, target: str, condition: str | None = None, *, name: str | None = None) -> str:
    inner = (
        ""
        if condition is None
        else f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>'
    )
    return f'<bpmn:sequenceFlow id="{name or f"{source}_{target}"}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>'


def one(
    node: str, *, root: str = "", identifier: str = "x", dialects: tuple[str, ...] = ("zeebe",), more: str = ""
) -> bytes:
    """A process of start event, this node and end event."""
    return process(line(node, ids=(identifier,)) + more, root=root, dialects=dialects)


def extended(tag: str, extensions: str, *, attributes: str = "", inner: str = "") -> str:
    """The node `x` of that tag, with extension elements."""
    return f'<bpmn:{tag} id="x" {attributes}><bpmn:extensionElements>{extensions}</bpmn:extensionElements>{inner}</bpmn:{tag}>'


def accepted(xml: bytes) -> Definitions:
    """Parse what must be without errors."""
    definitions = parse(xml)
    assert definitions.errors == (), [problem.message for problem in definitions.errors]
    return definitions


def model(xml: bytes, identifier: str = "p") -> ProcessModel:
    return accepted(xml).processes[identifier]


def node(xml: bytes, identifier: str = "x") -> FlowNode:
    return model(xml).nodes[identifier]


def errors(xml: bytes) -> set[str]:
    """The codes of the errors."""
    return {problem.code for problem in parse(xml).errors}


def codes(xml: bytes) -> set[str]:
    """The codes of all problems, warnings as well."""
    return {problem.code for problem in parse(xml).problems}


LINE_OF_TASKS = file(
    """<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>
    <bpmn:task id="first"><bpmn:extensionElements>{first}</bpmn:extensionElements></bpmn:task>
    <bpmn:task id="second"><bpmn:extensionElements>{second}</bpmn:extensionElements></bpmn:task><bpmn:endEvent id="e"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="first"/><bpmn:sequenceFlow id="f2" sourceRef="first" targetRef="second"/>
    <bpmn:sequenceFlow id="f3" sourceRef="second" targetRef="e"/></bpmn:process>"""
).decode()
"""A template with the places {first} and {second} for the extensions of two tasks."""
