"""SpiffArena's `spiffworkflow:` extensions hold expressions in Python."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.dialects.extensions import Extensions
from engine.bpmn.dialects.vendor import Vendor
from engine.bpmn.document import name_of, text_of
from engine.bpmn.expressions import Expression, Language
from engine.bpmn.languages import Compiler
from engine.bpmn.model import CalledDecision, FormReference, JobDefinition, VariableMapping

NAMESPACE = "http://spiffworkflow.org/bpmn/schema/1.0/core"

_READ = frozenset(
    {"serviceTaskOperator", "properties", "preScript", "postScript", "calledDecisionId", "instructionsForEndUser"}
)
_WITHOUT_EFFECT = frozenset({"unitTests", "allowGuest", "guestConfirmation", "taskMetadataValues", "signalButtonLabel"})
"""These elements are about tests and pages of another engine."""


def read(
    element: etree._Element, container: etree._Element | None, *, namespace: str, compiler: Compiler
) -> Extensions:
    """Read the extensions of one element."""
    vendor = Vendor(element, container, namespace, "spiffworkflow", compiler)
    operator = vendor.first("serviceTaskOperator")
    job, inputs, result = _operator(vendor, operator) if operator is not None else (None, (), None)
    properties = {
        entry.get("name", ""): entry.get("value", "")
        for group in vendor.elements("properties")
        for entry in vendor.elements("property", within=group)
    }
    _report_unknown(vendor)
    instructions = text_of(vendor.first("instructionsForEndUser"))
    if instructions:
        properties["instructionsForEndUser"] = instructions
    for name in ("preScript", "postScript"):
        script = vendor.first(name)
        if script is not None and text_of(script):
            vendor.problem(
                "script-hook", f"spiffworkflow:{name} is not run here; draw a script task of its own", at=script
            )
    form = properties.get("formJsonSchemaFilename")
    return Extensions(
        job=job,
        inputs=inputs,
        headers={"resultVariable": result} if result else {},
        properties=properties,
        form=FormReference(external_reference=Expression(form, Language.LITERAL)) if form else None,
        decision=_decision(vendor) if name_of(element) == "businessRuleTask" else None,
    )


def _report_unknown(vendor: Vendor) -> None:
    for name in vendor.attribute_names():
        vendor.problem("extension-unknown", f"The attribute spiffworkflow:{name} is not known and has no effect here")
    for extension in () if vendor.container is None else vendor.container:
        namespace, _, name = str(extension.tag)[1:].partition("}")
        if namespace == vendor.namespace and name not in _READ | _WITHOUT_EFFECT:
            vendor.problem(
                "extension-unknown", f"spiffworkflow:{name} is not known and has no effect here", at=extension
            )


def _operator(
    vendor: Vendor, operator: etree._Element
) -> tuple[JobDefinition | None, tuple[VariableMapping, ...], str | None]:
    identifier = operator.get("id")
    if not identifier:
        vendor.problem("job-type-missing", "serviceTaskOperator has no id; set the job type", at=operator)
        return None, (), None
    inputs = []
    for group in vendor.elements("parameters", within=operator):
        for parameter in vendor.elements("parameter", within=group):
            name, text = parameter.get("id") or "", parameter.get("value") or ""
            if name and text.strip():
                what = f"parameter {name!r}"
                value = vendor.compiler.expression(text, default=Language.PYTHON, what=what, element=vendor.element)
                inputs.append(VariableMapping(value, name))
    return (
        JobDefinition(type=Expression(identifier, Language.LITERAL)),
        tuple(inputs),
        operator.get("resultVariable") or None,
    )


def _decision(vendor: Vendor) -> CalledDecision | None:
    identifier = text_of(vendor.first("calledDecisionId"))
    if not identifier:
        return None
    return CalledDecision(Expression(identifier, Language.LITERAL), result_variable="decisionResult")
