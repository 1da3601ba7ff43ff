"""Counts over many instances are read here: of process definitions, and of the errors that hold instances up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from engine.actors import Actor
from engine.models import (
    DefinitionState,
    Incident,
    IncidentStatus,
    InstanceStatus,
    MessageSubscription,
    ProcessDefinition,
    ProcessInstance,
)
from engine.queries.search import Found, SearchRequest, page_of
from engine.queries.search.view import DEFAULT_TENANT, View, text_or_none
from engine.queries.search.visibility import of_instances


class ProcessStatisticsView(View, frozen=True, kw_only=True):
    process_definition_id: str
    tenant_id: str
    latest_process_definition_name: str | None
    has_multiple_versions: bool
    active_instances_without_incident_count: int
    active_instances_with_incident_count: int


class VersionStatisticsView(View, frozen=True, kw_only=True):
    process_definition_id: str
    process_definition_key: str
    process_definition_name: str | None
    tenant_id: str
    process_definition_version: int
    active_instances_with_incident_count: int
    active_instances_without_incident_count: int


class SubscriptionStatisticsView(View, frozen=True, kw_only=True):
    process_definition_id: str
    tenant_id: str
    process_definition_key: str
    process_instances_with_active_subscriptions: int
    active_subscriptions: int


class ErrorStatisticsView(View, frozen=True, kw_only=True):
    error_hash_code: int
    error_message: str
    active_instances_with_error_count: int


class ErrorByDefinitionView(View, frozen=True, kw_only=True):
    process_definition_id: str
    process_definition_key: str
    process_definition_name: str
    process_definition_version: int
    tenant_id: str
    active_instances_with_error_count: int


class IncidentGroupView(View, frozen=True, kw_only=True):
    error_message: str
    process_definition_id: str
    element_id: str
    active_incident_count: int
    """The number of incidents, not of instances: one instance may have several at the same element."""
    oldest_creation_time: datetime


def of_processes(request: SearchRequest, *, by: Actor) -> Found[ProcessStatisticsView]:
    """Count running instances by process id, over all versions."""
    counts = {row["process_id"]: row for row in _running(by, "process_id")}
    versions: dict[str, list[ProcessDefinition]] = {}
    for definition in ProcessDefinition.objects.filter(state=DefinitionState.ACTIVE).order_by("version"):
        versions.setdefault(definition.process_id, []).append(definition)
    return page_of(
        [
            ProcessStatisticsView(
                process_definition_id=process_id,
                tenant_id=DEFAULT_TENANT,
                latest_process_definition_name=text_or_none(found[-1].name),
                has_multiple_versions=len(found) > 1,
                active_instances_without_incident_count=_without(counts.get(process_id)),
                active_instances_with_incident_count=_with(counts.get(process_id)),
            )
            for process_id, found in versions.items()
        ],
        request,
        otherwise="processDefinitionId",
    )


def of_versions(process_id: str, request: SearchRequest, *, by: Actor) -> Found[VersionStatisticsView]:
    """Count running instances of each version of a process."""
    counts = {row["definition_id"]: row for row in _running(by, "definition_id", process_id=process_id)}
    return page_of(
        [
            VersionStatisticsView(
                process_definition_id=process_id,
                process_definition_key=str(definition.key),
                process_definition_name=text_or_none(definition.name),
                tenant_id=DEFAULT_TENANT,
                process_definition_version=definition.version,
                active_instances_with_incident_count=_with(counts.get(definition.key)),
                active_instances_without_incident_count=_without(counts.get(definition.key)),
            )
            for definition in ProcessDefinition.objects.filter(process_id=process_id, state=DefinitionState.ACTIVE)
        ],
        request,
        otherwise="processDefinitionVersion",
    )


def of_subscriptions(request: SearchRequest, *, by: Actor) -> Found[SubscriptionStatisticsView]:
    """Count open message subscriptions by process definition."""
    rows = MessageSubscription.objects.filter(of_instances(by, "instance_key"))
    return page_of(
        [
            SubscriptionStatisticsView(
                process_definition_id=row["process_id"],
                tenant_id=DEFAULT_TENANT,
                process_definition_key=str(row["definition_key"]),
                process_instances_with_active_subscriptions=row["instances"],
                active_subscriptions=row["subscriptions"],
            )
            for row in rows.values("process_id", "definition_key").annotate(
                instances=Count("instance_key", distinct=True), subscriptions=Count("key")
            )
        ],
        request,
        otherwise="processDefinitionId",
    )


def of_errors(request: SearchRequest, *, by: Actor) -> Found[ErrorStatisticsView]:
    """Count how many instances each message of an active incident holds up; the worst comes first."""
    rows = _active_incidents(by).values("message").annotate(instances=Count("instance_key", distinct=True))
    return page_of(
        [
            ErrorStatisticsView(
                error_hash_code=hash_code(row["message"]),
                error_message=row["message"],
                active_instances_with_error_count=row["instances"],
            )
            for row in rows
        ],
        request,
        otherwise="activeInstancesWithErrorCount",
        descending=True,
    )


def of_incident_groups(request: SearchRequest, *, process_id: str | None = None, by: Actor) -> Found[IncidentGroupView]:
    """Count active incidents of all processes, or of one, by error message, process and element; the largest group comes first."""
    rows = _active_incidents(by)
    if process_id is not None:
        rows = rows.filter(process_id=process_id)
    return page_of(
        [
            IncidentGroupView(
                error_message=row["message"],
                process_definition_id=row["process_id"],
                element_id=row["element_id"],
                active_incident_count=row["incidents"],
                oldest_creation_time=row["oldest"],
            )
            for row in rows.values("message", "process_id", "element_id")
            .annotate(incidents=Count("key"), oldest=Min("created_at"))
            .order_by("process_id", "element_id", "message")
        ],
        request,
        otherwise="activeIncidentCount",
        descending=True,
    )


def of_error_by_definition(error: int, request: SearchRequest, *, by: Actor) -> Found[ErrorByDefinitionView]:
    """Count by process definition how many instances the error with this hash code holds up."""
    rows = _active_incidents(by).filter(message_has_hash(error))
    counts = dict(
        rows.values("definition_key")
        .annotate(instances=Count("instance_key", distinct=True))
        .values_list("definition_key", "instances")
    )
    return page_of(
        [
            ErrorByDefinitionView(
                process_definition_id=definition.process_id,
                process_definition_key=str(definition.key),
                process_definition_name=definition.name or definition.process_id,
                process_definition_version=definition.version,
                tenant_id=DEFAULT_TENANT,
                active_instances_with_error_count=counts[definition.key],
            )
            for definition in ProcessDefinition.objects.filter(key__in=counts)
        ],
        request,
        otherwise="activeInstancesWithErrorCount",
        descending=True,
    )


def hash_code(message: str) -> int:
    """Return what Camunda's API names an error message by: Java's `String.hashCode`, of its UTF-16 units, signed 32 bits."""
    units = message.encode("utf-16-be", "surrogatepass")
    result = 0
    for at in range(0, len(units), 2):
        result = (31 * result + int.from_bytes(units[at : at + 2], "big")) & 0xFFFFFFFF
    return result - 2**32 if result >= 2**31 else result


def message_has_hash(error: int) -> Q:
    """Return the condition that an active incident's message has this hash code."""
    messages = Incident.objects.filter(status=IncidentStatus.ACTIVE).values_list("message", flat=True).distinct()
    same = [message for message in messages if hash_code(message) == error]
    return Q(message__in=same)


def _active_incidents(by: Actor) -> QuerySet[Incident]:
    return Incident.objects.filter(of_instances(by, "instance_key"), status=IncidentStatus.ACTIVE)


def _running(by: Actor, group: str, **of: str) -> Iterable[Mapping[str, Any]]:
    held_up = Exists(Incident.objects.filter(instance_key=OuterRef("key"), status=IncidentStatus.ACTIVE))
    rows = ProcessInstance.objects.filter(of_instances(by, "key"), status=InstanceStatus.ACTIVE, **of)
    return rows.values(group).annotate(all=Count("key"), held_up=Count("key", filter=Q(held_up)))


def _with(row: Mapping[str, Any] | None) -> int:
    return 0 if row is None else int(row["held_up"])


def _without(row: Mapping[str, Any] | None) -> int:
    return 0 if row is None else int(row["all"] - row["held_up"])
