"""Messages, signals, conditions and timers have these operations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine import clock, messages, timers
from engine.errors import InvalidArgument
from engine.instances import conditionals
from engine.messages import signals
from engine.postgres import keys
from engine.queries.instances import waiting
from engine.queries.instances.waiting import SUBSCRIPTIONS, TIMERS, MessageSubscriptionView, TimerView
from engine.queries.search.view import DEFAULT_TENANT, View
from webapp.api import answers
from webapp.api.operation import ApiView, Body, Call, operation


class PublishMessage(Body, frozen=True, kw_only=True):
    name: str
    correlation_key: str | None = None
    time_to_live: int | None = None
    """The time in milliseconds for which the message is kept."""
    message_id: str | None = None
    variables: dict[str, Any] | None = None
    tenant_id: str | None = None


class MessagePublicationView(View, frozen=True, kw_only=True):
    tenant_id: str
    message_key: str


class CorrelateMessage(Body, frozen=True, kw_only=True):
    name: str
    correlation_key: str | None = None
    variables: dict[str, Any] | None = None
    tenant_id: str | None = None
    return_variables: bool | None = None
    """True: answer with the variables after the step."""
    request_timeout: int | None = None
    """The milliseconds to wait for the step."""


class MessageCorrelationView(View, frozen=True, kw_only=True):
    tenant_id: str
    process_instance_key: str
    message_key: str
    variables: dict[str, Any] | None
    """With `returnVariables` the variables of the process, after the step that took the message up; where others came since, with
    theirs."""


class BroadcastSignal(Body, frozen=True, kw_only=True):
    signal_name: str
    variables: dict[str, Any] | None = None
    tenant_id: str | None = None


class SignalBroadcastView(View, frozen=True, kw_only=True):
    tenant_id: str
    signal_key: str


class EvaluateConditionals(Body, frozen=True, kw_only=True):
    variables: dict[str, Any] | None = None
    """The variables that the conditions are evaluated over, and that the instances start with."""
    process_definition_key: str | None = None
    tenant_id: str | None = None


class ProcessInstanceReferenceView(View, frozen=True, kw_only=True):
    process_definition_key: str
    process_instance_key: str


class ConditionalEvaluationView(View, frozen=True, kw_only=True):
    conditional_evaluation_key: str
    tenant_id: str
    process_instances: list[ProcessInstanceReferenceView]


class Publication(ApiView):
    @operation(
        "publishMessage",
        tag="Message",
        summary="Publish a message",
        body=PublishMessage,
        answer=MessagePublicationView,
        is_idempotent=True,
    )
    def post(self, call: Call) -> Any:
        """Publish a message, which is kept for `timeToLive`; 409 for a `messageId` that a living message has."""
        body: PublishMessage = call.body
        published = messages.publish(
            body.name,
            correlation_key=body.correlation_key or "",
            variables=body.variables,
            ttl=(body.time_to_live or 0) / 1000,
            message_id=body.message_id or "",
            by=call.actor,
            idempotency_key=call.idempotency_key,
        )
        return MessagePublicationView(tenant_id=DEFAULT_TENANT, message_key=str(published.key))


class Correlation(ApiView):
    @operation(
        "correlateMessage",
        tag="Message",
        summary="Correlate a message",
        body=CorrelateMessage,
        answer=MessageCorrelationView,
    )
    def post(self, call: Call) -> Any:
        """Correlate a message; 404 when nothing waits for it now. With `returnVariables` the answer is what the process made of the
        message; 504 when its step does not come in time, and the message is taken up later."""
        body: CorrelateMessage = call.body
        began = clock.now()
        reached = messages.correlate(
            body.name, correlation_key=body.correlation_key or "", variables=body.variables, by=call.actor
        )
        instance = reached.instances[0]

        def view(variables: dict[str, Any] | None) -> MessageCorrelationView:
            return MessageCorrelationView(
                tenant_id=DEFAULT_TENANT,
                process_instance_key=str(instance),
                message_key=str(reached.key),
                variables=variables,
            )

        if not body.return_variables:
            return view(None)
        return answers.variables_after(instance, since=began, request_timeout=body.request_timeout, view=view)


class SubscriptionSearch(ApiView):
    @operation(
        "searchMessageSubscriptions",
        tag="Message subscription",
        summary="Search message subscriptions",
        search=(SUBSCRIPTIONS, MessageSubscriptionView),
    )
    def post(self, call: Call) -> Any:
        """Find the message subscriptions that are open."""
        return waiting.find_message_subscriptions(call.body, by=call.actor)


class Broadcast(ApiView):
    @operation(
        "broadcastSignal",
        tag="Signal",
        summary="Broadcast a signal",
        body=BroadcastSignal,
        answer=SignalBroadcastView,
    )
    def post(self, call: Call) -> Any:
        body: BroadcastSignal = call.body
        key = signals.broadcast(body.signal_name, variables=body.variables, by=call.actor)
        return SignalBroadcastView(tenant_id=DEFAULT_TENANT, signal_key=str(key))


class Conditionals(ApiView):
    @operation(
        "evaluateConditionals",
        tag="Conditional",
        summary="Evaluate conditional start events",
        body=EvaluateConditionals,
        answer=ConditionalEvaluationView,
    )
    def post(self, call: Call) -> Any:
        """Start an instance at each conditional start event whose condition is true of the variables: of the newest version of every
        process, or of the definition that is named."""
        body: EvaluateConditionals = call.body
        definition = body.process_definition_key
        evaluated = conditionals.evaluate(
            variables=body.variables,
            definition_key=None if definition is None else keys.parse(definition, what="processDefinitionKey"),
            by=call.actor,
        )
        started = [
            ProcessInstanceReferenceView(process_definition_key=str(started_by), process_instance_key=str(instance))
            for started_by, instance in evaluated.instances
        ]
        return ConditionalEvaluationView(
            conditional_evaluation_key=str(evaluated.key), tenant_id=DEFAULT_TENANT, process_instances=started
        )


class TimerChangeset(Body, frozen=True, kw_only=True):
    due_date: datetime


class UpdateTimer(Body, frozen=True, kw_only=True):
    changeset: TimerChangeset


class OneTimer(ApiView):
    @operation("updateTimer", tag="Timer", summary="Change a timer's due date", body=UpdateTimer, status=204)
    def patch(self, call: Call, timer_key: int) -> Any:
        """Change the time of the timer of a process instance; the later times of a cycle stay."""
        due: datetime = call.body.changeset.due_date
        if due.tzinfo is None:
            raise InvalidArgument("Expected a 'dueDate' with a time zone, such as 2030-01-31T09:00:00Z.")
        timers.reschedule(timer_key, due, by=call.actor)


class TimerTrigger(ApiView):
    @operation("triggerTimer", tag="Timer", summary="Fire a timer now", status=204)
    def post(self, call: Call, timer_key: int) -> Any:
        timers.trigger(timer_key, by=call.actor)


class TimerSearch(ApiView):
    @operation("searchTimers", tag="Timer", summary="Search timers", search=(TIMERS, TimerView))
    def post(self, call: Call) -> Any:
        """Find the timers that wait, the next one first."""
        return waiting.find_timers(call.body, by=call.actor)
