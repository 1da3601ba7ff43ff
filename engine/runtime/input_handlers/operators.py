"""Operators resolve an incident, set variables, activate and terminate elements."""

from __future__ import annotations

from engine.bpmn.model import ElementType, FlowNode
from engine.runtime import history, inputs, processors
from engine.runtime.elements import subprocesses
from engine.runtime.input_handlers import lives
from engine.runtime.input_handlers.answers import close_incident
from engine.runtime.input_handlers.ignored import ignore
from engine.runtime.machine import Machine
from engine.runtime.stages import Stage
from engine.runtime.state import ElementInstance, OpenKind
from engine.runtime.state.memory import BodyMemory, ScopeMemory


def incident_resolved(m: Machine, item: inputs.IncidentResolved) -> None:
    opened = m.state.open.get(item.incident)
    if opened is None or opened.kind is not OpenKind.INCIDENT:
        ignore(m, item, "it is no longer open")
        return
    element = m.state.elements[opened.element]
    close_incident(m, item.incident)
    if isinstance(opened.data, list):
        m.queue.extend((key, node, rest if node else Stage(rest)) for key, node, rest in opened.data)
    elif opened.data:
        m.later(element, Stage(opened.data))


def variables_set(m: Machine, item: inputs.VariablesSet) -> None:
    element = m.state.elements.get(item.scope)
    if element is None:
        ignore(m, item, "the scope is gone")
        return
    for name, value in item.variables.items():
        if item.local:
            m.write_local(element, name, value)
        else:
            m.write(element, name, value)


def modified(m: Machine, item: inputs.Modified) -> None:
    """Activate elements, then terminate, so that a scope which a move leaves and enters stays alive (Camunda 8's modification)."""
    for activation in item.activate:
        _activate_element(m, activation)
    for termination in item.terminate:
        element = m.state.elements.get(termination.element_instance)
        if element is None:
            m.facts.append(history.InputIgnored("Modified", termination.element_instance, "it is no longer active"))
        elif element.scope is None:
            lives.cancelled(m, inputs.Cancelled())
            return
        else:
            scope = m.scope_of(element)
            m.terminate(element)
            m.let_thrower_go_on(element)
            if scope.is_body:
                counters = scope.memory_as(BodyMemory)
                counters.done += 1
                counters.active -= 1
                m.later(scope, Stage.INSTANCE_COMPLETED)
            m.drain(scope)


def _activate_element(m: Machine, activation: inputs.ActivateInstruction) -> None:
    node = m.nodes.get(activation.element_id)
    if node is None or node.scope is None:
        m.facts.append(history.InputIgnored("Modified", None, f"there is no element '{activation.element_id}'"))
        return
    scope = _scope_for(m, m.nodes[node.scope], activation.ancestor_scope)
    for name, value in activation.variables.items():
        m.write_local(scope, name, value)
    m.token(scope, node.id)


def ad_hoc_activated(m: Machine, item: inputs.AdHocActivated) -> None:
    scope = m.state.elements.get(item.scope)
    if scope is None or scope.type is not ElementType.AD_HOC_SUB_PROCESS:
        ignore(m, item, "the ad-hoc sub-process is no longer active")
        return
    children = m.node_of(scope).children
    known = [(each.element_id, dict(each.variables)) for each in item.elements if each.element_id in children]
    subprocesses.activate_in_ad_hoc(m, scope, known, cancel_remaining=item.cancel_remaining)


def _scope_for(m: Machine, node: FlowNode, ancestor: int | None) -> ElementInstance:
    """Find a running instance of the scope, the newest or that of `ancestor`; make one, with those around it, where there is none."""
    running = [each for each in m.state.elements.values() if each.node == node.id and not each.is_body]
    if ancestor is not None:
        running = [each for each in running if _is_within(m, each, ancestor)]
    if running:
        return running[-1]
    assert node.scope is not None
    around = _scope_for(m, m.nodes[node.scope], ancestor)
    element = m.create(node, around)
    element.memory_as(ScopeMemory).bare = True
    processors.run(m, element, Stage.ACTIVATE)
    return element


def _is_within(m: Machine, element: ElementInstance, ancestor: int) -> bool:
    key: int | None = element.key
    while key is not None:
        if key == ancestor:
            return True
        key = m.state.elements[key].scope
    return False
