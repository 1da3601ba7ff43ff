"""The package's interface is here: compile once, evaluate often."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine.feel.budget import DEFAULT_BUDGET, Account, Budget
from engine.feel.builtins import ranges
from engine.feel.compiling import Compiler
from engine.feel.compiling.core import Closure
from engine.feel.compiling.loops import values_of
from engine.feel.compiling.tests import INPUT
from engine.feel.errors import FeelBudgetExceeded, FeelSyntaxError, Lines, Warning
from engine.feel.evaluation import Env
from engine.feel.parsing import syntax
from engine.feel.parsing.names import Candidates, candidates
from engine.feel.parsing.parser import Parser
from engine.feel.types import Type
from engine.feel.values import ATOMS, Allowance, Range, finish, normalise

_MOST_READINGS = 16
_SMALL_SOURCE = 4_096
_NO_TYPES: Mapping[str, Type] = {}

# "(..5]" and "(5..)" are ranges in the text of range() only; a side without an end is never included.
_OPEN_START = re.compile(r"^(\s*[(\]]\s*)\.\.")
_OPEN_END = re.compile(r"\.\.(\s*[)\[]\s*)$")


class Expression:
    """An expression is a compiled source. It may be used by several threads, as often as wanted.

    When the source could spell names that only the context can tell (`a-b`), each reading is compiled once and kept. `names` are those
    that it reads from the context, `unknown_functions` the functions that it calls and that are not built in.
    """

    __slots__ = (
        "_candidates",
        "_closure",
        "_folded",
        "_is_plain",
        "_is_tests",
        "_names",
        "_readings",
        "_slots",
        "_types",
        "names",
        "source",
        "unknown_functions",
    )

    def __init__(
        self, source: str, *, names: Iterable[str] = (), is_tests: bool = False, types: Mapping[str, Type] = _NO_TYPES
    ) -> None:
        self.source = source
        self._is_tests = is_tests
        self._names = frozenset(names)
        self._types = types
        self._readings: dict[tuple[frozenset[str], bool], tuple[Closure, int, frozenset[str]]] = {}
        # Built-in functions whose calls were computed at compile time; a context may have others of these names.
        self._folded: frozenset[str] = frozenset()
        self._candidates = Candidates()
        self._closure, self._slots, self.names = self._read(self._names, first=True)

    def _read(
        self, names: frozenset[str], *, first: bool = False, fold_calls: bool = True
    ) -> tuple[Closure, int, frozenset[str]]:
        try:
            parser = Parser(self.source, names)
            node: syntax.Node = parser.unary_tests() if self._is_tests else parser.expression()
            compiler = Compiler(parser.lines, self._types, fold_calls=fold_calls)
            closure = compiler.compile(node)
            self._is_plain = _is_plain(node)
        except RecursionError:
            raise FeelSyntaxError("The expression is nested too deeply") from None
        if first:
            self.unknown_functions = compiler.unknown_functions
            self._candidates = candidates(self.source, parser.tokens)
            self._folded = frozenset(compiler.folded_functions)
        return closure, compiler.slots, frozenset(compiler.free_names - {INPUT})

    def _reading_for(self, context: Mapping[str, Any]) -> tuple[Closure, int]:
        """Return how the source is to be read with the names of this context."""
        found = self._candidates.found_in(context)
        redefined = not self._folded.isdisjoint(context)
        if not found and not redefined:
            return self._closure, self._slots
        key = (found, redefined)
        reading = self._readings.get(key)
        if reading is None:
            try:
                reading = self._read(self._names | found, fold_calls=not redefined)
            except FeelSyntaxError:
                # The names are there by chance: with them the text would make no sense.
                reading = self._read(self._names, fold_calls=not redefined)
            if len(self._readings) < _MOST_READINGS:
                self._readings[key] = reading
        return reading[0], reading[1]

    def names_in(self, context: Mapping[str, Any]) -> frozenset[str]:
        """Return the free names as the expression reads with the names of this context."""
        found = self._candidates.found_in(context)
        return self._read(self._names | found)[2] if found else self.names

    def evaluate(
        self,
        context: Mapping[str, Any],
        *,
        now: datetime | None = None,
        budget: Budget | Account | None = None,
        warnings: list[Warning] | None = None,
    ) -> Any:
        """Return the value; null wherever the standard says so, with the reasons appended to `warnings` when that is a list.

        Raises FeelBudgetExceeded. An account as `budget` keeps what this evaluation did not use. `now` is what now() and today()
        give; without it they are null.
        """
        if self._candidates or self._folded:
            closure, slots = self._reading_for(context)
        else:
            closure, slots = self._closure, self._slots
        env = Env(context, [None] * slots, now, budget or DEFAULT_BUDGET, warnings)
        try:
            value = closure(env)
            if type(value) in ATOMS:
                return value
            # What comes straight from the context is the caller's own, and as large as the caller made it.
            return finish(value, None if self._is_plain else Allowance(env.whole_size))
        except RecursionError:
            raise FeelBudgetExceeded("depth", env.position) from None
        finally:
            if type(budget) is Account:
                env.settle(budget)

    def test(
        self,
        value: Any,
        context: Mapping[str, Any],
        *,
        now: datetime | None = None,
        budget: Budget | None = None,
        warnings: list[Warning] | None = None,
    ) -> bool | None:
        """Say for unary tests whether the value meets them; null when that cannot be told."""
        found = self.evaluate({**context, INPUT: value}, now=now, budget=budget, warnings=warnings)
        return found if type(found) is bool else None

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"


def from_tree(source: str, node: syntax.Node, lines: Lines) -> Expression:
    """Compile an expression of another notation, which was parsed already. Its names are as they stand."""
    made = Expression.__new__(Expression)
    compiler = Compiler(lines, _NO_TYPES, fold_calls=False)
    made.source = source
    made._closure = compiler.compile(node)
    made._slots = compiler.slots
    made._is_plain = _is_plain(node)
    made.names = frozenset(compiler.free_names)
    made.unknown_functions = compiler.unknown_functions
    made._candidates = Candidates()
    made._folded = frozenset()
    made._names, made._types, made._readings, made._is_tests = frozenset(), _NO_TYPES, {}, False
    return made


@lru_cache(maxsize=1_024)
def _cached(source: str, names: frozenset[str], is_tests: bool) -> Expression:
    return Expression(source, names=names, is_tests=is_tests)


@lru_cache(maxsize=32)
def _cached_large(source: str, names: frozenset[str], is_tests: bool) -> Expression:
    return Expression(source, names=names, is_tests=is_tests)


def compile(expression: str, *, names: Iterable[str] = (), types: Mapping[str, Type] | None = None) -> Expression:
    """Compile an expression; the result is cached unless it has types. Raises FeelSyntaxError.

    `names` are names with blanks, signs or keywords that the scope is known to have. `types` are item definitions; they are looked
    up when they are first needed, so the mapping may still grow.
    """
    if types is not None:
        return Expression(expression, names=names, types=types)
    return (_cached if len(expression) <= _SMALL_SOURCE else _cached_large)(expression, frozenset(names), False)


def compile_unary_tests(
    expression: str, *, names: Iterable[str] = (), types: Mapping[str, Type] | None = None
) -> Expression:
    """Compile unary tests, as in a cell of a decision table; evaluate with `?` in the context, or with `Expression.test`."""
    if types is not None:
        return Expression(expression, names=names, is_tests=True, types=types)
    return (_cached if len(expression) <= _SMALL_SOURCE else _cached_large)(expression, frozenset(names), True)


def evaluate(expression: str, context: Mapping[str, Any], *, now: datetime | None = None) -> Any:
    """Compile and evaluate in one go, with all names of the context."""
    return _for_context(expression, context, is_tests=False).evaluate(context, now=now)


def unary_test(expression: str, value: Any, context: Mapping[str, Any], *, now: datetime | None = None) -> bool | None:
    """Say whether the value meets the unary tests; null when that cannot be told."""
    return _for_context(expression, context, is_tests=True).test(value, context, now=now)


def _for_context(source: str, context: Mapping[str, Any], *, is_tests: bool) -> Expression:
    make = compile_unary_tests if is_tests else compile
    try:
        return make(source)
    except FeelSyntaxError:
        # Names of the context may make sense of it, like "days in weekend" after "for i in".
        names = [name for name in context if not name.isidentifier()]
        if not names:
            raise
        return make(source, names=names)


def iterate(collection: Any, *, budget: Budget = DEFAULT_BUDGET) -> Iterator[Any]:
    """Yield the values that `for x in collection` runs over: a list's, a range's, or a single value itself; they are finished values.

    Raises FeelError for null and for a range that cannot be counted through, FeelBudgetExceeded beyond `budget.steps`.
    """
    env = Env({}, [], None, budget)
    for value in values_of(env, normalise(collection)):
        env.spend(1)
        yield finish(value)


def _is_plain(node: syntax.Node) -> bool:
    """Say whether the node is a name or a path from one."""
    while isinstance(node, syntax.Path):
        node = node.base
    return isinstance(node, syntax.Name)


def _read_range(text: str) -> Range | None:
    """Return the range that a text is, when its ends are literals; else None. `(..5]` is the same as `<= 5`."""
    whole = _OPEN_START.sub(r"\1null..", _OPEN_END.sub(r"..null\1", text))
    is_open, text = whole != text, whole
    try:
        node = Parser(text).expression()
    except FeelSyntaxError:
        return None
    if not isinstance(node, syntax.RangeLiteral) or not all(
        end is None or _is_literal(end) for end in (node.start, node.end)
    ):
        return None
    found = Compiler(Lines(text), _NO_TYPES).compile(node)(Env({}, [], None))
    if not isinstance(found, Range):
        return None
    return replace(found, operator=_unary_operator(found)) if is_open else found


def _unary_operator(found: Range) -> str:
    if found.end is None:
        return ">=" if found.start_included else ">"
    return "<=" if found.end_included else "<"


def _is_literal(node: syntax.Node) -> bool:
    if isinstance(node, syntax.Negation):
        return _is_literal(node.operand)
    if isinstance(node, syntax.Call):
        return (
            isinstance(node.function, syntax.Name)
            and node.function.name in ("date", "time", "date and time", "duration")
            and all(isinstance(argument, syntax.Literal) for argument in node.arguments)
        )
    return isinstance(node, syntax.Literal | syntax.AtLiteral)


ranges.RANGE_READER.append(_read_range)
