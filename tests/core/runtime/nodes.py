"""Nodes and flows in one line each, for the diagrams of the runtime's tests."""

from __future__ import annotations

import itertools

from tests.core.bpmn.diagrams import flow

START = '<bpmn:startEvent id="start"/>'


def flows(*ways: str) -> str:
    """`flows("a b c", "b d")`: the flows a_b, b_c and b_d."""
    found = [way.split() for way in ways]
    return "".join(flow(a, b) for way in found for a, b in itertools.pairwise(way))


def node(tag: str, identifier: str, inner: str = "", attributes: str = "") -> str:
    return f'<bpmn:{tag} id="{identifier}" {attributes}>{inner}</bpmn:{tag}>'


def job(identifier: str, inner: str = "", *, extensions: str = "") -> str:
    """A service task; its job type is its id."""
    definition = f'<zeebe:taskDefinition type="{identifier}"/>'
    return node(
        "serviceTask", identifier, f"<bpmn:extensionElements>{definition}{extensions}</bpmn:extensionElements>{inner}"
    )


def end(identifier: str = "end", inner: str = "") -> str:
    return node("endEvent", identifier, inner)


def timer(kind: str, value: str) -> str:
    """`kind`: timeDuration, timeDate or timeCycle."""
    return f'<bpmn:timerEventDefinition><bpmn:{kind} xsi:type="bpmn:tFormalExpression">{value}</bpmn:{kind}></bpmn:timerEventDefinition>'


def boundary(identifier: str, host: str, inner: str, *, interrupting: bool = True) -> str:
    cancel = "" if interrupting else 'cancelActivity="false"'
    return node("boundaryEvent", identifier, inner, f'attachedToRef="{host}" {cancel}')


def script(identifier: str, expression: str, result: str) -> str:
    extension = f'<zeebe:script expression="={expression}" resultVariable="{result}"/>'
    return node("scriptTask", identifier, f"<bpmn:extensionElements>{extension}</bpmn:extensionElements>")


def message(name: str, key: str) -> str:
    """A root message element `m`, correlated by the expression `key`."""
    extension = f'<bpmn:extensionElements><zeebe:subscription correlationKey="={key}"/></bpmn:extensionElements>'
    return f'<bpmn:message id="m" name="{name}">{extension}</bpmn:message>'


def condition(expression: str) -> str:
    """The definition of a conditional event."""
    return (
        '<bpmn:conditionalEventDefinition><bpmn:condition xsi:type="bpmn:tFormalExpression">='
        f"{expression}</bpmn:condition></bpmn:conditionalEventDefinition>"
    )
