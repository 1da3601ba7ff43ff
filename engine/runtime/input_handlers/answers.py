"""The world answers what the instance has asked for: jobs, user tasks, scripts, decisions and called instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.model import ElementType
from engine.runtime import effects, history, inputs, processors
from engine.runtime.effects import IncidentType
from engine.runtime.elements import activities, catchers, throwing, user_tasks
from engine.runtime.evaluating import Trouble, shown
from engine.runtime.input_handlers.ignored import ignore
from engine.runtime.machine import Machine
from engine.runtime.stages import Stage
from engine.runtime.state import ElementInstance, OpenKind

_JOB, _LISTENER, _TASK_LISTENER = OpenKind.JOB, OpenKind.LISTENER, OpenKind.TASK_LISTENER
"""A job stands in the state as one of these. They have names of their own, since most answers are of jobs, and to look up a member of
an enumeration is slow."""


def _answered(m: Machine, item: Any, key: int, *kinds: OpenKind) -> ElementInstance | None:
    """Return the element instance that waits for this answer, and close what it waited for; None when nobody does."""
    opened = m.state.open.get(key)
    if opened is None or opened.kind not in kinds:
        ignore(m, item, "it is no longer open")
        return None
    m.close(key)
    element = m.state.elements[opened.element]
    if element.open:
        _close_incidents(m, element)
    return element


def _close_incidents(m: Machine, element: ElementInstance) -> None:
    """Close the incidents of an element instance: they were about what has now been answered."""
    for other in [each for each in element.open if m.state.open[each].kind is OpenKind.INCIDENT]:
        close_incident(m, other)


def close_incident(m: Machine, key: int) -> None:
    """Close an incident, and tell the world and the history."""
    opened = m.close(key)
    element = m.state.elements[opened.element]
    m.effects.append(effects.CloseIncident(key))
    m.facts.append(history.IncidentClosed(key, element.key, element.node))


def job_completed(m: Machine, item: inputs.JobCompleted) -> None:
    opened = m.state.open.get(item.job)
    element = _answered(m, item, item.job, _JOB, _LISTENER, _TASK_LISTENER)
    if element is None or opened is None:
        return
    if opened.kind is _TASK_LISTENER:
        user_tasks.listened(m, element, item.result or item.variables)
        return
    if opened.kind is _LISTENER:
        for name, value in item.variables.items():
            m.write_local(element, name, value)
        processors.listener_completed(m, element, opened.data)
        return
    m.absorb(element, item.variables)
    if element.type in (ElementType.INTERMEDIATE_THROW_EVENT, ElementType.END_EVENT):
        m.later(element, Stage.THROW)
    else:
        m.complete(element)


def job_failed(m: Machine, item: inputs.JobFailed) -> None:
    opened = m.state.open.get(item.job)
    if opened is None or opened.kind not in (_JOB, _LISTENER, _TASK_LISTENER):
        ignore(m, item, "it is no longer open")
        return
    element = m.state.elements[opened.element]
    for name, value in item.variables.items():
        m.write_local(element, name, value)
    m.incident(
        element, IncidentType.JOB_NO_RETRIES, item.message, retry=None, stack_trace=item.stack_trace, job=item.job
    )


def _thrown(
    m: Machine,
    element: ElementInstance,
    code: str,
    message: str,
    variables: Mapping[str, Any],
    *,
    retry: Stage | None = Stage.EXECUTE_AGAIN,
) -> None:
    """Bring an error from outside to its catcher; to the caller where nothing here catches it; else raise an incident."""
    try:
        if catchers.throw_error(m, element, code, message, variables):
            return
    except Trouble as trouble:  # a catcher's own expression: once it is mended, whoever threw is asked again
        m.incident(element, trouble.type, trouble.message, retry=Stage.EXECUTE_AGAIN)
        return
    if m.state.called:
        throwing.end_by_error(m, code, message, dict(variables))
        return
    text = (
        f"Expected a boundary event or event sub-process that catches the error '{code}' of {shown(m.node_of(element))}"
    )
    detail = f"{text}, found none{': ' + message if message else ''}"
    m.incident(element, IncidentType.UNHANDLED_ERROR_EVENT, detail, retry=retry)


def job_error(m: Machine, item: inputs.JobErrorThrown) -> None:
    opened = m.state.open.get(item.job)
    element = _answered(m, item, item.job, _JOB, _LISTENER, _TASK_LISTENER)
    if element is None or opened is None:
        return
    if opened.kind is _TASK_LISTENER:
        message = f"Expected a task listener of {shown(m.node_of(element))} to complete or to deny; it threw the error '{item.code}'"
        m.incident(
            element, IncidentType.UNHANDLED_ERROR_EVENT, f"{message} {item.message}".strip(), retry=Stage.TASK_LISTENER
        )
        return
    retry = {"start": Stage.ACTIVATE, "end": Stage.COMPLETE}.get(opened.data, Stage.EXECUTE_AGAIN)
    _thrown(m, element, item.code, item.message, item.variables, retry=retry)


def user_task_completed(m: Machine, item: inputs.UserTaskCompleted) -> None:
    if (element := _open_task(m, item)) is not None:
        _close_incidents(m, element)
        user_tasks.completed(m, element, item.user_task, item.variables)


def user_task_changed(m: Machine, item: inputs.UserTaskChanged) -> None:
    if (element := _open_task(m, item)) is not None:
        user_tasks.changed(m, element, item.user_task, item.event, item.action, item.values)


def _open_task(m: Machine, item: inputs.UserTaskCompleted | inputs.UserTaskChanged) -> ElementInstance | None:
    opened = m.state.open.get(item.user_task)
    if opened is None or opened.kind is not OpenKind.USER_TASK:
        ignore(m, item, "it is no longer open")
        return None
    element = m.state.elements[opened.element]
    if user_tasks.is_changing(element):
        ignore(m, item, "the listeners of another change are running")
        return None
    return element


def user_task_error(m: Machine, item: inputs.UserTaskErrorThrown) -> None:
    if (element := _answered(m, item, item.user_task, OpenKind.USER_TASK)) is not None:
        _thrown(m, element, item.code, item.message, item.variables)


def script_completed(m: Machine, item: inputs.ScriptCompleted) -> None:
    if (element := _answered(m, item, item.script, OpenKind.SCRIPT)) is not None:
        activities.script_done(m, element, item.variables, item.result)


def script_failed(m: Machine, item: inputs.ScriptFailed) -> None:
    if (element := _answered(m, item, item.script, OpenKind.SCRIPT)) is not None:
        m.incident(
            element, IncidentType.SCRIPT_ERROR, item.message, retry=Stage.EXECUTE_AGAIN, stack_trace=item.stack_trace
        )


def script_error(m: Machine, item: inputs.ScriptErrorThrown) -> None:
    if (element := _answered(m, item, item.script, OpenKind.SCRIPT)) is not None:
        _thrown(m, element, item.code, item.message, {})


def decision_evaluated(m: Machine, item: inputs.DecisionEvaluated) -> None:
    if (element := _answered(m, item, item.decision, OpenKind.DECISION)) is not None:
        activities.decided(m, element, item.result)


def decision_failed(m: Machine, item: inputs.DecisionFailed) -> None:
    if (element := _answered(m, item, item.decision, OpenKind.DECISION)) is not None:
        m.incident(element, IncidentType.DECISION_EVALUATION_ERROR, item.message, retry=Stage.EXECUTE_AGAIN)


def child_started(m: Machine, item: inputs.ChildStarted) -> None:
    opened = m.state.open.get(item.child)
    if opened is None or opened.kind is not OpenKind.CHILD:
        ignore(m, item, "it is no longer open")
        return
    opened.data = item.instance


def child_not_started(m: Machine, item: inputs.ChildNotStarted) -> None:
    if (element := _answered(m, item, item.child, OpenKind.CHILD)) is not None:
        m.incident(element, IncidentType.CALLED_ELEMENT_ERROR, item.message, retry=Stage.EXECUTE_AGAIN)


def child_completed(m: Machine, item: inputs.ChildCompleted) -> None:
    if (element := _answered(m, item, item.child, OpenKind.CHILD)) is not None:
        activities.returned(m, element, item.variables)


def child_terminated(m: Machine, item: inputs.ChildTerminated) -> None:
    if (element := _answered(m, item, item.child, OpenKind.CHILD)) is not None:
        message = f"The instance called by {shown(m.node_of(element))} was cancelled. Resolving this calls it again."
        m.incident(element, IncidentType.CALLED_ELEMENT_ERROR, message, retry=Stage.EXECUTE_AGAIN)


def child_error(m: Machine, item: inputs.ChildErrorThrown) -> None:
    if (element := _answered(m, item, item.child, OpenKind.CHILD)) is not None:
        _thrown(m, element, item.code, item.message, item.variables)


def child_escalated(m: Machine, item: inputs.ChildEscalated) -> None:
    opened = m.state.open.get(item.child)
    if opened is None or opened.kind is not OpenKind.CHILD:
        ignore(m, item, "it is no longer open")
        return
    catchers.escalate(m, m.state.elements[opened.element], item.code, item.variables)
