"""The lexer turns source text into tokens. Names stay in parts: only the parser knows which parts make one name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.feel.errors import FeelSyntaxError, Lines

MAX_SOURCE = 100_000
MAX_TOKENS = 10_000
MAX_DIGITS = 1_000

_START = (
    "?A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u167f\u1681-\u180d\u180f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff00-\ufffd\U00010000-\U000effff"
)
_PART = _START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"

NAME, NUMBER, STRING, BACKTICK, SIGN, END = "name", "number", "string", "backtick", "sign", "end"

_TOKEN = re.compile(
    rf"""(?P<space>(?:[\s\u180e\u200b\ufeff]+|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)+)
    |(?P<name>[{_START}][{_PART}]*)
    |(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<sign>\*\*|\.\.|->|!=|<=|>=|[-+*/=<>(){{}}\[\],:.@'](?!(?<=/)\*))
    |(?P<backtick>`[^`\n]+`)
    |(?P<wrong>.)""",
    re.VERBOSE | re.DOTALL,
)

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\", "/": "/"}
_SURROGATES = re.compile("([\ud800-\udbff])([\udc00-\udfff])|[\ud800-\udfff]")


@dataclass(slots=True)
class Tokens:
    """The tokens of a source are kept in parallel lists, ended by an END token; `starts` and `ends` are offsets."""

    kinds: list[str]
    texts: list[str]
    starts: list[int]
    ends: list[int]


def tokenise(source: str, lines: Lines) -> Tokens:
    """Return all tokens; raises FeelSyntaxError for what is no token, and for sources that are too large."""
    if len(source) > MAX_SOURCE:
        raise FeelSyntaxError(f"The expression has {len(source):,} characters; at most {MAX_SOURCE:,} are allowed")
    kinds: list[str] = []
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for found in _TOKEN.finditer(source):
        kind = found.lastgroup
        if kind == "space":
            continue
        start = found.start()
        if kind is None or kind == "wrong":
            raise _wrong(source, start, lines)
        if len(kinds) >= MAX_TOKENS:
            line, column = lines.at(start)
            raise FeelSyntaxError(f"The expression has more than {MAX_TOKENS:,} tokens", line, column)
        kinds.append(kind)
        texts.append(found.group())
        starts.append(start)
        ends.append(found.end())
    kinds.append(END)
    texts.append("")
    starts.append(len(source))
    ends.append(len(source))
    return Tokens(kinds, texts, starts, ends)


def _wrong(source: str, start: int, lines: Lines) -> FeelSyntaxError:
    line, column = lines.at(start)
    sign = source[start]
    if sign == '"':
        return FeelSyntaxError("The string has no end", line, column, 'a closing "')
    if source.startswith("/*", start):
        return FeelSyntaxError("The comment has no end", line, column, "*/")
    if sign == "`":
        return FeelSyntaxError("The quoted name has no end", line, column, "a closing `")
    return FeelSyntaxError(f"Unexpected character {sign!r}", line, column, "an operator, a name or a value")


def unescape(text: str) -> str:
    """Return the value of a string token: escapes are replaced, surrogate pairs joined into code points."""
    body = text[1:-1]
    if "\\" in body:
        body = _ESCAPE.sub(_unescape_one, body)
    return _SURROGATES.sub(_join, body)


def _unescape_one(found: re.Match[str]) -> str:
    four, six, plain = found.groups()
    if four or six:
        code = int(four or six, 16)
        return chr(code) if code <= 0x10FFFF else found.group()
    # An escape that the standard does not know stays as it is written, so that patterns can be written plainly.
    return _PLAIN_ESCAPES.get(plain, found.group())


def _join(found: re.Match[str]) -> str:
    if found.group(1) is None:
        # Half a pair is no character: nothing that stores or sends text would take it.
        return "\ufffd"
    high, low = (ord(part) for part in found.groups())
    return chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00)
