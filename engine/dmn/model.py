"""A DMN file means decisions, the knowledge they use, and their boxed expressions (DMN 1.5, chapters 6, 8 and 10).

Immutable, made by `engine.dmn.parse`. Every FEEL text is compiled when the file is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from engine import feel

# --- types (7.3) -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """An item definition is a named type: a simple type or a structure of components, perhaps a collection of it, perhaps with allowed
    values.

    `allowed_values` constrain each item, `type_constraint` the value as a whole (7.3.2).
    """

    name: str
    type_ref: str | None = None
    is_collection: bool = False
    components: tuple[ItemDefinition, ...] = ()
    allowed_values: feel.Expression | None = None
    type_constraint: feel.Expression | None = None
    is_function: bool = False
    output_type: str | None = None
    """The type of what a function gives; None for what is no function."""


# --- boxed expressions (10.2) ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LiteralExpression:
    expression: feel.Expression
    source: str
    type_ref: str | None = None


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """An entry of a context has a name and an expression; `name` None marks the result entry, which gives the value of the whole
    context."""

    name: str | None
    value: BoxedExpression
    type_ref: str | None = None


@dataclass(frozen=True, slots=True)
class BoxedContext:
    entries: tuple[ContextEntry, ...]
    type_ref: str | None = None


@dataclass(frozen=True, slots=True)
class BoxedList:
    items: tuple[BoxedExpression, ...]
    type_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    columns: tuple[str, ...]
    column_types: tuple[str | None, ...]
    rows: tuple[tuple[BoxedExpression, ...], ...]
    type_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    function: BoxedExpression
    bindings: tuple[tuple[str, BoxedExpression], ...]
    type_ref: str | None = None


class FunctionKind(StrEnum):
    FEEL = "FEEL"
    JAVA = "Java"
    PMML = "PMML"


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    """A function definition has a body. `parameters` are pairs of name and type. Java and PMML functions evaluate to null with a
    warning: they are not FEEL."""

    parameters: tuple[tuple[str, str | None], ...]
    body: BoxedExpression | None
    kind: FunctionKind = FunctionKind.FEEL
    type_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Conditional:
    condition: BoxedExpression
    then: BoxedExpression
    otherwise: BoxedExpression
    type_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    collection: BoxedExpression
    match: BoxedExpression
    type_ref: str | None = None


class IteratorKind(StrEnum):
    FOR = "for"
    SOME = "some"
    EVERY = "every"


@dataclass(frozen=True, slots=True)
class Iterator:
    kind: IteratorKind
    variable: str
    collection: BoxedExpression
    body: BoxedExpression
    type_ref: str | None = None


class HitPolicy(StrEnum):
    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


class Aggregation(StrEnum):
    SUM = "SUM"
    COUNT = "COUNT"
    MIN = "MIN"
    MAX = "MAX"


@dataclass(frozen=True, slots=True)
class InputClause:
    id: str
    label: str
    expression: feel.Expression
    source: str
    type_ref: str | None = None
    allowed_values: feel.Expression | None = None


@dataclass(frozen=True, slots=True)
class OutputClause:
    """An output clause is one output column. `values` gives the list of the output values in their order: what PRIORITY and OUTPUT ORDER
    sort by."""

    id: str
    name: str
    label: str
    type_ref: str | None = None
    allowed_values: feel.Expression | None = None
    values: feel.Expression | None = None
    default: feel.Expression | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule is a row of the table. An input entry None is irrelevant ("-"): it matches whatever the input is."""

    id: str
    input_entries: tuple[feel.Expression | None, ...]
    output_entries: tuple[feel.Expression | None, ...]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    hit_policy: HitPolicy = HitPolicy.UNIQUE
    aggregation: Aggregation | None = None
    type_ref: str | None = None


BoxedExpression = (
    LiteralExpression
    | BoxedContext
    | BoxedList
    | Relation
    | Invocation
    | FunctionDefinition
    | Conditional
    | Filter
    | Iterator
    | DecisionTable
)


# --- the requirement graph (6.3) ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference is an href: `namespace` is that of the model which holds `id`."""

    namespace: str
    id: str


@dataclass(frozen=True, slots=True)
class InputData:
    id: str
    name: str
    type_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision has an expression; `information` are required inputs and decisions, `knowledge` required business knowledge models and
    decision services."""

    id: str
    name: str
    type_ref: str | None
    logic: BoxedExpression | None
    information: tuple[Reference, ...] = ()
    knowledge: tuple[Reference, ...] = ()
    version_tag: str = ""
    """The version tag by which a business rule task may ask for this version, as in Camunda."""


@dataclass(frozen=True, slots=True)
class BusinessKnowledgeModel:
    id: str
    name: str
    type_ref: str | None
    logic: FunctionDefinition | None
    knowledge: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionService:
    id: str
    name: str
    type_ref: str | None
    output_decisions: tuple[Reference, ...] = ()
    encapsulated_decisions: tuple[Reference, ...] = ()
    input_decisions: tuple[Reference, ...] = ()
    input_data: tuple[Reference, ...] = ()


Element = InputData | Decision | BusinessKnowledgeModel | DecisionService


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem is a reason why a file cannot be used as it is. `line` counts from 1 in the XML."""

    code: str
    message: str
    element_id: str | None = None
    element_name: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Definitions:
    """Definitions are the elements of one file by id. `imports` maps the name of an import to the namespace that it brings in; what an
    import without a name brings in is called as if it stood here (DMN 1.5, 6.3.3)."""

    id: str
    name: str
    namespace: str
    items: Mapping[str, ItemDefinition] = field(default_factory=dict)
    elements: Mapping[str, Element] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    unnamed_imports: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def imported_namespaces(self) -> tuple[str, ...]:
        return (*self.imports.values(), *self.unnamed_imports)

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the names of all elements: what a decision sees of these by its requirements alone."""
        return frozenset(element.name for element in self.elements.values())

    def ids_of(self, name: str) -> tuple[str, ...]:
        return self._ids.get(name, ())

    @cached_property
    def _ids(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for identifier, element in self.elements.items():
            found[element.name] = (*found.get(element.name, ()), identifier)
        return found

    @property
    def decisions(self) -> tuple[Decision, ...]:
        return tuple(element for element in self.elements.values() if isinstance(element, Decision))
