"""Types are parsed here: after `instance of`, and of parameters (DMN 1.5, grammar rules 52 and 57)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel.parsing.lexer import BACKTICK, NAME
from engine.feel.types import ANY, BUILT_IN, ContextType, FunctionType, ListType, NamedType, RangeType, Type

if TYPE_CHECKING:
    from engine.feel.parsing.reading import TokenReader

_LONG_NAMES = ("days and time duration", "years and months duration", "date and time")
_MAX_TYPE_NESTING = 40


def parse_type(parser: TokenReader, depth: int = 0) -> Type:
    """Parse the type at the parser's place."""
    if depth > _MAX_TYPE_NESTING:
        raise parser.error(f"The type is nested deeper than {_MAX_TYPE_NESTING} levels")
    if parser.kinds[parser.i] == BACKTICK:
        parser.i += 1
        return NamedType(parser.texts[parser.i - 1][1:-1])
    if parser.kinds[parser.i] != NAME:
        raise parser.unexpected("a type")
    name = _type_name(parser)
    if parser.is_sign("<"):
        if name in ("list", "range"):
            parser.i += 1
            element = parse_type(parser, depth + 1)
            _close(parser)
            return ListType(element) if name == "list" else RangeType(element)
        if name == "context":
            return _context_type(parser, depth)
        if name == "function":
            return _function_type(parser, depth)
    return BUILT_IN.get(name) or NamedType(name)


def _type_name(parser: TokenReader) -> str:
    for name in _LONG_NAMES:
        parts = name.split()
        if parser.texts[parser.i : parser.i + len(parts)] == parts:
            parser.i += len(parts)
            return name
    start = parser.i
    known = parser.known_name()
    if known is not None and parser.i - start > 1:
        return known
    parser.i = start
    name = parser.joined_name()
    while parser.is_sign(".") and parser.kinds[parser.i + 1] == NAME:
        parser.i += 1
        name += "." + parser.joined_name()
    return name


def _close(parser: TokenReader) -> None:
    """Take one ">"; the lexer may have joined it with what follows."""
    text = parser.texts[parser.i]
    if text == ">":
        parser.i += 1
    elif text == ">=":
        parser.texts[parser.i] = "="
        parser.tokens.starts[parser.i] += 1
    else:
        raise parser.unexpected("'>'")


def _context_type(parser: TokenReader, depth: int) -> Type:
    parser.i += 1
    entries: list[tuple[str, Type]] = []
    while not parser.is_sign(">"):
        name = parser.declared_name(":")
        parser.i += 1
        entries.append((name, parse_type(parser, depth + 1)))
        if not parser.accept(","):
            break
    _close(parser)
    return ContextType(tuple(entries))


def _function_type(parser: TokenReader, depth: int) -> Type:
    parser.i += 1
    parameters: list[Type] = []
    while not parser.is_sign(">"):
        parameters.append(parse_type(parser, depth + 1))
        if not parser.accept(","):
            break
    _close(parser)
    result = parse_type(parser, depth + 1) if parser.accept("->") else ANY
    return FunctionType(tuple(parameters), result)
