"""Instances wait for messages and timers, which are read here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from engine.actors import Actor
from engine.models import MessageSubscription, Timer
from engine.queries.search import Field, Found, Kind, SearchRequest, Table, search
from engine.queries.search.view import DEFAULT_TENANT, View, key_text
from engine.queries.search.visibility import of_instances


class MessageSubscriptionView(View, frozen=True, kw_only=True):
    message_subscription_key: str
    process_definition_id: str
    process_definition_key: str
    process_instance_key: str
    element_id: str
    element_instance_key: str
    message_subscription_state: str
    last_updated_date: datetime
    message_name: str
    correlation_key: str | None
    tenant_id: str


class TimerView(View, frozen=True, kw_only=True):
    timer_key: str
    due_date: datetime
    process_definition_id: str
    process_definition_key: str
    process_instance_key: str | None
    """Null where the timer starts a process."""
    element_id: str
    element_instance_key: str | None
    tenant_id: str


_COMMON = {
    "processDefinitionId": Field("process_id"),
    "processDefinitionKey": Field("definition_key", Kind.KEY),
    "elementId": Field("element_id"),
}
SUBSCRIPTIONS = Table(
    name="MessageSubscription",
    fields={
        **_COMMON,
        "processInstanceKey": Field("instance_key", Kind.KEY),
        "elementInstanceKey": Field("element_instance_key", Kind.KEY),
        "messageSubscriptionKey": Field("key", Kind.KEY),
        "messageName": Field("message_name"),
        "correlationKey": Field("correlation_key"),
        "lastUpdatedDate": Field("created_at", Kind.TIME),
    },
    sort=(("messageSubscriptionKey", "DESC"),),
)
TIMERS = Table(
    name="Timer",
    fields={
        **_COMMON,
        "processInstanceKey": Field("instance_key", Kind.KEY, nullable=True),
        "elementInstanceKey": Field("element_instance_key", Kind.KEY, nullable=True),
        "timerKey": Field("key", Kind.KEY),
        "dueDate": Field("due_at", Kind.TIME),
    },
    sort=(("dueDate", "ASC"),),
)


def find_message_subscriptions(request: SearchRequest, *, by: Actor) -> Found[MessageSubscriptionView]:
    """Find the subscriptions that are open."""
    rows = MessageSubscription.objects.filter(of_instances(by, "instance_key"))
    return search(SUBSCRIPTIONS, rows, request, view=_subscriptions)


def find_timers(request: SearchRequest, *, by: Actor) -> Found[TimerView]:
    return search(
        TIMERS, Timer.objects.filter(of_instances(by, "instance_key"), has_fired=False), request, view=_timers
    )


def _subscriptions(rows: Sequence[MessageSubscription]) -> Iterable[MessageSubscriptionView]:
    for row in rows:
        yield MessageSubscriptionView(
            message_subscription_key=str(row.key),
            process_definition_id=row.process_id,
            process_definition_key=str(row.definition_key),
            process_instance_key=str(row.instance_key),
            element_id=row.element_id,
            element_instance_key=str(row.element_instance_key),
            message_subscription_state="CREATED",
            last_updated_date=row.created_at,
            message_name=row.message_name,
            correlation_key=row.correlation_key or None,
            tenant_id=DEFAULT_TENANT,
        )


def _timers(rows: Sequence[Timer]) -> Iterable[TimerView]:
    for row in rows:
        yield TimerView(
            timer_key=str(row.key),
            due_date=row.due_at,
            process_definition_id=row.process_id,
            process_definition_key=str(row.definition_key),
            process_instance_key=key_text(row.instance_key),
            element_id=row.element_id,
            element_instance_key=key_text(row.element_instance_key),
            tenant_id=DEFAULT_TENANT,
        )
