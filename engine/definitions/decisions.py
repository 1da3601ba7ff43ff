"""Deployed decisions are evaluated here; each evaluation is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any

from engine import clock, definitions, dmn, exact_json, expression_limits, feel
from engine.actors import Actor
from engine.bpmn.model import Binding
from engine.errors import InvalidArgument, NotFound
from engine.models import DecisionDefinition, DecisionInstance
from engine.postgres import keys


def evaluate(
    decision_id: str | None = None,
    *,
    decision_key: int | None = None,
    variables: Mapping[str, Any] | None = None,
    by: Actor,
) -> DecisionInstance:
    """Evaluate by request the newest version of `decision_id`, or exactly `decision_key`. A failure is in the result."""
    by.require_modeler("evaluate decisions")
    if (decision_id is None) == (decision_key is None):
        raise InvalidArgument("Expected either a decision id or a decision key.")
    if decision_key is not None:
        found = DecisionDefinition.objects.select_related("resource").filter(key=decision_key).first()
    else:
        assert decision_id is not None
        found = definitions.find_decision(decision_id, binding=Binding.LATEST)
    if found is None:
        raise NotFound(f"Expected a deployed decision '{decision_id or decision_key}', found none.")
    row = evaluated(found, exact_json.checked_variables(variables), now=clock.now())
    row.save(force_insert=True)
    return row


def evaluated(definition: DecisionDefinition, variables: Mapping[str, Any], *, now: datetime) -> DecisionInstance:
    """Evaluate one version of a decision, and return its row, which is not saved yet and holds the failure if there is one."""
    row = DecisionInstance(
        key=keys.take_one(),
        decision_key=definition.key,
        decision_id=definition.decision_id,
        version=definition.version,
        inputs=dict(variables),
        evaluated_at=now,
    )
    model = definitions.decision_model_of(definition.requirements_id)
    try:
        evaluation = model.evaluate_with_trace(
            definition.decision_id, variables, now=now, budget=expression_limits.budget()
        )
        row.result = to_json(evaluation.value)
        row.trace = [
            {**to_json(each), "type": "DECISION_TABLE" if each.is_table else "LITERAL_EXPRESSION"}
            for each in evaluation.decisions
        ]
    except (dmn.DmnError, feel.FeelError) as error:
        row.failure = str(error)
    return row


def to_json(value: Any) -> Any:
    """Turn FEEL's values, and the dataclasses of a trace, into JSON values; dates, times and durations become their ISO 8601 text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(name): to_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type) and type(value).__module__.startswith("engine.dmn"):
        return to_json(asdict(value))
    return feel.to_json(value)
