"""A user task is offered to people, with dates and a form; each change of it waits for its task listeners (Camunda 8). While the
listeners of a change run, nothing else happens to the task; a listener that denies the change takes it back.

What is being changed while listeners run is a `TaskChange` in the memory of the element instance (`state.memory.UserTaskMemory`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.bpmn.model import Binding, FlowNode, UserTaskDefinition
from engine.runtime import effects, history, user_task_values
from engine.runtime.effects import IncidentType, UserTaskState
from engine.runtime.elements import definition_values, jobs
from engine.runtime.evaluating import shown
from engine.runtime.machine import Machine
from engine.runtime.stages import Stage
from engine.runtime.state import ElementInstance, OpenKind
from engine.runtime.state.memory import TaskChange, UserTaskMemory

_STATES = {
    "assigning": UserTaskState.ASSIGNING,
    "updating": UserTaskState.UPDATING,
    "completing": UserTaskState.COMPLETING,
}


def offer(m: Machine, element: ElementInstance) -> None:
    """Offer the task by the expressions of its definition, after the listeners of its creation and of its first assignment."""
    node = m.node_of(element)
    if node.job is not None:
        jobs.open_job(m, element, node.job)
        return
    values = _values(m, element, node)
    first = "creating" if _has_listeners(node, "creating") else "assigning"
    if first == "assigning" and not (values["assignee"] and _has_listeners(node, "assigning")):
        _open(m, element, m.state.next_key(), values)
        return
    _memory(element).task = {
        "key": m.state.next_key(),
        "event": first,
        "done": 0,
        "action": "create",
        "values": values,
    }
    listen(m, element)


def completed(m: Machine, element: ElementInstance, key: int, variables: Mapping[str, Any]) -> None:
    """Take up that a person has completed the task."""
    if not _has_listeners(m.node_of(element), "completing"):
        _close(m, element, key, variables)
        return
    _begin(m, element, key, "completing", "complete", {})["variables"] = dict(variables)
    listen(m, element)


def changed(m: Machine, element: ElementInstance, key: int, event: str, action: str, values: Mapping[str, Any]) -> None:
    """Take up that a person assigns or updates the open task."""
    if not _has_listeners(m.node_of(element), event):
        created = UserTaskState.CREATED
        m.effects.append(effects.ChangeUserTask(key, element.key, element.node, created, dict(values)))
        return
    _begin(m, element, key, event, action, values)
    listen(m, element)


def last_words(m: Machine, element: ElementInstance) -> None:
    """Ask the listeners of the task's cancellation: its element is left by then, and they have no say in it."""
    memory = _memory(element)
    assert memory.speaking is not None
    memory.task = {
        "key": memory.speaking,
        "event": "canceling",
        "done": 0,
        "action": "cancel",
        "values": {},
    }
    listen(m, element)


def is_changing(element: ElementInstance) -> bool:
    return _memory(element).task is not None


def _memory(element: ElementInstance) -> UserTaskMemory:
    return element.memory_as(UserTaskMemory)


def _change(element: ElementInstance) -> TaskChange:
    change = _memory(element).task
    assert change is not None, "listeners run for a change"
    return change


def _take_change(element: ElementInstance) -> TaskChange:
    change = _change(element)
    del _memory(element).task
    return change


def listen(m: Machine, element: ElementInstance) -> None:
    """Open the job of the next listener; after the last one, let the change happen."""
    task = _change(element)
    listeners = [each for each in m.node_of(element).listeners if each.event == task["event"]]
    if task["done"] < len(listeners):
        listener = listeners[task["done"]]
        about = {"key": task["key"], "action": task["action"], "values": task["values"]}
        jobs.open_job(m, element, listener.job, listener=listener, user_task=about)
    elif task["event"] == "creating" and task["values"]["assignee"] and _has_listeners(m.node_of(element), "assigning"):
        task["event"], task["done"] = "assigning", 0
        listen(m, element)
    else:
        _finish(m, element)


def listened(m: Machine, element: ElementInstance, result: Mapping[str, Any]) -> None:
    """Take up the result of a listener: it may correct values, or deny the change."""
    task = _change(element)
    if result.get("denied") and task["event"] != "canceling":
        _deny(m, element, str(result.get("deniedReason") or ""))
        return
    try:
        task["values"] |= user_task_values.corrections(result.get("corrections") or {})
    except (TypeError, ValueError) as error:
        message = f"Expected corrections of {shown(m.node_of(element))} that can be read: {error}. Resolving this asks the listener again."
        m.incident(element, IncidentType.EXTRACT_VALUE_ERROR, message, retry=Stage.TASK_LISTENER)
        return
    task["done"] += 1
    listen(m, element)


def _begin(
    m: Machine, element: ElementInstance, key: int, event: str, action: str, values: Mapping[str, Any]
) -> TaskChange:
    change: TaskChange = {
        "key": key,
        "event": event,
        "done": 0,
        "action": action,
        "values": dict(values),
        "open": True,
    }
    _memory(element).task = change
    m.effects.append(effects.ChangeUserTask(key, element.key, element.node, _STATES[event]))
    return change


def _finish(m: Machine, element: ElementInstance) -> None:
    """Let the change happen: all listeners agree."""
    task = _take_change(element)
    if task["event"] == "canceling":
        scope = m.scope_of(element)
        m.facts.append(history.ElementTerminated(element.key, element.node))
        m.remove(element)
        m.drain(scope)
        return
    if not task.get("open"):
        _open(m, element, task["key"], task["values"])
        return
    done = task["event"] == "completing"
    state = UserTaskState.COMPLETED if done else UserTaskState.CREATED
    m.effects.append(effects.ChangeUserTask(task["key"], element.key, element.node, state, task["values"]))
    if done:
        _close(m, element, task["key"], task.get("variables", {}))


def _close(m: Machine, element: ElementInstance, key: int, variables: Mapping[str, Any]) -> None:
    m.close(key)
    memory = _memory(element)
    if memory.last_words is not None:
        del memory.last_words
    m.absorb(element, variables)
    m.complete(element)


def _deny(m: Machine, element: ElementInstance, reason: str) -> None:
    """Take the change back: the task is again as it was before. One that was being created with an assignee is offered without."""
    task = _take_change(element)
    message = f"A listener denied {task['event']} the user task{': ' + reason if reason else ''}"
    m.facts.append(history.WarningRecorded(element.key, element.node, message))
    if not task.get("open"):
        _open(m, element, task["key"], task["values"] | {"assignee": None})
        return
    m.effects.append(effects.ChangeUserTask(task["key"], element.key, element.node, UserTaskState.CREATED))


def _has_listeners(node: FlowNode, event: str) -> bool:
    return any(listener.event == event for listener in node.listeners)


def _values(m: Machine, element: ElementInstance, node: FlowNode) -> dict[str, Any]:
    """Work out the values of the task, as JSON."""
    task = node.user_task or UserTaskDefinition()
    priority = definition_values.integer(m, task.priority, element, "the priority")
    due = definition_values.moment(m, task.due_date, element, "the due date")
    follow_up = definition_values.moment(m, task.follow_up_date, element, "the follow-up date")
    reference = None if task.form is None else task.form.external_reference
    return {
        "assignee": definition_values.name(m, task.assignee, element, "the assignee"),
        "candidate_users": list(definition_values.names(m, task.candidate_users, element, "the candidate users")),
        "candidate_groups": list(definition_values.names(m, task.candidate_groups, element, "the candidate groups")),
        "due_date": due and due.isoformat(),
        "follow_up_date": follow_up and follow_up.isoformat(),
        "priority": 50 if priority is None else priority,
        "external_form_reference": None if reference is None else m.text(reference, element, "the form reference"),
    }


def _open(m: Machine, element: ElementInstance, key: int, values: Mapping[str, Any]) -> None:
    node = m.node_of(element)
    task = node.user_task or UserTaskDefinition()
    form = task.form
    m.open(element, OpenKind.USER_TASK, key=key)
    if _has_listeners(node, "canceling"):
        _memory(element).last_words = key
    m.effects.append(
        effects.OpenUserTask(
            key=key,
            element_instance=element.key,
            element_id=node.id,
            name=node.name or node.id,
            assignee=values["assignee"] or None,
            candidate_users=tuple(values["candidate_users"]),
            candidate_groups=tuple(values["candidate_groups"]),
            due_date=_moment(values["due_date"]),
            follow_up_date=_moment(values["follow_up_date"]),
            priority=values["priority"],
            form_id=None if form is None else form.form_id,
            form_binding=Binding.LATEST if form is None else form.binding,
            form_version_tag=None if form is None else form.version_tag,
            external_form_reference=values["external_form_reference"],
            headers=dict(task.headers),
        )
    )


def _moment(text: str | None) -> datetime | None:
    return None if not text else datetime.fromisoformat(text)
