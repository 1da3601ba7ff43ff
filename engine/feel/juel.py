"""JUEL is the `${...}` of Camunda 7 and its relatives; here is the subset that is paths, comparisons, logic, arithmetic and literals.

It is translated to FEEL's syntax tree and runs on the same closures, so numbers are exact, a comparison of different kinds is
null, and the budget holds. Method calls, beans and assignments are refused.
"""

from __future__ import annotations

import re
from decimal import Decimal, DecimalException
from functools import lru_cache

from engine.feel.errors import FeelSyntaxError, Lines
from engine.feel.expression import Expression, from_tree
from engine.feel.numbers import DECIMAL128
from engine.feel.parsing import syntax as s
from engine.feel.parsing.lexer import MAX_DIGITS, MAX_SOURCE, MAX_TOKENS
from engine.feel.parsing.reading import MAX_NESTING

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,4})?|\.[0-9]+(?:[eE][+-]?[0-9]{1,4})?)
    |(?P<word>[^\W\d][\w$]*)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<sign>&&|\|\||[=!<>]=|[-+*/%!<>?:.,()\[\]{}=;])
    |(?P<wrong>.)""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {
    "and": "&&", "or": "||", "not": "!", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
    "div": "/", "mod": "%",
}  # fmt: skip
_CONSTANTS = {"true": True, "false": False, "null": None}
_RESERVED = frozenset({"instanceof"})
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("==", "!="),
    ("<", ">", "<=", ">="),
    ("+", "-"),
    ("*", "/", "%"),
)
_SMALL_SOURCE = 4_096
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def compile(text: str) -> Expression:
    """Compile a template or expression; raises FeelSyntaxError for what is not in the subset.

    A text that is one `${...}` has that value; with anything around it the result is a string. `\\${` is a plain `${`.
    """
    return _cached(text) if len(text) <= _SMALL_SOURCE else _compiled(text)


def _compiled(text: str) -> Expression:
    if len(text) > MAX_SOURCE:
        raise FeelSyntaxError(f"The expression has {len(text):,} characters; at most {MAX_SOURCE:,} are allowed")
    lines = Lines(text)
    parts = _parts(text, lines)
    if len(parts) == 1:
        return from_tree(text, parts[0], lines)
    texts = [_as_text(part) for part in parts] or [s.Literal(0, 1, "")]
    listed = s.ListLiteral(0, 1 + max(part.height for part in texts), texts)
    joined = s.Call(0, listed.height + 1, s.Name(0, 1, "string join"), [listed], None)
    return from_tree(text, joined, lines)


_cached = lru_cache(maxsize=1_024)(_compiled)


def _as_text(part: s.Node) -> s.Node:
    """Return the text of a value in a template: null is the empty text; everything else is as `string()` prints it."""
    if isinstance(part, s.Literal) and isinstance(part.value, str):
        return part
    return s.Call(part.at, part.height + 1, s.Name(part.at, 1, "string"), [part], None)


def _parts(text: str, lines: Lines) -> list[s.Node]:
    parts: list[s.Node] = []
    plain: list[str] = []
    plain_at = index = 0

    def end_plain() -> None:
        if plain:
            parts.append(s.Literal(plain_at, 1, "".join(plain)))
            plain.clear()

    while index < len(text):
        if text[index] == "\\" and text[index + 1 : index + 3] in ("${", "#{"):
            plain.append(text[index + 1 : index + 3])
            index += 3
        elif text[index : index + 2] in ("${", "#{"):
            end_plain()
            if len(parts) >= MAX_TOKENS // 10:
                raise FeelSyntaxError("The template has too many expressions", *lines.at(index))
            parser = _Parser(text, index + 2, lines)
            parts.append(parser.whole())
            index = plain_at = parser.end
        else:
            found = _next_start(text, index + 1)
            plain.append(text[index:found])
            index = found
    end_plain()
    return parts


_START = re.compile(r"\\?[$#]\{")


def _next_start(text: str, index: int) -> int:
    found = _START.search(text, index)
    return found.start() if found else len(text)


class _Parser:
    """The parser reads one `${...}`, from behind its opening brace; `end` is the offset behind the closing brace."""

    def __init__(self, text: str, start: int, lines: Lines) -> None:
        self.end = start
        self._lines = lines
        self._tokens: list[tuple[str, str, int]] = []
        self._i = 0
        self._nesting = 0
        self._read(text, start)

    def _read(self, text: str, start: int) -> None:
        braces = 0
        for found in _TOKEN.finditer(text, start):
            kind, value, at = str(found.lastgroup), found.group(), found.start()
            if kind == "space":
                continue
            if kind == "wrong":
                raise FeelSyntaxError(f"Unexpected character {value!r}", *self._lines.at(at), "an operator or a value")
            if len(self._tokens) >= MAX_TOKENS:
                raise FeelSyntaxError(f"The expression has more than {MAX_TOKENS:,} tokens", *self._lines.at(at))
            if value == "}" and not braces:
                self.end = found.end()
                self._tokens.append(("end", "}", at))
                return
            braces += (value == "{") - (value == "}")
            if kind == "word" and value in _WORDS and not self._after_dot():
                kind, value = "sign", _WORDS[value]
            self._tokens.append((kind, value, at))
        raise FeelSyntaxError("The expression has no end", *self._lines.at(len(text)), "'}'")

    def _after_dot(self) -> bool:
        return bool(self._tokens) and self._tokens[-1][1] == "."

    def whole(self) -> s.Node:
        node = self._ternary()
        if self._kind() != "end":
            raise self._unexpected("an operator or '}'")
        return node

    def _kind(self) -> str:
        return self._tokens[self._i][0]

    def _text(self) -> str:
        return self._tokens[self._i][1] if self._kind() != "string" else ""

    def _at(self) -> int:
        return self._tokens[self._i][2]

    def _accept(self, text: str) -> bool:
        if self._kind() == "sign" and self._text() == text:
            self._i += 1
            return True
        return False

    def _take(self, text: str) -> None:
        if not self._accept(text):
            raise self._unexpected(f"'{text}'")

    def _error(self, message: str, expected: str = "") -> FeelSyntaxError:
        return FeelSyntaxError(message, *self._lines.at(self._at()), expected)

    def _unexpected(self, expected: str) -> FeelSyntaxError:
        if self._kind() == "end":
            return self._error("The expression ends too early", expected)
        return self._error(f"Unexpected '{self._tokens[self._i][1]}'", expected)

    def _height(self, *nodes: s.Node) -> int:
        height = 1 + max((node.height for node in nodes), default=0)
        if height > MAX_NESTING:
            raise self._error(f"The expression is nested deeper than {MAX_NESTING} levels")
        return height

    def _ternary(self) -> s.Node:
        self._nesting += 1
        if self._nesting > MAX_NESTING // 2:
            raise self._error(f"The expression is nested deeper than {MAX_NESTING // 2} levels")
        node = self._binary(0)
        at = self._at()
        if self._accept("?"):
            yes = self._ternary()
            self._take(":")
            no = self._ternary()
            node = s.If(at, self._height(node, yes, no), [(node, yes)], no)
        self._nesting -= 1
        return node

    def _binary(self, level: int) -> s.Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        signs = _LEVELS[level]
        if level < 2:
            return self._logic(left, level)
        rest: list[tuple[str, s.Node, int]] = []
        while self._kind() == "sign" and self._text() in signs:
            sign, at = self._text(), self._at()
            self._i += 1
            right = self._binary(level + 1)
            if level < 4:
                named = "=" if sign == "==" else sign
                left = s.Comparison(at, self._height(left, right), named, left, right, null_is_false=True)
            elif sign == "%":
                left = self._chain(left, rest)
                rest = []
                name = s.Name(at, 1, "modulo")
                left = s.Call(at, self._height(left, right), name, [left, right], None)
            else:
                rest.append((sign, right, at))
        return self._chain(left, rest)

    def _chain(self, left: s.Node, rest: list[tuple[str, s.Node, int]]) -> s.Node:
        if not rest:
            return left
        return s.Chain(rest[0][2], self._height(left, *(node for _, node, _ in rest)), left, rest)

    def _logic(self, left: s.Node, level: int) -> s.Node:
        operands, at = [left], self._at()
        while self._accept(_LEVELS[level][0]):
            operands.append(self._binary(level + 1))
        if len(operands) == 1:
            return left
        return s.Logic(at, self._height(*operands), level == 1, operands, null_is_false=True)

    def _unary(self) -> s.Node:
        prefixes: list[tuple[str, int]] = []
        while self._kind() in ("sign", "word") and self._text() in ("!", "-", "empty"):
            prefixes.append((self._text(), self._at()))
            self._i += 1
        node = self._postfix(self._primary())
        for prefix, at in reversed(prefixes):
            node = self._prefixed(prefix, at, node)
        return node

    def _prefixed(self, prefix: str, at: int, node: s.Node) -> s.Node:
        if prefix == "-":
            return s.Negation(at, self._height(node), node)
        name = "juel not" if prefix == "!" else "juel empty"
        return s.Call(at, self._height(node), s.Name(at, 1, name), [node], None)

    def _postfix(self, node: s.Node) -> s.Node:
        while self._kind() == "sign":
            at = self._at()
            if self._accept("."):
                if self._kind() != "word":
                    raise self._unexpected("the name of an entry")
                node = s.Path(at, self._height(node), node, self._text())
                self._i += 1
            elif self._accept("["):
                key = self._ternary()
                self._take("]")
                node = s.Call(at, self._height(node, key), s.Name(at, 1, "juel element"), [node, key], None)
            elif self._text() == "(":
                raise self._error(
                    "Methods and functions cannot be called in ${...}",
                    "a path, an operator or '}'; use FEEL (=...) or a job",
                )
            else:
                break
        return node

    def _primary(self) -> s.Node:
        kind, text, at = self._tokens[self._i]
        if kind == "number":
            self._i += 1
            if len(text) > MAX_DIGITS:
                raise self._error(f"The number has more than {MAX_DIGITS:,} digits")
            return s.Literal(at, 1, self._number(text))
        if kind == "string":
            self._i += 1
            body = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found.group(1), found.group(1)), text[1:-1], flags=re.S)
            return s.Literal(at, 1, body)
        if kind == "word" and text not in _RESERVED:
            self._i += 1
            return s.Literal(at, 1, _CONSTANTS[text]) if text in _CONSTANTS else s.Name(at, 1, text)
        if self._accept("("):
            node = self._ternary()
            self._take(")")
            return node
        raise self._unexpected("a value, a name or '('")

    def _number(self, text: str) -> Decimal:
        try:
            return DECIMAL128.create_decimal(text)
        except DecimalException:
            raise self._error("The number is too large") from None
