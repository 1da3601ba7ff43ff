"""This rule is about expressions (BPMN 2.0, 8.3.6): one that is there says something; an empty one would be as if it were not there."""

from __future__ import annotations

from engine.bpmn.document import name_of, text_of
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context

_EXPRESSIONS = ("loopCondition", "loopCardinality", "completionCondition", "activationCondition", "transformation")
"""These elements hold expressions. Those of conditions, timers, correlations, assignments and resources are looked at with what they
belong to."""


def check(context: Context) -> None:
    """Report expressions without a text."""
    for element in context.document.tagged(*_EXPRESSIONS):
        owner = element.getparent()
        if not text_of(element) and owner is not None:
            context.problem(
                "expression-empty",
                f"The {name_of(element)} of {label(owner)} is empty; write it or remove it",
                element,
            )
