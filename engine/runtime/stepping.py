"""`step` takes up inputs, lets the tokens move until all rest, and says what follows. It is pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.bpmn.model import ProcessModel
from engine.runtime import effects, history, inputs, processors
from engine.runtime.effects import Effect, IncidentType
from engine.runtime.elements import events, gateways
from engine.runtime.evaluating import Trouble, shown
from engine.runtime.history import Fact
from engine.runtime.input_handlers import answers, lives, occurrences, operators
from engine.runtime.input_handlers.ignored import ignore
from engine.runtime.inputs import Input
from engine.runtime.machine import Machine, StepLimits
from engine.runtime.relocation import migration, restoring
from engine.runtime.stages import Stage
from engine.runtime.state import OpenKind, State


@dataclass(frozen=True, slots=True)
class Step:
    state: State
    effects: list[Effect]
    history: list[Fact]


def step(
    model: ProcessModel, state: State, inputs: Sequence[Input], *, now: datetime, limits: StepLimits | None = None
) -> Step:
    """Take up the inputs in order, each until everything rests. The given state is consumed. `now` is aware UTC.

    The same model, state, inputs and time give the same step, byte for byte.
    """
    machine = Machine(model, state, now=now, limits=limits or StepLimits())
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
            if isinstance(rest, Stage):
                processors.run(m, element, rest)
            else:
                processors.arrive(m, element, m.nodes[node_id], rest)
            if m.dirty and m.state.conditions:
                events.check_conditions(m)  # an interrupting event takes effect before the scope runs another step
        if m.signalling:
            thrower = m.state.elements.get(m.signalling.popleft())
            if thrower is not None:
                processors.run(m, thrower, Stage.THROW)
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
    moving += [(key, "", Stage.THROW) for key in m.signalling if key in m.state.elements]
    m.queue.clear()
    m.signalling.clear()
    if not moving:
        return
    first = m.state.elements[moving[0][0]]
    node = m.nodes[moving[0][1] or first.node]
    root = m.root
    key = m.open(root, OpenKind.INCIDENT, data=[[mover, at_node, str(rest)] for mover, at_node, rest in moving])
    message = (
        f"Expected the instance to wait within {m.limits.steps} steps; it was still moving at {shown(node)}. "
        "A cycle without a user task, job, timer or message never ends: add a condition that leaves it."
    )
    m.effects.append(effects.RaiseIncident(key, first.key, node.id, IncidentType.STEP_LIMIT_EXCEEDED, message))
    m.facts.append(history.IncidentRaised(key, first.key, node.id, IncidentType.STEP_LIMIT_EXCEEDED.value, message))


_WITHOUT_A_START = (
    inputs.Started | inputs.Restored | inputs.KeysGranted | inputs.Cancelled | inputs.Suspended | inputs.Resumed
)
"""The inputs that an instance takes before it has started; all others are ignored."""


_HANDLERS: dict[type[Any], Callable[[Machine, Any], None]] = {
    inputs.Started: lives.started,
    inputs.JobCompleted: answers.job_completed,
    inputs.JobFailed: answers.job_failed,
    inputs.JobErrorThrown: answers.job_error,
    inputs.UserTaskCompleted: answers.user_task_completed,
    inputs.UserTaskChanged: answers.user_task_changed,
    inputs.UserTaskErrorThrown: answers.user_task_error,
    inputs.TimerFired: occurrences.timer_fired,
    inputs.MessageArrived: occurrences.message_arrived,
    inputs.SignalArrived: occurrences.signal_arrived,
    inputs.ScriptCompleted: answers.script_completed,
    inputs.ScriptFailed: answers.script_failed,
    inputs.ScriptErrorThrown: answers.script_error,
    inputs.DecisionEvaluated: answers.decision_evaluated,
    inputs.DecisionFailed: answers.decision_failed,
    inputs.ChildStarted: answers.child_started,
    inputs.ChildNotStarted: answers.child_not_started,
    inputs.ChildCompleted: answers.child_completed,
    inputs.ChildTerminated: answers.child_terminated,
    inputs.ChildErrorThrown: answers.child_error,
    inputs.ChildEscalated: answers.child_escalated,
    inputs.IncidentResolved: operators.incident_resolved,
    inputs.VariablesSet: operators.variables_set,
    inputs.Cancelled: lives.cancelled,
    inputs.Modified: operators.modified,
    inputs.AdHocActivated: operators.ad_hoc_activated,
    inputs.Migrated: migration.migrate,
    inputs.Restored: restoring.restore,
    inputs.Suspended: lives.noted,
    inputs.Resumed: lives.noted,
    inputs.TimerRescheduled: lives.noted,
    inputs.KeysGranted: lives.keys_granted,
}
"""The input handlers: each kind of input is taken up by one function."""


def _take_up(m: Machine, item: Input) -> None:
    handler = _HANDLERS[type(item)]
    if m.state.ended is not None:
        ignore(m, item, "the instance has ended")
        return
    if not m.state.elements and not isinstance(item, _WITHOUT_A_START):
        ignore(m, item, "the instance has not started")
        return
    try:
        handler(m, item)
    except Trouble as trouble:  # a catcher's own expression, of which nobody waits for the outcome
        m.incident(m.root, trouble.type, trouble.message, retry=None)
