"""XPath's regular expressions run on RE2, which needs time linear in the text whatever the pattern.

Translated: the flags s, m, i, x and q, `\\i` and `\\c`, `$1` in replacements. Back-references inside a pattern have no
linear-time form: they are refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from engine.feel.evaluation import Env
from engine.feel.regular_expressions.charclasses import class_end, flattened, plain_class
from engine.feel.regular_expressions.unicode_blocks import BLOCKS
from engine.feel.values import NullResult

COST_OF_A_MATCH = 20
_COST_OF_A_PATTERN = 120
_MAX_PATTERN = 2_000
_MAX_MEMORY = 4 << 20
_FLAGS = frozenset("smixq")
_BLANKS_OUTSIDE_CLASSES = re.compile(r"(\\\S|\[(?:\\.|[^\]\\])*\])|\s+", re.DOTALL)
_NO_LINE_END = "[^\\n\\r]"
"""The dot without the flag s: RE2's own would let a carriage return through (XPath 3.1, 5.6.1)."""
_WIDER = {"s": " \\t\\n\\r", "d": "\\p{Nd}", "D": "\\P{Nd}"}
"""RE2 counts a form feed among the blanks, and only 0 to 9 among the digits."""
_NAME_CLASSES = {"i": "A-Za-z_:\\p{L}", "c": "-.0-9:A-Z_a-z\\p{L}\\p{N}"}
_REPLACEMENT = re.compile(r"\\([\\$])|\$(\d+)|([\\$])", re.ASCII)


def pattern_for(env: Env, pattern: str, flags: str) -> Any:
    """Return the pattern, ready to search; raises NullResult for a wrong pattern or flag.

    The first use in an evaluation pays for compiling, cached or not: the cost must not depend on what ran before.
    """
    if env.patterns is None:
        env.patterns = set()
    if (pattern, flags) not in env.patterns:
        env.spend(_COST_OF_A_PATTERN + len(pattern) // 4)
        env.patterns.add((pattern, flags))
    return _compiled(pattern, flags)


@lru_cache(maxsize=256)
def _compiled(pattern: str, flags: str) -> Any:
    if len(pattern) > _MAX_PATTERN:
        raise NullResult(f"the pattern is longer than {_MAX_PATTERN:,} characters")
    if not set(flags) <= _FLAGS:
        raise NullResult("expected only the flags s, m, i, x and q", flags)
    if "q" in flags:
        pattern = re2.escape(pattern)
    else:
        if "x" in flags:
            pattern = _BLANKS_OUTSIDE_CLASSES.sub(lambda found: found.group(1) or "", pattern)
        pattern = _translate(pattern, dot="." if "s" in flags else _NO_LINE_END)
    inline = "".join(flag for flag in "ims" if flag in flags)
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    try:
        return re2.compile(f"(?{inline}){pattern}" if inline else pattern, options)
    except UnicodeEncodeError:
        raise NullResult("the pattern holds half a surrogate pair, which is no character") from None
    except re2.error as wrong:
        raise NullResult(f"the pattern is wrong: {_text(wrong)}", pattern) from None


def _text(error: Exception) -> str:
    found = error.args[0] if error.args else ""
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)


def _translate(pattern: str, *, dot: str) -> str:
    """Translate XPath's multi-character escapes into RE2's words, and the dot into what it stands for."""
    parts: list[str] = []
    in_class = False
    index = 0
    while index < len(pattern):
        sign = pattern[index]
        if sign == "\\" and index + 1 < len(pattern):
            escaped = pattern[index + 1]
            category = _category(pattern, index) if escaped in "pP" else ""
            if category:
                spans = _block(category) if category[3:5] == "Is" else category
                parts.append(spans if in_class else f"(?-i:[{spans}])")
                index += len(category)
                continue
            parts.append(_escape(escaped, in_class=in_class))
            index += 2
            continue
        if sign == "[":
            end = class_end(pattern, index)
            if "[" in pattern[index + 1 : end].replace("\\[", ""):
                parts.append(flattened(pattern[index:end]))
                index = end
                continue
            in_class = True
        elif sign == "]":
            in_class = False
        elif sign == "(" and pattern[index : index + 2] == "(?" and pattern[index : index + 3] != "(?:":
            raise NullResult("the pattern is wrong: expected '(?:' after '(?'", pattern)
        parts.append(dot if sign == "." and not in_class else sign)
        index += 1
    return "".join(parts)


def _escape(escaped: str, *, in_class: bool) -> str:
    if escaped.isdigit():
        raise NullResult("back-references are not supported")
    if escaped in _WIDER:
        return _WIDER[escaped] if in_class else f"[{_WIDER[escaped]}]"
    if escaped == "S" and not in_class:
        return f"[^{_WIDER['s']}]"
    known = _NAME_CLASSES.get(escaped.lower())
    if known is not None:
        if escaped.isupper():
            if in_class:
                raise NullResult(f"'\\{escaped}' is not supported within a character class")
            return f"[^{known}]"
        return known if in_class else f"[{known}]"
    if escaped in "bBAzZQEGkK":
        raise NullResult(f"the pattern is wrong: '\\{escaped}' is no escape")
    return f"\\{escaped}"


def _category(pattern: str, index: int) -> str:
    """Return the class that `\\p{Lu}` means, from its backslash: the flag i does not widen it (XPath 3.1, 5.6.2)."""
    end = pattern.find("}", index)
    return pattern[index : end + 1] if pattern[index + 2 : index + 3] == "{" and end > 0 else ""


def _block(category: str) -> str:
    """Return `\\p{IsBasicLatin}` as the inside of a class."""
    found = BLOCKS.get(category[5:-1])
    if found is None:
        raise NullResult(f"the pattern is wrong: Unicode has no block '{category[5:-1]}'")
    return plain_class([found], negated=category[1] == "P")


def replace(pattern: Any, text: str, replacement: str, *, literal: bool, env: Env) -> str:
    """Replace every match, `$1` in the replacement being a group; the evaluation pays for every match and for the result."""
    template = [replacement] if literal else _template(replacement, pattern.groups)
    parts: list[str] = []
    end = 0
    for found in pattern.finditer(text):
        env.spend(COST_OF_A_MATCH)
        piece = text[end : found.start()] + "".join(
            part if isinstance(part, str) else found.group(part) or "" for part in template
        )
        env.build(1 + len(piece) // 8)
        parts.append(piece)
        end = found.end()
    parts.append(text[end:])
    return "".join(parts)


def _template(replacement: str, groups: int) -> list[str | int]:
    parts: list[str | int] = []
    end = 0
    for found in _REPLACEMENT.finditer(replacement):
        parts.append(replacement[end : found.start()])
        end = found.end()
        escaped, number, wrong = found.groups()
        if wrong:
            raise NullResult("expected '\\\\', '\\$' or '$' and a digit in the replacement", replacement)
        if escaped:
            parts.append(escaped)
            continue
        # As many digits as make a group that exists; what is left is text (XPath 3.1, 5.6.4).
        size = len(number)
        while size > 1 and int(number[:size]) > groups:
            size -= 1
        group = int(number[:size])
        if group <= groups:
            parts.append(group)
        parts.append(number[size:])
    parts.append(replacement[end:])
    return [part for part in parts if part != ""]
