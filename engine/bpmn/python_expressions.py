"""A subset of Python's expressions is compiled by way of `ast` to closures; nothing is ever handed to the interpreter.

Names, attributes and subscripts of data, comparisons, boolean and arithmetic operators, literals, lists, tuples, dicts, conditional
expressions, f-strings without formats, and a few pure functions and methods of texts and dicts. Values are FEEL's: numbers are exact
decimals, and what Python would answer with an exception (a missing name, a comparison of different kinds) is None.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, DecimalException
from typing import Any

from engine.bpmn.expressions import Compiled
from engine.feel import Budget, FeelBudgetExceeded, FeelSyntaxError, Warning, finish, normalise
from engine.feel.numbers import DECIMAL128
from engine.feel.operators import kind_name

Closure = Callable[[Mapping[str, Any]], Any]

_MAX_SOURCE = 10_000
_MAX_DEPTH = 60
_MAX_LENGTH = 1_000_000
_EXPECTED = "names, paths, comparisons, logic, arithmetic, literals, or one of the functions "


class PythonExpression:
    """A compiled expression is pure, and as large as its source, since it has neither loops nor calls of its own."""

    __slots__ = ("_closure", "names", "source")

    def __init__(self, source: str, closure: Closure, names: frozenset[str]) -> None:
        self.source = source
        self._closure = closure
        self.names = names

    def evaluate(
        self,
        context: Mapping[str, Any],
        *,
        now: datetime | None = None,  # noqa: ARG002 (the interface's, as the next)
        budget: Budget | None = None,  # noqa: ARG002
        warnings: list[Warning] | None = None,
    ) -> Any:
        """Return the value; what Python would answer with an exception is None, and said in `warnings`."""
        return finish(self._closure(context if warnings is None else _Watched(context, warnings)))

    def names_in(self, context: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002 (the interface's)
        return self.names


class _Watched(Mapping[str, Any]):
    """A watched context says what was asked of it in vain, and what could not be worked out."""

    def __init__(self, context: Mapping[str, Any], warnings: list[Warning]) -> None:
        self._context = context
        self.warnings = warnings

    def __getitem__(self, name: str) -> Any:
        return self._context[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._context)

    def __len__(self) -> int:
        return len(self._context)

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self._context[name]
        except KeyError:
            self.warnings.append(Warning(None, f"no variable is called '{name}'", (), name))
            return default


def compile(source: str) -> Compiled:
    """Compile an expression. Raises FeelSyntaxError for what is no Python, or outside the subset."""
    if len(source) > _MAX_SOURCE:
        raise FeelSyntaxError(f"The expression is longer than {_MAX_SOURCE:,} characters")
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except SyntaxError as error:
        raise FeelSyntaxError(error.msg, error.lineno or 1, error.offset or 1) from None
    except (ValueError, RecursionError, MemoryError):
        raise FeelSyntaxError(
            "The expression cannot be read; it is nested too deeply or holds signs that no text has"
        ) from None
    names = frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return PythonExpression(source, _compile(tree.body, 0), names)


def _compile(node: ast.expr, depth: int) -> Closure:
    reader = _READERS.get(type(node))
    if reader is None:
        raise _refused(node, f"{type(node).__name__} is outside the subset of Python that expressions may use")
    if depth > _MAX_DEPTH:
        raise _refused(node, "The expression is nested too deeply")
    return reader(node, depth + 1)


def _refused(node: ast.expr, message: str) -> FeelSyntaxError:
    return FeelSyntaxError(message, node.lineno, node.col_offset + 1, _EXPECTED + ", ".join(sorted(_FUNCTIONS)))


def _guarded(function: Callable[..., Any], *parts: Closure) -> Closure:
    """Return `function` of the values of `parts`; None where Python would raise, refused where the result would be very large."""

    def closure(context: Mapping[str, Any]) -> Any:
        values = [part(context) for part in parts]
        try:
            value = function(*values)
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
            if type(context) is _Watched:
                kinds = " and ".join(kind_name(normalise(value)) for value in values)
                context.warnings.append(Warning(None, f"Python would raise an exception for {kinds}"))
            return None
        if isinstance(value, (str, list)) and len(value) > _MAX_LENGTH:
            raise FeelBudgetExceeded("size")
        return normalise(value)

    return closure


def _constant(node: ast.Constant, depth: int) -> Closure:  # noqa: ARG001 (one signature for all readers)
    value = node.value
    if value is not None and not isinstance(value, (bool, int, float, str)):
        raise _refused(node, f"A literal of type {type(value).__name__} is outside the subset")
    try:
        ready = normalise(value)
    except FeelBudgetExceeded:
        raise _refused(node, "The number has too many digits") from None
    return lambda context: ready  # noqa: ARG005 (one signature for all closures)


def _name(node: ast.Name, depth: int) -> Closure:  # noqa: ARG001
    name = node.id
    if name.startswith("__"):
        raise _refused(node, f"The name {name!r} is not allowed")
    return lambda context: normalise(context.get(name))


def _attribute(node: ast.Attribute, depth: int) -> Closure:
    if node.attr.startswith("__"):
        raise _refused(node, f"The name {node.attr!r} is not allowed")
    name = node.attr
    return _guarded(lambda value: value.get(name) if isinstance(value, dict) else None, _compile(node.value, depth))


def _subscript(node: ast.Subscript, depth: int) -> Closure:
    value = _compile(node.value, depth)
    if isinstance(node.slice, ast.Slice):
        bounds = [
            _none if part is None else _compile(part, depth)
            for part in (node.slice.lower, node.slice.upper, node.slice.step)
        ]
        return _guarded(lambda whole, *ends: whole[slice(*(_index(end) for end in ends))], value, *bounds)
    return _guarded(
        lambda whole, key: whole.get(key) if isinstance(whole, dict) else whole[_index(key)],
        value,
        _compile(node.slice, depth),
    )


def _none(context: Mapping[str, Any]) -> Any:  # noqa: ARG001
    return None


def _index(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value


def _bool_op(node: ast.BoolOp, depth: int) -> Closure:
    parts = [_compile(part, depth) for part in node.values]
    stop_at = isinstance(node.op, ast.Or)

    def closure(context: Mapping[str, Any]) -> Any:
        value: Any = None
        for part in parts:
            value = part(context)
            if bool(value) is stop_at:
                return value
        return value

    return closure


def _unary(node: ast.UnaryOp, depth: int) -> Closure:
    operand = _compile(node.operand, depth)
    if isinstance(node.op, ast.Not):
        return lambda context: not operand(context)
    if isinstance(node.op, ast.USub):
        return _guarded(lambda value: DECIMAL128.minus(_number(value)), operand)
    if isinstance(node.op, ast.UAdd):
        return _guarded(lambda value: DECIMAL128.plus(_number(value)), operand)
    raise _refused(node, f"The operator {type(node.op).__name__} is outside the subset")


def _number(value: Any) -> Decimal:
    if not isinstance(value, Decimal):
        raise TypeError(value)
    return value


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return DECIMAL128.add(left, right)
    return left + right


def _subtract(left: Any, right: Any) -> Any:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return DECIMAL128.subtract(left, right)
    return left - right


def _floor_divide(left: Any, right: Any) -> Any:
    """Divide towards minus infinity, as Python does for its own numbers (a decimal's `//` goes towards zero)."""
    quotient = DECIMAL128.divide_int(_number(left), _number(right))
    exact = DECIMAL128.multiply(quotient, right) == left
    return quotient if exact or (left < 0) is (right < 0) else DECIMAL128.subtract(quotient, Decimal(1))


def _modulo(left: Any, right: Any) -> Any:
    return DECIMAL128.subtract(_number(left), DECIMAL128.multiply(_floor_divide(left, right), right))


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: _add,
    ast.Sub: _subtract,
    # Numbers alone: the repetition of texts and lists would grow without bound.
    ast.Mult: lambda left, right: DECIMAL128.multiply(_number(left), _number(right)),
    ast.Div: lambda left, right: DECIMAL128.divide(_number(left), _number(right)),
    ast.FloorDiv: _floor_divide,
    ast.Mod: _modulo,
    ast.Pow: lambda left, right: DECIMAL128.power(_number(left), _number(right)),
}


def _binary(node: ast.BinOp, depth: int) -> Closure:
    function = _BINARY.get(type(node.op))
    if function is None:
        raise _refused(node, f"The operator {type(node.op).__name__} is outside the subset")
    return _guarded(function, _compile(node.left, depth), _compile(node.right, depth))


_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
    # `is` is meant for None, True and False, which FEEL has once each.
    ast.Is: lambda left, right: left is right,
    ast.IsNot: lambda left, right: left is not right,
}


def _compare(node: ast.Compare, depth: int) -> Closure:
    parts = [_compile(part, depth) for part in (node.left, *node.comparators)]
    pairs = [
        _guarded(_COMPARISONS[type(sign)], left, right)
        for sign, left, right in zip(node.ops, parts, parts[1:], strict=False)
    ]
    if len(pairs) == 1:
        return pairs[0]
    return lambda context: all(pair(context) for pair in pairs)


def _list(node: ast.List | ast.Tuple, depth: int) -> Closure:
    parts = [_compile(part, depth) for part in node.elts]
    return lambda context: [part(context) for part in parts]


def _dict(node: ast.Dict, depth: int) -> Closure:
    entries = [(_key(key), _compile(value, depth)) for key, value in zip(node.keys, node.values, strict=True)]
    return lambda context: {key: value(context) for key, value in entries}


def _key(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if node is None:
        raise FeelSyntaxError("** in a dict is outside the subset")
    raise _refused(node, "The keys of a dict are texts")


def _if(node: ast.IfExp, depth: int) -> Closure:
    test, then, otherwise = (_compile(part, depth) for part in (node.test, node.body, node.orelse))
    return lambda context: then(context) if test(context) else otherwise(context)


def _joined(node: ast.JoinedStr, depth: int) -> Closure:
    parts: list[Closure] = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            if part.format_spec is not None or part.conversion != -1:
                raise _refused(part, "Formats in f-strings are outside the subset")
            parts.append(_guarded(_text, _compile(part.value, depth)))
        else:
            parts.append(_compile(part, depth))
    return _guarded(lambda *texts: "".join(texts), *parts)


def _call(node: ast.Call, depth: int) -> Closure:
    if node.keywords:
        raise _refused(node, "Arguments by name are outside the subset")
    arguments = [_compile(argument, depth) for argument in node.args]
    function = node.func
    if isinstance(function, ast.Name) and function.id in _FUNCTIONS:
        return _guarded(_FUNCTIONS[function.id], *arguments)
    if isinstance(function, ast.Attribute) and function.attr in _METHODS:
        return _guarded(_method(function.attr), _compile(function.value, depth), *arguments)
    raise _refused(node, "A call of this function or method is outside the subset")


def _method(name: str) -> Callable[..., Any]:
    kind, function = _METHODS[name]

    def call(value: Any, *arguments: Any) -> Any:
        return function(value, *arguments) if isinstance(value, kind) else None

    return call


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f") if abs(value.adjusted()) < 60 else str(value)
    return str(value)


def _int(value: Any) -> Decimal:
    number = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
    return number.to_integral_value(rounding="ROUND_DOWN", context=DECIMAL128)


def _float(value: Any) -> Decimal:
    try:
        return DECIMAL128.create_decimal(value.strip() if isinstance(value, str) else value)
    except DecimalException:
        raise ValueError(value) from None


def _round(value: Any, digits: Any = Decimal(0)) -> Decimal:
    return _number(value).quantize(Decimal(1).scaleb(-int(digits)), rounding=ROUND_HALF_EVEN, context=DECIMAL128)


def _many(arguments: tuple[Any, ...]) -> list[Any]:
    values = arguments[0] if len(arguments) == 1 else list(arguments)
    return [normalise(value) for value in values]


def _sum(values: Any) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = DECIMAL128.add(total, _number(normalise(value)))
    return total


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": len,
    "str": _text,
    "int": _int,
    "float": _float,
    "bool": bool,
    "abs": lambda value: abs(_number(value)),
    "round": _round,
    "min": lambda *arguments: min(_many(arguments)),
    "max": lambda *arguments: max(_many(arguments)),
    "sum": _sum,
    "any": lambda values: any(values),
    "all": lambda values: all(values),
    "list": lambda values: list(values),
    "sorted": lambda values: sorted(_many((values,))),
}
_METHODS: dict[str, tuple[type, Callable[..., Any]]] = {
    "lower": (str, str.lower),
    "upper": (str, str.upper),
    "strip": (str, str.strip),
    "startswith": (str, str.startswith),
    "endswith": (str, str.endswith),
    "split": (str, str.split),
    "get": (dict, dict.get),
    "keys": (dict, lambda value: list(value)),
    "values": (dict, lambda value: list(value.values())),
}

_READERS: dict[type[ast.expr], Callable[[Any, int], Closure]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BoolOp: _bool_op,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.List: _list,
    ast.Tuple: _list,
    ast.Dict: _dict,
    ast.IfExp: _if,
    ast.JoinedStr: _joined,
    ast.Call: _call,
}
