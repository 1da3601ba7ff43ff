"""An expression begins with one of these: literals, brackets, and the constructs with keywords."""

from __future__ import annotations

from decimal import Decimal

from engine.feel.numbers import DECIMAL128
from engine.feel.parsing import syntax as s
from engine.feel.parsing.lexer import BACKTICK, MAX_DIGITS, NAME, NUMBER, SIGN, STRING, unescape
from engine.feel.parsing.names import KEYWORDS, NameTable
from engine.feel.parsing.reading import CONSTANTS, TokenReader
from engine.feel.parsing.type_parser import parse_type
from engine.feel.types import Type

COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})

# How tightly the operators bind.
OR, AND, COMPARE, ADD, MULTIPLY, POWER = range(1, 7)


class Constructs(TokenReader):
    """These constructs have whole expressions inside; `Parser` says what those are."""

    def _expression(self, level: int = OR) -> s.Node:
        raise NotImplementedError

    def _binary(self, lowest: int) -> s.Node:
        raise NotImplementedError

    def _primary(self) -> s.Node:
        kind, text = self.kinds[self.i], self.texts[self.i]
        at = self.tokens.starts[self.i]
        if kind == NAME:
            return self._word(text, at)
        if kind == NUMBER:
            self.i += 1
            if len(text) > MAX_DIGITS:
                raise self.error(f"The number has more than {MAX_DIGITS:,} digits", at=at)
            return s.Literal(at, 1, self._number(text, at))
        if kind == STRING:
            self.i += 1
            return s.Literal(at, 1, unescape(text))
        if kind == BACKTICK:
            self.i += 1
            return s.Name(at, 1, text[1:-1])
        if text == "(":
            return self._parenthesis(at)
        if text == "[":
            return self._bracket(at)
        if text == "]":
            self.i += 1
            return self._range(at, self._expression(), start_included=False)
        if text == "{":
            return self._context(at)
        if text == "@" and self.kinds[self.i + 1] == STRING:
            self.i += 2
            return s.AtLiteral(at, 1, unescape(self.texts[self.i - 1]))
        raise self.unexpected("a value, a name or '('")

    def _number(self, text: str, at: int) -> Decimal:
        number = DECIMAL128.create_decimal(text) if "e" not in text.lower() else self._scientific(text)
        if number is None:
            raise self.error("The number is too large", at=at)
        return number

    def _scientific(self, text: str) -> Decimal | None:
        exponent = text.lower().partition("e")[2]
        if len(exponent) > 5 or abs(int(exponent)) > 6_000:
            return None
        return DECIMAL128.create_decimal(text)

    def _word(self, text: str, at: int) -> s.Node:
        known = self.known_name()
        if known is not None:
            return s.Name(at, 1, known)
        following = self.texts[self.i + 1]
        if text == "if":
            return self._if()
        if text == "for" and following != "(":
            return self._for()
        if text in ("some", "every") and self.kinds[self.i + 1] == NAME:
            return self._quantified()
        if text == "function" and following == "(":
            return self._function()
        if text in KEYWORDS:
            raise self.unexpected("a value, a name or '('")
        name = self.joined_name()
        if name in CONSTANTS:
            return s.Literal(at, 1, CONSTANTS[name])
        return s.Name(at, 1, name)

    def _parenthesis(self, at: int) -> s.Node:
        self.i += 1
        if self.kinds[self.i] == SIGN and self.texts[self.i] in COMPARISONS:
            node = self._unary_range()
            node.at = at
            self._take(")")
            return node
        node = self._expression()
        if self.is_sign(".."):
            return self._range(at, node, start_included=False)
        self._take(")")
        return node

    def _unary_range(self) -> s.Node:
        """Parse `< 10` as a value: it is a range (DMN 1.5, grammar rules 7 and 66) in parentheses, in a list, or after `=`."""
        at = self.tokens.starts[self.i]
        operator = self.texts[self._skip()]
        bound = self._expression(ADD)
        start = bound if operator in (">", ">=", "=", "!=") else None
        end = bound if operator in ("<", "<=", "=", "!=") else None
        included = (operator in (">=", "="), operator in ("<=", "="))
        return s.RangeLiteral(at, self._height(bound), start, end, *included, operator)

    def _bracket(self, at: int) -> s.Node:
        self.i += 1
        items: list[s.Node] = []
        if self.accept("]"):
            return s.ListLiteral(at, 1, items)
        first = self._list_item()
        if self.is_sign(".."):
            return self._range(at, first, start_included=True)
        items.append(first)
        while self.accept(","):
            items.append(self._list_item())
        self._take("]")
        return s.ListLiteral(at, self._height(*items), items)

    def _list_item(self) -> s.Node:
        """Parse an element of a list; `[< 5, > 10]` holds unary ranges."""
        if self.kinds[self.i] == SIGN and self.texts[self.i] in COMPARISONS:
            return self._unary_range()
        return self._expression()

    def _range(self, at: int, start: s.Node, *, start_included: bool) -> s.Node:
        self._take("..")
        before, self._range_end = self._range_end, True
        end = self._binary(ADD)
        self._range_end = before
        for closing in ("]", ")", "["):
            if self.accept(closing):
                height = self._height(start, end)
                return s.RangeLiteral(at, height, start, end, start_included, closing == "]", "")
        raise self.unexpected("']', ')' or '[' after the end of the range")

    def _context(self, at: int) -> s.Node:
        self.i += 1
        entries: list[tuple[str, s.Node]] = []
        if self.accept("}"):
            return s.ContextLiteral(at, 1, entries)
        self._scopes.append(NameTable())
        while True:
            name = self.declared_name(":")
            self._entries.add(name)
            self._take(":")
            entries.append((name, self._expression()))
            if not self.accept(","):
                break
        self._take("}")
        self._scopes.pop()
        return s.ContextLiteral(at, self._height(*(node for _, node in entries)), entries)

    def _if(self) -> s.Node:
        at = self.tokens.starts[self.i]
        branches: list[tuple[s.Node, s.Node]] = []
        while True:
            self._take("if")
            condition = self._expression()
            self._take("then")
            branches.append((condition, self._expression()))
            self._take("else")
            if not self._is_word("if") or self._if_is_a_name():
                break
        otherwise = self._expression()
        height = self._height(otherwise, *(node for branch in branches for node in branch))
        return s.If(at, height, branches, otherwise)

    def _if_is_a_name(self) -> bool:
        start = self.i
        known = self.known_name()
        self.i = start
        return known is not None

    def _iterators(self, *ends: str) -> list[s.Iterator]:
        iterators: list[s.Iterator] = []
        while True:
            at = self.tokens.starts[self.i]
            name = self.declared_name("in")
            self._take("in")
            start = self._expression()
            end = self._expression() if self.accept("..") else None
            nodes = (start, end) if end else (start,)
            iterators.append(s.Iterator(at, self._height(*nodes), name, start, end))
            if not self.accept(","):
                break
        if self.texts[self.i] not in ends:
            raise self.unexpected(f"',' or {' or '.join(repr(end) for end in ends)}")
        return iterators

    def _for(self) -> s.Node:
        at = self._next()
        self._scopes.append(NameTable())
        iterators = self._iterators("return")
        self._take("return")
        body = self._expression()
        self._scopes.pop()
        return s.For(at, self._height(body, *iterators) + len(iterators), iterators, body)

    def _quantified(self) -> s.Node:
        every = self.texts[self.i] == "every"
        at = self._next()
        self._scopes.append(NameTable())
        iterators = self._iterators("satisfies")
        self._take("satisfies")
        body = self._expression()
        self._scopes.pop()
        return s.Quantified(at, self._height(body, *iterators) + len(iterators), every, iterators, body)

    def _function(self) -> s.Node:
        at = self._next()
        self._take("(")
        self._scopes.append(NameTable())
        parameters: list[tuple[str, Type | None]] = []
        if not self.accept(")"):
            while True:
                start = self.tokens.starts[self.i]
                name = self.declared_name(",", ")", ":")
                if any(name == other for other, _ in parameters):
                    raise self.error(f"The parameter '{name}' is declared twice", at=start)
                parameters.append((name, self.type() if self.accept(":") else None))
                if not self.accept(","):
                    break
            self._take(")")
        external = self._is_word("external") and self.texts[self.i + 1] == "{"
        if external:
            self.i += 1
        body = self._expression()
        self._scopes.pop()
        return s.FunctionDefinition(at, self._height(body), parameters, body, external)

    def type(self) -> Type:
        return parse_type(self)
