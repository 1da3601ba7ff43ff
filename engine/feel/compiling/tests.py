"""`in` and unary tests are compiled here (DMN 1.5, 7.3.4 and table 51)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.feel.compiling.core import Closure, Compiler, compiles
from engine.feel.errors import Position
from engine.feel.evaluation import Env
from engine.feel.operators import COMPARISONS, conjunction, equal, in_range, kind_name, same
from engine.feel.parsing import syntax as s
from engine.feel.values import Range, normalise

INPUT = "?"

# Takes the environment and the value under test.
TestClosure = Callable[[Env, Any], Any]


@compiles(s.In)
def _in(compiler: Compiler, node: s.In) -> Closure:
    value = compiler.compile(node.value)
    tests = [_membership(compiler, test) for test in node.tests]

    def is_in(env: Env) -> Any:
        return _any(env, tests, value(env))

    parts = [value, *(operand for test in tests for operand in (test.operand,))]  # type: ignore[attr-defined]
    return compiler.fold(is_in, *parts)


@compiles(s.UnaryTests)
def _unary_tests(compiler: Compiler, node: s.UnaryTests) -> Closure:
    """Compile unary tests; the value under test is the variable `?`."""
    if node.tests is None:
        return compiler.constant(not node.negated)
    tests = [_unary_test(compiler, test) for test in node.tests]
    negated = node.negated

    def unary_tests(env: Env) -> Any:
        result = _any(env, tests, normalise(env.context[INPUT]))
        return (None if result is None else not result) if negated else result

    return unary_tests


def _any(env: Env, tests: list[TestClosure], value: Any) -> bool | None:
    result: bool | None = False
    for test in tests:
        found = test(env, value)
        if found is True:
            return True
        if found is None:
            result = None
    return result


def _membership(compiler: Compiler, test: s.Test) -> TestClosure:
    if not test.operator and isinstance(test.operand, s.RangeLiteral) and not test.operand.operator:
        return _between_ends(compiler, test.operand)
    operand, position = compiler.compile(test.operand), compiler.position(test)
    if test.operator:
        found = _compared(test.operator, operand, position)
    else:

        def found(env: Env, value: Any) -> Any:
            return meets(env, value, operand(env), position)

    found.operand = operand  # type: ignore[attr-defined]
    return found


def _between_ends(compiler: Compiler, node: s.RangeLiteral) -> TestClosure:
    """Compile `in [a..b]` as the standard has it: `>= a and <= b`, which is null where an end is missing and the other one does not
    decide (DMN 1.5, table 54)."""
    interval, position = compiler.compile(node), compiler.position(node)
    assert node.start is not None
    assert node.end is not None
    start, end = compiler.compile(node.start), compiler.compile(node.end)
    low, high = COMPARISONS[">=" if node.start_included else ">"], COMPARISONS["<=" if node.end_included else "<"]

    def found(env: Env, value: Any) -> Any:
        if type(value) is Range:
            return meets(env, value, interval(env), position)
        lower, upper = start(env), end(env)
        result = conjunction(low(value, lower), high(value, upper))
        if result is None:
            shown = ", ".join(map(kind_name, (value, lower, upper)))
            env.null(position, f"'in' is not defined for these values: {shown}", value, lower, upper)
        return result

    found.operand = interval  # type: ignore[attr-defined]
    return found


def _compared(sign: str, operand: Closure, position: Position) -> TestClosure:
    compare = COMPARISONS[sign]

    def compared(env: Env, value: Any) -> Any:
        bound = operand(env)
        result = compare(value, bound, env)
        if result is None:
            env.null(position, f"'{sign}' is not defined for {kind_name(value)} and {kind_name(bound)}", value, bound)
        return result

    return compared


def meets(env: Env, value: Any, wanted: Any, position: Position | None) -> bool | None:
    """Say whether the value equals what is wanted, or is in that range, or is met by an element of that list."""
    if type(wanted) is Range:
        if type(value) is Range:
            return equal(value, wanted, env)
        result = in_range(value, wanted)
        if result is None:
            env.null(position, f"{kind_name(value)} cannot be in the range {wanted}", value)
        return result
    if type(wanted) is list:
        env.spend(len(wanted))
        if any(_element_met(env, value, normalise(element)) for element in wanted):
            return True
        return type(value) is list and same(value, wanted, env)
    result = equal(value, wanted, env)
    if result is None:
        env.null(position, f"'=' is not defined for {kind_name(value)} and {kind_name(wanted)}", value, wanted)
    return result


def _element_met(env: Env, value: Any, element: Any) -> bool:
    if type(element) is Range and type(value) is not Range:
        return in_range(value, element) is True
    return same(value, element, env)


def _unary_test(compiler: Compiler, test: s.Test) -> TestClosure:
    if test.operator:
        return _membership(compiler, test)
    free_before = set(compiler.free_names)
    compiler.free_names.clear()
    if isinstance(test.operand, s.RangeLiteral) and not test.operand.operator:
        found = _between_ends(compiler, test.operand)
        asks_input = INPUT in compiler.free_names
        compiler.free_names |= free_before
        if not asks_input:
            return found
    operand, position = compiler.compile(test.operand), compiler.position(test)
    asks_input = INPUT in compiler.free_names
    compiler.free_names |= free_before
    if asks_input:
        # An expression about the input is the answer itself.
        def asked(env: Env, value: Any) -> Any:
            result = operand(env)
            if type(result) is bool or result is None:
                return result
            return meets(env, value, result, position)

        return asked
    constant = compiler.is_constant(operand)

    def tested(env: Env, value: Any) -> Any:
        wanted = operand(env)
        # A condition on other variables counts by itself, unless the input is a boolean that it could be equal to.
        if type(wanted) is bool and type(value) is not bool and not constant:
            return wanted
        return meets(env, value, wanted, position)

    return tested
