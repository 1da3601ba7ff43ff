"""Java classes, delegates, beans and scripts of the JVM cannot run here; Camunda 7's family of dialects names them."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.dialects.vendor import Vendor
from engine.bpmn.document import name_of

_CODE = ("class", "delegateExpression", "expression")
_LISTENERS = ("executionListener", "taskListener")
_EXTERNAL = {"external", "external-worker"}


def report_code(vendor: Vendor) -> None:
    """Report every place of the element where only a Java virtual machine could go on."""
    tag = name_of(vendor.element)
    prefix = vendor.prefix
    if tag not in ("sequenceFlow", "definitions"):
        for attribute in _CODE:
            value = vendor.attribute(attribute)
            if value is not None:
                vendor.problem(
                    "java-code",
                    f"{prefix}:{attribute}={value!r} is Java code, which cannot run here. Remove it and set a job type "
                    f"(zeebe:taskDefinition type, or {prefix}:type='external' with {prefix}:topic) for which a handler exists",
                )
    kind = vendor.attribute("type")
    if kind is not None and kind not in _EXTERNAL:
        vendor.problem(
            "java-code",
            f"{prefix}:type={kind!r} is built into another engine. Set the job type of a handler or connector instead",
        )
    for attribute in ("variableMappingClass", "variableMappingDelegateExpression", "formHandlerClass", "caseRef"):
        if vendor.attribute(attribute) is not None:
            vendor.problem(
                "java-code",
                f"{prefix}:{attribute} cannot run here; remove it and map the variables with in, out or inputOutput",
            )
    if vendor.attribute("resource") is not None:
        vendor.problem(
            "script-resource", f"{prefix}:resource names a script outside the diagram; put the script into the diagram"
        )
    _report_listeners(vendor)
    connector = vendor.first("connector")
    if connector is not None:
        vendor.problem(
            "java-code",
            f"{prefix}:connector is run by another engine; set the job type of a connector instead",
            at=connector,
        )


def _report_listeners(vendor: Vendor) -> None:
    for listener in vendor.elements(*_LISTENERS):
        vendor.problem(
            "java-code",
            f"{_local(listener)} for {listener.get('event') or 'every event'!r} is Java code or a script of another engine. Remove it, and "
            "use a listener with a job type (zeebe:executionListener, zeebe:taskListener) or a task in the flow",
            at=listener,
        )


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]
