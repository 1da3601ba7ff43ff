"""Process definitions have these operations."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from engine.batch_operations import suspension
from engine.queries.definitions import process_definitions
from engine.queries.definitions.process_definitions import TABLE, FormView, ProcessDefinitionView
from engine.queries.search.view import ElementStatistics
from webapp.api.batch_operations import BatchOperationCreatedView, created_view
from webapp.api.operation import ApiView, Body, Call, operation

TAG = "Process definition"


class StatisticsRequest(Body, frozen=True, kw_only=True):
    filter: dict[str, Any] | None = None


class SuspendProcessDefinition(Body, frozen=True, kw_only=True):
    include_process_instances: bool = True
    """True: its running instances are suspended or resumed as well, by a batch operation, as in Camunda 7."""


class Search(ApiView):
    @operation(
        "searchProcessDefinitions",
        tag=TAG,
        summary="Search process definitions",
        search=(TABLE, ProcessDefinitionView),
    )
    def post(self, call: Call) -> Any:
        return process_definitions.find(call.body)


class One(ApiView):
    @operation("getProcessDefinition", tag=TAG, summary="Get a process definition", answer=ProcessDefinitionView)
    def get(self, call: Call, process_definition_key: int) -> Any:
        return process_definitions.get(process_definition_key)


class Xml(ApiView):
    @operation("getProcessDefinitionXML", tag=TAG, summary="Get the BPMN file", text="text/xml")
    def get(self, call: Call, process_definition_key: int) -> Any:
        """Return the file as it was uploaded, byte for byte."""
        return HttpResponse(process_definitions.xml(process_definition_key), content_type="text/xml; charset=utf-8")


class StartForm(ApiView):
    @operation("getStartProcessForm", tag=TAG, summary="Get the start form", answer=FormView, empty=204)
    def get(self, call: Call, process_definition_key: int) -> Any:
        """Return the start form; 204 when the process has none."""
        return process_definitions.start_form(process_definition_key)


class Statistics(ApiView):
    @operation(
        "getProcessDefinitionStatistics",
        tag=TAG,
        summary="Counts per element",
        body=StatisticsRequest,
        answer={"items": [ElementStatistics]},
    )
    def post(self, call: Call, process_definition_key: int) -> Any:
        """Count element instances over all instances of the version, a moment late."""
        return {"items": process_definitions.statistics(process_definition_key)}


class Suspension(ApiView):
    @operation(
        "suspendProcessDefinition",
        tag=TAG,
        summary="Suspend a version of a process",
        body=SuspendProcessDefinition,
        answer=BatchOperationCreatedView,
        empty=204,
    )
    def post(self, call: Call, process_definition_key: int) -> Any:
        """Suspend the version: nothing starts by it until it is resumed. Who starts it by hand gets 409, a call activity an incident;
        messages that are kept and start timers wait, signals start nothing. The answer is the batch operation that suspends its running
        instances; 204 without."""
        included = call.body.include_process_instances
        return created_view(suspension.suspend(process_definition_key, by=call.actor, with_instances=included))


class Resumption(ApiView):
    @operation(
        "resumeProcessDefinition",
        tag=TAG,
        summary="Resume a version of a process",
        body=SuspendProcessDefinition,
        answer=BatchOperationCreatedView,
        empty=204,
    )
    def post(self, call: Call, process_definition_key: int) -> Any:
        """Resume the version: what was kept back starts now. The answer is the batch operation that resumes its suspended instances; 204
        without."""
        included = call.body.include_process_instances
        return created_view(suspension.resume(process_definition_key, by=call.actor, with_instances=included))
