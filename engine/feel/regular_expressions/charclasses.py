"""XPath's character classes with a subtraction, like `[a-z-[aeiou]]`, become plain ones: RE2 has none."""

from __future__ import annotations

from engine.feel.values import NullResult

_LAST = 0x10FFFF
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}

Spans = list[tuple[int, int]]


def class_end(pattern: str, start: int) -> int:
    """Return the index behind the class that opens at `start`, nested ones included; raises NullResult when it is open."""
    depth = 0
    index = start
    while index < len(pattern):
        sign = pattern[index]
        if sign == "\\":
            index += 1
        elif sign == "[":
            depth += 1
        elif sign == "]":
            depth -= 1
            if depth == 0:
                return index + 1
        index += 1
    raise NullResult("the pattern is wrong: a character class has no end", pattern)


def flattened(text: str) -> str:
    """Return the class, from "[" to "]", without its subtraction."""
    spans = _spans(text)
    if not spans:
        return "[^\\x{0}-\\x{10FFFF}]"
    return "[" + "".join(_span_text(low, high) for low, high in spans) + "]"


def plain_class(spans: Spans, *, negated: bool) -> str:
    """Return what stands between "[" and "]" for these characters, or for all others."""
    if negated:
        spans = _without([(0, _LAST)], spans)
    return "".join(_span_text(low, high) for low, high in spans)


def _span_text(low: int, high: int) -> str:
    return f"\\x{{{low:X}}}-\\x{{{high:X}}}"


def _spans(text: str) -> Spans:
    body = text[1:-1]
    negated = body.startswith("^")
    if negated:
        body = body[1:]
    subtracted: Spans = []
    inner = _inner_class(body)
    if inner >= 0:
        subtracted = _spans(body[inner:])
        body = body[: inner - 1]
    spans = _merged(_listed(body))
    if negated:
        spans = _without([(0, _LAST)], spans)
    return _without(spans, _merged(subtracted))


def _inner_class(body: str) -> int:
    """Return the index of the "[" of "-[" that begins the subtraction, or -1."""
    index = 0
    while index < len(body):
        if body[index] == "\\":
            index += 1
        elif body[index] == "[":
            if index and body[index - 1] == "-":
                return index
            raise NullResult("the pattern is wrong: '[' within a character class", body)
        index += 1
    return -1


def _listed(body: str) -> Spans:
    """Return the single characters and ranges; classes like `\\d` cannot be taken apart here."""
    characters: list[tuple[str, bool]] = []
    index = 0
    while index < len(body):
        escaped = body[index] == "\\"
        if escaped:
            index += 1
            if index < len(body) and body[index].isalnum() and body[index] not in _PLAIN:
                raise NullResult(f"'\\{body[index]}' is not supported in a class with a subtraction", body)
        if index < len(body):
            characters.append((_PLAIN.get(body[index], body[index]) if escaped else body[index], escaped))
        index += 1
    spans: Spans = []
    place = 0
    while place < len(characters):
        low = ord(characters[place][0])
        if place + 2 < len(characters) and characters[place + 1] == ("-", False):
            spans.append((low, ord(characters[place + 2][0])))
            place += 3
        else:
            spans.append((low, low))
            place += 1
    return spans


def _merged(spans: Spans) -> Spans:
    merged: Spans = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def _without(spans: Spans, removed: Spans) -> Spans:
    left: Spans = []
    for low, high in spans:
        for begin, end in removed:
            if end < low or begin > high:
                continue
            if begin > low:
                left.append((low, begin - 1))
            low = end + 1
        if low <= high:
            left.append((low, high))
    return left
