"""Invocations are compiled here: built-in functions are matched once, at compile time; others when they are called."""

from __future__ import annotations

from typing import Any

from engine.feel.builtins import FUNCTIONS, BuiltinFunction
from engine.feel.builtins.registry import Form, call_matching
from engine.feel.compiling.core import Closure, Compiler, compiles
from engine.feel.errors import Position
from engine.feel.evaluation import Env
from engine.feel.operators import kind_name, same
from engine.feel.parsing import syntax as s
from engine.feel.values import DIRECT, Function, NullResult, normalise


@compiles(s.Call)
def _call(compiler: Compiler, node: s.Call) -> Closure:
    position = compiler.position(node)
    is_local = False
    if isinstance(node.function, s.Name):
        name = node.function.name
        asked, slot = compiler.resolve(name)
        is_local = slot is not None
        if slot is None and name in FUNCTIONS:
            compiler.free_names.discard(name)
            takes_function = name in _TAKING_FUNCTIONS
            arguments = [_argument(compiler, each, may_be_function=takes_function) for each in node.arguments]
            built_in = _builtin(compiler, FUNCTIONS[name], arguments, node.names, position)
            return _or_of_element(name, asked, built_in, arguments, node.names, position) if asked else built_in
        if slot is None:
            compiler.unknown_functions.setdefault(name, position)
    arguments = [_argument(compiler, each, may_be_function=not is_local) for each in node.arguments]
    function = compiler.compile(node.function)
    names = node.names

    def call(env: Env) -> Any:
        return invoke(env, function(env), [argument(env) for argument in arguments], names, position)

    return call


def _or_of_element(
    name: str,
    elements: list[int],
    built_in: Closure,
    arguments: list[Closure],
    names: tuple[str, ...] | None,
    position: Position,
) -> Closure:
    """Within a filter, call the function that an element has under this name, else the built-in one."""

    def call(env: Env) -> Any:
        for slot in elements:
            element = env.slots[slot]
            own = element.get(name) if type(element) is dict else None
            if isinstance(own, Function):
                return invoke(env, own, [argument(env) for argument in arguments], names, position)
        return built_in(env)

    return call


_TAKING_FUNCTIONS = frozenset({"sort", "list replace"})


def _argument(compiler: Compiler, node: s.Node, *, may_be_function: bool) -> Closure:
    """Compile an argument. The name of a built-in function means that function where a function of a decision model or one of these
    built-in ones is given it, and nowhere else: a variable that is not set is null."""
    found = compiler.compile(node)
    if not may_be_function or not isinstance(node, s.Name) or node.name not in FUNCTIONS:
        return found
    name, function = node.name, FUNCTIONS[node.name]
    asked, slot = compiler.resolve(name)
    return found if asked or slot is not None else lambda env: found(env) if name in env.context else function


def invoke(
    env: Env, function: Any, arguments: list[Any], names: tuple[str, ...] | None, position: Position | None
) -> Any:
    """Call a function value; the result is null with a warning when it is none, or when it has no result."""
    if not isinstance(function, Function):
        return env.null(position, f"expected a function, got {kind_name(function)}", function)
    env.position = position
    try:
        return function.invoke(env, arguments, names)
    except NullResult as reason:
        return env.null(position, reason.reason, *reason.values)


def _builtin(
    compiler: Compiler,
    function: BuiltinFunction,
    arguments: list[Closure],
    names: tuple[str, ...] | None,
    position: Position,
) -> Closure:
    name = function.name
    matching = function.matching(len(arguments), names)
    run = _contains_constant(compiler, name, arguments) if names is None else None
    run = run or _matched(function, matching, arguments, position)

    def call(env: Env) -> Any:
        if name in env.context:
            own = normalise(env.context[name])
            if isinstance(own, Function):
                return invoke(env, own, [argument(env) for argument in arguments], names, position)
        return run(env)

    if not (function.pure and matching and compiler.fold_calls):
        return call
    folded = compiler.fold(run, *arguments)
    if folded is run:
        return call
    compiler.folded_functions.add(name)
    return folded


def _matched(
    function: BuiltinFunction,
    matching: list[tuple[Form, tuple[int, ...] | None]],
    arguments: list[Closure],
    position: Position,
) -> Closure:
    if len(matching) == 1 and not matching[0][0].collects and matching[0][1] is None:
        return _single(function, matching[0][0], arguments, position)

    def run(env: Env) -> Any:
        env.position = position
        try:
            return call_matching(function, matching, env, [argument(env) for argument in arguments])
        except NullResult as reason:
            return env.null(position, reason.reason, *reason.values)

    return run


def _single(function: BuiltinFunction, form: Form, arguments: list[Closure], position: Position) -> Closure:
    """Compile the call of a function of which one form fits, and by position: nothing is left to decide but whether the values fit."""
    pairs = [(parameter.admit, argument) for parameter, argument in zip(form.parameters, arguments, strict=False)]
    name, implementation = function.name, form.run

    def run(env: Env) -> Any:
        try:
            values = [admit(argument(env)) for admit, argument in pairs]
            env.position = position
            return implementation(env, *values)
        except NullResult as reason:
            return env.null(position, f"{name}: {reason.reason}", *reason.values)

    return run


def _contains_constant(compiler: Compiler, name: str, arguments: list[Closure]) -> Closure | None:
    """Compile `list contains(["DE", "FR"], country)` with texts that are known as a look-up in a set."""
    if name != "list contains" or len(arguments) != 2 or not compiler.is_constant(arguments[0]):
        return None
    values = compiler.value_of(arguments[0])
    if type(values) is not list or not all(type(value) is str for value in values):
        return None
    known, element = frozenset(values), arguments[1]

    def contains(env: Env) -> Any:
        value = element(env)
        return value in known if type(value) is str else False

    return contains


__all__ = ["DIRECT", "invoke", "same"]
