"""The syntax tree has these nodes. `at` is the offset in the source, `height` the longest way down, bounded by the parser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.feel.types import Type


@dataclass(slots=True, eq=False)
class Node:
    at: int
    height: int


@dataclass(slots=True, eq=False)
class Literal(Node):
    value: Any


@dataclass(slots=True, eq=False)
class AtLiteral(Node):
    text: str


@dataclass(slots=True, eq=False)
class Name(Node):
    name: str


@dataclass(slots=True, eq=False)
class ListLiteral(Node):
    items: list[Node]


@dataclass(slots=True, eq=False)
class ContextLiteral(Node):
    entries: list[tuple[str, Node]]


@dataclass(slots=True, eq=False)
class RangeLiteral(Node):
    """A range literal has two bounds. `operator` is set for `(< end)` and its like, whose one bound is in `start` or `end`."""

    start: Node | None
    end: Node | None
    start_included: bool
    end_included: bool
    operator: str


@dataclass(slots=True, eq=False)
class Chain(Node):
    """A chain is arithmetic of one precedence, from left to right: long sums must not become deep trees."""

    first: Node
    rest: list[tuple[str, Node, int]]


@dataclass(slots=True, eq=False)
class Negation(Node):
    operand: Node


@dataclass(slots=True, eq=False)
class Comparison(Node):
    """With `null_is_false`, as in JUEL, null is neither less nor greater than anything."""

    operator: str
    left: Node
    right: Node
    null_is_false: bool = False


@dataclass(slots=True, eq=False)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(slots=True, eq=False)
class Test(Node):
    """A test is a positive unary test; `operator` is empty for a value, list or range to be met."""

    operator: str
    operand: Node


@dataclass(slots=True, eq=False)
class In(Node):
    value: Node
    tests: list[Test]


@dataclass(slots=True, eq=False)
class UnaryTests(Node):
    """These are unary tests. `tests` is None for "-"."""

    tests: list[Test] | None
    negated: bool


@dataclass(slots=True, eq=False)
class Logic(Node):
    """This is `and` or `or` of two or more. With `null_is_false`, as in JUEL, null counts as false in it."""

    conjunction: bool
    operands: list[Node]
    null_is_false: bool = False


@dataclass(slots=True, eq=False)
class If(Node):
    """A conditional has one or more conditions; `else if` chains are flat."""

    branches: list[tuple[Node, Node]]
    otherwise: Node


@dataclass(slots=True, eq=False)
class Iterator(Node):
    """An iterator is `name in start` or `name in start..end`."""

    name: str
    start: Node
    end: Node | None


@dataclass(slots=True, eq=False)
class For(Node):
    iterators: list[Iterator]
    body: Node


@dataclass(slots=True, eq=False)
class Quantified(Node):
    every: bool
    iterators: list[Iterator]
    body: Node


@dataclass(slots=True, eq=False)
class Path(Node):
    base: Node
    name: str


@dataclass(slots=True, eq=False)
class Filter(Node):
    base: Node
    condition: Node


@dataclass(slots=True, eq=False)
class Call(Node):
    """A call has arguments. `names` is None for positional ones."""

    function: Node
    arguments: list[Node]
    names: tuple[str, ...] | None


@dataclass(slots=True, eq=False)
class InstanceOf(Node):
    value: Node
    type: Type


@dataclass(slots=True, eq=False)
class FunctionDefinition(Node):
    """A function definition has parameters and a body; `external` functions parse, and are null when called: there is no Java here."""

    parameters: list[tuple[str, Type | None]]
    body: Node
    external: bool
