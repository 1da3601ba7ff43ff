"""A decision table is evaluated: which rules match, and what the hit policy makes of them (DMN 1.5, 8.2.10 and 8.2.11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from engine import feel
from engine.dmn.model import Aggregation, DecisionTable, HitPolicy, OutputClause, Rule


@dataclass(frozen=True, slots=True)
class EvaluatedInput:
    id: str
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """A rule has matched. `outputs` are the values of its output entries, in the order of the columns."""

    id: str
    index: int
    outputs: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class TableTrace:
    inputs: tuple[EvaluatedInput, ...]
    matched_rules: tuple[MatchedRule, ...]


class ExpressionEvaluator(Protocol):
    """A table needs this of the evaluation that it is part of."""

    def value(self, expression: feel.Expression, scope: dict[str, Any]) -> Any: ...

    def test(self, expression: feel.Expression, value: Any, scope: dict[str, Any]) -> bool: ...

    def coerce(self, value: Any, type_ref: str | None, what: str) -> Any: ...

    def warn(self, message: str) -> None: ...


def evaluate_table(
    table: DecisionTable, scope: dict[str, Any], evaluator: ExpressionEvaluator
) -> tuple[Any, TableTrace]:
    """Return the value of the table over `scope`, and the rules that led to it. A violated constraint gives null and a warning."""
    inputs = []
    for clause in table.inputs:
        value = evaluator.coerce(evaluator.value(clause.expression, scope), clause.type_ref, f"input '{clause.label}'")
        inputs.append(EvaluatedInput(clause.id, clause.label, value))
        if clause.allowed_values is not None and not evaluator.test(clause.allowed_values, value, scope):
            evaluator.warn(f"Expected input '{clause.label}' to be one of its allowed values, got {feel.shown(value)}")
            return None, TableTrace(tuple(inputs), ())
    scopes = [{**scope, "?": evaluated.value} for evaluated in inputs]
    first_only = table.hit_policy is HitPolicy.FIRST
    matched: list[MatchedRule] = []
    for index, rule in enumerate(table.rules, start=1):
        if not _matches(rule, scopes, evaluator):
            continue
        matched.append(MatchedRule(rule.id, index, _outputs(table, rule, scope, evaluator)))
        if first_only:
            break
    trace = TableTrace(tuple(inputs), tuple(matched))
    if not matched:
        return _no_match(table, scope, evaluator), trace
    return _POLICIES[table.hit_policy](table, matched, scope, evaluator), trace


def _matches(rule: Rule, scopes: list[dict[str, Any]], evaluator: ExpressionEvaluator) -> bool:
    """Say whether the rule matches. `scopes` hold `?`, the input's value, for each column."""
    return all(
        entry is None or evaluator.value(entry, scope) is True
        for entry, scope in zip(rule.input_entries, scopes, strict=False)
    )


def _outputs(
    table: DecisionTable, rule: Rule, scope: dict[str, Any], evaluator: ExpressionEvaluator
) -> tuple[Any, ...]:
    return tuple(
        None if entry is None else _allowed(clause, evaluator.value(entry, scope), scope, evaluator)
        for clause, entry in zip(table.outputs, rule.output_entries, strict=False)
    )


def _allowed(clause: OutputClause, value: Any, scope: dict[str, Any], evaluator: ExpressionEvaluator) -> Any:
    name = clause.label or clause.name or "output"
    coerced = evaluator.coerce(value, clause.type_ref, f"output '{name}'")
    if (
        coerced is not None
        and clause.allowed_values is not None
        and not evaluator.test(clause.allowed_values, coerced, scope)
    ):
        evaluator.warn(f"Expected output '{name}' to be one of its allowed values, got {feel.shown(coerced)}")
        return None
    return coerced


def _composed(table: DecisionTable, outputs: tuple[Any, ...]) -> Any:
    """One output is its value, several are a context by name (8.2.9)."""
    if len(table.outputs) == 1:
        return outputs[0] if outputs else None
    return {clause.name: value for clause, value in zip(table.outputs, outputs, strict=False)}


def _no_match(table: DecisionTable, scope: dict[str, Any], evaluator: ExpressionEvaluator) -> Any:
    """Return the default outputs if there are any (8.2.11); else nothing: null, an empty list, or a count of zero."""
    if any(clause.default is not None for clause in table.outputs):
        defaults = tuple(
            None
            if clause.default is None
            else _allowed(clause, evaluator.value(clause.default, scope), scope, evaluator)
            for clause in table.outputs
        )
        return _composed(table, defaults)
    if table.hit_policy is HitPolicy.COLLECT and table.aggregation is Aggregation.COUNT:
        return 0
    several = table.hit_policy in (HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER)
    if several or (table.hit_policy is HitPolicy.COLLECT and table.aggregation is None):
        return []
    return None


def _unique(
    table: DecisionTable, matched: list[MatchedRule], scope: dict[str, Any], evaluator: ExpressionEvaluator
) -> Any:
    if len(matched) > 1:
        evaluator.warn(f"Expected at most one rule to match (hit policy UNIQUE), rules {_numbers(matched)} do")
        return None
    return _composed(table, matched[0].outputs)


def _any(
    table: DecisionTable, matched: list[MatchedRule], scope: dict[str, Any], evaluator: ExpressionEvaluator
) -> Any:
    if any(rule.outputs != matched[0].outputs for rule in matched):
        evaluator.warn(f"Expected all matching rules to agree (hit policy ANY), rules {_numbers(matched)} do not")
        return None
    return _composed(table, matched[0].outputs)


def _first(
    table: DecisionTable, matched: list[MatchedRule], scope: dict[str, Any], evaluator: ExpressionEvaluator
) -> Any:
    return _composed(table, matched[0].outputs)


def _priority(
    table: DecisionTable, matched: list[MatchedRule], scope: dict[str, Any], evaluator: ExpressionEvaluator
) -> Any:
    return _composed(table, _by_output_values(table, matched, scope, evaluator)[0].outputs)


def _output_order(
    table: DecisionTable, matched: list[MatchedRule], scope: dict[str, Any], evaluator: ExpressionEvaluator
) -> Any:
    return [_composed(table, rule.outputs) for rule in _by_output_values(table, matched, scope, evaluator)]


def _rule_order(
    table: DecisionTable, matched: list[MatchedRule], scope: dict[str, Any], evaluator: ExpressionEvaluator
) -> Any:
    return [_composed(table, rule.outputs) for rule in matched]


def _collect(
    table: DecisionTable, matched: list[MatchedRule], scope: dict[str, Any], evaluator: ExpressionEvaluator
) -> Any:
    collected = [_composed(table, rule.outputs) for rule in matched]
    if table.aggregation is None:
        return collected
    if len(table.outputs) > 1 and table.aggregation is not Aggregation.COUNT:
        evaluator.warn(
            f"Expected one output to aggregate by {table.aggregation.value}, the table has {len(table.outputs)}"
        )
        return None
    return evaluator.value(_AGGREGATIONS[table.aggregation], {**scope, "collected": collected})


def _by_output_values(
    table: DecisionTable, matched: list[MatchedRule], scope: dict[str, Any], evaluator: ExpressionEvaluator
) -> list[MatchedRule]:
    """Order rules by the place of each output in its column's list of values, the first column weighing most (8.2.11)."""
    orders = [[] if clause.values is None else evaluator.value(clause.values, scope) or [] for clause in table.outputs]

    def place(rule: MatchedRule) -> tuple[int, ...]:
        return tuple(
            order.index(value) if value in order else len(order)
            for order, value in zip(orders, rule.outputs, strict=False)
        )

    return sorted(matched, key=place)


def _numbers(matched: list[MatchedRule]) -> str:
    return ", ".join(str(rule.index) for rule in matched)


# ruff: noqa: ARG001 - the policies share one signature
Policy = Callable[[DecisionTable, list[MatchedRule], dict[str, Any], ExpressionEvaluator], Any]

_POLICIES: dict[HitPolicy, Policy] = {
    HitPolicy.UNIQUE: _unique,
    HitPolicy.ANY: _any,
    HitPolicy.FIRST: _first,
    HitPolicy.PRIORITY: _priority,
    HitPolicy.OUTPUT_ORDER: _output_order,
    HitPolicy.RULE_ORDER: _rule_order,
    HitPolicy.COLLECT: _collect,
}

_AGGREGATIONS = {
    Aggregation.COUNT: feel.compile("count(collected)"),
    Aggregation.SUM: feel.compile("sum(collected)"),
    Aggregation.MIN: feel.compile("min(collected)"),
    Aggregation.MAX: feel.compile("max(collected)"),
}
