"""The parser turns tokens into a syntax tree by precedence climbing, and asks the scope how far a name goes.

Grammar: DMN 1.5, 10.3.1.2. Long chains stay flat, and nesting is bounded, so no source can exhaust Python's stack.
"""

from __future__ import annotations

from engine.feel.numbers import DECIMAL128
from engine.feel.parsing import syntax as s
from engine.feel.parsing.constructs import ADD, AND, COMPARE, COMPARISONS, MULTIPLY, OR, POWER, Constructs
from engine.feel.parsing.lexer import BACKTICK, END, NAME, NUMBER, SIGN, STRING
from engine.feel.parsing.names import KEYWORDS
from engine.feel.parsing.reading import MAX_NESTING

_BINARY = {"+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "**": POWER}


class Parser(Constructs):
    """A parser parses one source once. `names` are those with several parts that the scope is known to have."""

    def expression(self) -> s.Node:
        node = self._expression()
        self._must_end("an operator or the end of the expression")
        return node

    def unary_tests(self) -> s.UnaryTests:
        """Parse unary tests (DMN 1.5, grammar rule 14): "-", positive unary tests, or not(...) of them."""
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

    def _closes_last(self, opening: int) -> bool:
        """Say whether the parenthesis at this index closes at the very end."""
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

    def _expression(self, level: int = OR) -> s.Node:
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
                if text in COMPARISONS and lowest <= COMPARE:
                    at = self._next()
                    right = self._unary_range() if self._begins_unary_range(text, at) else self._binary(ADD)
                    left = s.Comparison(at, self._height(left, right), text, left, right)
                    continue
            elif kind == NAME:
                if text in ("and", "or") and lowest <= (AND if text == "and" else OR):
                    left = self._logic(left, text)
                    continue
                if lowest <= COMPARE and text in ("between", "in"):
                    left = self._between(left) if text == "between" else self._in(left)
                    continue
            return left

    def _begins_unary_range(self, sign: str, at: int) -> bool:
        """Say whether a unary range begins here, as in `range("(2..)") = > 2`. Without a blank between the signs it is a slip of someone
        who thinks of `>=`."""
        return (
            sign in ("=", "!=")
            and self.kinds[self.i] == SIGN
            and self.texts[self.i] in ("<", "<=", ">", ">=")
            and self.tokens.starts[self.i] > at + len(sign)
        )

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
            operands.append(self._binary(COMPARE if word == "and" else AND))
        return s.Logic(at, self._height(*operands), word == "and", operands)

    def _between(self, value: s.Node) -> s.Node:
        at = self._next()
        low = self._binary(ADD)
        self._take("and")
        high = self._binary(ADD)
        return s.Between(at, self._height(value, low, high), value, low, high)

    def _in(self, value: s.Node) -> s.Node:
        at = self._next()
        start = self.i
        if self.is_sign("("):
            tests = self._parenthesised_tests()
            if tests is not None and not self._continues():
                return s.In(at, self._height(value, *tests), value, tests)
            self.i = start
        test = self._test(ADD)
        return s.In(at, self._height(value, test), value, [test])

    def _parenthesised_tests(self) -> list[s.Test] | None:
        """Parse `(test, test)` after `in`; return None when the parenthesis is a range or part of a larger expression."""
        self.i += 1
        tests = self._tests()
        return tests if self.accept(")") else None

    def _continues(self) -> bool:
        """Say whether what follows binds tighter than `in`, so that the parenthesis was the start of an expression."""
        return self.kinds[self.i] == SIGN and (
            self.texts[self.i] in _BINARY or self.texts[self.i] in (".", "(", "..") or self.is_sign("[")
        )

    def _tests(self) -> list[s.Test]:
        tests = [self._test(OR)]
        while self.accept(","):
            tests.append(self._test(OR))
        return tests

    def _test(self, level: int) -> s.Test:
        at = self.tokens.starts[self.i]
        operator = ""
        if self.kinds[self.i] == SIGN and self.texts[self.i] in COMPARISONS:
            operator = self.texts[self.i]
            self.i += 1
            level = ADD
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
        """Say whether a "[" ends a range: what follows it cannot begin an expression."""
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
            entry = self._entries.longest(self.texts, self.i)
            known = self._advance(entry) if entry and entry[0] > 1 else self.known_name()
            return known if known is not None else self.joined_name()
        raise self.unexpected("the name of an entry or property")

    def _call(self, function: s.Node) -> s.Node:
        self.i += 1
        arguments: list[s.Node] = []
        names: list[str] = []
        if not self.accept(")"):
            named = self._parameter_ends() is not None
            while True:
                if named:
                    at = self.tokens.starts[self.i]
                    name = self.declared_name(":")
                    if name in names:
                        raise self.error(f"The parameter '{name}' is given twice", at=at)
                    names.append(name)
                    self._take(":")
                arguments.append(self._expression())
                if not self.accept(","):
                    break
            self._take(")")
        height = self._height(function, *arguments)
        return s.Call(function.at, height, function, arguments, tuple(names) if names else None)

    def _parameter_ends(self) -> int | None:
        """Return the index of the ":" after a parameter's name, when the argument here has one."""
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
