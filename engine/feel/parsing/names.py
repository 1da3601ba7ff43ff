"""A name may have several parts; this module says where a source could mean such a name.

FEEL's names may hold blanks, signs and keywords ("Monthly-Payment", "days in weekend"), so the scope decides how a text is
read. Neighbouring parts with nothing between them always make one name, since nothing else could be meant. The rest is
ambiguous: `a-b` is one name where the scope has it. The parser is told the names that the caller knows; for the others the
source is searched for candidates, which are looked up in the context at evaluation (`Candidates`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.feel.errors import FeelSyntaxError, Lines
from engine.feel.parsing.lexer import END, NAME, NUMBER, SIGN, Tokens, tokenise

KEYWORDS = frozenset({"and", "or", "in", "between", "then", "else", "return", "satisfies"})
_SPECIAL = KEYWORDS | {"if", "for", "some", "every", "function", "not", "true", "false", "null", "instance"}
_INNER_SIGNS = frozenset({"+", "-", "*", "/", ".", "'", "**"})

_LONGEST = 10
_MOST = 2_000
_MOST_VISITED = 500


class NameTable:
    """The table has names by their parts; `longest` finds the longest one at a place."""

    __slots__ = ("_names", "_sizes")

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names: dict[tuple[str, ...], str] = {}
        # For each first part the numbers of parts that its names have, the largest first.
        self._sizes: dict[str, list[int]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        parts = parts_of(name)
        if parts:
            self.add_parts(parts, name)

    def add_parts(self, parts: tuple[str, ...], name: str) -> None:
        if parts[0] in _SPECIAL and (len(parts) == 1 or parts[0] not in KEYWORDS):
            # By the standard a name does not begin with a keyword (10.3.1.4). Where no expression can begin with that keyword,
            # files rely on longer ones that do ("every i in in stock satisfies ..."); in quotes any name may.
            return
        self._names[parts] = name
        sizes = self._sizes.setdefault(parts[0], [])
        if len(parts) not in sizes:
            sizes.append(len(parts))
            sizes.sort(reverse=True)

    def longest(self, texts: list[str], index: int) -> tuple[int, str] | None:
        """Return the number of tokens and the name of the longest one that starts here."""
        for size in self._sizes.get(texts[index], ()):
            name = self._names.get(tuple(texts[index : index + size]))
            if name is not None:
                return size, name
        return None


def parts_of(name: str) -> tuple[str, ...] | None:
    """Return the tokens of a name, or None when no source could spell it without quotes."""
    if name.isidentifier():
        return (name,)
    if len(name) > 1_000:
        return None
    try:
        tokens = tokenise(name, Lines(name))
    except FeelSyntaxError:
        return None
    inner = zip(tokens.kinds[:-1], tokens.texts[:-1], strict=True)
    if tokens.kinds[0] != NAME or not all(
        kind in (NAME, NUMBER) or (kind == SIGN and text in _INNER_SIGNS) for kind, text in inner
    ):
        return None
    return tuple(tokens.texts[:-1])


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates say what in a source could be one name, by where the name would have to be.

    `top`: keys of the context; `paths`: keys of the context at the end of a path; `deep`: keys of contexts anywhere below,
    for names within filters and after calls.
    """

    top: frozenset[str] = frozenset()
    paths: tuple[tuple[tuple[str, ...], str], ...] = ()
    deep: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.top or self.paths or self.deep)

    def found_in(self, context: Mapping[str, Any]) -> frozenset[str]:
        """Return the candidates that the context has."""
        found = {name for name in self.top if name in context}
        for path, name in self.paths:
            if name not in found and _has(context, path, name):
                found.add(name)
        if self.deep:
            _collect(context, self.deep, found)
        return frozenset(found)


def _has(context: Mapping[str, Any], path: tuple[str, ...], name: str) -> bool:
    value: Any = context
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
        while isinstance(value, list | tuple) and value:
            value = value[0]
    return isinstance(value, Mapping) and name in value


def _collect(context: Mapping[str, Any], wanted: frozenset[str], found: set[str]) -> None:
    """Look into contexts and the first elements of lists, within a bound: this is repeated at every evaluation."""
    waiting: list[Any] = [context]
    visited = 0
    while waiting and visited < _MOST_VISITED:
        value = waiting.pop()
        visited += 1
        if isinstance(value, Mapping):
            found.update(name for name in wanted if name in value)
            waiting.extend(entry for entry in value.values() if isinstance(entry, Mapping | list | tuple))
        elif isinstance(value, list | tuple) and value:
            waiting.append(value[0])


@dataclass(slots=True)
class _Search:
    tokens: Tokens
    source: str
    top: set[str] = field(default_factory=set)
    paths: set[tuple[tuple[str, ...], str]] = field(default_factory=set)
    deep: set[str] = field(default_factory=set)


def candidates(source: str, tokens: Tokens) -> Candidates:
    """Find every run of parts that could be a name and that the parser would read otherwise."""
    search = _Search(tokens, source)
    depth = 0
    for index, (kind, text) in enumerate(zip(tokens.kinds, tokens.texts, strict=True)):
        if kind == SIGN and text in "[]":
            depth += 1 if text == "[" else -1
        elif kind == NAME and text not in _SPECIAL and _may_start(tokens, index):
            _search_from(search, index, bracketed=depth > 0)
        if len(search.top) + len(search.paths) + len(search.deep) > _MOST:
            # Far beyond any text that a person writes: such a source is read by the names that the caller gives.
            return Candidates()
    return Candidates(frozenset(search.top), tuple(sorted(search.paths)), frozenset(search.deep))


def _may_start(tokens: Tokens, index: int) -> bool:
    if index == 0:
        return True
    kind, text = tokens.kinds[index - 1], tokens.texts[index - 1]
    if kind == NAME:
        return text in _SPECIAL
    return kind == SIGN and text not in (")", "]", "}")


def _search_from(search: _Search, index: int, *, bracketed: bool) -> None:
    tokens = search.tokens
    kinds, texts = tokens.kinds, tokens.texts
    special = False
    for end in range(index + 1, index + _LONGEST):
        kind, text = kinds[end], texts[end]
        if kind == END or not (kind in (NAME, NUMBER) or (kind == SIGN and text in _INNER_SIGNS)):
            return
        special = special or kind == SIGN or text in _SPECIAL
        if kind == SIGN or not special:
            continue
        for name in _spellings(search, index, end):
            _note(search, index, name, bracketed=bracketed)


def _spellings(search: _Search, first: int, last: int) -> set[str]:
    """Return the name as written, with single blanks, and without the blanks around its signs."""
    tokens = search.tokens
    written = " ".join(search.source[tokens.starts[first] : tokens.ends[last]].split())
    tight = tokens.texts[first]
    for index in range(first + 1, last + 1):
        apart = tokens.kinds[index] != SIGN and tokens.kinds[index - 1] != SIGN
        tight += (" " if apart else "") + tokens.texts[index]
    return {written, tight}


def _note(search: _Search, index: int, name: str, *, bracketed: bool) -> None:
    texts, kinds = search.tokens.texts, search.tokens.kinds
    if index == 0 or texts[index - 1] != ".":
        search.top.add(name)
        if bracketed:
            search.deep.add(name)
        return
    path: list[str] = []
    while index >= 2 and texts[index - 1] == "." and kinds[index - 2] == NAME:
        path.insert(0, texts[index - 2])
        index -= 2
    if not bracketed and path and _may_start(search.tokens, index):
        search.paths.add((tuple(path), name))
    else:
        search.deep.add(name)
