"""Incidents are read here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from engine.actors import Actor
from engine.errors import NotFound
from engine.models import Incident, IncidentStatus
from engine.queries.instances import element_instances
from engine.queries.jobs import AttemptView, attempts_of
from engine.queries.search import Field, Found, Kind, SearchRequest, Table, search
from engine.queries.search.view import DEFAULT_TENANT, View, key_text, text_or_none
from engine.queries.search.visibility import of_instances, require_instance, roots_of


class IncidentView(View, frozen=True, kw_only=True):
    process_definition_id: str
    error_type: str
    error_message: str
    element_id: str
    creation_time: datetime
    state: str
    tenant_id: str
    incident_key: str
    process_definition_key: str
    process_instance_key: str
    root_process_instance_key: str | None
    element_instance_key: str
    job_key: str | None
    stack_trace: str | None
    attempts: list[AttemptView]
    """The failed attempts of the job, where one failed."""
    resolved_at: datetime | None
    resolved_by: str | None


TABLE = Table(
    name="Incident",
    fields={
        "incidentKey": Field("key", Kind.KEY),
        "processDefinitionId": Field("process_id"),
        "errorType": Field("type"),
        "errorMessage": Field("message"),
        "elementId": Field("element_id"),
        "creationTime": Field("created_at", Kind.TIME),
        "state": Field(
            "status",
            words={
                **{str(status): str(status) for status in IncidentStatus},
                "MIGRATED": "MIGRATED",
                "PENDING": "PENDING",
            },
        ),
        "processDefinitionKey": Field("definition_key", Kind.KEY),
        "processInstanceKey": Field("instance_key", Kind.KEY),
        "elementInstanceKey": Field("element_instance_key", Kind.KEY),
        "jobKey": Field("job_key", Kind.KEY, nullable=True),
    },
    sort=(("creationTime", "DESC"),),
)


def find(request: SearchRequest, *, by: Actor) -> Found[IncidentView]:
    return search(TABLE, Incident.objects.filter(of_instances(by, "instance_key")), request, view=_views)


def of_instance(key: int, request: SearchRequest, *, by: Actor) -> Found[IncidentView]:
    """Find the incidents of an instance. Raises NotFound for the instance."""
    require_instance(key, by=by)
    return search(TABLE, Incident.objects.filter(instance_key=key), request, view=_views)


def of_element_instance(key: int, request: SearchRequest, *, by: Actor) -> Found[IncidentView]:
    """Find the incidents of an element instance and of all that it contains. Raises NotFound for it."""
    inside = element_instances.with_contents(element_instances.require(key, by=by))
    return search(TABLE, Incident.objects.filter(element_instance_key__in=inside), request, view=_views)


def get(key: int, *, by: Actor) -> IncidentView:
    """Return an incident. Raises NotFound."""
    found = Incident.objects.filter(of_instances(by, "instance_key"), key=key).first()
    if found is None:
        raise NotFound(f"Expected an incident with the key {key}, found none that '{by.username}' may read.")
    return next(iter(_views([found])))


def _views(rows: Sequence[Incident]) -> Iterable[IncidentView]:
    attempts = attempts_of(row.job_key for row in rows if row.job_key is not None)
    roots = roots_of(row.instance_key for row in rows)
    for row in rows:
        yield IncidentView(
            process_definition_id=row.process_id,
            error_type=row.type,
            error_message=row.message,
            element_id=row.element_id,
            creation_time=row.created_at,
            state=str(row.status),
            tenant_id=DEFAULT_TENANT,
            incident_key=str(row.key),
            process_definition_key=str(row.definition_key),
            process_instance_key=str(row.instance_key),
            root_process_instance_key=key_text(roots.get(row.instance_key)),
            element_instance_key=str(row.element_instance_key),
            job_key=key_text(row.job_key),
            stack_trace=text_or_none(row.stack_trace),
            attempts=attempts.get(row.job_key, []) if row.job_key is not None else [],
            resolved_at=row.resolved_at,
            resolved_by=text_or_none(row.resolved_by),
        )
