"""Lists, contexts, ranges and function definitions are compiled here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.feel.compiling.core import Closure, Compiler, compiles
from engine.feel.errors import Position
from engine.feel.evaluation import Env
from engine.feel.operators import kind_name, order
from engine.feel.parsing import syntax as s
from engine.feel.types import ANY, FunctionType, Type, coerce
from engine.feel.values import Function, NullResult, Range, in_order


@compiles(s.ListLiteral)
def _list(compiler: Compiler, node: s.ListLiteral) -> Closure:
    items = [compiler.compile(item) for item in node.items]

    def make(env: Env) -> Any:
        env.build(2 + len(items))
        return [item(env) for item in items]

    return compiler.fold(make, *items)


@compiles(s.ContextLiteral)
def _context(compiler: Compiler, node: s.ContextLiteral) -> Closure:
    entries: list[tuple[str, int, Closure]] = []
    duplicate = len({name for name, _ in node.entries}) < len(node.entries)
    for name, value in node.entries:
        # A function sees its own entry, so that it can call itself; other values see the entries before them.
        own = compiler.declare(name) if isinstance(value, s.FunctionDefinition) else None
        closure = compiler.compile(value)
        entries.append((name, compiler.declare(name) if own is None else own, closure))
    compiler.forget(len(entries))
    position = compiler.position(node)
    if duplicate:
        return lambda env: env.null(position, "the context has two entries of one name")

    def make(env: Env) -> Any:
        # A context takes some 200 bytes before anything is in it.
        env.build(5 + 2 * len(entries))
        context: dict[str, Any] = {}
        for name, slot, value in entries:
            result = value(env)
            if type(result) is UserFunction:
                result.name_itself(slot)
            env.slots[slot] = context[name] = result
        return context

    return make


@compiles(s.RangeLiteral)
def _range(compiler: Compiler, node: s.RangeLiteral) -> Closure:
    start = compiler.compile(node.start) if node.start else compiler.constant(None)
    end = compiler.compile(node.end) if node.end else compiler.constant(None)
    start_included, end_included, operator = node.start_included, node.end_included, node.operator
    position = compiler.position(node)

    def make(env: Env) -> Any:
        low, high = start(env), end(env)
        if not operator and low is not None and high is not None:
            found = order(low, high)
            if found is None:
                return env.null(position, f"no range from {kind_name(low)} to {kind_name(high)}", low, high)
            if found > 0:
                return env.null(position, "the start of the range is after its end", low, high)
        if not operator and low is None and high is None:
            return env.null(position, "a range needs a start or an end")
        # A side without a bound includes nothing there.
        included = (start_included and low is not None, end_included and high is not None)
        return Range(low, high, *included, operator)

    return compiler.fold(make, start, end)


class UserFunction(Function):
    """This function is written in FEEL, and keeps what it saw where it was written."""

    __slots__ = ("body", "context", "levels", "position", "slots", "steps", "type", "types", "where")

    def __init__(
        self, definition: _Definition, slots: list[Any], context: Mapping[str, Any], position: Position
    ) -> None:
        super().__init__("", definition.names)
        self.body = definition.body
        self.where = definition.slots
        self.types = definition.types
        self.steps = definition.steps
        self.levels = definition.levels
        self.type = definition.type
        self.slots = slots
        self.context = context
        self.position = position

    def name_itself(self, slot: int) -> None:
        """Let the body find this function under the entry that holds it."""
        if slot < len(self.slots):
            self.slots[slot] = self

    def invoke(self, env: Env, arguments: list[Any], names: tuple[str, ...] | None) -> Any:
        ordered = in_order(self, arguments, names)
        if self.types is not None:
            ordered = [
                argument if declared is None else coerce(argument, declared)
                for argument, declared in zip(ordered, self.types, strict=True)
            ]
        slots = self.slots.copy()
        for slot, argument in zip(self.where, ordered, strict=True):
            slots[slot] = argument
        before_slots, before_context = env.slots, env.context
        env.position = self.position
        env.spend(self.steps)
        env.slots, env.context = slots, self.context
        try:
            return env.call(self.body, env, stack=self.levels)
        finally:
            env.slots, env.context = before_slots, before_context


class _Definition:
    """All values of one function definition share this."""

    __slots__ = ("body", "levels", "names", "slots", "steps", "type", "types")

    def __init__(
        self, names: tuple[str, ...], slots: list[int], types: list[Type | None], body: Closure, steps: int, levels: int
    ) -> None:
        self.names = names
        self.slots = slots
        self.types = types if any(types) else None
        self.body = body
        self.steps = steps
        self.levels = levels
        self.type = FunctionType(tuple(declared or ANY for declared in types), ANY)


@compiles(s.FunctionDefinition)
def _function(compiler: Compiler, node: s.FunctionDefinition) -> Closure:
    slots = [compiler.declare(name) for name, _ in node.parameters]
    body, steps = compiler.weighed(node.body)
    compiler.forget(len(slots))
    position = compiler.position(node)
    names = tuple(name for name, _ in node.parameters)
    types = [_resolved(compiler, declared) for _, declared in node.parameters]
    if node.external:
        body = _external(position)
    definition = _Definition(names, slots, types, body, steps, node.body.height + 3)

    def make(env: Env) -> Any:
        env.build(10 + len(env.slots))
        return UserFunction(definition, env.slots.copy(), env.context, position)

    return make


def _resolved(compiler: Compiler, declared: Type | None) -> Type | None:
    if declared is None:
        return None
    try:
        return declared.resolve(compiler.types)
    except KeyError:
        return declared


def _external(position: Position) -> Closure:
    def external(env: Env) -> Any:
        raise NullResult("external functions cannot be called: write the function in FEEL")

    return external
