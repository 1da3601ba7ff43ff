"""What the steps of one transaction ask of the world, collected and then written as rows in few statements.

What is opened and withdrawn within the same transaction leaves no row at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Model

from engine import correlation, decisions, definitions, handlers, instance_rows, keys
from engine.models import (
    Incident,
    IncidentStatus,
    InstanceStatus,
    Job,
    JobAttempt,
    JobKind,
    Message,
    MessageSubscription,
    ProcessInstance,
    SignalSubscription,
    Timer,
    UserTask,
    UserTaskStatus,
)
from engine.runtime import effects, inputs
from engine.runtime.effects import Effect
from engine.runtime.inputs import Input

SCRIPT_JOB_TYPE = "stepwell:script"
THROWN_MESSAGE_TTL = timedelta(hours=1)
"""How long a message that a process throws waits for its receiver, who may be on the way to its catch event."""


@dataclass(slots=True)
class FollowUps:
    """What is to be done after the commit."""

    instances: list[int] = field(default_factory=list)
    """With new pending inputs."""
    jobs: list[tuple[int, str]] = field(default_factory=list)
    """Key and type of those that a worker of ours can do."""

    def add(self, other: FollowUps) -> None:
        self.instances += other.instances
        self.jobs += other.jobs


@dataclass(slots=True)
class Outbox:
    """`collect` after each step, `flush` once before the commit. `instance` is locked by this transaction."""

    instance: ProcessInstance
    definition_key: int
    now: datetime
    by: str
    is_new: bool = False
    """The instance has no rows yet: none of its own has to be looked for."""
    opened: dict[type[Model], dict[int, Any]] = field(default_factory=dict)
    withdrawn: dict[type[Model], list[int]] = field(default_factory=dict)
    closed_incidents: list[int] = field(default_factory=list)
    incidents_of_jobs: dict[int, int] = field(default_factory=dict)
    children: list[tuple[ProcessInstance, inputs.Started]] = field(default_factory=list)
    cancelled_children: list[int] = field(default_factory=list)
    messages: list[effects.PublishMessage] = field(default_factory=list)
    signals: list[effects.BroadcastSignal] = field(default_factory=list)
    escalations: list[effects.EscalateToParent] = field(default_factory=list)
    late_messages: list[int] = field(default_factory=list)
    """Keys of messages that came too late for their receiver in this instance."""
    end: effects.EndInstance | None = None
    follow_ups: FollowUps = field(default_factory=FollowUps)

    def collect(self, found: Iterable[Effect]) -> list[Input]:
        """Take in the effects of a step; returns the answers that the next step of this transaction is to have."""
        answers: list[Input] = []
        for effect in found:
            answer = _CARRIERS[type(effect)](self, effect)
            if answer is not None:
                answers.append(answer)
        return answers

    def open(self, row: Model) -> None:
        self.opened.setdefault(type(row), {})[row.pk] = row

    def withdraw(self, model: type[Model], key: int) -> None:
        if self.opened.get(model, {}).pop(key, None) is None:
            self.withdrawn.setdefault(model, []).append(key)

    def flush(self) -> FollowUps:
        """Write everything. The instance's own row and state are the caller's."""
        if self.end is not None and not self.is_new:
            self.late_messages += correlation.drop_pending(self.instance.key)
        self._lock_messages()
        self._write_withdrawals()
        self._write_incidents()
        self._write_openings()
        self._write_children()
        if self.end is not None:
            self._write_end(self.end)
        self._throw()
        return self.follow_ups

    # --- steps of `flush` ----------------------------------------------------------------------------------------------

    def _lock_messages(self) -> None:
        names = [(row.message_name, row.correlation_key) for row in self._new(MessageSubscription)]
        names += [(effect.name, effect.correlation_key) for effect in self.messages]
        names += Message.objects.filter(key__in=self.late_messages).values_list("name", "correlation_key")
        correlation.lock(names)

    def _write_withdrawals(self) -> None:
        for model, found in self.withdrawn.items():
            rows = model._default_manager.filter(pk__in=found)
            if model is UserTask:  # kept, for people look for what they had to do
                rows.filter(status=UserTaskStatus.CREATED).update(
                    status=UserTaskStatus.CANCELED, completed_at=self.now, revision=F("revision") + 1
                )
            else:
                rows.delete()

    def _write_incidents(self) -> None:
        if self.closed_incidents:
            Incident.objects.filter(key__in=self.closed_incidents, status=IncidentStatus.ACTIVE).update(
                status=IncidentStatus.RESOLVED, resolved_at=self.now, resolved_by=self.by
            )
        if self.end is None:
            Incident.objects.bulk_create(self._new(Incident))
        for job, incident in self.incidents_of_jobs.items():
            Job.objects.filter(key=job).update(incident_key=incident)

    def _write_openings(self) -> None:
        jobs: list[Job] = self._new(Job)
        # a job that is tried again after its incident comes with the key that it had
        if jobs and not self.is_new:
            Job.objects.filter(key__in=[job.key for job in jobs]).delete()
        Job.objects.bulk_create(jobs)
        ours = handlers.registry()
        self.follow_ups.jobs += [(job.key, job.type) for job in jobs if job.kind == JobKind.SCRIPT or job.type in ours]
        for model in (UserTask, Timer, SignalSubscription, MessageSubscription):
            model._default_manager.bulk_create(self._new(model))
        if correlation.deliver_buffered(self._new(MessageSubscription), now=self.now):
            self.follow_ups.instances.append(self.instance.key)

    def _write_children(self) -> None:
        if self.children:
            instance_rows.insert(self.children, by=self.by, now=self.now)
            self.follow_ups.instances += [child.key for child, _ in self.children]
        if not self.cancelled_children:
            return
        # the parent knows already: the child's end is to answer nobody
        ProcessInstance.objects.filter(key__in=self.cancelled_children).update(parent_child_key=None)
        for child in self.cancelled_children:
            if instance_rows.enqueue_if_running(child, inputs.Cancelled("by its parent"), by=self.by, now=self.now):
                self.follow_ups.instances.append(child)

    def _write_end(self, end: effects.EndInstance) -> None:
        instance = self.instance
        instance.status = InstanceStatus(end.outcome.value)
        instance.ended_at = self.now
        instance.result = dict(end.variables)
        if not self.is_new:
            Incident.objects.filter(instance_key=instance.key, status=IncidentStatus.ACTIVE).update(
                status=IncidentStatus.RESOLVED, resolved_at=self.now, resolved_by=self.by
            )
        if instance.parent_key is not None and instance.parent_child_key is not None:
            self._tell_parent(_answer_to_parent(instance.parent_child_key, end))

    def _throw(self) -> None:
        for escalation in self.escalations:
            if self.instance.parent_child_key is not None:
                self._tell_parent(
                    inputs.ChildEscalated(self.instance.parent_child_key, escalation.code, escalation.variables)
                )
        for effect in self.messages:
            message = Message(
                key=effect.key,
                name=effect.name,
                correlation_key=effect.correlation_key,
                target_process_id=effect.target_process or "",
                variables=dict(effect.variables),
                published_at=self.now,
                expires_at=self.now + THROWN_MESSAGE_TTL,
                by=self.by,
            )
            reached = correlation.deliver(message, now=self.now, stored=False).all
            if not reached:
                message.save(force_insert=True)
            self.follow_ups.instances += reached
        for signal in self.signals:
            heard = correlation.broadcast(signal.name, signal.variables, by=self.by, now=self.now)
            self.follow_ups.instances += heard.all
        for key in self.late_messages:
            late = correlation.take_back(key, process_id=self.instance.process_id, instance_key=self.instance.key)
            if late is not None:
                self.follow_ups.instances += correlation.deliver(late, now=self.now, stored=True).all

    def _tell_parent(self, answer: Input) -> None:
        parent = self.instance.parent_key
        assert parent is not None
        if instance_rows.enqueue_if_running(parent, answer, by=self.by, now=self.now):
            self.follow_ups.instances.append(parent)

    def _new(self, model: type[Any]) -> list[Any]:
        return list(self.opened.get(model, {}).values())

    # --- shared by the carriers ----------------------------------------------------------------------------------------

    def _where(self, effect: Any) -> dict[str, Any]:
        """The columns that say which element of which instance a row belongs to."""
        return {
            "key": effect.key,
            "definition_key": self.definition_key,
            "process_id": self.instance.process_id,
            "element_id": effect.element_id,
            "element_instance_key": effect.element_instance,
        }

    def raise_incident(self, effect: Any, type_: effects.IncidentType, message: str) -> None:
        """An incident that the core knows nothing of."""
        where = {**self._where(effect), "key": keys.take_one()}
        self.open(
            Incident(
                **where,
                instance_key=self.instance.key,
                type=type_,
                message=message,
                created_at=self.now,
                in_state=False,
            )
        )


# --- one carrier an effect ---------------------------------------------------------------------------------------------


def _open_job(outbox: Outbox, effect: effects.OpenJob) -> None:
    settings = handlers.settings_of(effect.type)
    outbox.open(
        Job(
            **outbox._where(effect),
            instance=outbox.instance,
            type=effect.type,
            kind=JobKind(effect.kind.value),
            listener_event=effect.listener_event or "",
            priority=effect.priority or 0,
            retries=max(1, effect.retries if effect.retries is not None else settings.retries),
            headers=dict(effect.headers),
            backoff=list(effect.backoff),
            timeout=effect.timeout,
            available_at=outbox.now,
            created_at=outbox.now,
        )
    )


def _run_script(outbox: Outbox, effect: effects.RunScript) -> None:
    outbox.open(
        Job(
            **outbox._where(effect),
            instance=outbox.instance,
            type=SCRIPT_JOB_TYPE,
            kind=JobKind.SCRIPT,
            retries=2,  # a script changes nothing outside: a second try is for a worker that was killed
            payload={"source": effect.source, "line": effect.line, "variables": dict(effect.variables)},
            available_at=outbox.now,
            created_at=outbox.now,
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
            **outbox._where(effect),
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


def _open_timer(outbox: Outbox, effect: effects.OpenTimer) -> None:
    outbox.open(Timer(**outbox._where(effect), instance_key=outbox.instance.key, due_at=effect.due_at))


def _open_message_subscription(outbox: Outbox, effect: effects.OpenMessageSubscription) -> None:
    outbox.open(
        MessageSubscription(
            **outbox._where(effect),
            instance_key=outbox.instance.key,
            message_name=effect.message_name,
            correlation_key=effect.correlation_key,
            interrupting=effect.interrupting,
            created_at=outbox.now,
        )
    )


def _open_signal_subscription(outbox: Outbox, effect: effects.OpenSignalSubscription) -> None:
    outbox.open(
        SignalSubscription(
            **outbox._where(effect),
            instance_key=outbox.instance.key,
            signal_name=effect.signal_name,
            interrupting=effect.interrupting,
            created_at=outbox.now,
        )
    )


def _start_child(outbox: Outbox, effect: effects.StartChild) -> Input:
    if outbox.instance.depth >= instance_rows.MAX_CALL_DEPTH:
        return inputs.ChildNotStarted(
            effect.key,
            f"Expected at most {instance_rows.MAX_CALL_DEPTH} call activities within each other at '{effect.element_id}'.",
        )
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
    child = instance_rows.new_instance(
        definition,
        by=outbox.by,
        now=outbox.now,
        business_id=effect.business_id or "",
        parent=outbox.instance,
        child_key=effect.key,
        parent_element_instance=effect.element_instance,
    )
    outbox.children.append((child, inputs.Started(effect.variables, business_id=effect.business_id)))
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
            **outbox._where(effect),
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


def _answer_to_parent(child: int, end: effects.EndInstance) -> Input:
    if end.outcome is effects.Outcome.COMPLETED:
        return inputs.ChildCompleted(child, end.variables)
    if end.outcome is effects.Outcome.ERROR:
        return inputs.ChildErrorThrown(child, end.error_code or "", end.error_message, end.variables)
    return inputs.ChildTerminated(child)


_CARRIERS: dict[type[Any], Callable[[Outbox, Any], Input | None]] = {
    effects.OpenJob: _open_job,
    effects.WithdrawJob: _withdraws(Job),
    effects.OpenUserTask: _open_user_task,
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
    effects.PublishMessage: lambda outbox, effect: outbox.messages.append(effect),
    effects.BroadcastSignal: lambda outbox, effect: outbox.signals.append(effect),
    effects.RaiseIncident: _raise_incident,
    effects.CloseIncident: _close_incident,
    effects.EscalateToParent: lambda outbox, effect: outbox.escalations.append(effect),
    effects.EndInstance: _keep_end,
}


def all_carried() -> Sequence[type[Any]]:
    """The effects that are known here; a test compares them with the core's."""
    return tuple(_CARRIERS)
