"""Element instances are read here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from engine.actors import Actor
from engine.errors import NotFound
from engine.models import ElementInstance, Incident, IncidentStatus, ProcessInstance
from engine.postgres import keys
from engine.queries.instances import elements
from engine.queries.search import Field, Found, Kind, SearchRequest, Table, flag, search, search_in_memory
from engine.queries.search.view import DEFAULT_TENANT, View, key_text, text_or_none
from engine.queries.search.visibility import of_instances, roots_of


class ElementInstanceView(View, frozen=True, kw_only=True):
    process_definition_id: str
    start_date: datetime
    end_date: datetime | None
    element_id: str
    element_name: str | None
    type: str
    state: str
    has_incident: bool
    tenant_id: str
    element_instance_key: str
    process_instance_key: str
    root_process_instance_key: str | None
    process_definition_key: str
    incident_key: str | None
    scope_key: str | None


def _has_incident() -> Q:
    return Q(Exists(Incident.objects.filter(element_instance_key=OuterRef("key"), status=IncidentStatus.ACTIVE)))


TABLE = Table(
    name="ElementInstance",
    fields={
        "elementInstanceKey": Field("key", Kind.KEY),
        "processInstanceKey": Field("instance_key", Kind.KEY),
        "processDefinitionKey": Field("definition_key", Kind.KEY),
        "processDefinitionId": Field("process_id"),
        "elementId": Field("element_id"),
        "elementName": Field("element_name"),
        "type": Field("type"),
        "state": Field("status", words={word: word for word in ("ACTIVE", "COMPLETED", "TERMINATED")}),
        "startDate": Field("started_at", Kind.TIME),
        "endDate": Field("ended_at", Kind.TIME, nullable=True),
        "elementInstanceScopeKey": Field("scope_key", Kind.KEY, nullable=True, sortable=False),
    },
    specials={"hasIncident": flag(_has_incident)},
)


def find(request: SearchRequest, *, by: Actor) -> Found[ElementInstanceView]:
    """Find element instances. The answer is exact at once when the filter names one process instance, else a moment late."""
    wanted = TABLE.filter(request.filter)
    rows = ElementInstance.objects.filter(of_instances(by, "instance_key"))
    instance_key = wanted.only("instance_key")
    if instance_key is not None and wanted.in_memory:
        known = elements.overlay(instance_key)
        if known is not None:
            seen = known.elements.values() if _may_read(instance_key, by) else ()
            return search_in_memory(TABLE, seen, request, wanted, view=_views)
    return search(TABLE, rows, request, view=_views, parsed=wanted)


def get(key: int, *, by: Actor) -> ElementInstanceView:
    """Return an element instance. Raises NotFound."""
    return next(iter(_views([require(key, by=by)])))


def require(key: int, *, by: Actor) -> ElementInstance:
    """Return the row of an element instance. Raises NotFound."""
    found = ElementInstance.objects.filter(key=key).first()
    instance_key = found.instance_key if found is not None else key >> keys.BITS_PER_BLOCK << keys.BITS_PER_BLOCK
    if _may_read(instance_key, by):
        known = elements.overlay(instance_key)
        if known is not None:
            found = known.elements.get(key, found)
        if found is not None:
            return found
    raise NotFound(f"Expected an element instance with the key {key}, found none that '{by.username}' may read.")


def with_contents(top: ElementInstance) -> set[int]:
    """Return the keys of an element instance and of all in it."""
    known = elements.overlay(top.instance_key)
    rows = (
        known.elements.values() if known is not None else ElementInstance.objects.filter(instance_key=top.instance_key)
    )
    inside: dict[int, list[int]] = {}
    for row in rows:
        if row.scope_key is not None:
            inside.setdefault(row.scope_key, []).append(row.key)
    found, waiting = {top.key}, [top.key]
    while waiting:
        for key in inside.get(waiting.pop(), ()):
            found.add(key)
            waiting.append(key)
    return found


def _may_read(instance_key: int, by: Actor) -> bool:
    return ProcessInstance.objects.filter(of_instances(by, "key"), key=instance_key).exists()


def _views(rows: Sequence[ElementInstance]) -> Iterable[ElementInstanceView]:
    incidents = dict(
        Incident.objects.filter(
            element_instance_key__in=[row.key for row in rows], status=IncidentStatus.ACTIVE
        ).values_list("element_instance_key", "key")
    )
    roots = roots_of(row.instance_key for row in rows)
    for row in rows:
        yield ElementInstanceView(
            process_definition_id=row.process_id,
            start_date=row.started_at,
            end_date=row.ended_at,
            element_id=row.element_id,
            element_name=text_or_none(row.element_name),
            type=row.type,
            state=str(row.status),
            has_incident=row.key in incidents,
            tenant_id=DEFAULT_TENANT,
            element_instance_key=str(row.key),
            process_instance_key=str(row.instance_key),
            root_process_instance_key=key_text(roots.get(row.instance_key)),
            process_definition_key=str(row.definition_key),
            incident_key=key_text(incidents.get(row.key)),
            scope_key=key_text(row.scope_key),
        )
