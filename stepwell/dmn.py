"""This module reads DMN files (1.1 to 1.5) and evaluates what they decide, without Django and without a clock of its own.

    model = dmn.parse(Path("discount.dmn").read_bytes())
    model.problems                                   # what keeps it from being used; parse never raises for a file's content
    model.evaluate("Discount", {"total": 120})       # by name or id; inputs by name, the result in FEEL's types

- `Model.evaluate_with_trace` gives an Evaluation: value, each decision's inputs, matched rules and output, and the warnings.
- DmnError is a ValueError: no such decision, or a file that cannot be used; its `problems` say why.
- `stepwell.feel.FeelBudgetExceeded` is raised when one evaluation, all its decisions together, takes more than DEFAULT_BUDGET.
"""

from engine.dmn import DEFAULT_BUDGET, Definitions, DmnError, EvaluatedDecision, Evaluation, Model, Problem, parse

__all__ = ["DEFAULT_BUDGET", "Definitions", "DmnError", "EvaluatedDecision", "Evaluation", "Model", "Problem", "parse"]
