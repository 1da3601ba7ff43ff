"""`$like` compares a text with a pattern with the wildcards * (any characters) and ? (one character), in SQL and in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Lookup, TextField
from django.db.models.fields import CharField


def _pieces(pattern: str) -> Iterable[tuple[str, bool]]:
    """Yield the characters and whether each is a wildcard; a backslash takes the meaning from the next one."""
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            yield next(characters, "\\"), False
        else:
            yield character, character in "*?"


def _sql_pattern(pattern: str) -> str:
    wild = {"*": "%", "?": "_"}
    return "".join(
        wild[character] if is_wild else re.sub(r"([\\%_])", r"\\\1", character)
        for character, is_wild in _pieces(pattern)
    )


def like_in_memory(pattern: str, text: str) -> bool:
    return liker(pattern)(text)


def liker(pattern: str) -> Callable[[str], bool]:
    """Return a function that says whether a text is like the pattern. It works without backtracking: the stars split the pattern into
    parts that are looked for one after the other."""
    first, *others = _parts(pattern.lower())
    last = others.pop() if others else None

    def is_like(text: str) -> bool:
        text = text.lower()
        if not first.fits(text, 0):
            return False
        at = first.length
        if last is None:
            return at == len(text)
        for part in others:
            found = part.find(text, at)
            if found < 0:
                return False
            at = found + part.length
        return len(text) - last.length >= at and last.fits(text, len(text) - last.length)

    return is_like


@dataclass(frozen=True, slots=True)
class _PatternPart:
    """A part is the characters between two stars; `wild` are the places of those that stand for any one."""

    text: str
    wild: frozenset[int]

    @property
    def length(self) -> int:
        return len(self.text)

    def fits(self, text: str, start: int) -> bool:
        if not self.wild:
            return text.startswith(self.text, start)
        return start + self.length <= len(text) and all(
            offset in self.wild or text[start + offset] == character for offset, character in enumerate(self.text)
        )

    def find(self, text: str, start: int) -> int:
        if not self.wild:
            return text.find(self.text, start)
        return next((at for at in range(start, len(text) - self.length + 1) if self.fits(text, at)), -1)


def _parts(pattern: str) -> list[_PatternPart]:
    parts: list[list[tuple[str, bool]]] = [[]]
    for character, is_wild in _pieces(pattern):
        if is_wild and character == "*":
            parts.append([])
        else:
            parts[-1].append((character, is_wild))
    return [
        _PatternPart(
            "".join(text for text, _ in part), frozenset(at for at, (_, is_wild) in enumerate(part) if is_wild)
        )
        for part in parts
    ]


class _Like(Lookup):
    """This lookup is ILIKE, by a pattern with the wildcards * and ?."""

    lookup_name = "like"

    def get_prep_lookup(self) -> Any:
        return _sql_pattern(str(self.rhs))

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} ILIKE {right}", [*left_values, *right_values]


CharField.register_lookup(_Like)
TextField.register_lookup(_Like)
