"""During a step an element instance reads and writes variables, and evaluates expressions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine import feel
from engine.bpmn.expressions import Expression
from engine.bpmn.model import FlowNode, ProcessModel, SequenceFlow, VariableMapping
from engine.runtime import conditions, history
from engine.runtime.effects import IncidentType
from engine.runtime.history import Fact
from engine.runtime.state import ElementInstance, State, VisibleVariables


class Trouble(Exception):  # noqa: N818 - a failure of the process, not of the program
    """Trouble is a technical failure at the element that is being run: it becomes an incident there, and resolving it tries again."""

    def __init__(self, type_: IncidentType, message: str) -> None:
        super().__init__(message)
        self.type = type_
        self.message = message


class Evaluator:
    """The evaluator is the part of a step that reads and writes variables and evaluates expressions; `machine.Machine` adds what
    moves.
    """

    def __init__(self, model: ProcessModel, state: State, *, now: datetime, budget: feel.Budget) -> None:
        self.budget = budget
        self.model = model
        self.nodes = model.nodes
        self.state = state
        self.now = now
        self.facts: list[Fact] = []
        self.dirty = False
        """True when variables were written since the conditions were last looked at."""

    def node_of(self, element: ElementInstance) -> FlowNode:
        return self.nodes[element.node]

    # --- variables

    def write(self, element: ElementInstance, name: str, value: Any) -> None:
        """Write to the nearest scope that declares the name, from `element` outward, else to the process."""
        holder: ElementInstance = element
        while (holder.variables is None or name not in holder.variables) and holder.scope is not None:
            holder = self.state.elements[holder.scope]
        self.write_local(holder, name, value)

    def write_local(self, element: ElementInstance, name: str, value: Any) -> None:
        if element.variables is None:
            element.variables = {}
        element.variables[name] = value
        self.facts.append(history.VariableWritten(element.key, name, value))
        self.dirty = True

    def write_path(self, element: ElementInstance, target: str, value: Any, *, local: bool) -> None:
        """Write to a mapping's target: a variable, or a path into one, whose other entries stay as they are."""
        name, _, path = target.partition(".")
        if path:
            held = (element.variables or {}).get(name) if local else VisibleVariables(self.state, element.key).get(name)
            value = _with_path(held, path.split("."), value)
        if local:
            self.write_local(element, name, value)
        else:
            self.write(element, name, value)

    def absorb(self, element: ElementInstance, variables: Mapping[str, Any]) -> None:
        """Write the results of an element: into its own scope where output mappings pick from them, else to the scopes that declare
        them (as Camunda 8).
        """
        local = bool(self.node_of(element).outputs)
        for name, value in variables.items():
            if local:
                self.write_local(element, name, value)
            else:
                self.write(element, name, value)

    def map_variables(
        self, mappings: tuple[VariableMapping, ...], source: ElementInstance, target: ElementInstance, *, local: bool
    ) -> None:
        for mapping in mappings:
            what = f"the mapping to '{mapping.target}'"
            value = self.value(mapping.source, source, what, type_=IncidentType.IO_MAPPING_ERROR)
            self.write_path(target, mapping.target, value, local=local)

    # --- expressions

    def value(
        self,
        expression: Expression,
        element: ElementInstance,
        what: str,
        *,
        extra: Mapping[str, Any] | None = None,
        type_: IncidentType = IncidentType.EXTRACT_VALUE_ERROR,
    ) -> Any:
        """Return the value of an expression as JSON. Raises Trouble, naming `what` and the expression."""
        return feel.to_json(self.raw(expression, element, what, extra=extra, type_=type_))

    def raw(
        self,
        expression: Expression,
        element: ElementInstance,
        what: str,
        *,
        extra: Mapping[str, Any] | None = None,
        type_: IncidentType = IncidentType.EXTRACT_VALUE_ERROR,
    ) -> Any:
        """Evaluate as `value` does, in FEEL's own types."""
        if expression.is_literal:
            return expression.source
        try:
            return expression.evaluate(
                VisibleVariables(self.state, element.key, extra), now=self.now, budget=self.budget
            )
        except feel.FeelError as error:
            message = (
                f"Expected {what} of {shown(self.node_of(element))} to have a value: {error} in '{expression.source}'"
            )
            raise Trouble(type_, message) from error

    def text(self, expression: Expression, element: ElementInstance, what: str) -> str:
        """Evaluate an expression whose value must not be null, as text."""
        value = self.value(expression, element, what)
        if value is None or isinstance(value, list | dict):
            message = (
                f"Expected {what} of {shown(self.node_of(element))} to be a text, "
                f"'{expression.source}' gave {feel.shown(value)}"
            )
            raise Trouble(IncidentType.EXTRACT_VALUE_ERROR, message)
        return str(value).lower() if isinstance(value, bool) else str(value)

    def holds(
        self,
        condition: Expression | None,
        element: ElementInstance,
        flow: SequenceFlow | None = None,
        *,
        extra: Mapping[str, Any] | None = None,
    ) -> bool:
        """Say whether a condition is true. What is neither true nor false by the rules of its language is Trouble, which says what was
        read and what was missing; a variable that is missing all the same is recorded."""
        if condition is None:
            return True
        view = VisibleVariables(self.state, element.key, extra)
        found: list[feel.Warning] = []
        try:
            value = condition.evaluate(view, now=self.now, budget=self.budget, warnings=found)
        except feel.FeelError as error:
            what = conditions.named(flow, shown(self.node_of(element)))
            message = f"Expected {what} to be true or false: {error} in '{condition.source}'"
            raise Trouble(IncidentType.CONDITION_ERROR, message) from error
        truth = conditions.truth_of(value, condition.language, found)
        if truth is None:
            what = conditions.named(flow, shown(self.node_of(element)))
            raise Trouble(IncidentType.CONDITION_ERROR, conditions.complaint(what, condition, value, found, view))
        for name in dict.fromkeys(each.missing for each in found if each.missing is not None):
            what = conditions.named(flow, shown(self.node_of(element)))
            message = f"No variable is called '{name}', which {what} reads: '{condition.source}'"
            self.facts.append(history.WarningRecorded(element.key, element.node, message))
        return truth


def shown(node: FlowNode) -> str:
    """Name a node in a message: by type, name and id."""
    kind = node.type.value.lower().replace("_", " ")
    return f"{kind} '{node.name}' ({node.id})" if node.name else f"{kind} '{node.id}'"


def _with_path(held: Any, path: list[str], value: Any) -> Any:
    entries = dict(held) if isinstance(held, Mapping) else {}
    entries[path[0]] = value if len(path) == 1 else _with_path(entries.get(path[0]), path[1:], value)
    return entries
