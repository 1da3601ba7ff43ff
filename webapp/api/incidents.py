"""Incidents have these operations."""

from __future__ import annotations

from typing import Any

from engine import incidents
from engine.queries.instances import incidents as reads
from engine.queries.instances.incidents import TABLE, IncidentView
from webapp.api.operation import ApiView, Body, Call, operation

TAG = "Incident"


class ResolveIncident(Body, frozen=True, kw_only=True):
    operation_reference: int | None = None


class Search(ApiView):
    @operation("searchIncidents", tag=TAG, summary="Search incidents", search=(TABLE, IncidentView))
    def post(self, call: Call) -> Any:
        return reads.find(call.body, by=call.actor)


class One(ApiView):
    @operation("getIncident", tag=TAG, summary="Get an incident", answer=IncidentView)
    def get(self, call: Call, incident_key: int) -> Any:
        return reads.get(incident_key, by=call.actor)


class Resolution(ApiView):
    @operation("resolveIncident", tag=TAG, summary="Resolve an incident", body=ResolveIncident, status=204)
    def post(self, call: Call, incident_key: int) -> Any:
        """Resolve the incident: what failed is tried again, with the variables as they are now."""
        incidents.resolve(incident_key, by=call.actor)
