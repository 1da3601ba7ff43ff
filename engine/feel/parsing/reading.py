"""The parser reads tokens with these tools, which know how far a name goes."""

from __future__ import annotations

from collections.abc import Iterable

from engine.feel.errors import FeelSyntaxError, Lines
from engine.feel.parsing import syntax as s
from engine.feel.parsing.lexer import BACKTICK, END, NAME, NUMBER, SIGN, STRING, Tokens, tokenise, unescape
from engine.feel.parsing.names import KEYWORDS, NameTable

MAX_NESTING = 64

CONSTANTS = {"true": True, "false": False, "null": None}

# Built-in functions whose names hold a keyword: the parser could not put them together by itself.
_KEYWORD_FUNCTIONS = NameTable(("date and time", "years and months duration", "get or else"))
_ENDS = frozenset({")", "]", "}", ",", ":"})
_HINTS = {"'": "text in double quotes", "==": "a single '='", "<>": "'!='"}


class TokenReader:
    """A token reader is at a place in the tokens of one source, and knows the names that hold there."""

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
        # The entries of all contexts of this source: names after a dot, wherever it is.
        self._entries = NameTable()

    def error(self, message: str, expected: str = "", at: int | None = None) -> FeelSyntaxError:
        line, column = self.lines.at(self.tokens.starts[self.i] if at is None else at)
        return FeelSyntaxError(message, line, column, expected)

    def unexpected(self, expected: str) -> FeelSyntaxError:
        if self.kinds[self.i] == END:
            return self.error("The expression ends too early", expected)
        text = self.texts[self.i]
        before = self.texts[self.i - 1] if self.i else ""
        hint = _HINTS.get(text) or _HINTS.get(before + text)
        return self.error(f"Unexpected '{text}'", hint or expected)

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

    def _next(self) -> int:
        """Move on, and return the offset of the token left behind."""
        self.i += 1
        return self.tokens.starts[self.i - 1]

    def _skip(self) -> int:
        self.i += 1
        return self.i - 1

    def _height(self, *nodes: s.Node) -> int:
        height = 1 + max((node.height for node in nodes), default=0)
        if height > MAX_NESTING:
            raise self.error(f"The expression is nested deeper than {MAX_NESTING} levels")
        return height

    def known_name(self) -> str | None:
        """Return the longest name of the scope that starts here."""
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
            special = best[1] in CONSTANTS or best[1] in ("if", "for", "some", "every", "function", "not")
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
        """Read a name that the source introduces: everything up to one of the ends, spelt with single blanks."""
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
