"""Decision requirements are the deployed DMN files, decision instances what was evaluated."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from engine.queries import decision_instances
from engine.queries.decision_instances import DecisionInstanceDetailView, DecisionInstanceView
from engine.queries.definitions import decision_requirements
from engine.queries.definitions.decision_requirements import DecisionRequirementsView
from webapp.api.operation import ApiView, Call, operation

REQUIREMENTS = "Decision requirements"
INSTANCE = "Decision instance"


class RequirementsSearch(ApiView):
    @operation(
        "searchDecisionRequirements",
        tag=REQUIREMENTS,
        summary="Search decision requirements",
        search=(decision_requirements.TABLE, DecisionRequirementsView),
    )
    def post(self, call: Call) -> Any:
        return decision_requirements.find(call.body)


class Requirements(ApiView):
    @operation(
        "getDecisionRequirements",
        tag=REQUIREMENTS,
        summary="Get decision requirements",
        answer=DecisionRequirementsView,
    )
    def get(self, call: Call, decision_requirements_key: int) -> Any:
        return decision_requirements.get(decision_requirements_key)


class RequirementsXml(ApiView):
    @operation("getDecisionRequirementsXML", tag=REQUIREMENTS, summary="Get the DMN file", text="text/xml")
    def get(self, call: Call, decision_requirements_key: int) -> Any:
        content = decision_requirements.xml(decision_requirements_key)
        return HttpResponse(content, content_type="text/xml; charset=utf-8")


class InstanceSearch(ApiView):
    @operation(
        "searchDecisionInstances",
        tag=INSTANCE,
        summary="Search decision instances",
        search=(decision_instances.TABLE, DecisionInstanceView),
    )
    def post(self, call: Call) -> Any:
        return decision_instances.find(call.body, by=call.actor)


class Instance(ApiView):
    @operation(
        "getDecisionInstance", tag=INSTANCE, summary="Get a decision instance", answer=DecisionInstanceDetailView
    )
    def get(self, call: Call, decision_evaluation_instance: str) -> Any:
        """Return a decision instance. Its key is that of searches and evaluations, KEY-NUMBER."""
        return decision_instances.get(decision_evaluation_instance, by=call.actor)
