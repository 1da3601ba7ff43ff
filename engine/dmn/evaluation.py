"""One evaluation of a decision works out its requirements first, each once, then its boxed expression (DMN 1.5, 6.3 and 10.4).

A semantic error gives null and a warning, as in FEEL. Only the budget ends an evaluation early.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine import feel
from engine.dmn.linking import located
from engine.dmn.model import (
    BoxedContext,
    BoxedExpression,
    BoxedList,
    BusinessKnowledgeModel,
    Conditional,
    Decision,
    DecisionService,
    DecisionTable,
    Definitions,
    Filter,
    FunctionDefinition,
    FunctionKind,
    InputData,
    Invocation,
    Iterator,
    IteratorKind,
    LiteralExpression,
    Reference,
    Relation,
)
from engine.dmn.tables import EvaluatedInput, MatchedRule, evaluate_table
from engine.dmn.types import Types

Scope = dict[str, Any]

MAX_TRACE = 1_000
MAX_WARNINGS = 200
STEPS_OF_AN_EXPRESSION = 5
"""So many steps of the budget are used up by starting an expression, whatever it then does."""
STEPS_OF_A_CALL = 50
LEVELS_OF_A_BOX = 2
"""So much of the stack a boxed expression takes, in levels of nested expressions."""
CALLEE = "called function"
"""No parameter is called so: parameters with this name are shadowed in a boxed invocation."""


class _Function(feel.Function):
    """A function of the model uses up the budget of the expression that calls it, and the other way round."""

    __slots__ = ("account",)

    def __init__(
        self, name: str, parameters: tuple[str, ...], implementation: Callable[..., Any], account: feel.Account
    ) -> None:
        super().__init__(name, parameters, implementation)
        self.account = account

    def invoke(self, env: Any, arguments: list[Any], names: tuple[str, ...] | None) -> Any:
        env.spend(STEPS_OF_A_CALL)
        account, depth, stack = self.account, self.account.depth, self.account.stack
        env.settle(account)
        try:
            return super().invoke(env, arguments, names)
        finally:
            env.take_over(account)
            account.depth, account.stack = depth, stack

    def run(self, env: Any, arguments: list[Any]) -> Any:
        self.account.depth, self.account.stack = env.depth, env.stack
        return super().run(env, arguments)


@dataclass(frozen=True, slots=True)
class OutputColumn:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class EvaluatedDecision:
    """History keeps this of one decision. It has inputs and matched rules only where the decision's logic is a decision table. Inputs
    and matched rules only where its logic is a decision table."""

    id: str
    name: str
    output: Any
    namespace: str = ""
    inputs: tuple[EvaluatedInput, ...] = ()
    matched_rules: tuple[MatchedRule, ...] = ()
    outputs: tuple[OutputColumn, ...] = ()

    @property
    def is_table(self) -> bool:
        return bool(self.outputs)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation has a value. `decisions` are in the order of their evaluation, required ones first. `warnings` say why a value is
    null."""

    value: Any
    decisions: tuple[EvaluatedDecision, ...]
    warnings: tuple[str, ...]


class Evaluator:
    """An evaluator holds what one evaluation has worked out. It is used once; `models` are the file itself, whose namespace is `root`,
    and its imports by namespace. Used once; `models` are the file itself, whose namespace is `root`, and its imports by namespace."""

    def __init__(
        self, models: Mapping[str, Definitions], root: str, *, now: datetime | None, account: feel.Account
    ) -> None:
        self.models = models
        self.root = root
        self._places: dict[Reference, Reference] = {}
        self.now = now
        self.account = account
        self.warnings: list[str] = []
        self.trace: list[EvaluatedDecision] = []
        self._types: dict[str, Types] = {}
        self._namespace = ""
        self._known: dict[Reference, Any] = {}

    # --- the requirement graph

    def decide(self, reference: Reference, inputs: Mapping[str, Any]) -> Any:
        """Return the value of an element of the graph over the input data `inputs`; it is worked out once in this evaluation."""
        reference = self.at(reference)
        for each in self._order(reference):
            if each not in self._known:
                self._known[each] = self._work_out(each, inputs)
        return self._known[reference]

    def _order(self, reference: Reference) -> list[Reference]:
        """Return what must be known, required ones first; without recursion, however long the chain is."""
        ordered: dict[Reference, None] = {}
        stack = [(reference, False)]
        while stack:
            named, is_ready = stack.pop()
            each = self.at(named)
            if each in self._known or each in ordered:
                continue
            if is_ready:
                ordered[each] = None
                continue
            stack.append((each, True))
            element = self.element(each)
            if isinstance(element, Decision):
                stack.extend((required, False) for required in reversed(element.information + element.knowledge))
        return list(ordered)

    def _work_out(self, reference: Reference, inputs: Mapping[str, Any]) -> Any:
        element = self.element(reference)
        self.spend(1)
        outer, self._namespace = self._namespace, reference.namespace
        try:
            if isinstance(element, Decision):
                return self._decision(element, inputs)
            if isinstance(element, BusinessKnowledgeModel):
                return self._knowledge(element)
            if isinstance(element, DecisionService):
                return self._service(element)
            return self._input(element, inputs)
        finally:
            self._namespace = outer

    def at(self, reference: Reference) -> Reference:
        """Return the reference by the file that holds the element. All of them lead somewhere in a file without problems."""
        place = self._places.get(reference)
        if place is None:
            place = self._places[reference] = located(reference, self.models, self.root) or reference
        return place

    def element(self, reference: Reference) -> Any:
        found = self.at(reference)
        return self.models[found.namespace].elements[found.id]

    def _input(self, element: InputData, inputs: Mapping[str, Any]) -> Any:
        return self.types.input(inputs.get(element.name), element.type_ref, f"input '{element.name}'")

    def _decision(self, element: Decision, inputs: Mapping[str, Any]) -> Any:
        if element.logic is None:
            self.warn(f"Expected decision '{element.name}' to have an expression")
            return None
        scope = self._undeclared(inputs) | self._scope(element.information + element.knowledge, inputs)
        evaluated: tuple[EvaluatedInput, ...] = ()
        rules: tuple[MatchedRule, ...] = ()
        columns: tuple[OutputColumn, ...] = ()
        if isinstance(element.logic, DecisionTable):
            value, table = evaluate_table(element.logic, scope, self)
            value = self.coerce(value, element.logic.type_ref, f"decision '{element.name}'")
            evaluated, rules = table.inputs, table.matched_rules
            columns = tuple(OutputColumn(each.id, each.label or each.name) for each in element.logic.outputs)
        else:
            value = self.boxed(element.logic, scope)
        value = self.coerce(value, element.type_ref, f"decision '{element.name}'")
        if len(self.trace) < MAX_TRACE:
            self.trace.append(
                EvaluatedDecision(element.id, element.name, value, self._namespace, evaluated, rules, columns)
            )
        return value

    def _knowledge(self, element: BusinessKnowledgeModel) -> Any:
        """Return business knowledge as a function. What it requires joins its scope when it is first called, for it may be itself."""
        if element.logic is None:
            self.warn(f"Expected business knowledge model '{element.name}' to have an expression")
            return None
        scope: Scope = {}

        def complete() -> Scope:
            if element.name not in scope:
                scope.update(self._scope(element.knowledge, {}))
                scope[element.name] = function
            return scope

        result_type = self.types.result_of(element.type_ref)
        function = self.function(element.logic, complete, name=element.name, result_type=result_type)
        return function

    def _service(self, element: DecisionService) -> Any:
        """Return a decision service as a function of its input data and input decisions, in this order (10.4.2)."""
        parameters = [
            (self.element(reference).name, reference) for reference in element.input_data + element.input_decisions
        ]

        def invoke(arguments: Mapping[str, Any]) -> Any:
            return self.serve(element, arguments)

        types = tuple((name, self.element(reference).type_ref) for name, reference in parameters)
        return self._callable(element.name, types, invoke)

    def serve(self, element: DecisionService, arguments: Mapping[str, Any]) -> Any:
        """Invoke a decision service once: its decisions are worked out afresh over the arguments (6.3.6)."""
        inner = Evaluator(self.models, self.root, now=self.now, account=self.account)
        inner.warnings = self.warnings
        inner.trace = self.trace
        for reference in element.input_decisions:
            decision = self.element(reference)
            place = self.at(reference)
            inner._known[place] = inner.coerce_in(
                place.namespace, arguments.get(decision.name), decision.type_ref, f"decision '{decision.name}'"
            )
        outputs = {
            self.element(reference).name: inner.decide(reference, arguments) for reference in element.output_decisions
        }
        value = next(iter(outputs.values())) if len(outputs) == 1 else outputs
        return self.coerce(value, self.types.result_of(element.type_ref), f"decision service '{element.name}'")

    def apply(self, reference: Reference, arguments: Mapping[str, Any]) -> Any:
        """Invoke a business knowledge model once by the names of its parameters; missing ones are null."""
        function = self.decide(reference, {})
        if not isinstance(function, feel.Function):
            return None
        given = {name: arguments.get(name) for name in function.parameters or ()}
        return self.call(function, given)

    def _undeclared(self, inputs: Mapping[str, Any]) -> Scope:
        """Return the inputs that the file does not name: editors draw single tables without input data, and engines show them all."""
        names = self.models[self._namespace].names
        return {name: value for name, value in inputs.items() if name not in names}

    def _scope(self, references: Sequence[Reference], inputs: Mapping[str, Any]) -> Scope:
        """Return the required values by name; what an import brings in stands in a context under the import's name (10.4.1)."""
        scope: Scope = {}
        here = self.models[self._namespace]
        names = {namespace: name for name, namespace in here.imports.items()}
        for reference in references:
            value = self.decide(reference, inputs)
            target = scope
            if reference.namespace != self._namespace and (prefix := names.get(reference.namespace)):
                target = scope.setdefault(prefix, {})
            target[self.element(reference).name] = value
        return scope

    # --- boxed expressions (10.2)

    def boxed(self, expression: BoxedExpression, scope: Scope) -> Any:
        evaluate = _BOXED[type(expression)]
        self.account.stack += LEVELS_OF_A_BOX
        value = evaluate(self, expression, scope)
        self.account.stack -= LEVELS_OF_A_BOX
        return self.coerce(value, expression.type_ref, "expression") if expression.type_ref else value

    def _literal(self, expression: LiteralExpression, scope: Scope) -> Any:
        return self.value(expression.expression, scope)

    def _context(self, expression: BoxedContext, scope: Scope) -> Any:
        inner = dict(scope)
        context: Scope = {}
        for entry in expression.entries:
            value = self.boxed(entry.value, inner)
            if entry.name is None:
                return value
            value = self.coerce(value, entry.type_ref, f"context entry '{entry.name}'")
            context[entry.name] = inner[entry.name] = value
        return context

    def _list(self, expression: BoxedList, scope: Scope) -> Any:
        return [self.boxed(item, scope) for item in expression.items]

    def _relation(self, expression: Relation, scope: Scope) -> Any:
        return [
            {
                column: self.coerce(self.boxed(cell, scope), type_ref, f"column '{column}'")
                for column, type_ref, cell in zip(expression.columns, expression.column_types, row, strict=False)
            }
            for row in expression.rows
        ]

    def _invocation(self, expression: Invocation, scope: Scope) -> Any:
        function = self.boxed(expression.function, scope)
        arguments = {name: self.boxed(value, scope) for name, value in expression.bindings}
        return self.call(function, arguments)

    def _function(self, expression: FunctionDefinition, scope: Scope) -> Any:
        return self.function(expression, lambda: scope)

    def _conditional(self, expression: Conditional, scope: Scope) -> Any:
        condition = self.boxed(expression.condition, scope)
        if condition is not None and not isinstance(condition, bool):
            self.warn(f"Expected the condition to be true or false, got {feel.shown(condition)}")
            return None
        return self.boxed(expression.then if condition else expression.otherwise, scope)

    def _filter(self, expression: Filter, scope: Scope) -> Any:
        """Filter as FEEL does: a context's entries are in scope, and `item` is the item (10.3.2.5)."""
        collection = self.boxed(expression.collection, scope)
        if collection is None:
            return []
        kept = []
        for item in collection if isinstance(collection, list) else [collection]:
            names = item if isinstance(item, Mapping) else {}
            self.spend(1 + len(names))
            matched = self.boxed(expression.match, {**scope, **names, "item": item})
            if matched is True:
                kept.append(item)
            elif matched is not False and matched is not None:
                self.warn(f"Expected the filter's match to be true or false, got {feel.shown(matched)}")
                return None
        return kept

    def _iterator(self, expression: Iterator, scope: Scope) -> Any:
        collection = self.boxed(expression.collection, scope)
        if collection is None:
            self.warn(f"Expected a list to iterate over with '{expression.variable}', got null")
            return None
        inner = dict(scope)
        results: list[Any] = []
        try:
            items = list(feel.iterate(collection))
        except feel.FeelBudgetExceeded:
            raise
        except feel.FeelError as error:
            self.warn(f"Expected a list to iterate over with '{expression.variable}': {error}")
            return None
        self.spend(len(items))
        for item in items:
            inner[expression.variable] = item
            inner["partial"] = results
            results.append(self.boxed(expression.body, inner))
        if expression.kind is IteratorKind.FOR:
            return results
        return _quantified(results, some=expression.kind is IteratorKind.SOME)

    def _table(self, expression: DecisionTable, scope: Scope) -> Any:
        return evaluate_table(expression, scope, self)[0]

    # --- functions

    def function(
        self,
        definition: FunctionDefinition,
        scope: Callable[[], Scope],
        *,
        name: str = "function",
        result_type: str | None = None,
    ) -> Any:
        namespace = self._namespace

        def invoke(arguments: Mapping[str, Any]) -> Any:
            if definition.kind is not FunctionKind.FEEL or definition.body is None:
                self.warn(f"Expected a FEEL function, '{name}' is of kind {definition.kind.value}")
                return None
            outer, self._namespace = self._namespace, namespace
            try:
                value = self.boxed(definition.body, {**scope(), **arguments})
                return self.coerce(value, definition.type_ref or result_type, f"result of '{name}'")
            finally:
                self._namespace = outer

        return self._callable(name, definition.parameters, invoke)

    def _callable(
        self, name: str, parameters: tuple[tuple[str, str | None], ...], invoke: Callable[[Mapping[str, Any]], Any]
    ) -> feel.Function:
        namespace = self._namespace

        def body(*values: Any) -> Any:
            arguments = {
                parameter: self.coerce_in(namespace, value, type_ref, f"parameter '{parameter}' of '{name}'")
                for (parameter, type_ref), value in zip(parameters, values, strict=True)
            }
            return invoke(arguments)

        return _Function(name, tuple(parameter for parameter, _ in parameters), body, self.account)

    def call(self, function: Any, arguments: Mapping[str, Any]) -> Any:
        """Invoke by named arguments, through FEEL itself so that its rules for missing and unknown names hold."""
        try:
            call = _call_by_name(tuple(arguments))
        except feel.FeelSyntaxError:
            self.warn(f"Expected names of parameters, got {', '.join(map(feel.shown, arguments))}")
            return None
        return self.value(call, {**arguments, CALLEE: function})

    # --- pieces that decision tables use too

    @property
    def types(self) -> Types:
        namespace = self._namespace
        if namespace not in self._types:
            self._types[namespace] = Types(self.models, namespace, self)
        return self._types[namespace]

    def value(self, expression: feel.Expression, scope: Mapping[str, Any]) -> Any:
        self.spend(STEPS_OF_AN_EXPRESSION)
        found: list[feel.Warning] = []
        value = expression.evaluate(scope, now=self.now, budget=self.account, warnings=found)
        for warning in found:
            self.warn(str(warning))
        return value

    def spend(self, steps: int) -> None:
        self.account.steps -= steps
        if self.account.steps < 0:
            raise feel.FeelBudgetExceeded("steps")

    def test(self, expression: feel.Expression, value: Any, scope: Mapping[str, Any]) -> bool:
        return self.value(expression, {**scope, "?": value}) is True

    def coerce(self, value: Any, type_ref: str | None, what: str) -> Any:
        return value if type_ref is None else self.types.coerce(value, type_ref, what)

    def coerce_in(self, namespace: str, value: Any, type_ref: str | None, what: str) -> Any:
        return self.within(namespace, lambda: self.coerce(value, type_ref, what))

    def within(self, namespace: str, work: Callable[[], Any]) -> Any:
        """Do `work` with the names of the file `namespace` in force."""
        outer, self._namespace = self._namespace, namespace
        try:
            return work()
        finally:
            self._namespace = outer

    def warn(self, message: str) -> None:
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(message)


@lru_cache(maxsize=1024)
def _call_by_name(names: tuple[str, ...]) -> feel.Expression:
    return feel.compile(f"{CALLEE}({', '.join(f'{name}: {name}' for name in names)})", names=names)


def _quantified(results: list[Any], *, some: bool) -> bool | None:
    """Work out `some` or `every` over results: null where one is neither a boolean nor null; else one that is true, or false, decides, and
    a null leaves it open (10.3.2.6)."""
    if any(result is not None and not isinstance(result, bool) for result in results):
        return None
    if some in results:
        return some
    return None if None in results else not some


_BOXED: dict[type, Any] = {
    LiteralExpression: Evaluator._literal,
    BoxedContext: Evaluator._context,
    BoxedList: Evaluator._list,
    Relation: Evaluator._relation,
    Invocation: Evaluator._invocation,
    FunctionDefinition: Evaluator._function,
    Conditional: Evaluator._conditional,
    Filter: Evaluator._filter,
    Iterator: Evaluator._iterator,
    DecisionTable: Evaluator._table,
}
