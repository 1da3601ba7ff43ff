"""Arithmetic, comparisons, logic, `if` and `instance of` are compiled here."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel.compiling.core import Closure, Compiler, compiles
from engine.feel.errors import Position
from engine.feel.evaluation import Env
from engine.feel.numbers import DECIMAL128
from engine.feel.operators import ARITHMETIC, COMPARISONS, conjunction, equal, kind_name, negate
from engine.feel.parsing import syntax as s
from engine.feel.types import Type
from engine.feel.values import NullResult, decimal_of, normalise

_EXACT: dict[str, Callable[[Any, Any], Any]] = {
    "+": DECIMAL128.add,
    "-": DECIMAL128.subtract,
    "*": DECIMAL128.multiply,
    "/": DECIMAL128.divide,
}


@compiles(s.Chain)
def _chain(compiler: Compiler, node: s.Chain) -> Closure:
    first = compiler.compile(node.first)
    parts = [(sign, compiler.compile(operand), compiler.position_at(at)) for sign, operand, at in node.rest]
    if len(parts) == 1:
        return compiler.fold(_binary(first, *parts[0]), first, parts[0][1])
    steps = [(_operator(sign, position), operand) for sign, operand, position in parts]

    def chain(env: Env) -> Any:
        value = first(env)
        for operate, operand in steps:
            value = operate(env, value, operand(env))
        return value

    return compiler.fold(chain, first, *(operand for _, operand in steps))


def _binary(left: Closure, sign: str, right: Closure, position: Position) -> Closure:
    operate = _operator(sign, position)
    exact = _EXACT.get(sign)
    if exact is None:
        return lambda env: operate(env, left(env), right(env))

    def binary(env: Env) -> Any:
        a, b = left(env), right(env)
        if type(a) is Decimal and type(b) is Decimal:
            try:
                return exact(a, b)
            except decimal.DecimalException:
                return _undefined(env, position, sign, a, b)
        return operate(env, a, b)

    return binary


def _operator(sign: str, position: Position) -> Callable[[Env, Any, Any], Any]:
    function = ARITHMETIC[sign]

    def operate(env: Env, left: Any, right: Any) -> Any:
        if type(left) is str and type(right) is str:
            env.build((len(left) + len(right)) // 8)
        elif sign == "**" and type(right) is Decimal:
            env.spend(8 if right == right.to_integral_value() else 100)
        result = function(left, right)
        return _undefined(env, position, sign, left, right) if result is None else result

    return operate


def _undefined(env: Env, position: Position, sign: str, left: Any, right: Any) -> Any:
    if type(left) is Decimal and type(right) is Decimal:
        reason = "division by zero" if sign == "/" and not right else f"'{sign}' has no result for these numbers"
    else:
        reason = f"'{sign}' is not defined for {kind_name(left)} and {kind_name(right)}"
    return env.null(position, reason, left, right)


@compiles(s.Negation)
def _negation(compiler: Compiler, node: s.Negation) -> Closure:
    operand, position = compiler.compile(node.operand), compiler.position(node)

    def negation(env: Env) -> Any:
        value = operand(env)
        result = negate(value)
        if result is None:
            env.null(position, f"'-' is not defined for {kind_name(value)}", value)
        return result

    return compiler.fold(negation, operand)


@compiles(s.Comparison)
def _comparison(compiler: Compiler, node: s.Comparison) -> Closure:
    fast = _with_number(compiler, node)
    if fast is not None:
        return fast
    left, right = compiler.compile(node.left), compiler.compile(node.right)
    position = compiler.position(node)
    sign, compare = node.operator, COMPARISONS[node.operator]
    text = sign in ("=", "!=")
    null_is_false = node.null_is_false

    def comparison(env: Env) -> Any:
        a, b = left(env), right(env)
        if text and type(a) is str and type(b) is str:
            return (a == b) is (sign == "=")
        result = compare(a, b, env)
        if result is None:
            if null_is_false and (a is None or b is None):
                return False
            env.null(position, f"'{sign}' is not defined for {kind_name(a)} and {kind_name(b)}", a, b)
        return result

    return compiler.fold(comparison, left, right)


_NUMBER_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def _with_number(compiler: Compiler, node: s.Comparison) -> Closure | None:
    """Compile `amount > 1000`, the commonest condition: it is read and compared in one closure."""
    if not (isinstance(node.left, s.Name) and isinstance(node.right, s.Literal)):
        return None
    name, bound, sign = node.left.name, node.right.value, node.operator
    asked, slot = compiler.resolve(name)
    if type(bound) is not Decimal or asked or slot is not None:
        return None
    left, position = compiler.compile(node.left), compiler.position(node)
    compare, test = COMPARISONS[sign], _NUMBER_TESTS[sign]
    null_is_false = node.null_is_false

    def comparison(env: Env) -> Any:
        try:
            value = env.context[name]
        except KeyError:
            value = left(env)
        kind = type(value)
        if kind is Decimal or kind is int:
            if kind is int:
                value = decimal_of(value)
            elif not value.is_finite():
                value = None
            if value is not None:
                return test(value, bound)
        value = normalise(value)
        result = compare(value, bound)
        if result is None:
            if null_is_false and value is None:
                return False
            env.null(position, f"'{sign}' is not defined for {kind_name(value)} and number", value, bound)
        return result

    return comparison


@compiles(s.Between)
def _between(compiler: Compiler, node: s.Between) -> Closure:
    value, low, high = (compiler.compile(part) for part in (node.value, node.low, node.high))
    position = compiler.position(node)
    at_least, at_most = COMPARISONS[">="], COMPARISONS["<="]

    def between(env: Env) -> Any:
        found, lower, upper = value(env), low(env), high(env)
        result = conjunction(at_least(found, lower), at_most(found, upper))
        if result is None:
            env.null(position, "'between' is not defined for these values", found, lower, upper)
        return result

    return compiler.fold(between, value, low, high)


@compiles(s.Logic)
def _logic(compiler: Compiler, node: s.Logic) -> Closure:
    operands = [compiler.compile(operand) for operand in node.operands]
    position = compiler.position(node)
    decisive = not node.conjunction
    word = "and" if node.conjunction else "or"
    no_truth = _null_is_false if node.null_is_false else _no_truth
    if len(operands) == 2:
        return compiler.fold(_two(operands[0], operands[1], decisive, word, position, no_truth), *operands)

    def logic(env: Env) -> Any:
        result: bool | None = not decisive
        for operand in operands:
            value = operand(env)
            if value is decisive:
                return decisive
            if type(value) is not bool:
                result = no_truth(env, position, word, value)
        return result

    return compiler.fold(logic, *operands)


def _two(left: Closure, right: Closure, decisive: bool, word: str, position: Position, no_truth: NoTruth) -> Closure:
    usual = not decisive

    def logic(env: Env) -> Any:
        a = left(env)
        if a is decisive:
            return decisive
        b = right(env)
        if b is decisive:
            return decisive
        if a is usual and b is usual:
            return usual
        return no_truth(env, position, word, b if a is usual else a)

    return logic


NoTruth = Callable[[Env, Position, str, Any], Any]


def _null_is_false(env: Env, position: Position, word: str, value: Any) -> Any:
    return False if value is None else _no_truth(env, position, word, value)


def _no_truth(env: Env, position: Position, word: str, value: Any) -> Any:
    if value is None:
        return None
    return env.null(position, f"'{word}' expects booleans, got {kind_name(value)}", value)


@compiles(s.If)
def _if(compiler: Compiler, node: s.If) -> Closure:
    branches = [(compiler.compile(condition), compiler.compile(value)) for condition, value in node.branches]
    otherwise = compiler.compile(node.otherwise)

    def choose(env: Env) -> Any:
        # What is not true, null included, takes the else branch (DMN 1.5, table 52).
        for condition, value in branches:
            if condition(env) is True:
                return value(env)
        return otherwise(env)

    return compiler.fold(choose, otherwise, *(part for branch in branches for part in branch))


@compiles(s.InstanceOf)
def _instance_of(compiler: Compiler, node: s.InstanceOf) -> Closure:
    value, position = compiler.compile(node.value), compiler.position(node)
    declared, types = node.type, compiler.types
    # Item definitions are looked up late: a model compiles its expressions before its imports are known.
    resolved: list[Type] = []

    def instance_of(env: Env) -> Any:
        found = value(env)
        try:
            wanted = resolved[0] if resolved else declared.resolve(types)
        except KeyError as unknown:
            return env.null(position, f"no type is called '{unknown.args[0]}'")
        if not resolved:
            resolved.append(wanted)
        if type(found) is list:
            env.spend(len(found))
        try:
            return wanted.contains(found)
        except NullResult as unknown:
            return env.null(position, unknown.reason)

    return compiler.fold(instance_of, value)


__all__ = ["equal"]
