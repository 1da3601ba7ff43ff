"""The outbox collects what the steps of one transaction ask of the world, and writes it as rows in few statements.

What is opened and withdrawn within the same transaction leaves no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from engine import handlers
from engine.models import (
    Incident,
    IncidentStatus,
    InstanceStatus,
    Job,
    JobKind,
    Message,
    MessageSubscription,
    ProcessInstance,
    SignalSubscription,
    Timer,
    UserTask,
)
from engine.postgres import keys, statements
from engine.runtime import effects, inputs
from engine.runtime.inputs import Input
from engine.transition import correlation
from engine.transition.rows import instance_rows, job_rows, pending_inputs, user_task_states

THROWN_MESSAGE_TTL = timedelta(hours=1)
"""Time that a message thrown by a process waits for its receiver, which may be on the way to its catch event; then it is gone."""


Thrown = effects.PublishMessage | effects.BroadcastSignal | effects.EscalateToParent
"""Effects that reach a catcher somewhere else."""


@dataclass(slots=True)
class FollowUps:
    """Follow-ups are what a transaction leaves to be done after its commit."""

    instances: list[int] = field(default_factory=list)
    """Keys of instances that have new pending inputs."""
    jobs: list[tuple[int, str]] = field(default_factory=list)
    """Key and type of new jobs that a worker of ours can do."""

    def add(self, other: FollowUps) -> None:
        self.instances += other.instances
        self.jobs += other.jobs


@dataclass(slots=True)
class Outbox:
    """An outbox gathers the effects of one instance, which this transaction has locked: `carriers.collect` fills it after each
    step, `flush` writes it once before the commit.
    """

    instance: ProcessInstance
    definition_key: int
    now: datetime
    by: str
    is_new: bool = False
    """True when the instance has no rows yet: none of its own has to be looked for."""
    last_key: int = 0
    """The last key that the instance had given out before the first of these steps: what has a greater key has no row yet."""
    on_hold: bool = False
    """True while the instance is suspended: its new jobs are not handed out."""
    opened: dict[type[Model], dict[int, Any]] = field(default_factory=dict)
    withdrawn: dict[type[Model], list[int]] = field(default_factory=dict)
    task_changes: list[effects.ChangeUserTask] = field(default_factory=list)
    closed_incidents: list[int] = field(default_factory=list)
    incidents_of_jobs: dict[int, int] = field(default_factory=dict)
    children: list[tuple[ProcessInstance, inputs.Started]] = field(default_factory=list)
    cancelled_children: list[int] = field(default_factory=list)
    thrown: list[Thrown] = field(default_factory=list)
    """Messages, signals and escalations, in the order in which they were thrown."""
    late_messages: list[int] = field(default_factory=list)
    """Keys of messages that came too late for their receiver in this instance."""
    end: effects.EndInstance | None = None
    follow_ups: FollowUps = field(default_factory=FollowUps)

    def open(self, row: Model) -> None:
        self.opened.setdefault(type(row), {})[row.pk] = row

    def withdraw(self, model: type[Model], key: int) -> None:
        if self.opened.get(model, {}).pop(key, None) is None:
            self.withdrawn.setdefault(model, []).append(key)

    def new_jobs(self) -> list[Job]:
        """Return the jobs that are opened for the first time, not again after an incident."""
        return [job for job in self._new(Job) if job.key > self.last_key]

    # --- steps of `flush` ----------------------------------------------------------------------------------------------

    def _message_names(self) -> list[tuple[str, str]]:
        names = [(row.message_name, row.correlation_key) for row in self._new(MessageSubscription)]
        names += [(row.message_name, "") for row in self._new(MessageSubscription) if row.flow_end]
        messages = [effect for effect in self.thrown if isinstance(effect, effects.PublishMessage)]
        names += [(effect.name, effect.correlation_key) for effect in messages]
        names += [(effect.name, "") for effect in messages if effect.target_process]
        if self.late_messages:
            names += Message.objects.filter(key__in=self.late_messages).values_list("name", "correlation_key")
        return names

    def _close(self) -> None:
        for change in self.task_changes:
            user_task_states.change(change, now=self.now)
        self._write_withdrawals()
        self._write_incidents()

    def _open(self) -> None:
        """Write what is opened, except the jobs, which were written before."""
        self._write_openings()
        self._write_children()
        self._throw()
        if self.end is not None:
            self._write_end(self.end)  # after what it threw: a parent hears of the end last

    def _write_withdrawals(self) -> None:
        for model, found in self.withdrawn.items():
            if model is UserTask:
                user_task_states.cancel(found, now=self.now)
            else:
                model._default_manager.filter(pk__in=found).delete()

    def _write_incidents(self) -> None:
        if self.closed_incidents:
            Incident.objects.filter(key__in=self.closed_incidents, status=IncidentStatus.ACTIVE).update(
                status=IncidentStatus.RESOLVED, resolved_at=self.now, resolved_by=self.by
            )
        if self.end is None and (found := self._new(Incident)):
            Incident.objects.bulk_create(found)
        for job, incident in self.incidents_of_jobs.items():
            Job.objects.filter(key=job).update(incident_key=incident)

    def _write_openings(self) -> None:
        for model in (UserTask, Timer, SignalSubscription, MessageSubscription):
            if found := self._new(model):
                model._default_manager.bulk_create(found)
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
            if pending_inputs.enqueue_if_running(child, inputs.Cancelled("by its parent"), by=self.by, now=self.now):
                self.follow_ups.instances.append(child)

    def _write_end(self, end: effects.EndInstance) -> None:
        instance = self.instance
        instance.status = InstanceStatus(end.outcome.value)
        instance.ended_at = self.now
        instance.result = dict(end.variables)
        if instance.parent_key is not None and instance.parent_child_key is not None:
            self._tell_parent(_answer_to_parent(instance.parent_child_key, end))

    def _throw(self) -> None:
        """Bring what was thrown to its catchers, in the order in which it was thrown."""
        for effect in self.thrown:
            if isinstance(effect, effects.PublishMessage):
                self._publish(effect)
            elif isinstance(effect, effects.BroadcastSignal):
                self._broadcast(effect)
            elif self.instance.parent_child_key is not None:
                child = self.instance.parent_child_key
                self._tell_parent(inputs.ChildEscalated(child, effect.code, effect.variables))
        for key in self.late_messages:
            late = correlation.take_back(key, process_id=self.instance.process_id, instance_key=self.instance.key)
            if late is not None:
                self.follow_ups.instances += correlation.deliver(late, now=self.now, stored=True).all

    def _publish(self, effect: effects.PublishMessage) -> None:
        message = Message(
            key=effect.key,
            name=effect.name,
            correlation_key=effect.correlation_key,
            target_process_id=effect.target_process or "",
            target_element_id=effect.target_element or "",
            variables=dict(effect.variables),
            published_at=self.now,
            expires_at=self.now + THROWN_MESSAGE_TTL,
            by=self.by,
        )
        reached = correlation.deliver(message, now=self.now, stored=False)
        if not reached.all and not reached.kept:
            message.save(force_insert=True)
        self.follow_ups.instances += reached.all

    def _broadcast(self, effect: effects.BroadcastSignal) -> None:
        heard = correlation.broadcast(
            effect.name, effect.variables, by=self.by, now=self.now, thrower=self.instance.key
        )
        self.follow_ups.instances += heard.all

    def _tell_parent(self, answer: Input) -> None:
        parent = self.instance.parent_key
        assert parent is not None
        if pending_inputs.enqueue_if_running(parent, answer, by=self.by, now=self.now):
            self.follow_ups.instances.append(parent)

    def _new(self, model: type[Any]) -> list[Any]:
        return list(self.opened.get(model, {}).values())

    # --- for the carriers ------------------------------------------------------------------------------------------------

    def where(self, effect: Any) -> dict[str, Any]:
        """Return the columns that say which element of which instance a row belongs to."""
        return {
            "key": effect.key,
            "definition_key": self.definition_key,
            "process_id": self.instance.process_id,
            "element_id": effect.element_id,
            "element_instance_key": effect.element_instance,
        }

    def raise_incident(self, effect: Any, type_: effects.IncidentType, message: str) -> None:
        """Open an incident that the core does not know."""
        where = {**self.where(effect), "key": keys.take_one()}
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


def flush(outboxes: Sequence[Outbox]) -> FollowUps:
    """Write all rows that these outboxes ask for. A transaction calls this once; its caller writes the instances' own rows and
    states.
    """
    ended = [each for each in outboxes if each.end is not None and not each.is_new]
    for each, late in zip(ended, correlation.drop_pending([each.instance.key for each in ended]), strict=True):
        each.late_messages += late
    correlation.lock(name for each in outboxes for name in each._message_names())
    for each in outboxes:
        each._close()
    _write_jobs(outboxes)
    for each in outboxes:
        each._open()
    _resolve_incidents_of_ended(ended)
    follow_ups = FollowUps()
    for each in outboxes:
        follow_ups.add(each.follow_ups)
    return follow_ups


def _write_jobs(outboxes: Sequence[Outbox]) -> None:
    opened = [(each, job) for each in outboxes for job in each._new(Job)]
    if not opened:
        return
    known = job_rows.open_again([job.key for each, job in opened if job.key <= each.last_key], now=opened[0][0].now)
    job_rows.insert(job for _, job in opened if job.key not in known)
    ours = handlers.by_type()
    for each, job in opened:
        if job.kind == JobKind.SCRIPT or job.type in ours:
            each.follow_ups.jobs.append((job.key, job.type))


def _resolve_incidents_of_ended(outboxes: Sequence[Outbox]) -> None:
    if not outboxes:
        return
    statements.execute(
        "UPDATE engine_incident incident SET status = 'RESOLVED', resolved_at = %s, resolved_by = ended.by"
        " FROM unnest(%s::bigint[], %s::text[]) AS ended(instance_key, by)"
        " WHERE incident.instance_key = ended.instance_key AND incident.status = 'ACTIVE'",
        [outboxes[0].now, [each.instance.key for each in outboxes], [each.by for each in outboxes]],
    )


def _answer_to_parent(child: int, end: effects.EndInstance) -> Input:
    if end.outcome is effects.Outcome.COMPLETED:
        return inputs.ChildCompleted(child, end.variables)
    if end.outcome is effects.Outcome.ERROR:
        return inputs.ChildErrorThrown(child, end.error_code or "", end.error_message, end.variables)
    return inputs.ChildTerminated(child)
