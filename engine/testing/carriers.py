"""Each effect of a step has one carrier here, which turns it into something in memory, as `engine.transition.carriers` turns it
into rows.

A new effect of the core is one line in `CARRIERS`, and a function here where it does more than wait for its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from engine.runtime import effects as fx
from engine.runtime import inputs, user_task_values
from engine.runtime.correlating import Addressed
from engine.testing import answers
from engine.testing.instance import Instance
from engine.testing.messages import Message, Messages

THROWN_MESSAGE_TTL = timedelta(hours=1)
"""Time that a message thrown by a process waits for a receiver; then it is gone."""
_THROWN = (fx.PublishMessage, fx.BroadcastSignal)


def carry(messages: Messages, instance: Instance, effects: Sequence[fx.Effect]) -> None:
    """Carry out the effects of one step, in the order of the outbox: those who wait now get what was published before. What is
    thrown comes last, so that those who began to wait in this step may get it.
    """
    for effect in effects:
        if not isinstance(effect, _THROWN):
            CARRIERS[type(effect)](messages, instance, effect)
    messages.deliver_kept(instance, [each for each in effects if isinstance(each, fx.OpenMessageSubscription)])
    for effect in effects:
        if isinstance(effect, _THROWN):
            CARRIERS[type(effect)](messages, instance, effect)


def _keep_open(_: Messages, instance: Instance, effect: Any) -> None:
    instance.open[effect.key] = effect


def _withdraw(_: Messages, instance: Instance, effect: Any) -> None:
    instance.open.pop(effect.key, None)


def _change_user_task(_: Messages, instance: Instance, effect: fx.ChangeUserTask) -> None:
    task = instance.open.get(effect.key)
    if effect.state is fx.UserTaskState.COMPLETED:
        instance.open.pop(effect.key, None)
    elif isinstance(task, fx.OpenUserTask):
        instance.open[effect.key] = replace(task, **user_task_values.read(effect.values))


def _evaluate_decision(messages: Messages, instance: Instance, effect: fx.EvaluateDecision) -> None:
    world = messages.world
    model = world.decisions.get(effect.decision_id)
    world.give(instance, answers.of_decision(effect, model, now=world.now))


def _start_child(messages: Messages, instance: Instance, effect: fx.StartChild) -> None:
    world = messages.world
    model = world.models.get(effect.process_id)
    if model is None:
        text = f"Expected a deployed process '{effect.process_id}' for call activity '{effect.element_id}', found none"
        world.give(instance, inputs.ChildNotStarted(effect.key, text))
        return
    reason = fx.too_deep(effect, depth=instance.depth)
    if reason is not None:
        world.give(instance, inputs.ChildNotStarted(effect.key, reason))
        return
    instance.open[effect.key] = effect
    world.give(instance, inputs.ChildStarted(effect.key, world.next_key))
    started = inputs.Started(effect.variables, business_id=effect.business_id, called=True)
    world.begin(model, started, parent=instance, parent_child_key=effect.key)


def _cancel_child(messages: Messages, instance: Instance, effect: fx.CancelChild) -> None:
    instance.open.pop(effect.key, None)
    for child in messages.world.instances:
        if child.parent is instance and child.parent_child_key == effect.key:
            messages.world.give(child, inputs.Cancelled())


def _publish(messages: Messages, _: Instance, effect: fx.PublishMessage) -> None:
    to = Addressed(effect.name, effect.correlation_key, effect.target_process or "", effect.target_element or "")
    messages.publish(Message(to, effect.variables, messages.world.now + THROWN_MESSAGE_TTL))


def _broadcast(messages: Messages, instance: Instance, effect: fx.BroadcastSignal) -> None:
    messages.broadcast(effect.name, effect.variables, thrower=instance)


def _escalate(messages: Messages, instance: Instance, effect: fx.EscalateToParent) -> None:
    _tell_parent(messages, instance, lambda key: inputs.ChildEscalated(key, effect.code, effect.variables))


def _end(messages: Messages, instance: Instance, effect: fx.EndInstance) -> None:
    instance.end = effect
    match effect.outcome:
        case fx.Outcome.COMPLETED:
            _tell_parent(messages, instance, lambda key: inputs.ChildCompleted(key, effect.variables))
        case fx.Outcome.TERMINATED:
            _tell_parent(messages, instance, inputs.ChildTerminated)
        case fx.Outcome.ERROR:
            code, text = effect.error_code or "", effect.error_message
            _tell_parent(messages, instance, lambda key: inputs.ChildErrorThrown(key, code, text, effect.variables))
    if instance.parent is not None and instance.parent_child_key is not None:
        instance.parent.open.pop(instance.parent_child_key, None)
    messages.let_start(instance.correlation_key)


def _tell_parent(messages: Messages, instance: Instance, item: Callable[[int], inputs.Input]) -> None:
    key = instance.parent_child_key
    if instance.parent is not None and key is not None and key in instance.parent.open:
        messages.world.give(instance.parent, item(key))


CARRIERS: dict[type[Any], Callable[[Messages, Instance, Any], None]] = {
    fx.OpenJob: _keep_open,
    fx.WithdrawJob: _withdraw,
    fx.OpenUserTask: _keep_open,
    fx.ChangeUserTask: _change_user_task,
    fx.WithdrawUserTask: _withdraw,
    fx.OpenTimer: _keep_open,
    fx.WithdrawTimer: _withdraw,
    fx.OpenMessageSubscription: _keep_open,
    fx.WithdrawMessageSubscription: _withdraw,
    fx.OpenSignalSubscription: _keep_open,
    fx.WithdrawSignalSubscription: _withdraw,
    fx.StartChild: _start_child,
    fx.CancelChild: _cancel_child,
    fx.RunScript: _keep_open,
    fx.WithdrawScript: _withdraw,
    fx.EvaluateDecision: _evaluate_decision,
    fx.PublishMessage: _publish,
    fx.BroadcastSignal: _broadcast,
    fx.RaiseIncident: _keep_open,
    fx.CloseIncident: _withdraw,
    fx.EscalateToParent: _escalate,
    fx.EndInstance: _end,
}
