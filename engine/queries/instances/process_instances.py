"""Process instances are read here."""

from __future__ import annotations

import functools
import operator
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from engine.actors import Actor
from engine.errors import InvalidArgument
from engine.models import ElementInstance, Incident, IncidentStatus, InstanceStatus, Job, ProcessInstance
from engine.queries.instances import element_instances, elements, variables
from engine.queries.instances.statistics import message_has_hash
from engine.queries.search import (
    Field,
    Found,
    Index,
    Kind,
    SearchRequest,
    Special,
    Table,
    conditions_of,
    flag,
    like_in_memory,
    search,
)
from engine.queries.search.view import DEFAULT_TENANT, ElementStatistics, View, key_text, text_or_none
from engine.queries.search.visibility import of_instances, require_instance


class ProcessInstanceView(View, frozen=True, kw_only=True):
    process_definition_id: str
    process_definition_name: str | None
    process_definition_version: int
    process_definition_version_tag: str | None
    start_date: datetime
    end_date: datetime | None
    state: str
    suspended_date: datetime | None
    has_incident: bool
    tenant_id: str
    process_instance_key: str
    process_definition_key: str
    parent_process_instance_key: str | None
    parent_element_instance_key: str | None
    root_process_instance_key: str
    tags: list[str]
    business_id: str | None
    started_by: str
    is_suspended: bool


class SequenceFlowView(View, frozen=True, kw_only=True):
    sequence_flow_id: str
    process_instance_key: str
    root_process_instance_key: str
    process_definition_key: str
    process_definition_id: str
    element_id: str
    tenant_id: str
    count: int


class CallHierarchyView(View, frozen=True, kw_only=True):
    process_instance_key: str
    process_definition_key: str
    process_definition_name: str


_STATES = {word: word for word in ("ACTIVE", "SUSPENDED", "COMPLETED", "TERMINATED")} | {"CANCELED": "TERMINATED"}
_ROWS = {
    "ACTIVE": Q(status="ACTIVE", suspended_at__isnull=True),
    "SUSPENDED": Q(status="ACTIVE", suspended_at__isnull=False),
    "COMPLETED": Q(status="COMPLETED"),
    "TERMINATED": Q(status__in=["TERMINATED", "ERROR"]),
}
"""An instance that an error ended counts as TERMINATED: Camunda's API has no word of its own for it."""


def _state_of(row: ProcessInstance) -> str:
    if row.suspended_at is not None and row.status == InstanceStatus.ACTIVE:
        return "SUSPENDED"
    return "TERMINATED" if row.status == InstanceStatus.ERROR else str(row.status)


def _active_incidents() -> QuerySet[Incident]:
    return Incident.objects.filter(instance_key=OuterRef("key"), status=IncidentStatus.ACTIVE)


def _failing_jobs() -> QuerySet[Job]:
    return Job.objects.filter(instance_id=OuterRef("key"), attempt__gt=0, retries__gt=0).exclude(error_message="")


def _state(value: Any) -> Q:
    found = Q()
    for condition in conditions_of("state", Field("status", words=_STATES), value):
        if condition.operator not in ("$eq", "$in", "$neq", "$notIn"):
            found &= condition.q()
            continue
        words = {condition.value} if isinstance(condition.value, str) else set(condition.value)
        any_of = functools.reduce(operator.or_, (_ROWS[word] for word in sorted(words))) if words else Q(pk__in=[])
        found &= any_of if condition.operator in ("$eq", "$in") else ~any_of
    return found


def _tags(value: Any) -> Q:
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise InvalidArgument("Expected a list of texts as tags.")
    return Q(tags__contains=value)


def _error_message(value: Any) -> Q:
    rows = _active_incidents()
    for condition in conditions_of("errorMessage", Field("message"), value):
        rows = rows.filter(condition.q())
    return Q(Exists(rows))


def _error_hash_code(value: Any) -> Q:
    rows = _active_incidents()
    for condition in conditions_of("incidentErrorHashCode", Field("hash", Kind.NUMBER), value):
        if condition.operator not in ("$eq", "$in"):
            raise InvalidArgument("Expected a number, '$eq' or '$in' for 'incidentErrorHashCode'.")
        wanted = condition.value if isinstance(condition.value, list) else [condition.value]
        rows = rows.filter(functools.reduce(operator.or_, map(message_has_hash, wanted), Q(pk__in=[])))
    return Q(Exists(rows))


def _elements(**of: Any) -> QuerySet[ElementInstance]:
    return ElementInstance.objects.filter(instance_key=OuterRef("key"), **of)


def _element(value: Any) -> Q:
    rows = _elements(status="ACTIVE")
    for condition in conditions_of("elementId", Field("element_id"), value):
        rows = rows.filter(condition.q())
    return Q(Exists(rows))


def _element_state(value: Any) -> Q:
    rows = _elements()
    for condition in conditions_of("elementInstanceState", element_instances.TABLE.fields["state"], value):
        rows = rows.filter(condition.q())
    return Q(Exists(rows))


def _business_id_like(pattern: str) -> Q:
    """Return the condition that a business id is like the pattern, with the condition of the index of their parts."""
    like = Q(business_id__like=pattern)
    return like if like_in_memory(pattern, "") else like & ~Q(business_id="")


TABLE = Table(
    name="ProcessInstance",
    fields={
        "processInstanceKey": Field("key", Kind.KEY),
        "processDefinitionId": Field("process_id"),
        "processDefinitionName": Field("definition__name"),
        "processDefinitionVersion": Field("version", Kind.NUMBER),
        "processDefinitionVersionTag": Field("definition__version_tag"),
        "processDefinitionKey": Field("definition_id", Kind.KEY),
        "parentProcessInstanceKey": Field("parent_key", Kind.KEY, nullable=True),
        "parentElementInstanceKey": Field("parent_element_instance_key", Kind.KEY, nullable=True),
        "rootProcessInstanceKey": Field("root_key", Kind.KEY),
        "startDate": Field("started_at", Kind.TIME),
        "endDate": Field("ended_at", Kind.TIME, nullable=True),
        "businessId": Field("business_id", blank=True, like=_business_id_like),
        "startedBy": Field("started_by"),
    },
    specials={
        "state": Special(_state, {"x-words": list(_STATES)}),
        "hasIncident": flag(lambda: Q(Exists(_active_incidents()))),
        "hasRetriesLeft": flag(lambda: Q(Exists(_failing_jobs()))),
        "variables": variables.special(instance_path="key"),
        "tags": Special(_tags, {"type": "array", "items": {"type": "string"}}),
        "errorMessage": Special(_error_message, {}),
        "incidentErrorHashCode": Special(_error_hash_code, {"type": "integer"}),
        "elementId": Special(_element, {}),
        "elementInstanceState": Special(_element_state, {"x-words": ["ACTIVE", "COMPLETED", "TERMINATED"]}),
        "hasElementInstanceIncident": flag(lambda: Q(Exists(_active_incidents()))),
        "isSuspended": flag(lambda: Q(suspended_at__isnull=False)),
        "isCalled": flag(lambda: Q(parent_key__isnull=False)),
    },
    sort=(("processInstanceKey", "DESC"),),
    indexes=(
        *(Index(by) for by in ("started_at", "ended_at", "business_id", "key")),
        Index("started_at", ("process_id",)),
        Index("started_at", ("status",)),
    ),
)


def find(request: SearchRequest, *, by: Actor) -> Found[ProcessInstanceView]:
    rows = ProcessInstance.objects.filter(of_instances(by, "key")).select_related("definition")
    return search(TABLE, rows, request, view=_views)


def get(key: int, *, by: Actor) -> ProcessInstanceView:
    """Return a process instance. Raises NotFound."""
    return next(iter(_views([require_instance(key, by=by)])))


def statistics(key: int, *, by: Actor) -> list[ElementStatistics]:
    """Count element instances per element of one instance, exact at once. Raises NotFound."""
    require_instance(key, by=by)
    known = elements.overlay(key)
    rows: Iterable[ElementInstance] = (
        known.elements.values() if known is not None else ElementInstance.objects.filter(instance_key=key)
    )
    failed = set(
        Incident.objects.filter(instance_key=key, status=IncidentStatus.ACTIVE).values_list(
            "element_instance_key", flat=True
        )
    )
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        status = "INCIDENT" if row.key in failed and row.status == "ACTIVE" else str(row.status)
        counts.setdefault(row.element_id, Counter())[status] += 1
    return [
        ElementStatistics(
            element_id=element_id,
            active=found["ACTIVE"],
            canceled=found["TERMINATED"],
            incidents=found["INCIDENT"],
            completed=found["COMPLETED"],
        )
        for element_id, found in counts.items()
    ]


def sequence_flows(key: int, *, by: Actor) -> list[SequenceFlowView]:
    """Return the sequence flows that were taken. Raises NotFound."""
    instance = require_instance(key, by=by)
    return [
        SequenceFlowView(
            sequence_flow_id=f"{key}_{flow_id}",
            process_instance_key=str(key),
            root_process_instance_key=str(instance.root_key),
            process_definition_key=str(instance.definition_id),
            process_definition_id=instance.process_id,
            element_id=flow_id,
            tenant_id=DEFAULT_TENANT,
            count=count,
        )
        for flow_id, count in elements.flows(key).items()
    ]


def call_hierarchy(key: int, *, by: Actor) -> list[CallHierarchyView]:
    """Return the instances from the root down to the instance itself. Raises NotFound."""
    path = [require_instance(key, by=by)]
    while (parent := path[-1].parent_key) is not None and len(path) < 100:
        above = ProcessInstance.objects.select_related("definition").filter(key=parent).first()
        if above is None:
            break
        path.append(above)
    return [
        CallHierarchyView(
            process_instance_key=str(instance.key),
            process_definition_key=str(instance.definition_id),
            process_definition_name=instance.definition.name or instance.process_id,
        )
        for instance in reversed(path)
    ]


def _views(rows: Sequence[ProcessInstance]) -> Iterable[ProcessInstanceView]:
    found = [row.key for row in rows]
    with_incident = set(
        Incident.objects.filter(instance_key__in=found, status=IncidentStatus.ACTIVE).values_list(
            "instance_key", flat=True
        )
    )
    for row in rows:
        yield ProcessInstanceView(
            process_definition_id=row.process_id,
            process_definition_name=text_or_none(row.definition.name),
            process_definition_version=row.version,
            process_definition_version_tag=text_or_none(row.definition.version_tag),
            start_date=row.started_at,
            end_date=row.ended_at,
            state=_state_of(row),
            suspended_date=row.suspended_at,
            has_incident=row.key in with_incident,
            tenant_id=DEFAULT_TENANT,
            process_instance_key=str(row.key),
            process_definition_key=str(row.definition_id),
            parent_process_instance_key=key_text(row.parent_key),
            parent_element_instance_key=key_text(row.parent_element_instance_key),
            root_process_instance_key=str(row.root_key),
            tags=list(row.tags),
            business_id=text_or_none(row.business_id),
            started_by=row.started_by,
            is_suspended=row.suspended_at is not None,
        )
