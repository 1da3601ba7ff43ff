"""Element instances and variables have these operations."""

from __future__ import annotations

from typing import Any

from engine import instances
from engine.queries.instances import element_instances, incidents, variables
from engine.queries.instances.element_instances import ElementInstanceView
from engine.queries.instances.incidents import IncidentView
from engine.queries.instances.variables import VariableFoundView, VariableView
from webapp.api.operation import ApiView, Body, Call, operation


class SetVariables(Body, frozen=True, kw_only=True):
    variables: dict[str, Any]
    local: bool | None = None
    operation_reference: int | None = None


class ActivatedElement(Body, frozen=True, kw_only=True):
    element_id: str
    variables: dict[str, Any] | None = None


class ActivateInAdHoc(Body, frozen=True, kw_only=True):
    elements: tuple[ActivatedElement, ...]
    cancel_remaining_instances: bool | None = None


class ElementInstanceSearch(ApiView):
    @operation(
        "searchElementInstances",
        tag="Element instance",
        summary="Search element instances",
        search=(element_instances.TABLE, ElementInstanceView),
    )
    def post(self, call: Call) -> Any:
        """Find element instances. The answer is exact at once when the filter names a process instance, else a moment late."""
        return element_instances.find(call.body, by=call.actor)


class ElementInstance(ApiView):
    @operation(
        "getElementInstance", tag="Element instance", summary="Get an element instance", answer=ElementInstanceView
    )
    def get(self, call: Call, element_instance_key: int) -> Any:
        return element_instances.get(element_instance_key, by=call.actor)


class Incidents(ApiView):
    @operation(
        "searchElementInstanceIncidents",
        tag="Element instance",
        summary="Search the incidents of an element instance",
        search=(incidents.TABLE, IncidentView),
    )
    def post(self, call: Call, element_instance_key: int) -> Any:
        """Find the incidents of an element instance, those of what it contains too."""
        return incidents.of_element_instance(element_instance_key, call.body, by=call.actor)


class ElementInstanceVariables(ApiView):
    @operation(
        "createElementInstanceVariables",
        tag="Element instance",
        summary="Write variables",
        body=SetVariables,
        status=204,
    )
    def put(self, call: Call, element_instance_key: int) -> Any:
        """Write variables into the scope itself when `local`, else each into the nearest scope that has it."""
        body: SetVariables = call.body
        instances.set_variables(element_instance_key, body.variables, local=bool(body.local), by=call.actor)


class AdHocActivation(ApiView):
    @operation(
        "activateAdHocSubProcessActivities",
        tag="Ad-hoc sub-process",
        summary="Activate elements of an ad-hoc sub-process",
        body=ActivateInAdHoc,
        status=204,
    )
    def post(self, call: Call, ad_hoc_sub_process_instance_key: int) -> Any:
        """Activate elements of an ad-hoc sub-process, at once or, where its ordering is sequential, each when nothing else runs in it."""
        body: ActivateInAdHoc = call.body
        instances.activate_in_ad_hoc(
            ad_hoc_sub_process_instance_key,
            [instances.ActivateInstruction(one.element_id, None, one.variables or {}) for one in body.elements],
            cancel_remaining=bool(body.cancel_remaining_instances),
            by=call.actor,
        )


class VariableSearch(ApiView):
    @operation(
        "searchVariables",
        tag="Variable",
        summary="Search variables",
        search=(variables.TABLE, VariableFoundView),
        query={"truncateValues": bool},
    )
    def post(self, call: Call) -> Any:
        """Find variables. Values are JSON texts. Exact at once when the filter names a process instance or scope, else a moment late."""
        truncate = call.flag("truncateValues", default=True)
        return variables.find(call.body, by=call.actor, truncate=truncate)


class Variable(ApiView):
    @operation("getVariable", tag="Variable", summary="Get a variable", answer=VariableView)
    def get(self, call: Call, variable_key: int) -> Any:
        return variables.get(variable_key, by=call.actor)
