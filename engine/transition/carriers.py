"""Each effect of a step has one carrier, a function that turns it into rows of the outbox.

A new effect of the core is one function here and one line in `CARRIERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Model

from engine import definitions, handlers
from engine.handlers import backoff
from engine.models import (
    Incident,
    Job,
    JobAttempt,
    JobKind,
    MessageSubscription,
    ProcessInstance,
    SignalSubscription,
    Timer,
    UserTask,
)
from engine.observability import tracing
from engine.runtime import effects, inputs
from engine.runtime.effects import Effect
from engine.runtime.inputs import Input
from engine.transition import decisions
from engine.transition.outbox import Outbox
from engine.transition.rows import instance_rows, user_task_values

SCRIPT_JOB_TYPE = "stepwell:script"


def own_job_types() -> list[str]:
    """Return the types of the jobs that workers of ours do: those with a handler, and scripts."""
    return [*handlers.by_type(), SCRIPT_JOB_TYPE]


def collect(outbox: Outbox, found: Iterable[Effect]) -> list[Input]:
    """Carry the effects of a step into the outbox. Returns the answers that the next step of this transaction takes up."""
    answers = (CARRIERS[type(effect)](outbox, effect) for effect in found)
    return [answer for answer in answers if answer is not None]


def _open_job(outbox: Outbox, effect: effects.OpenJob) -> None:
    handler = handlers.settings_of(effect.type)
    settings = backoff.settings_in(effect.headers)
    outbox.open(
        Job(
            **outbox.where(effect),
            instance=outbox.instance,
            type=effect.type,
            kind=JobKind(effect.kind.value),
            listener_event=effect.listener_event or "",
            priority=effect.priority or 0,
            retries=max(1, effect.retries if effect.retries is not None else handler.retries),
            headers=dict(effect.headers),
            payload={"userTask": user_task_values.of(effect.user_task, opened=outbox.opened)}
            if effect.user_task
            else None,
            backoff=list(effect.backoff),
            timeout=effect.timeout if settings.timeout is None else settings.timeout,
            wait_timeout=handler.wait_timeout if settings.wait_timeout is None else settings.wait_timeout,
            on_hold=outbox.on_hold,
            available_at=outbox.now,
            created_at=outbox.now,
            trace_context=tracing.current_context(),
        )
    )


def _run_script(outbox: Outbox, effect: effects.RunScript) -> None:
    outbox.open(
        Job(
            **outbox.where(effect),
            instance=outbox.instance,
            type=SCRIPT_JOB_TYPE,
            kind=JobKind.SCRIPT,
            retries=3,  # it changes nothing outside: further tries are for workers that were killed, the third of which is the last
            payload={"source": effect.source, "line": effect.line, "variables": dict(effect.variables)},
            on_hold=outbox.on_hold,
            available_at=outbox.now,
            created_at=outbox.now,
            trace_context=tracing.current_context(),
        )
    )


def _open_user_task(outbox: Outbox, effect: effects.OpenUserTask) -> None:
    form = None
    if effect.form_id:
        form = definitions.find_form(
            effect.form_id,
            binding=effect.form_binding,
            version_tag=effect.form_version_tag,
            caller=outbox.definition_key,
        )
        if form is None:
            outbox.raise_incident(
                effect,
                effects.IncidentType.FORM_NOT_FOUND,
                f"Expected a deployed form '{effect.form_id}' ({effect.form_binding}) for user task "
                f"'{effect.element_id}', found none. Deploy it, then resolve this incident.",
            )
    outbox.open(
        UserTask(
            **outbox.where(effect),
            instance=outbox.instance,
            process_name=outbox.instance.definition.name or outbox.instance.process_id,
            version=outbox.instance.version,
            name=effect.name,
            assignee=effect.assignee or "",
            candidate_users=list(effect.candidate_users),
            candidate_groups=list(effect.candidate_groups),
            due_date=effect.due_date,
            follow_up_date=effect.follow_up_date,
            priority=effect.priority,
            form=form,
            external_form_reference=effect.external_form_reference or "",
            headers=dict(effect.headers),
            created_at=outbox.now,
        )
    )


def _change_user_task(outbox: Outbox, effect: effects.ChangeUserTask) -> None:
    outbox.task_changes.append(effect)


def _open_timer(outbox: Outbox, effect: effects.OpenTimer) -> None:
    outbox.open(
        Timer(
            **outbox.where(effect),
            instance_key=outbox.instance.key,
            due_at=effect.due_at,
            catches_up=effect.catches_up,
        )
    )


def _open_message_subscription(outbox: Outbox, effect: effects.OpenMessageSubscription) -> None:
    outbox.open(
        MessageSubscription(
            **outbox.where(effect),
            instance_key=outbox.instance.key,
            message_name=effect.message_name,
            correlation_key=effect.correlation_key,
            interrupting=effect.interrupting,
            flow_end=effect.flow_end,
            created_at=outbox.now,
        )
    )


def _open_signal_subscription(outbox: Outbox, effect: effects.OpenSignalSubscription) -> None:
    outbox.open(
        SignalSubscription(
            **outbox.where(effect),
            instance_key=outbox.instance.key,
            signal_name=effect.signal_name,
            interrupting=effect.interrupting,
            created_at=outbox.now,
        )
    )


def _start_child(outbox: Outbox, effect: effects.StartChild) -> Input:
    reason = effects.too_deep(effect, depth=outbox.instance.depth)
    if reason is not None:
        return inputs.ChildNotStarted(effect.key, reason)
    definition = definitions.find_process(
        effect.process_id,
        binding=effect.binding,
        version=effect.version,
        version_tag=effect.version_tag,
        caller=outbox.definition_key,
    )
    if definition is None:
        return inputs.ChildNotStarted(
            effect.key,
            f"Expected a deployed process '{effect.process_id}' ({effect.binding}) for call activity "
            f"'{effect.element_id}', found none. Deploy it, then resolve this incident.",
        )
    if not definition.has_none_start_event:
        return inputs.ChildNotStarted(
            effect.key,
            f"Expected a none start event in process '{effect.process_id}', called by '{effect.element_id}'.",
        )
    if definition.suspended_at is not None:
        return inputs.ChildNotStarted(
            effect.key,
            f"Expected process '{effect.process_id}' version {definition.version}, called by '{effect.element_id}', not to be "
            "suspended. Resume it, then resolve this incident.",
        )
    child = instance_rows.new_instance(
        definition,
        by=outbox.by,
        now=outbox.now,
        business_id=effect.business_id or "",
        parent=outbox.instance,
        child_key=effect.key,
        parent_element_instance=effect.element_instance,
    )
    outbox.children.append((child, inputs.Started(effect.variables, business_id=effect.business_id, called=True)))
    return inputs.ChildStarted(effect.key, child.key)


def _cancel_child(outbox: Outbox, effect: effects.CancelChild) -> None:
    started_now = [child for child in outbox.children if child[0].parent_child_key == effect.key]
    if started_now:
        outbox.children.remove(started_now[0])
        return
    running = ProcessInstance.objects.filter(parent_child_key=effect.key, parent_key=outbox.instance.key, ended_at=None)
    outbox.cancelled_children += running.values_list("key", flat=True)


def _evaluate_decision(outbox: Outbox, effect: effects.EvaluateDecision) -> Input:
    return decisions.answer(
        effect, instance_key=outbox.instance.key, definition_key=outbox.definition_key, now=outbox.now
    )


def _raise_incident(outbox: Outbox, effect: effects.RaiseIncident) -> None:
    stack_trace = effect.stack_trace
    if effect.job is not None:
        outbox.incidents_of_jobs[effect.job] = effect.key
        if not stack_trace:
            last = JobAttempt.objects.filter(job_key=effect.job).order_by("-attempt").first()
            stack_trace = last.stack_trace if last else ""
    outbox.open(
        Incident(
            **outbox.where(effect),
            instance_key=outbox.instance.key,
            job_key=effect.job,
            type=effect.type,
            message=effect.message,
            stack_trace=stack_trace,
            created_at=outbox.now,
        )
    )


def _close_incident(outbox: Outbox, effect: effects.CloseIncident) -> None:
    if outbox.opened.get(Incident, {}).pop(effect.key, None) is None:
        outbox.closed_incidents.append(effect.key)


def _withdraws(model: type[Model]) -> Callable[[Outbox, Any], None]:
    return lambda outbox, effect: outbox.withdraw(model, effect.key)


def _keep_end(outbox: Outbox, effect: effects.EndInstance) -> None:
    outbox.end = effect


CARRIERS: dict[type[Any], Callable[[Outbox, Any], Input | None]] = {
    effects.OpenJob: _open_job,
    effects.WithdrawJob: _withdraws(Job),
    effects.OpenUserTask: _open_user_task,
    effects.ChangeUserTask: _change_user_task,
    effects.WithdrawUserTask: _withdraws(UserTask),
    effects.OpenTimer: _open_timer,
    effects.WithdrawTimer: _withdraws(Timer),
    effects.OpenMessageSubscription: _open_message_subscription,
    effects.WithdrawMessageSubscription: _withdraws(MessageSubscription),
    effects.OpenSignalSubscription: _open_signal_subscription,
    effects.WithdrawSignalSubscription: _withdraws(SignalSubscription),
    effects.StartChild: _start_child,
    effects.CancelChild: _cancel_child,
    effects.RunScript: _run_script,
    effects.WithdrawScript: _withdraws(Job),
    effects.EvaluateDecision: _evaluate_decision,
    effects.PublishMessage: lambda outbox, effect: outbox.thrown.append(effect),
    effects.BroadcastSignal: lambda outbox, effect: outbox.thrown.append(effect),
    effects.RaiseIncident: _raise_incident,
    effects.CloseIncident: _close_incident,
    effects.EscalateToParent: lambda outbox, effect: outbox.thrown.append(effect),
    effects.EndInstance: _keep_end,
}
