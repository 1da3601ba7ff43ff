"""Camunda 7's family of dialects says which processes and decisions are called."""

from __future__ import annotations

from engine.bpmn.dialects.vendor import Vendor
from engine.bpmn.document import flag
from engine.bpmn.expressions import Expression, Language
from engine.bpmn.model import Binding, CalledDecision, CalledElement, VariableMapping


def call_of(vendor: Vendor) -> CalledElement | None:
    """Read what a call activity calls. Its target is the standard's own attribute, so an empty text stands here until the activity is
    read."""
    element = vendor.element
    inputs, whole_in = _variables(vendor, "in")
    outputs, whole_out = _variables(vendor, "out")
    target = vendor.compiler.literal_or(element.get("calledElement"), what="called element", element=element)
    if target is None:
        return None
    inherit = vendor.attribute("inheritVariables") == "true"
    binding, tag, version = _binding(vendor, "calledElement")
    return CalledElement(
        process_id=target,
        binding=binding,
        version_tag=tag,
        version=version,
        propagate_all_parent_variables=whole_in or inherit,
        propagate_all_child_variables=whole_out,
        business_id=_business_key(vendor),
        inputs=inputs,
        outputs=outputs,
    )


def decision_of(vendor: Vendor) -> CalledDecision | None:
    """Read camunda:decisionRef of a business rule task; None when the task names none."""
    decision_id = vendor.value("decisionRef", what="decision id")
    if decision_id is None:
        return None
    binding, tag, version = _binding(vendor, "decisionRef")
    return CalledDecision(
        decision_id=decision_id,
        result_variable=vendor.attribute("resultVariable") or "decisionResult",
        binding=binding,
        version_tag=tag,
        version=version,
        result_mapping=vendor.attribute("mapDecisionResult") or "resultList",
    )


def _binding(vendor: Vendor, stem: str) -> tuple[Binding, str | None, int | None]:
    text = vendor.attribute(f"{stem}Binding") or Binding.LATEST
    tag, version = vendor.attribute(f"{stem}VersionTag"), vendor.attribute(f"{stem}Version")
    if text not in tuple(Binding):
        vendor.problem(
            "binding-unknown",
            f"{vendor.prefix}:{stem}Binding is {text!r}; expected latest, deployment, version or versionTag",
        )
        return Binding.LATEST, None, None
    if text == Binding.VERSION_TAG and tag is None:
        vendor.problem(
            "binding-unknown", f"{vendor.prefix}:{stem}Binding is versionTag, so {stem}VersionTag must be set"
        )
    if text == Binding.VERSION and (version is None or not version.isdigit()):
        vendor.problem(
            "binding-unknown", f"{vendor.prefix}:{stem}Binding is version, so {stem}Version must be a whole number"
        )
        version = None
    return Binding(text), tag, int(version) if version is not None and version.isdigit() else None


def _business_key(vendor: Vendor) -> Expression | None:
    if vendor.attribute("inheritBusinessKey") == "true":
        vendor.problem(
            "business-key-inherited", "inheritBusinessKey is not supported; set the business key with an in mapping"
        )
    for mapping in vendor.elements("in"):
        key = mapping.get("businessKey")
        if key:
            return vendor.compiler.literal_or(key, what="business key", element=vendor.element)
    return None


def _variables(vendor: Vendor, name: str) -> tuple[tuple[VariableMapping, ...], bool]:
    """Return the mappings of camunda:in or camunda:out, and whether all variables are passed."""
    mappings = []
    whole = False
    for mapping in vendor.elements(name):
        if mapping.get("variables") == "all":
            whole = True
        elif mapping.get("businessKey"):
            continue
        else:
            source, expression, target = mapping.get("source"), mapping.get("sourceExpression"), mapping.get("target")
            if not target or not (source or expression):
                vendor.problem(
                    "mapping-incomplete",
                    f"An {name} mapping needs a target, and a source or sourceExpression",
                    at=mapping,
                )
                continue
            if flag(mapping, "local"):
                vendor.problem(
                    "mapping-local", f"local='true' of the {name} mapping of {target!r} has no effect here", at=mapping
                )
            what = f"source of the {name} mapping of {target!r}"
            value = vendor.compiler.expression(
                source or expression or "", default=Language.FEEL, what=what, element=vendor.element
            )
            mappings.append(VariableMapping(value, target.strip()))
    return tuple(mappings), whole
