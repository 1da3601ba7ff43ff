"""A business rule task's decision is evaluated inside the transaction of the step."""

from __future__ import annotations

from datetime import datetime

from engine import definitions
from engine.definitions import decisions
from engine.runtime.effects import EvaluateDecision
from engine.runtime.inputs import DecisionEvaluated, DecisionFailed, Input


def answer(effect: EvaluateDecision, *, instance_key: int, definition_key: int, now: datetime) -> Input:
    """Evaluate the decision of a business rule task and return the answer, inside the transaction of its step."""
    definition = definitions.find_decision(
        effect.decision_id,
        binding=effect.binding,
        version=effect.version,
        version_tag=effect.version_tag,
        caller=definition_key,
    )
    if definition is None:
        return DecisionFailed(
            effect.key,
            f"Expected a deployed decision '{effect.decision_id}' ({effect.binding}) for business rule task "
            f"'{effect.element_id}', found none. Deploy it, then resolve this incident.",
        )
    row = decisions.evaluated(definition, effect.variables, now=now)
    row.instance_key = instance_key
    row.definition_key = definition_key
    row.element_id = effect.element_id
    row.element_instance_key = effect.element_instance
    row.save(force_insert=True)
    if row.failure:
        return DecisionFailed(effect.key, row.failure)
    return DecisionEvaluated(effect.key, row.result)
