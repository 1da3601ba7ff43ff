"""Operators resolve an incident, set variables, activate and terminate elements."""

from __future__ import annotations

from engine.bpmn.model import ElementType
from engine.runtime import history, inputs
from engine.runtime.elements import subprocesses
from engine.runtime.input_handlers import lives
from engine.runtime.input_handlers.answers import close_incident
from engine.runtime.input_handlers.ignored import ignore
from engine.runtime.machine import Machine
from engine.runtime.relocation import places, placing
from engine.runtime.stages import Stage
from engine.runtime.state import OpenKind
from engine.runtime.state.memory import BodyMemory


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
    """Activate elements, then terminate, so that a scope which a move leaves and enters stays alive (Camunda 8's modification).

    Where one of the elements has no place, nothing is changed: the command refuses that, so it came too late.
    """
    try:
        plan = placing.plan(m.model, m.state, item.activate, item.terminate)
    except places.PlaceError as error:
        m.facts.append(history.InputIgnored("Modified", None, str(error)))
        return
    for scope, placements in plan:
        if scope.type is ElementType.AD_HOC_SUB_PROCESS:
            subprocesses.watch_no_more(m, scope)
        placing.put(m, scope, placements)
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


def ad_hoc_activated(m: Machine, item: inputs.AdHocActivated) -> None:
    scope = m.state.elements.get(item.scope)
    if scope is None or scope.type is not ElementType.AD_HOC_SUB_PROCESS:
        ignore(m, item, "the ad-hoc sub-process is no longer active")
        return
    try:
        places.check_ad_hoc(m.model, m.state, scope, [each.element_id for each in item.elements])
    except places.PlaceError as error:
        ignore(m, item, str(error))
        return
    elements = [(each.element_id, dict(each.variables)) for each in item.elements]
    subprocesses.activate_in_ad_hoc(m, scope, elements, cancel_remaining=item.cancel_remaining)
