"""These functions work on strings (DMN 1.5, 10.3.4.3); lengths and positions count code points."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.evaluation import Env
from engine.feel.numbers import whole
from engine.feel.operators import kind_name
from engine.feel.regular_expressions import patterns
from engine.feel.values import NullResult

_SIZE_UNIT = 8


def _built(env: Env, text: str) -> str:
    env.build(len(text) // _SIZE_UNIT)
    return text


def _read(env: Env, text: str) -> None:
    env.spend(len(text) // 64)


def _encodable(text: str) -> str:
    """Return the text, if it has a UTF-8 form; one from outside may hold half a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NullResult("the text holds half a surrogate pair, which is no character") from None
    return text


@builtin("substring", "string: string, start position: number, length: number = null")
def _substring(env: Env, text: str, start: Decimal, length: Decimal | None = None) -> str:
    place = whole(start)
    if not place or abs(place) > len(text):
        raise NullResult(f"expected a start position from 1 to {len(text)}, or from the end with a minus", start)
    first = place - 1 if place > 0 else len(text) + place
    if length is None:
        return _built(env, text[first:])
    if length < 1:
        raise NullResult("expected a length of 1 or more", length)
    return _built(env, text[first : first + int(min(length, Decimal(len(text))))])


@builtin("string length", "string: string")
def _string_length(env: Env, text: str) -> Decimal:
    return Decimal(len(text))


@builtin("upper case", "string: string")
def _upper_case(env: Env, text: str) -> str:
    return _built(env, text.upper())


@builtin("lower case", "string: string")
def _lower_case(env: Env, text: str) -> str:
    return _built(env, text.lower())


@builtin("substring before", "string: string, match: string")
def _substring_before(env: Env, text: str, match: str) -> str:
    _read(env, text)
    before, found, _ = text.partition(match) if match else ("", "", "")
    return _built(env, before) if found else ""


@builtin("substring after", "string: string, match: string")
def _substring_after(env: Env, text: str, match: str) -> str:
    _read(env, text)
    if not match:
        return text
    return _built(env, text.partition(match)[2])


@builtin("contains", "string: string, match: string")
def _contains(env: Env, text: str, match: str) -> bool:
    _read(env, text)
    return match in text


@builtin("starts with", "string: string, match: string")
def _starts_with(env: Env, text: str, match: str) -> bool:
    return text.startswith(match)


@builtin("ends with", "string: string, match: string")
def _ends_with(env: Env, text: str, match: str) -> bool:
    return text.endswith(match)


@builtin("matches", "input: string, pattern: string, flags: string = null")
def _matches(env: Env, text: str, pattern: str, flags: str | None = None) -> bool:
    env.spend(2 + len(text) // 16)
    return patterns.pattern_for(env, pattern, flags or "").search(_encodable(text)) is not None


def _no_empty_match(env: Env, pattern: str, flags: str, text: str) -> Any:
    env.spend(2 + len(text) // 4)
    found = patterns.pattern_for(env, pattern, flags)
    _encodable(text)
    if found.search("") is not None:
        raise NullResult("the pattern matches the empty text", pattern)
    return found


@builtin("replace", "input: string, pattern: string, replacement: string, flags: string = null")
def _replace(env: Env, text: str, pattern: str, replacement: str, flags: str | None = None) -> str:
    found = _no_empty_match(env, pattern, flags or "", text)
    return patterns.replace(found, text, replacement, literal="q" in (flags or ""), env=env)


@builtin("split", "string: string, delimiter: string")
def _split(env: Env, text: str, delimiter: str) -> list[str]:
    found = _no_empty_match(env, delimiter, "", text)
    parts: list[str] = []
    end = 0
    for match in found.finditer(text):
        env.spend(patterns.COST_OF_A_MATCH)
        env.build(1)
        parts.append(text[end : match.start()])
        end = match.end()
    parts.append(text[end:])
    env.build(len(text) // _SIZE_UNIT)
    return parts


@builtin("extract", "input: string, pattern: string")
def _extract(env: Env, text: str, pattern: str) -> list[str]:
    """Return every match; the function is Camunda's."""
    found = _no_empty_match(env, pattern, "", text)
    env.build(len(text) // _SIZE_UNIT)
    parts = []
    for match in found.finditer(text):
        env.spend(patterns.COST_OF_A_MATCH)
        env.build(1)
        parts.append(match.group())
    return parts


@builtin("string join", "list: list, delimiter: string = null")
@builtin("string join", "list: list, delimiter: string?, prefix: string, suffix: string")
def _string_join(env: Env, values: list[Any], delimiter: str | None = None, prefix: str = "", suffix: str = "") -> str:
    """Join the texts of the list, nulls left out."""
    size = 0
    for value in values:
        if value is not None and type(value) is not str:
            raise NullResult(f"expected strings, got {kind_name(value)}", value)
        size += len(value or "") + len(delimiter or "")
    env.build(size // _SIZE_UNIT)
    env.spend(len(values) // 8)
    return prefix + (delimiter or "").join(value for value in values if value is not None) + suffix


@builtin("trim", "string: string")
def _trim(env: Env, text: str) -> str:
    return text.strip()


@builtin("is blank", "string: string")
def _is_blank(env: Env, text: str) -> bool:
    return not text.strip()


@builtin("to base64", "value: string")
def _to_base64(env: Env, text: str) -> str:
    env.build(len(text) // 4)
    return base64.b64encode(_encodable(text).encode()).decode("ascii")
