"""Literals, names, paths and filters are compiled here."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.feel.compiling.core import Closure, Compiler, compiles
from engine.feel.errors import Position
from engine.feel.evaluation import Env
from engine.feel.numbers import whole
from engine.feel.operators import kind_name
from engine.feel.parsing import syntax as s
from engine.feel.temporal.literals import parse_at_literal
from engine.feel.temporal.properties import PROPERTIES
from engine.feel.values import DIRECT, elements, normalise


@compiles(s.Literal)
def _literal(compiler: Compiler, node: s.Literal) -> Closure:
    return compiler.constant(node.value)


@compiles(s.AtLiteral)
def _at_literal(compiler: Compiler, node: s.AtLiteral) -> Closure:
    value = parse_at_literal(node.text)
    position = compiler.position(node)
    if value is not None:
        return compiler.constant(value)
    return lambda env: env.null(position, f'@"{node.text}" is no date, time, date and time or duration')


@compiles(s.Name)
def _name(compiler: Compiler, node: s.Name) -> Closure:
    name, position = node.name, compiler.position(node)
    asked, slot = compiler.resolve(name)
    if name == "partial" and slot is not None:
        return _partial(slot)
    outer = _local(slot) if slot is not None else _global(name, position)
    return _through_elements(name, asked, outer) if asked else outer


def _local(slot: int) -> Closure:
    return lambda env: env.slots[slot]


def _partial(slot: int) -> Closure:
    """Read `partial` as a copy of the list of results, for that goes on growing."""

    def partial(env: Env) -> Any:
        env.build(len(env.slots[slot]))
        env.spend(len(env.slots[slot]) // 8)
        return list(env.slots[slot])

    return partial


def _global(name: str, position: Position) -> Closure:
    def read(env: Env) -> Any:
        try:
            value = env.context[name]
        except KeyError:
            # The name of a built-in function is no exception: a variable that is not set is null, whatever its name.
            return env.missing(position, name, f"no variable is called '{name}'")
        return value if type(value) in DIRECT else normalise(value)

    return read


def _through_elements(name: str, slots: list[int], outer: Closure) -> Closure:
    def read(env: Env) -> Any:
        for slot in slots:
            element = env.slots[slot]
            if type(element) is dict and name in element:
                return normalise(element[name])
        return outer(env)

    return read


@compiles(s.Path)
def _path(compiler: Compiler, node: s.Path) -> Closure:
    base, name, position = compiler.compile(node.base), node.name, compiler.position(node)

    def path(env: Env) -> Any:
        value = base(env)
        if type(value) is dict:
            try:
                found = value[name]
            except KeyError:
                return env.null(position, f"the context has no entry '{name}'")
            return found if type(found) in DIRECT else normalise(found)
        return step(env, value, name, position)

    return compiler.fold(path, base)


def step(env: Env, value: Any, name: str, position: Position | None) -> Any:
    """Return the value's entry or property of this name; for a list the list of its elements' (DMN 1.5, 10.3.2.11)."""
    if type(value) is dict:
        if name in value:
            return normalise(value[name])
        return env.null(position, f"the context has no entry '{name}'")
    if type(value) is list:
        env.spend(len(value))
        env.build(len(value))
        return [step(env, normalise(element), name, position) for element in value]
    read = PROPERTIES.get((type(value), name))
    if read is None:
        return env.null(position, f"a value of kind {kind_name(value)} has no property '{name}'", value)
    return read(value)


_BOOLEAN_NODES = (s.Comparison, s.Logic, s.Between, s.In, s.InstanceOf, s.Quantified)


@compiles(s.Filter)
def _filter(compiler: Compiler, node: s.Filter) -> Closure:
    base = _filtered_base(compiler, node.base)
    position = compiler.position(node)
    if _is_index(node.condition):
        # A number cannot be a condition, so no element has to be asked.
        index = compiler.compile(node.condition)
        return compiler.fold(lambda env: _at_index(env, _as_list(base(env)), index(env), position), base, index)
    element_slot = compiler.declare(None)
    condition, weight = compiler.weighed(node.condition)
    compiler.forget()
    only_conditions = isinstance(node.condition, _BOOLEAN_NODES)

    def filtered(env: Env) -> Any:
        values = _as_list(base(env))
        env.position = position
        env.spend(len(values) * weight)
        slots = env.slots
        before = slots[element_slot]
        found = []
        try:
            if not values and not only_conditions:
                slots[element_slot] = None
                index = condition(env)
                return _at_index(env, values, index, position) if type(index) is Decimal else []
            for count, value in enumerate(values):
                element = value if type(value) in DIRECT else normalise(value)
                slots[element_slot] = element
                result = condition(env)
                if result is True:
                    found.append(element)
                elif result is not False and result is not None:
                    if count == 0 and type(result) is Decimal:
                        return _at_index(env, values, result, position)
                    return env.null(position, f"a filter expects booleans, got {kind_name(result)}", result)
        finally:
            slots[element_slot] = before
        env.build(len(found))
        return found

    return filtered


def _filtered_base(compiler: Compiler, node: s.Node) -> Closure:
    """Read the growing list itself for `partial[-1]`: a copy for each round would be quadratic."""
    if isinstance(node, s.Name) and node.name == "partial":
        asked, slot = compiler.resolve("partial")
        if slot is not None and not asked:
            return _local(slot)
    return compiler.compile(node)


def _is_index(node: s.Node) -> bool:
    if isinstance(node, s.Negation):
        return _is_index(node.operand)
    return isinstance(node, s.Literal) and isinstance(node.value, Decimal)


def _as_list(value: Any) -> list[Any]:
    """Return the value as a list to be filtered: a single value as a list of it, null as the empty list (DMN 1.5, 10.3.2.5)."""
    if type(value) is list:
        return value
    return [] if value is None else [value]


def _at_index(env: Env, values: list[Any], index: Decimal, position: Position | None) -> Any:
    place = whole(index)
    if place is not None and 1 <= abs(place) <= len(values):
        return normalise(values[place - 1 if place > 0 else place])
    if not values:
        return env.null(position, "the list is empty", index)
    return env.null(position, f"expected an index from 1 to {len(values)}, or from the end with a minus", index)


__all__ = ["elements", "step"]
