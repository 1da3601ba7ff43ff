"""Evaluated decisions are read here. A row is one evaluation; its instance in Camunda's sense has the key KEY-NUMBER within it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, OuterRef, QuerySet, Subquery, Value, When

from engine import exact_json
from engine.actors import Actor
from engine.errors import NotFound
from engine.models import DecisionDefinition, DecisionInstance, ProcessInstance
from engine.postgres import keys
from engine.queries.definitions.decisions import (
    EvaluatedInputView,
    MatchedRuleView,
    decisions_of,
    evaluated_inputs,
    matched_rules,
)
from engine.queries.search import Field, Found, Kind, SearchRequest, Table, search
from engine.queries.search.view import DEFAULT_TENANT, View, key_text, text_or_none
from engine.queries.search.visibility import of_instances

_NUMBERED = re.compile(r"-[1-9][0-9]{0,3}\Z")
_STATES = {"EVALUATED": "EVALUATED", "FAILED": "FAILED"}


class DecisionInstanceView(View, frozen=True, kw_only=True):
    business_id: str | None
    decision_definition_id: str
    decision_definition_key: str
    decision_definition_name: str
    decision_definition_type: str
    decision_definition_version: int
    decision_evaluation_instance_key: str
    decision_evaluation_key: str
    element_instance_key: str | None
    evaluation_date: datetime
    evaluation_failure: str | None
    process_definition_key: str | None
    process_instance_key: str | None
    result: str
    """The result as JSON text."""
    root_decision_definition_key: str
    root_process_instance_key: str | None
    state: str
    tenant_id: str


class DecisionInstanceDetailView(DecisionInstanceView, frozen=True, kw_only=True):
    evaluated_inputs: list[EvaluatedInputView]
    matched_rules: list[MatchedRuleView]


TABLE = Table(
    name="DecisionInstance",
    fields={
        "decisionEvaluationKey": Field("key", Kind.KEY),
        "state": Field("state", words=_STATES),
        "evaluationFailure": Field("failure"),
        "evaluationDate": Field("evaluated_at", Kind.TIME),
        "decisionDefinitionId": Field("decision_id"),
        "decisionDefinitionName": Field("decision_name"),
        "decisionDefinitionVersion": Field("version", Kind.NUMBER),
        "decisionDefinitionKey": Field("decision_key", Kind.KEY),
        "rootDecisionDefinitionKey": Field("decision_key", Kind.KEY),
        "decisionRequirementsKey": Field("requirements_key", Kind.KEY),
        "processDefinitionKey": Field("definition_key", Kind.KEY, nullable=True),
        "processInstanceKey": Field("instance_key", Kind.KEY, nullable=True),
        "elementInstanceKey": Field("element_instance_key", Kind.KEY, nullable=True),
    },
    sort=(("evaluationDate", "DESC"),),
)


def find(request: SearchRequest, *, by: Actor) -> Found[DecisionInstanceView]:
    """Find evaluations, with one item for each: that of the decision which was asked for."""
    return search(TABLE, _readable(by), request, view=_views)


def get(instance_key: str, *, by: Actor) -> DecisionInstanceDetailView:
    """Return a decision instance by KEY-NUMBER, or by the key of the evaluation alone. Raises NotFound."""
    key = keys.parse(_NUMBERED.sub("", instance_key), what="'decisionEvaluationInstanceKey'")
    row = _readable(by).filter(key=key).first()
    number = _NUMBERED.search(instance_key)
    trace = [] if row is None else row.trace or []
    position = len(trace) if number is None else int(number.group()[1:])
    if row is None or position > max(len(trace), 1):
        raise NotFound(f"Expected a decision instance with the key {instance_key}, found none you may read.")
    view = next(iter(_views([row], position=position or 1)))
    traced = trace[position - 1] if trace else {"inputs": [], "matched_rules": []}
    return DecisionInstanceDetailView(
        **{name: getattr(view, name) for name in view.__struct_fields__},
        evaluated_inputs=evaluated_inputs(traced),
        matched_rules=matched_rules(traced),
    )


def _readable(by: Actor) -> QuerySet[DecisionInstance]:
    definition = DecisionDefinition.objects.filter(key=OuterRef("decision_key"))
    return DecisionInstance.objects.filter(of_instances(by, "instance_key")).annotate(
        state=Case(When(failure="", then=Value("EVALUATED")), default=Value("FAILED")),
        decision_name=Subquery(definition.values("name")[:1]),
        requirements_key=Subquery(definition.values("requirements_id")[:1]),
    )


def _views(rows: Sequence[DecisionInstance], *, position: int | None = None) -> Iterable[DecisionInstanceView]:
    definitions = DecisionDefinition.objects.in_bulk({row.decision_key for row in rows})
    instances = ProcessInstance.objects.in_bulk({row.instance_key for row in rows if row.instance_key is not None})
    for row in rows:
        instance = instances.get(row.instance_key) if row.instance_key is not None else None
        trace = row.trace or []
        number = position or max(len(trace), 1)
        definition = definitions[row.decision_key]
        name, version, key = definition.name, row.version, row.decision_key
        traced: dict[str, Any] = trace[number - 1] if trace else {"id": row.decision_id, "output": row.result}
        if traced["id"] != row.decision_id:
            other = decisions_of(definition).get((traced.get("namespace"), traced["id"]))
            if other is not None:
                name, version, key = other.name, other.version, other.key
        yield DecisionInstanceView(
            business_id=text_or_none(instance.business_id) if instance is not None else None,
            decision_definition_id=traced["id"],
            decision_definition_key=str(key),
            decision_definition_name=name,
            decision_definition_type=traced.get("type", "UNKNOWN"),
            decision_definition_version=version,
            decision_evaluation_instance_key=f"{row.key}-{number}",
            decision_evaluation_key=str(row.key),
            element_instance_key=key_text(row.element_instance_key),
            evaluation_date=row.evaluated_at,
            evaluation_failure=text_or_none(row.failure),
            process_definition_key=key_text(row.definition_key),
            process_instance_key=key_text(row.instance_key),
            result=exact_json.encode_text(traced["output"]),
            root_decision_definition_key=str(row.decision_key),
            root_process_instance_key=key_text(instance.root_key if instance is not None else None),
            state="FAILED" if row.failure else "EVALUATED",
            tenant_id=DEFAULT_TENANT,
        )
