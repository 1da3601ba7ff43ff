"""Counts over many instances have these operations."""

from __future__ import annotations

from typing import Any

from engine.queries.instances import statistics
from engine.queries.instances.statistics import (
    ErrorByDefinitionView,
    ErrorStatisticsView,
    IncidentGroupView,
    ProcessStatisticsView,
    SubscriptionStatisticsView,
    VersionStatisticsView,
)
from engine.queries.search import PageInfo, PageRequest, SearchRequest, Sort
from webapp.api.operation import ApiView, Body, Call, operation


class StatisticsQuery(Body, frozen=True, kw_only=True):
    """A page is asked for by `from` and `limit`."""

    page: PageRequest | None = None
    sort: list[Sort] | None = None


class OfProcess(Body, frozen=True, kw_only=True):
    process_definition_id: str
    tenant_id: str | None = None


class VersionStatisticsQuery(StatisticsQuery, frozen=True, kw_only=True):
    filter: OfProcess


class OfError(Body, frozen=True, kw_only=True):
    error_hash_code: int


class ErrorByDefinitionQuery(StatisticsQuery, frozen=True, kw_only=True):
    filter: OfError


class OfGroups(Body, frozen=True, kw_only=True):
    process_definition_id: str | None = None


class IncidentGroupQuery(StatisticsQuery, frozen=True, kw_only=True):
    filter: OfGroups | None = None


class Processes(ApiView):
    @operation(
        "getProcessDefinitionInstanceStatistics",
        tag="Process definition",
        summary="Running instances by process",
        body=StatisticsQuery,
        answer={"items": [ProcessStatisticsView], "page": PageInfo},
    )
    def post(self, call: Call) -> Any:
        return statistics.of_processes(_request(call.body), by=call.actor)


class Versions(ApiView):
    @operation(
        "getProcessDefinitionInstanceVersionStatistics",
        tag="Process definition",
        summary="Running instances by version of a process",
        body=VersionStatisticsQuery,
        answer={"items": [VersionStatisticsView], "page": PageInfo},
    )
    def post(self, call: Call) -> Any:
        body: VersionStatisticsQuery = call.body
        return statistics.of_versions(body.filter.process_definition_id, _request(body), by=call.actor)


class Subscriptions(ApiView):
    @operation(
        "getProcessDefinitionMessageSubscriptionStatistics",
        tag="Process definition",
        summary="Open message subscriptions by process definition",
        body=StatisticsQuery,
        answer={"items": [SubscriptionStatisticsView], "page": PageInfo},
    )
    def post(self, call: Call) -> Any:
        return statistics.of_subscriptions(_request(call.body), by=call.actor)


class Errors(ApiView):
    @operation(
        "getProcessInstanceStatisticsByError",
        tag="Incident",
        summary="How many instances each error holds up",
        body=StatisticsQuery,
        answer={"items": [ErrorStatisticsView], "page": PageInfo},
    )
    def post(self, call: Call) -> Any:
        return statistics.of_errors(_request(call.body), by=call.actor)


class IncidentGroups(ApiView):
    @operation(
        "getIncidentStatisticsByGroup",
        tag="Incident",
        summary="Active incidents by error message, process and element",
        body=IncidentGroupQuery,
        answer={"items": [IncidentGroupView], "page": PageInfo},
    )
    def post(self, call: Call) -> Any:
        body: IncidentGroupQuery = call.body
        process_id = body.filter.process_definition_id if body.filter else None
        return statistics.of_incident_groups(_request(body), process_id=process_id, by=call.actor)


class ErrorByDefinition(ApiView):
    @operation(
        "getProcessInstanceStatisticsByDefinition",
        tag="Incident",
        summary="Where an error holds instances up",
        body=ErrorByDefinitionQuery,
        answer={"items": [ErrorByDefinitionView], "page": PageInfo},
    )
    def post(self, call: Call) -> Any:
        body: ErrorByDefinitionQuery = call.body
        return statistics.of_error_by_definition(body.filter.error_hash_code, _request(body), by=call.actor)


def _request(body: StatisticsQuery) -> SearchRequest:
    return SearchRequest(page=body.page, sort=body.sort)
