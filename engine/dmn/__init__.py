"""Decisions follow the DMN standard (1.1 to 1.5): `parse` a file, `evaluate` a decision by its name or id. The package is pure and
stands on `engine.feel` alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine import feel
from engine.dmn.evaluation import MAX_WARNINGS, EvaluatedDecision, Evaluation, Evaluator
from engine.dmn.linking import located, named
from engine.dmn.model import (
    BusinessKnowledgeModel,
    Decision,
    DecisionService,
    Definitions,
    Element,
    InputData,
    Problem,
    Reference,
)
from engine.dmn.parse import read_definitions
from engine.dmn.references import problems_of

DEFAULT_BUDGET = feel.Budget()
"""One evaluation may use so much as a whole, all its decisions, tables and functions together; beyond it, it raises
`feel.FeelBudgetExceeded`."""

_EVALUATED = (Decision, DecisionService, BusinessKnowledgeModel)
_HARMLESS = frozenset({"dmn_expression", "dmn_missing_expression", "dmn_input_expression", "dmn_function"})
"""These problems are of one expression, which is null then; a deployment refuses them all."""

__all__ = ["DEFAULT_BUDGET", "Definitions", "DmnError", "EvaluatedDecision", "Evaluation", "Model", "Problem", "parse"]


class DmnError(ValueError):
    """The caller made a mistake: there is no such decision, or the file cannot be used. `problems` says why, where it is the file."""

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class Model:
    """A model is a parsed file, with the files that it imports. Safe to share between threads: an evaluation keeps its own notes."""

    def __init__(self, definitions: Definitions, imports: Sequence[Model] = ()) -> None:
        self.definitions = definitions
        self._models = {imported.definitions.namespace: imported.definitions for imported in imports}
        for imported in imports:
            self._models.update(imported._models)
        self._models[definitions.namespace] = definitions
        self._problems = problems_of(definitions, self._models)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return what keeps the file from being used, problems of its imports included."""
        return self._problems

    @property
    def decisions(self) -> tuple[Decision, ...]:
        return self.definitions.decisions

    def evaluate(self, decision: str, context: Mapping[str, Any], *, now: datetime | None = None) -> Any:
        """Return the value of a decision, decision service or business knowledge model, by name or id, over input data (or parameters) by
        name, in FEEL's types. A text that is no FEEL gives null, as the standard has it, and does not keep the rest of its file from being
        used.

        Raises DmnError for an unknown decision or an unusable file, `feel.FeelBudgetExceeded` when it takes too long.
        """
        return self.evaluate_with_trace(decision, context, now=now).value

    def evaluate_with_trace(
        self,
        decision: str,
        context: Mapping[str, Any],
        *,
        now: datetime | None = None,
        budget: feel.Budget | None = None,
    ) -> Evaluation:
        """Evaluate like `evaluate`, and return with the value each decision's inputs, matched rules and output in order, and the
        warnings."""
        blocking = tuple(each for each in self.problems if each.code not in _HARMLESS)
        if blocking:
            raise DmnError(f"Expected a usable DMN file: {blocking[0].message}", blocking)
        reference = self._find(decision)
        evaluator = Evaluator(
            self._models, self.definitions.namespace, now=now, account=feel.Account.of(budget or DEFAULT_BUDGET)
        )
        element = evaluator.element(reference)
        try:
            if isinstance(element, DecisionService):
                value = evaluator.within(reference.namespace, lambda: evaluator.serve(element, context))
            elif isinstance(element, BusinessKnowledgeModel):
                value = evaluator.within(reference.namespace, lambda: evaluator.apply(reference, context))
            else:
                value = evaluator.decide(reference, context)
        except RecursionError:
            raise feel.FeelBudgetExceeded("depth") from None
        warnings = (*(each.message for each in self.problems), *evaluator.warnings)
        return Evaluation(value, tuple(evaluator.trace), warnings[:MAX_WARNINGS])

    def required_inputs(self, decision: str) -> tuple[InputData, ...]:
        """Return the names of the input data that the decision needs, its own and those of what it requires, in order of first mention."""
        found: dict[str, InputData] = {}
        stack = [self._find(decision)]
        seen: set[Reference] = set()
        while stack:
            reference = stack.pop()
            if reference in seen:
                continue
            seen.add(reference)
            place = located(reference, self._models, self.definitions.namespace)
            element = None if place is None else self._models[place.namespace].elements[place.id]
            if isinstance(element, InputData):
                found.setdefault(element.name, element)
            elif isinstance(element, Decision):
                stack.extend(reversed(element.information))
            elif isinstance(element, DecisionService):
                stack.extend(reversed(element.input_data))
        return tuple(found.values())

    def _find(self, decision: str) -> Reference:
        def admits(element: Element) -> bool:
            return isinstance(element, _EVALUATED)

        found = named(decision, self.definitions.namespace, self._models, admits=admits)
        if found is not None:
            return found
        candidates = filter(admits, self.definitions.elements.values())
        known = ", ".join(f"'{element.name}'" for element in candidates) or "none"
        raise DmnError(f"Expected the name or id of a decision of this file ({known}), got '{decision}'")


def parse(xml: bytes | str, *, imports: Iterable[Model | bytes | str] = ()) -> Model:
    """Read a DMN file. `imports` are the files that it imports, parsed or not, in any order. Never raises for its content:
    `Model.problems` says what is wrong."""
    loaded = [each if isinstance(each, Model) else Model(read_definitions(each)) for each in imports]
    return Model(read_definitions(xml), loaded)
