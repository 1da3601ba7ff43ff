"""`step`: take up inputs, let the tokens move until all rest, and say what follows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.bpmn.model import ElementType, FlowNode, ProcessModel
from engine.runtime import effects, history, inputs, keys, migration, processors, restoring
from engine.runtime.effects import Effect, IncidentType, Outcome
from engine.runtime.elements import activities, events, gateways, subprocesses, throwing, user_tasks
from engine.runtime.history import Fact
from engine.runtime.inputs import Input
from engine.runtime.machine import Limits, Machine, Trouble, shown
from engine.runtime.state import ElementInstance, State


@dataclass(frozen=True, slots=True)
class Step:
    state: State
    effects: list[Effect]
    history: list[Fact]


def step(
    model: ProcessModel, state: State, inputs: Sequence[Input], *, now: datetime, limits: Limits | None = None
) -> Step:
    """Take up the inputs in order, each until everything rests. The given state is consumed. `now` is aware UTC.

    The same model, state, inputs and time give the same step, byte for byte.
    """
    machine = Machine(model, state, now=now, limits=limits or Limits())
    for item in inputs:
        _take_up(machine, item)
        _run(machine)
    return Step(state, machine.effects, machine.facts)


def _run(m: Machine) -> None:
    """Let everything move until it rests; a cycle without a wait is stopped by the limit of steps."""
    steps = 0
    while True:
        while m.queue:
            steps += 1
            if steps > m.limits.steps:
                _stop(m)
                return
            key, node_id, rest = m.queue.popleft()
            element = m.state.elements.get(key)
            if element is None:
                continue
            if node_id:
                processors.arrive(m, element, m.nodes[node_id], rest)
            else:
                processors.run(m, element, rest)
            if m.dirty and m.state.conditions:
                events.check_conditions(m)  # an interrupting event takes effect before the scope runs another step
        if m.signalling:
            thrower = m.state.elements.get(m.signalling.popleft())
            if thrower is not None:
                processors.run(m, thrower, "throw")
            if m.dirty and m.state.conditions:
                events.check_conditions(m)
            continue
        if m.state.joins and gateways.settle(m):
            continue
        if m.dirty and m.state.conditions:
            events.check_conditions(m)
            continue
        return


def _stop(m: Machine) -> None:
    """Keep what still moves in an incident; resolving it lets it go on, for as many steps again."""
    moving = [item for item in m.queue if item[0] in m.state.elements]
    moving += [(key, "", "throw") for key in m.signalling if key in m.state.elements]
    m.queue.clear()
    m.signalling.clear()
    if not moving:
        return
    first = m.state.elements[moving[0][0]]
    node = m.nodes[moving[0][1] or first.node]
    root = m.state.elements[m.state.key]
    key = m.open(root, "incident", data=[list(item) for item in moving])
    message = (
        f"Expected the instance to wait within {m.limits.steps} steps; it was still moving at {shown(node)}. "
        "A cycle without a user task, job, timer or message never ends: add a condition that leaves it."
    )
    m.effects.append(effects.RaiseIncident(key, first.key, node.id, IncidentType.STEP_LIMIT_EXCEEDED, message))
    m.facts.append(history.IncidentRaised(key, first.key, node.id, IncidentType.STEP_LIMIT_EXCEEDED.value, message))


_WITHOUT_A_START = (
    inputs.Started | inputs.Restored | inputs.KeysGranted | inputs.Cancelled | inputs.Suspended | inputs.Resumed
)
"""What an instance takes that has not started yet."""


def _take_up(m: Machine, item: Input) -> None:
    handler = _HANDLERS[type(item)]
    if m.state.ended is not None:
        _ignore(m, item, "the instance has ended")
        return
    if not m.state.elements and not isinstance(item, _WITHOUT_A_START):
        _ignore(m, item, "the instance has not started")
        return
    try:
        handler(m, item)
    except Trouble as trouble:  # a catcher's own expression, of which nobody waits for the outcome
        m.incident(m.state.elements[m.state.key], trouble.type, trouble.message, retry="")


def _ignore(m: Machine, item: Any, reason: str) -> None:
    m.facts.append(history.InputIgnored(type(item).__name__, keys.first_of(item), reason))


# --- starting and ending -----------------------------------------------------------------------------------------------


def _started(m: Machine, item: inputs.Started) -> None:
    if m.state.elements:
        _ignore(m, item, "the instance has started already")
        return
    m.state.called = item.called
    root = m.create(m.model.root, None)
    root.variables = {}
    for name, value in item.variables.items():
        m.write_local(root, name, value)
    root.data["begin"] = [item.start_event, list(item.before), item.correlation_key]
    m.later(root, "activate")


def _cancelled(m: Machine, _: inputs.Cancelled) -> None:
    root = m.state.elements.get(m.state.key)
    variables = dict(root.variables or {}) if root else {}
    m.queue.clear()
    m.signalling.clear()
    m.end(Outcome.TERMINATED, variables)


def _keys_granted(m: Machine, item: inputs.KeysGranted) -> None:
    m.state.next_base = item.first


# --- answers of the world ----------------------------------------------------------------------------------------------


def _answered(m: Machine, item: Any, key: int, *kinds: str) -> ElementInstance | None:
    """The element instance that waits for this answer, no longer waiting for it; None when nobody does."""
    opened = m.state.open.get(key)
    if opened is None or opened.kind not in kinds:
        _ignore(m, item, "it is no longer open")
        return None
    m.close(key)
    element = m.state.elements[opened.element]
    _close_incidents(m, element)
    return element


def _close_incidents(m: Machine, element: ElementInstance) -> None:
    """They were about what has now been answered."""
    for other in [each for each in element.open if m.state.open[each].kind == "incident"]:
        _close_incident(m, other)


def _close_incident(m: Machine, key: int) -> None:
    opened = m.close(key)
    element = m.state.elements[opened.element]
    m.effects.append(effects.CloseIncident(key))
    m.facts.append(history.IncidentClosed(key, element.key, element.node))


def _job_completed(m: Machine, item: inputs.JobCompleted) -> None:
    opened = m.state.open.get(item.job)
    element = _answered(m, item, item.job, "job", "listener", "task_listener")
    if element is None or opened is None:
        return
    if opened.kind == "task_listener":
        user_tasks.listened(m, element, item.result or item.variables)
        return
    if opened.kind == "listener":
        for name, value in item.variables.items():
            m.write_local(element, name, value)
        processors.listener_completed(m, element, opened.data)
        return
    m.absorb(element, item.variables)
    if element.type in (ElementType.INTERMEDIATE_THROW_EVENT, ElementType.END_EVENT):
        m.later(element, "throw")
    else:
        m.complete(element)


def _job_failed(m: Machine, item: inputs.JobFailed) -> None:
    opened = m.state.open.get(item.job)
    if opened is None or opened.kind not in ("job", "listener", "task_listener"):
        _ignore(m, item, "it is no longer open")
        return
    element = m.state.elements[opened.element]
    m.incident(element, IncidentType.JOB_NO_RETRIES, item.message, retry="", stack_trace=item.stack_trace, job=item.job)


def _thrown(
    m: Machine,
    element: ElementInstance,
    code: str,
    message: str,
    variables: Mapping[str, Any],
    *,
    retry: str = "execute_again",
) -> None:
    """An error from outside: to its catcher; to the caller where nothing here catches it; else an incident."""
    try:
        if events.throw_error(m, element, code, message, variables):
            return
    except Trouble as trouble:  # a catcher's own expression: once it is mended, whoever threw is asked again
        m.incident(element, trouble.type, trouble.message, retry="execute_again")
        return
    if m.state.called:
        throwing.end_by_error(m, code, message, dict(variables))
        return
    text = (
        f"Expected a boundary event or event sub-process that catches the error '{code}' of {shown(m.node_of(element))}"
    )
    detail = f"{text}, found none{': ' + message if message else ''}"
    m.incident(element, IncidentType.UNHANDLED_ERROR_EVENT, detail, retry=retry)


def _job_error(m: Machine, item: inputs.JobErrorThrown) -> None:
    opened = m.state.open.get(item.job)
    element = _answered(m, item, item.job, "job", "listener", "task_listener")
    if element is None or opened is None:
        return
    if opened.kind == "task_listener":
        message = f"Expected a task listener of {shown(m.node_of(element))} to complete or to deny; it threw the error '{item.code}'"
        m.incident(
            element, IncidentType.UNHANDLED_ERROR_EVENT, f"{message} {item.message}".strip(), retry="task_listener"
        )
        return
    retry = {"start": "activate", "end": "complete"}.get(opened.data, "execute_again")
    _thrown(m, element, item.code, item.message, item.variables, retry=retry)


def _user_task_completed(m: Machine, item: inputs.UserTaskCompleted) -> None:
    if (element := _open_task(m, item)) is not None:
        _close_incidents(m, element)
        user_tasks.completed(m, element, item.user_task, item.variables)


def _user_task_changed(m: Machine, item: inputs.UserTaskChanged) -> None:
    if (element := _open_task(m, item)) is not None:
        user_tasks.changed(m, element, item.user_task, item.event, item.action, item.values)


def _open_task(m: Machine, item: inputs.UserTaskCompleted | inputs.UserTaskChanged) -> ElementInstance | None:
    opened = m.state.open.get(item.user_task)
    if opened is None or opened.kind != "user_task":
        _ignore(m, item, "it is no longer open")
        return None
    element = m.state.elements[opened.element]
    if user_tasks.is_changing(element):
        _ignore(m, item, "the listeners of another change are running")
        return None
    return element


def _user_task_error(m: Machine, item: inputs.UserTaskErrorThrown) -> None:
    if (element := _answered(m, item, item.user_task, "user_task")) is not None:
        _thrown(m, element, item.code, item.message, item.variables)


def _script_completed(m: Machine, item: inputs.ScriptCompleted) -> None:
    if (element := _answered(m, item, item.script, "script")) is not None:
        activities.script_done(m, element, item.variables, item.result)


def _script_failed(m: Machine, item: inputs.ScriptFailed) -> None:
    if (element := _answered(m, item, item.script, "script")) is not None:
        m.incident(
            element, IncidentType.SCRIPT_ERROR, item.message, retry="execute_again", stack_trace=item.stack_trace
        )


def _script_error(m: Machine, item: inputs.ScriptErrorThrown) -> None:
    if (element := _answered(m, item, item.script, "script")) is not None:
        _thrown(m, element, item.code, item.message, {})


def _decision_evaluated(m: Machine, item: inputs.DecisionEvaluated) -> None:
    if (element := _answered(m, item, item.decision, "decision")) is not None:
        activities.decided(m, element, item.result)


def _decision_failed(m: Machine, item: inputs.DecisionFailed) -> None:
    if (element := _answered(m, item, item.decision, "decision")) is not None:
        m.incident(element, IncidentType.DECISION_EVALUATION_ERROR, item.message, retry="execute_again")


def _child_started(m: Machine, item: inputs.ChildStarted) -> None:
    opened = m.state.open.get(item.child)
    if opened is None or opened.kind != "child":
        _ignore(m, item, "it is no longer open")
        return
    opened.data = item.instance


def _child_not_started(m: Machine, item: inputs.ChildNotStarted) -> None:
    if (element := _answered(m, item, item.child, "child")) is not None:
        m.incident(element, IncidentType.CALLED_ELEMENT_ERROR, item.message, retry="execute_again")


def _child_completed(m: Machine, item: inputs.ChildCompleted) -> None:
    if (element := _answered(m, item, item.child, "child")) is not None:
        activities.returned(m, element, item.variables)


def _child_terminated(m: Machine, item: inputs.ChildTerminated) -> None:
    if (element := _answered(m, item, item.child, "child")) is not None:
        message = f"The instance called by {shown(m.node_of(element))} was cancelled. Resolving this calls it again."
        m.incident(element, IncidentType.CALLED_ELEMENT_ERROR, message, retry="execute_again")


def _child_error(m: Machine, item: inputs.ChildErrorThrown) -> None:
    if (element := _answered(m, item, item.child, "child")) is not None:
        _thrown(m, element, item.code, item.message, item.variables)


def _child_escalated(m: Machine, item: inputs.ChildEscalated) -> None:
    opened = m.state.open.get(item.child)
    if opened is None or opened.kind != "child":
        _ignore(m, item, "it is no longer open")
        return
    events.escalate(m, m.state.elements[opened.element], item.code, item.variables)


# --- events ------------------------------------------------------------------------------------------------------------


def _occurred(m: Machine, item: Any, key: int, kind: str, variables: Mapping[str, Any]) -> None:
    opened = m.state.open.get(key)
    if opened is None or opened.kind != kind:
        _ignore(m, item, "it is no longer open")
        return
    owner = m.state.elements[opened.element]
    try:
        events.occur(m, key, variables)
    except Trouble as trouble:
        if owner.key not in m.state.elements:
            owner = m.state.elements[m.state.key]
        m.incident(owner, trouble.type, trouble.message, retry="")


def _timer_fired(m: Machine, item: inputs.TimerFired) -> None:
    _occurred(m, item, item.timer, "timer", {})


def _message_arrived(m: Machine, item: inputs.MessageArrived) -> None:
    _occurred(m, item, item.subscription, "message", item.variables)


def _signal_arrived(m: Machine, item: inputs.SignalArrived) -> None:
    _occurred(m, item, item.subscription, "signal", item.variables)


# --- operators ---------------------------------------------------------------------------------------------------------


def _incident_resolved(m: Machine, item: inputs.IncidentResolved) -> None:
    opened = m.state.open.get(item.incident)
    if opened is None or opened.kind != "incident":
        _ignore(m, item, "it is no longer open")
        return
    element = m.state.elements[opened.element]
    _close_incident(m, item.incident)
    if isinstance(opened.data, list):
        m.queue.extend((key, node, rest) for key, node, rest in opened.data)
    elif opened.data == "execute_again":
        m.later(element, "execute_again")
    elif opened.data:
        m.later(element, opened.data)


def _variables_set(m: Machine, item: inputs.VariablesSet) -> None:
    element = m.state.elements.get(item.scope)
    if element is None:
        _ignore(m, item, "the scope is gone")
        return
    for name, value in item.variables.items():
        if item.local:
            m.write_local(element, name, value)
        else:
            m.write(element, name, value)


def _modified(m: Machine, item: inputs.Modified) -> None:
    """Activate first, so that a scope which a move leaves and enters stays alive (Camunda 8's modification)."""
    for activation in item.activate:
        _activate_element(m, activation)
    for termination in item.terminate:
        element = m.state.elements.get(termination.element_instance)
        if element is None:
            m.facts.append(history.InputIgnored("Modified", termination.element_instance, "it is no longer active"))
        elif element.scope is None:
            _cancelled(m, inputs.Cancelled())
            return
        else:
            scope = m.scope_of(element)
            m.terminate(element)
            m.let_thrower_go_on(element)
            if scope.is_body:
                scope.data["done"] += 1
                scope.data["active"] -= 1
                m.later(scope, "instance_completed")
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


def _ad_hoc_activated(m: Machine, item: inputs.AdHocActivated) -> None:
    scope = m.state.elements.get(item.scope)
    if scope is None or scope.type is not ElementType.AD_HOC_SUB_PROCESS:
        _ignore(m, item, "the ad-hoc sub-process is no longer active")
        return
    children = m.node_of(scope).children
    known = [(each.element_id, dict(each.variables)) for each in item.elements if each.element_id in children]
    subprocesses.activate_in_ad_hoc(m, scope, known, cancel_remaining=item.cancel_remaining)


def _scope_for(m: Machine, node: FlowNode, ancestor: int | None) -> ElementInstance:
    """A running instance of the scope, the newest or that of `ancestor`; made, with those around it, where there is none."""
    running = [each for each in m.state.elements.values() if each.node == node.id and not each.is_body]
    if ancestor is not None:
        running = [each for each in running if _is_within(m, each, ancestor)]
    if running:
        return running[-1]
    assert node.scope is not None
    around = _scope_for(m, m.nodes[node.scope], ancestor)
    element = m.create(node, around)
    element.data["bare"] = True
    processors.run(m, element, "activate")
    return element


def _is_within(m: Machine, element: ElementInstance, ancestor: int) -> bool:
    key: int | None = element.key
    while key is not None:
        if key == ancestor:
            return True
        key = m.state.elements[key].scope
    return False


def _noted(_: Machine, __: Any) -> None:
    """For the journal alone."""


def _execute_again(m: Machine, element: ElementInstance) -> None:
    """After a failure outside: ask again, with the variables as they are now; the boundary events are still open."""
    processors.PROCESSORS[element.type](m, element)


processors.STAGES["execute_again"] = _execute_again

_HANDLERS: dict[type[Any], Callable[[Machine, Any], None]] = {
    inputs.Started: _started,
    inputs.JobCompleted: _job_completed,
    inputs.JobFailed: _job_failed,
    inputs.JobErrorThrown: _job_error,
    inputs.UserTaskCompleted: _user_task_completed,
    inputs.UserTaskChanged: _user_task_changed,
    inputs.UserTaskErrorThrown: _user_task_error,
    inputs.TimerFired: _timer_fired,
    inputs.MessageArrived: _message_arrived,
    inputs.SignalArrived: _signal_arrived,
    inputs.ScriptCompleted: _script_completed,
    inputs.ScriptFailed: _script_failed,
    inputs.ScriptErrorThrown: _script_error,
    inputs.DecisionEvaluated: _decision_evaluated,
    inputs.DecisionFailed: _decision_failed,
    inputs.ChildStarted: _child_started,
    inputs.ChildNotStarted: _child_not_started,
    inputs.ChildCompleted: _child_completed,
    inputs.ChildTerminated: _child_terminated,
    inputs.ChildErrorThrown: _child_error,
    inputs.ChildEscalated: _child_escalated,
    inputs.IncidentResolved: _incident_resolved,
    inputs.VariablesSet: _variables_set,
    inputs.Cancelled: _cancelled,
    inputs.Modified: _modified,
    inputs.AdHocActivated: _ad_hoc_activated,
    inputs.Migrated: migration.migrate,
    inputs.Restored: restoring.restore,
    inputs.Suspended: _noted,
    inputs.Resumed: _noted,
    inputs.TimerRescheduled: _noted,
    inputs.KeysGranted: _keys_granted,
}
