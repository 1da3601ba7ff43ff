"""Deployed decisions are read here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine import exact_json
from engine.errors import NotFound
from engine.models import DecisionDefinition, DecisionInstance, DecisionRequirements, DefinitionState
from engine.queries.search import Field, Found, Kind, SearchRequest, Table, search
from engine.queries.search.view import DEFAULT_TENANT, View


class DecisionDefinitionView(View, frozen=True, kw_only=True):
    decision_definition_id: str
    name: str
    version: int
    decision_requirements_id: str
    decision_requirements_name: str
    decision_requirements_version: int
    tenant_id: str
    decision_definition_key: str
    decision_requirements_key: str


class EvaluatedInputView(View, frozen=True, kw_only=True):
    input_id: str
    input_name: str
    input_value: str
    """The value as JSON text."""


class EvaluatedOutputView(View, frozen=True, kw_only=True):
    output_id: str
    output_name: str
    output_value: str
    """The value as JSON text."""
    rule_id: str
    rule_index: int


class MatchedRuleView(View, frozen=True, kw_only=True):
    rule_id: str
    rule_index: int
    evaluated_outputs: list[EvaluatedOutputView]


class EvaluatedDecisionView(View, frozen=True, kw_only=True):
    decision_definition_id: str
    decision_definition_name: str
    decision_definition_version: int
    decision_definition_type: str
    """DECISION_TABLE or LITERAL_EXPRESSION, the latter also for other boxed expressions, as Camunda has it."""
    output: str
    """The output as JSON text."""
    tenant_id: str
    matched_rules: list[MatchedRuleView]
    evaluated_inputs: list[EvaluatedInputView]
    decision_definition_key: str
    decision_evaluation_instance_key: str


class DecisionEvaluationView(View, frozen=True, kw_only=True):
    decision_definition_id: str
    decision_definition_name: str
    decision_definition_version: int
    decision_requirements_id: str
    decision_definition_key: str
    decision_requirements_key: str
    decision_instance_key: str
    decision_evaluation_key: str
    output: str
    """The result as JSON text."""
    failed_decision_definition_id: str | None
    failure_message: str
    tenant_id: str
    evaluated_decisions: list[EvaluatedDecisionView]


TABLE = Table(
    name="DecisionDefinition",
    fields={
        "decisionDefinitionKey": Field("key", Kind.KEY),
        "decisionDefinitionId": Field("decision_id"),
        "name": Field("name"),
        "version": Field("version", Kind.NUMBER),
        "decisionRequirementsId": Field("requirements__decision_requirements_id"),
        "decisionRequirementsKey": Field("requirements_id", Kind.KEY),
    },
    sort=(("name", "ASC"), ("version", "DESC")),
)


def find(request: SearchRequest) -> Found[DecisionDefinitionView]:
    rows = DecisionDefinition.objects.filter(state=DefinitionState.ACTIVE).select_related("requirements")
    return search(TABLE, rows, request, view=_views)


def get(key: int) -> DecisionDefinitionView:
    """Return the decision definition with this key. Raises NotFound."""
    return next(iter(_views([_require(key)])))


def xml(key: int) -> bytes:
    """Return the file as it was uploaded. Raises NotFound."""
    return bytes(_require(key).resource.content)


def evaluation_view(row: DecisionInstance) -> DecisionEvaluationView:
    definition = _require(row.decision_key)
    return DecisionEvaluationView(
        decision_definition_id=row.decision_id,
        decision_definition_name=definition.name,
        decision_definition_version=row.version,
        decision_requirements_id=definition.requirements.decision_requirements_id,
        decision_definition_key=str(row.decision_key),
        decision_requirements_key=str(definition.requirements_id),
        decision_instance_key=str(row.key),
        decision_evaluation_key=str(row.key),
        output=exact_json.encode_text(row.result),
        failed_decision_definition_id=row.decision_id if row.failure else None,
        failure_message=row.failure,
        tenant_id=DEFAULT_TENANT,
        evaluated_decisions=list(_evaluated(row, definition)),
    )


def _evaluated(row: DecisionInstance, definition: DecisionDefinition) -> Iterable[EvaluatedDecisionView]:
    """Return the decisions of the row's trace, numbered as Camunda numbers them: KEY-1, KEY-2, ..."""
    known = decisions_of(definition)
    for number, traced in enumerate(row.trace or [], start=1):
        found = known.get((traced.get("namespace"), traced["id"]), definition)
        yield EvaluatedDecisionView(
            decision_definition_id=traced["id"],
            decision_definition_name=traced["name"],
            decision_definition_version=found.version,
            decision_definition_type=traced.get("type", "LITERAL_EXPRESSION"),
            output=exact_json.encode_text(traced["output"]),
            tenant_id=DEFAULT_TENANT,
            matched_rules=matched_rules(traced),
            evaluated_inputs=evaluated_inputs(traced),
            decision_definition_key=str(found.key),
            decision_evaluation_instance_key=f"{row.key}-{number}",
        )


def decisions_of(definition: DecisionDefinition) -> dict[tuple[str | None, str], DecisionDefinition]:
    """Return the decisions of the definition's file and of all that it imports, by namespace and id; its own also by id alone, as older
    evaluations name them."""
    files: dict[int, DecisionRequirements] = {definition.requirements_id: definition.requirements}
    waiting = set(definition.requirements.imports)
    while waiting:
        files |= DecisionRequirements.objects.in_bulk(waiting)
        waiting = {key for each in waiting for key in files[each].imports} - files.keys()
    found: dict[tuple[str | None, str], DecisionDefinition] = {}
    for decision in DecisionDefinition.objects.filter(requirements__in=files):
        found[files[decision.requirements_id].namespace, decision.decision_id] = decision
        if decision.requirements_id == definition.requirements_id:
            found[None, decision.decision_id] = decision
    return found


def evaluated_inputs(traced: Mapping[str, Any]) -> list[EvaluatedInputView]:
    return [
        EvaluatedInputView(
            input_id=found["id"], input_name=found["name"], input_value=exact_json.encode_text(found["value"])
        )
        for found in traced["inputs"]
    ]


def matched_rules(traced: Mapping[str, Any]) -> list[MatchedRuleView]:
    columns = traced.get("outputs") or []
    return [
        MatchedRuleView(
            rule_id=rule["id"],
            rule_index=rule["index"],
            evaluated_outputs=[
                EvaluatedOutputView(
                    output_id=column["id"],
                    output_name=column["name"],
                    output_value=exact_json.encode_text(value),
                    rule_id=rule["id"],
                    rule_index=rule["index"],
                )
                for column, value in zip(columns, rule["outputs"], strict=False)
            ],
        )
        for rule in traced["matched_rules"]
    ]


def _require(key: int) -> DecisionDefinition:
    found = DecisionDefinition.objects.select_related("requirements", "resource").filter(key=key).first()
    if found is None:
        raise NotFound(f"Expected a decision definition with the key {key}, found none.")
    return found


def _views(rows: Sequence[DecisionDefinition]) -> Iterable[DecisionDefinitionView]:
    for row in rows:
        yield DecisionDefinitionView(
            decision_definition_id=row.decision_id,
            name=row.name,
            version=row.version,
            decision_requirements_id=row.requirements.decision_requirements_id,
            decision_requirements_name=row.requirements.name,
            decision_requirements_version=row.requirements.version,
            tenant_id=DEFAULT_TENANT,
            decision_definition_key=str(row.key),
            decision_requirements_key=str(row.requirements_id),
        )
