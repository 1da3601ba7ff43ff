"""Tokens to a syntax tree: a precedence-climbing parser that asks the scope how far a name goes.

Grammar: DMN 1.5, 10.3.1.2. Long chains stay flat, and nesting is bounded, so no source can exhaust Python's stack.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from engine.feel import syntax as s
from engine.feel.errors import FeelSyntaxError, Lines
from engine.feel.lexer import BACKTICK, END, MAX_DIGITS, NAME, NUMBER, SIGN, STRING, Tokens, tokenise, unescape
from engine.feel.names import KEYWORDS, NameTable
from engine.feel.numbers import DECIMAL128
from engine.feel.type_parser import parse_type
from engine.feel.types import Type

MAX_NESTING = 64

# Built-in functions whose names hold a keyword: the parser could not put them together by itself.
_KEYWORD_FUNCTIONS = NameTable(("date and time", "years and months duration", "get or else"))

_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_OR, _AND, _COMPARE, _ADD, _MULTIPLY, _POWER, _UNARY = range(1, 8)
_BINARY = {"+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "**": _POWER}
_CONSTANTS = {"true": True, "false": False, "null": None}
_ENDS = frozenset({")", "]", "}", ",", ":"})


class Parser:
    """One parse of one source. `names` are those with several parts that the scope is known to have."""

    def __init__(self, source: str, names: Iterable[str] = ()) -> None:
        self.source = source
        self.lines = Lines(source)
        self.tokens: Tokens = tokenise(source, self.lines)
        self.kinds = self.tokens.kinds
        self.texts = self.tokens.texts
        self.i = 0
        self._nesting = 0
        self._scopes: list[NameTable] = [NameTable(names)]
        # True while a "[" may close a range that began with "[" or "(".
        self._range_end = False

    # -- entry points

    def expression(self) -> s.Node:
        node = self._expression()
        self._must_end("an operator or the end of the expression")
        return node

    def unary_tests(self) -> s.UnaryTests:
        """DMN 1.5, grammar rule 14: "-", positive unary tests, or not(...) of them."""
        at = self.tokens.starts[0]
        if self.texts[0] == "-" and self.kinds[1] == END:
            return s.UnaryTests(at, 1, None, False)
        negated = self.texts[0] == "not" and self.texts[1] == "(" and self._closes_last(1)
        if negated:
            self.i = 2
            if self.texts[2] == "-" and self.texts[3] == ")":
                return s.UnaryTests(at, 1, None, True)
        tests = self._tests()
        if negated:
            self._take(")")
        self._must_end("',' or the end of the unary tests")
        return s.UnaryTests(at, self._height(*tests), tests, negated)

    # -- small tools

    def error(self, message: str, expected: str = "", at: int | None = None) -> FeelSyntaxError:
        line, column = self.lines.at(self.tokens.starts[self.i] if at is None else at)
        return FeelSyntaxError(message, line, column, expected)

    def unexpected(self, expected: str) -> FeelSyntaxError:
        if self.kinds[self.i] == END:
            return self.error("The expression ends too early", expected)
        return self.error(f"Unexpected '{self.texts[self.i]}'", expected)

    def _must_end(self, expected: str) -> None:
        if self.kinds[self.i] != END:
            raise self.unexpected(expected)

    def is_sign(self, text: str) -> bool:
        return self.texts[self.i] == text and self.kinds[self.i] == SIGN

    def _is_word(self, text: str) -> bool:
        return self.texts[self.i] == text and self.kinds[self.i] == NAME

    def accept(self, text: str) -> bool:
        if self.is_sign(text):
            self.i += 1
            return True
        return False

    def _take(self, text: str) -> None:
        if self.texts[self.i] != text or self.kinds[self.i] not in (SIGN, NAME):
            raise self.unexpected(f"'{text}'")
        self.i += 1

    def _height(self, *nodes: s.Node) -> int:
        height = 1 + max((node.height for node in nodes), default=0)
        if height > MAX_NESTING:
            raise self.error(f"The expression is nested deeper than {MAX_NESTING} levels")
        return height

    def _closes_last(self, opening: int) -> bool:
        """Whether the parenthesis at this index closes at the very end."""
        depth = 0
        for index in range(opening, len(self.texts) - 1):
            if self.kinds[index] != SIGN:
                continue
            if self.texts[index] == "(":
                depth += 1
            elif self.texts[index] == ")":
                depth -= 1
                if depth == 0:
                    return index == len(self.texts) - 2
        return False

    # -- expressions

    def _expression(self, level: int = _OR) -> s.Node:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise self.error(f"The expression is nested deeper than {MAX_NESTING} levels")
        range_end, self._range_end = self._range_end, False
        node = self._binary(level)
        self._range_end = range_end
        self._nesting -= 1
        return node

    def _binary(self, lowest: int) -> s.Node:
        left = self._unary()
        while True:
            kind, text = self.kinds[self.i], self.texts[self.i]
            if kind == SIGN:
                level = _BINARY.get(text, 0)
                if level >= lowest:
                    left = self._arithmetic(left, level)
                    continue
                if text in _COMPARISONS and lowest <= _COMPARE:
                    at = self._next()
                    right = self._binary(_ADD)
                    left = s.Comparison(at, self._height(left, right), text, left, right)
                    continue
            elif kind == NAME:
                if text in ("and", "or") and lowest <= (_AND if text == "and" else _OR):
                    left = self._logic(left, text)
                    continue
                if lowest <= _COMPARE and text in ("between", "in"):
                    left = self._between(left) if text == "between" else self._in(left)
                    continue
            return left

    def _next(self) -> int:
        """Move on; the offset of the token left behind."""
        self.i += 1
        return self.tokens.starts[self.i - 1]

    def _arithmetic(self, left: s.Node, level: int) -> s.Node:
        rest: list[tuple[str, s.Node, int]] = []
        while self.kinds[self.i] == SIGN and _BINARY.get(self.texts[self.i]) == level:
            operator = self.texts[self.i]
            at = self._next()
            rest.append((operator, self._binary(level + 1), at))
        return s.Chain(rest[0][2], self._height(left, *(node for _, node, _ in rest)), left, rest)

    def _logic(self, left: s.Node, word: str) -> s.Node:
        operands = [left]
        at = self.tokens.starts[self.i]
        while self._is_word(word):
            self.i += 1
            operands.append(self._binary(_COMPARE if word == "and" else _AND))
        return s.Logic(at, self._height(*operands), word == "and", operands)

    def _between(self, value: s.Node) -> s.Node:
        at = self._next()
        low = self._binary(_ADD)
        self._take("and")
        high = self._binary(_ADD)
        return s.Between(at, self._height(value, low, high), value, low, high)

    def _in(self, value: s.Node) -> s.Node:
        at = self._next()
        start = self.i
        if self.is_sign("("):
            tests = self._parenthesised_tests()
            if tests is not None and not self._continues():
                return s.In(at, self._height(value, *tests), value, tests)
            self.i = start
        test = self._test(_ADD)
        return s.In(at, self._height(value, test), value, [test])

    def _parenthesised_tests(self) -> list[s.Test] | None:
        """`(test, test)` after `in`; None when the parenthesis is a range or part of a larger expression."""
        self.i += 1
        tests = self._tests()
        return tests if self.accept(")") else None

    def _continues(self) -> bool:
        """Whether what follows binds tighter than `in`, so that the parenthesis was the start of an expression."""
        return self.kinds[self.i] == SIGN and (
            self.texts[self.i] in _BINARY or self.texts[self.i] in (".", "(", "..") or self.is_sign("[")
        )

    def _tests(self) -> list[s.Test]:
        tests = [self._test(_OR)]
        while self.accept(","):
            tests.append(self._test(_OR))
        return tests

    def _test(self, level: int) -> s.Test:
        at = self.tokens.starts[self.i]
        operator = ""
        if self.kinds[self.i] == SIGN and self.texts[self.i] in _COMPARISONS:
            operator = self.texts[self.i]
            self.i += 1
            level = _ADD
        operand = self._expression(level)
        return s.Test(at, self._height(operand), operator, operand)

    def _unary(self) -> s.Node:
        if not self.is_sign("-"):
            return self._postfix(self._primary())
        at = self.tokens.starts[self.i]
        minuses = 0
        while self.accept("-"):
            minuses += 1
        if self.kinds[self.i] == NUMBER and minuses == 1:
            literal = self._primary()
            assert isinstance(literal, s.Literal)
            literal.value = DECIMAL128.minus(literal.value)
            return self._postfix(literal)
        operand = self._postfix(self._primary())
        negated = s.Negation(at, self._height(operand), operand)
        return negated if minuses % 2 else s.Negation(at, self._height(negated), negated)

    # -- postfix: paths, filters, calls, instance of

    def _postfix(self, node: s.Node) -> s.Node:
        while True:
            kind, text = self.kinds[self.i], self.texts[self.i]
            if kind == SIGN:
                if text == ".":
                    at = self._next()
                    node = s.Path(at, self._height(node), node, self._path_name())
                    continue
                if text == "(":
                    node = self._call(node)
                    continue
                if text == "[" and not (self._range_end and self._closes_range()):
                    at = self._next()
                    condition = self._expression()
                    self._take("]")
                    node = s.Filter(at, self._height(node, condition), node, condition)
                    continue
            elif kind == NAME and text == "instance" and self.texts[self.i + 1] == "of":
                at = self._next()
                self.i += 1
                node = s.InstanceOf(at, self._height(node), node, self.type())
                continue
            return node

    def _closes_range(self) -> bool:
        """Whether a "[" ends a range: what follows it cannot begin an expression."""
        kind, text = self.kinds[self.i + 1], self.texts[self.i + 1]
        if kind == END:
            return True
        if kind == SIGN:
            return text not in ("(", "[", "{", "-", "@", "]")
        return kind == NAME and text in KEYWORDS

    def _path_name(self) -> str:
        if self.kinds[self.i] == BACKTICK:
            return self.texts[self._skip()][1:-1]
        if self.kinds[self.i] == NAME:
            known = self.known_name()
            return known if known is not None else self.joined_name()
        raise self.unexpected("the name of an entry or property")

    def _skip(self) -> int:
        self.i += 1
        return self.i - 1

    def _call(self, function: s.Node) -> s.Node:
        at = self._next()
        arguments: list[s.Node] = []
        names: list[str] = []
        if not self.accept(")"):
            named = self._parameter_ends() is not None
            while True:
                if named:
                    names.append(self.declared_name(":"))
                    self._take(":")
                arguments.append(self._expression())
                if not self.accept(","):
                    break
            self._take(")")
        height = self._height(function, *arguments)
        return s.Call(at, height, function, arguments, tuple(names) if names else None)

    def _parameter_ends(self) -> int | None:
        """The index of the ":" after a parameter's name, when the argument here has one."""
        if self.kinds[self.i] not in (NAME, STRING, BACKTICK):
            return None
        for index in range(self.i + 1, min(self.i + 16, len(self.texts))):
            text = self.texts[index]
            if self.kinds[index] == SIGN:
                if text == ":":
                    return index
                if text in "(){}[],":
                    return None
        return None

    # -- primaries

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
        if name in _CONSTANTS:
            return s.Literal(at, 1, _CONSTANTS[name])
        return s.Name(at, 1, name)

    def known_name(self) -> str | None:
        """The longest name of the scope that starts here."""
        best: tuple[int, str] | None = None
        for scope in reversed(self._scopes):
            found = scope.longest(self.texts, self.i)
            if found and (best is None or found[0] > best[0]):
                best = found
        if best is None or best[0] == 1:
            function = _KEYWORD_FUNCTIONS.longest(self.texts, self.i)
            if function and self.texts[self.i + function[0]] == "(":
                best = function
        if best is None:
            return None
        if best[0] == 1:
            # Parts that stand beside each other make one name, known or not; keywords keep their meaning.
            special = best[1] in _CONSTANTS or best[1] in ("if", "for", "some", "every", "function", "not")
            return None if special or self._part_follows(self.i + 1) else self._advance(best)
        return self._advance(best)

    def _advance(self, found: tuple[int, str]) -> str:
        self.i += found[0]
        return found[1]

    def _part_follows(self, index: int) -> bool:
        kind, text = self.kinds[index], self.texts[index]
        if kind == NAME:
            return text not in KEYWORDS and not (text == "instance" and self.texts[index + 1] == "of")
        return kind == NUMBER and text.isdigit()

    def joined_name(self) -> str:
        start = self.i
        self.i += 1
        while self._part_follows(self.i):
            self.i += 1
        return " ".join(self.texts[start : self.i])

    def declared_name(self, *ends: str) -> str:
        """A name that the source introduces: everything up to one of the ends, spelt with single blanks."""
        start = self.i
        if self.kinds[start] in (BACKTICK, STRING):
            text = self.texts[self._skip()]
            name = text[1:-1] if self.kinds[start] == BACKTICK else unescape(text)
            self._scopes[-1].add(name)
            return name
        if self.kinds[start] != NAME:
            raise self.unexpected("a name")
        while self.kinds[self.i] != END and (self.i == start or self.texts[self.i] not in ends):
            if self.texts[self.i] in _ENDS:
                raise self.unexpected(" or ".join(f"'{end}'" for end in ends))
            self.i += 1
        if self.kinds[self.i] == END:
            raise self.unexpected(" or ".join(f"'{end}'" for end in ends))
        name = " ".join(self.source[self.tokens.starts[start] : self.tokens.ends[self.i - 1]].split())
        parts = tuple(self.texts[start : self.i])
        if len(parts) > 1:
            self._scopes[-1].add_parts(parts, name)
        return name

    def _parenthesis(self, at: int) -> s.Node:
        self.i += 1
        if self.kinds[self.i] == SIGN and self.texts[self.i] in _COMPARISONS:
            return self._unary_range(at)
        node = self._expression()
        if self.is_sign(".."):
            return self._range(at, node, start_included=False)
        self._take(")")
        return node

    def _unary_range(self, at: int) -> s.Node:
        """`(< 10)` as a value is a range (DMN 1.5, grammar rules 7 and 66)."""
        operator = self.texts[self._skip()]
        bound = self._expression(_ADD)
        self._take(")")
        start = bound if operator in (">", ">=", "=", "!=") else None
        end = bound if operator in ("<", "<=", "=", "!=") else None
        return s.RangeLiteral(
            at, self._height(bound), start, end, operator in (">=", "="), operator in ("<=", "="), operator
        )

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
        """An element; `[< 5, > 10]` holds unary ranges."""
        if self.kinds[self.i] == SIGN and self.texts[self.i] in _COMPARISONS:
            at = self.tokens.starts[self.i]
            operator = self.texts[self._skip()]
            bound = self._expression(_ADD)
            start = bound if operator in (">", ">=", "=", "!=") else None
            end = bound if operator in ("<", "<=", "=", "!=") else None
            included = (operator in (">=", "="), operator in ("<=", "="))
            return s.RangeLiteral(at, self._height(bound), start, end, *included, operator)
        return self._expression()

    def _range(self, at: int, start: s.Node, *, start_included: bool) -> s.Node:
        self._take("..")
        before, self._range_end = self._range_end, True
        end = self._binary(_ADD)
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
                name = self.declared_name(",", ")", ":")
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
