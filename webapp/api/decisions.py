"""Decision definitions are found and evaluated here, and expressions."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from engine.definitions import decisions, trying_out
from engine.postgres import keys
from engine.queries.definitions import decisions as reads
from engine.queries.definitions.decisions import TABLE, DecisionDefinitionView, DecisionEvaluationView
from engine.queries.search.view import View
from webapp.api.operation import ApiView, Body, Call, operation

TAG = "Decision definition"


class EvaluateDecision(Body, frozen=True, kw_only=True):
    """The decision is named by either an id (the newest version) or a key."""

    decision_definition_id: str | None = None
    decision_definition_key: str | None = None
    variables: dict[str, Any] | None = None
    tenant_id: str | None = None


class EvaluateExpression(Body, frozen=True, kw_only=True):
    expression: str
    context: dict[str, Any] | None = None
    variables: dict[str, Any] | None = None
    """Camunda's word for the context."""
    tenant_id: str | None = None


class WarningView(View, frozen=True, kw_only=True):
    message: str


class ExpressionView(View, frozen=True, kw_only=True):
    expression: str
    result: Any
    warnings: list[WarningView]
    referenced_secrets: list[dict[str, str]]
    """The secrets that the expression reaches: none, always."""


class Search(ApiView):
    @operation(
        "searchDecisionDefinitions",
        tag=TAG,
        summary="Search decision definitions",
        search=(TABLE, DecisionDefinitionView),
    )
    def post(self, call: Call) -> Any:
        return reads.find(call.body)


class One(ApiView):
    @operation("getDecisionDefinition", tag=TAG, summary="Get a decision definition", answer=DecisionDefinitionView)
    def get(self, call: Call, decision_definition_key: int) -> Any:
        return reads.get(decision_definition_key)


class Xml(ApiView):
    @operation("getDecisionDefinitionXML", tag=TAG, summary="Get the DMN file", text="text/xml")
    def get(self, call: Call, decision_definition_key: int) -> Any:
        return HttpResponse(reads.xml(decision_definition_key), content_type="text/xml; charset=utf-8")


class Evaluation(ApiView):
    @operation(
        "evaluateDecision",
        tag=TAG,
        summary="Evaluate a decision",
        body=EvaluateDecision,
        answer=DecisionEvaluationView,
    )
    def post(self, call: Call) -> Any:
        body: EvaluateDecision = call.body
        key = body.decision_definition_key
        row = decisions.evaluate(
            body.decision_definition_id,
            decision_key=None if key is None else keys.parse(key, what="'decisionDefinitionKey'"),
            variables=body.variables,
            by=call.actor,
        )
        return reads.evaluation_view(row)


class Expression(ApiView):
    @operation(
        "evaluateExpression",
        tag="Expression",
        summary="Evaluate a FEEL expression",
        body=EvaluateExpression,
        answer=ExpressionView,
    )
    def post(self, call: Call) -> Any:
        """Evaluate an expression within a budget; `warnings` say why parts became null."""
        body: EvaluateExpression = call.body
        context = body.context if body.context is not None else body.variables
        found = trying_out.evaluate(body.expression, context, by=call.actor)
        return ExpressionView(
            expression=body.expression,
            result=found.result,
            warnings=[WarningView(message=warning) for warning in found.warnings],
            referenced_secrets=[],
        )
