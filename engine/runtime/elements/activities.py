"""Tasks and call activities ask something of the world, and use its answers (10.2 and 13.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.model import CalledElement
from engine.runtime import effects
from engine.runtime.effects import IncidentType
from engine.runtime.elements import events, throwing
from engine.runtime.elements.jobs import open_job
from engine.runtime.machine import Machine
from engine.runtime.state import ElementInstance, OpenKind, visible_variables


def perform(m: Machine, element: ElementInstance) -> None:
    """Do the job or decision of a service, business rule, send or abstract task; a task that has neither completes at once."""
    node = m.node_of(element)
    if node.job is not None:
        open_job(m, element, node.job)
    elif node.decision is not None:
        evaluate_decision(m, element)
    else:
        if node.message is not None:
            throwing.publish(m, element, node, node.message)
        m.complete(element)


def evaluate_decision(m: Machine, element: ElementInstance) -> None:
    decision = m.node_of(element).decision
    assert decision is not None
    decision_id = m.text(decision.decision_id, element, "the decision's id")
    key = m.open(element, OpenKind.DECISION)
    m.effects.append(
        effects.EvaluateDecision(
            key=key,
            element_instance=element.key,
            element_id=element.node,
            decision_id=decision_id,
            binding=decision.binding,
            version_tag=decision.version_tag,
            version=decision.version,
            variables=visible_variables(m.state, element.key),
        )
    )


def decided(m: Machine, element: ElementInstance, result: Any) -> None:
    decision = m.node_of(element).decision
    assert decision is not None
    m.absorb(element, {decision.result_variable: _mapped_result(decision.result_mapping, result)})
    m.complete(element)


def _mapped_result(mapping: str | None, result: Any) -> Any:
    """Do what Camunda 7's mapDecisionResult does, over a result that is a list of contexts, one context or one value."""
    if mapping is None:
        return result
    rows = result if isinstance(result, list) else [] if result is None else [result]
    if mapping == "resultList":
        return rows
    if mapping == "collectEntries":
        return [next(iter(row.values()), None) if isinstance(row, Mapping) else row for row in rows]
    first = rows[0] if rows else None
    if mapping == "singleEntry" and isinstance(first, Mapping):
        return next(iter(first.values()), None)
    return first


def run_script(m: Machine, element: ElementInstance) -> None:
    """Evaluate a FEEL or JUEL script here; leave Python to the shell, whose answer the journal keeps."""
    node = m.node_of(element)
    script = node.script
    if node.job is not None:
        open_job(m, element, node.job)
    elif script is not None and script.expression is not None:
        value = m.value(script.expression, element, "the script", type_=IncidentType.SCRIPT_ERROR)
        if script.result_variable:
            m.absorb(element, {script.result_variable: value})
        m.complete(element)
    elif script is not None and script.source is not None:
        key = m.open(element, OpenKind.SCRIPT)
        variables = visible_variables(m.state, element.key)
        m.effects.append(effects.RunScript(key, element.key, element.node, script.source, variables, script.line))
    else:
        m.complete(element)


def script_done(m: Machine, element: ElementInstance, variables: Mapping[str, Any], result: Any) -> None:
    script = m.node_of(element).script
    given = dict(variables)
    if script is not None and script.result_variable:
        given[script.result_variable] = result
    m.absorb(element, given)
    m.complete(element)


def wait_for_message(m: Machine, element: ElementInstance) -> None:
    node = m.node_of(element)
    if node.message is None:
        m.complete(element)
    else:
        events.subscribe_message(m, element, node, node.message)


def wait_for_event(m: Machine, element: ElementInstance) -> None:
    """Wait for what an intermediate catch event names. One without anything to wait for (a link's target) passes at once."""
    events.subscribe(m, element, m.node_of(element))
    if not element.open:
        m.complete(element)


def call(m: Machine, element: ElementInstance) -> None:
    target = m.node_of(element).call
    assert target is not None
    process_id = m.text(target.process_id, element, "the called process")
    business_id = None if target.business_id is None else m.text(target.business_id, element, "the business id")
    key = m.open(element, OpenKind.CHILD)
    m.effects.append(
        effects.StartChild(
            key=key,
            element_instance=element.key,
            element_id=element.node,
            process_id=process_id,
            binding=target.binding,
            version_tag=target.version_tag,
            version=target.version,
            variables=_passed_down(m, element, target),
            business_id=business_id,
        )
    )


def _passed_down(m: Machine, element: ElementInstance, target: CalledElement) -> dict[str, Any]:
    variables = dict(element.variables or {})
    if target.propagate_all_parent_variables:
        variables = visible_variables(m.state, element.key)
    for mapping in target.inputs:
        what = f"the input '{mapping.target}'"
        variables[mapping.target] = m.value(mapping.source, element, what, type_=IncidentType.IO_MAPPING_ERROR)
    return variables


def returned(m: Machine, element: ElementInstance, variables: Mapping[str, Any]) -> None:
    """Take up the variables of the called instance, which has completed."""
    target = m.node_of(element).call
    assert target is not None
    given = dict(variables) if target.propagate_all_child_variables or m.node_of(element).outputs else {}
    for mapping in target.outputs:
        what = f"the output '{mapping.target}'"
        given[mapping.target] = m.value(
            mapping.source, element, what, extra=variables, type_=IncidentType.IO_MAPPING_ERROR
        )
    m.absorb(element, given)
    m.complete(element)
