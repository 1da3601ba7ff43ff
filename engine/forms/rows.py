"""The rows that a person sends are matched with those that the list had: a person removes rows and adds new ones at the end.

form-js sends rows by their place and does not say which was removed. When there are fewer than before, or one of them has in a place that
nobody can change what the known row in its place has not, rows were removed. Then a row belongs to the known row that it looks like, in
order; what is left between two such pairs belongs together by its place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine import exact_json
from engine.forms import values

_MAX_SHAPES = 16
"""So many different sets of names are looked up in the known rows; rows with others are matched by their place."""

Pairs = list[tuple[int, int]]


def matched(
    sent: Sequence[Any], known: Sequence[Any], *, fixed: frozenset[str], new: Mapping[str, Any]
) -> list[int | None]:
    """Return for each row that was sent the index of its known row, or None for a new one.

    `fixed` are the names of a row that a person cannot change: they tell best which row it is, after a row in which nothing was changed.
    `new` is what form-js makes a new row of.
    """
    if len(sent) >= len(known) and all(_fits(row, at, fixed) for row, at in zip(sent, known, strict=False)):
        return [index if index < len(known) else None for index in range(len(sent))]
    pairs: Pairs = _alike(sent, known, (0, 0), (len(sent), len(known)), among=None)
    found: Pairs = []
    for start, end in _gaps(pairs, len(sent), len(known)):
        inside = _alike(sent, known, start, end, among=fixed)
        for first, last in _gaps(inside, end[0], end[1], start):
            by_place = zip(range(first[0], last[0]), range(first[1], last[1]), strict=False)
            found += [(row, at) for row, at in by_place if not _is_new(sent[row], known[at], fixed, new)]
        found += inside
    result: list[int | None] = [None] * len(sent)
    for row, known_row in (*pairs, *found):
        result[row] = known_row
    return result


def _fits(row: Any, known: Any, fixed: frozenset[str]) -> bool:
    """Say whether a row has what the known one has, where nobody can change it."""
    names = tuple(fixed & row.keys()) if isinstance(row, Mapping) else ()
    return not names or _digest(row, names) == _digest(known, names)


def _is_new(row: Any, known: Any, fixed: frozenset[str], new: Mapping[str, Any]) -> bool:
    """Say whether a row has what a new one has, where nobody can change it, and else nothing of the known one."""
    if not isinstance(row, Mapping) or fixed.isdisjoint(row) or _fits(row, known, fixed) or not _fits(row, new, fixed):
        return False
    others = [name for name in row.keys() - fixed if not values.is_empty(row[name])]
    return not any(values.same(row[name], values.at(known, (name,))) for name in others)


def _gaps(
    pairs: Pairs, sent: int, known: int, start: tuple[int, int] = (0, 0)
) -> Iterable[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield what lies between the pairs: where it starts and where it ends, in both lists."""
    for pair in (*pairs, (sent, known)):
        if start[0] < pair[0]:
            yield start, pair
        start = (pair[0] + 1, pair[1] + 1)


def _alike(
    sent: Sequence[Any],
    known: Sequence[Any],
    start: tuple[int, int],
    end: tuple[int, int],
    *,
    among: frozenset[str] | None,
) -> Pairs:
    """Return pairs of rows, in order, that have the same under all names that were sent, or under those `among` them."""
    places: dict[tuple[str, ...], dict[bytes, list[int]]] = {}
    pairs: Pairs = []
    following = start[1]
    for row in range(start[0], end[0]):
        names = _names(sent[row], among)
        if not names or (names not in places and len(places) >= _MAX_SHAPES):
            continue
        if names not in places:
            places[names] = _places(known, names, range(start[1], end[1]))
        found = places[names].get(_digest(sent[row], names), [])
        at = bisect_left(found, following)
        if at < len(found):
            pairs.append((row, found[at]))
            following = found[at] + 1
    return pairs


def _names(row: Any, among: frozenset[str] | None) -> tuple[str, ...]:
    if not isinstance(row, Mapping):
        return ()
    names = tuple(sorted(row if among is None else among & row.keys()))
    return names if any(not values.is_empty(row[name]) for name in names) else ()


def _places(known: Sequence[Any], names: tuple[str, ...], indexes: range) -> dict[bytes, list[int]]:
    places: dict[bytes, list[int]] = defaultdict(list)
    for index in indexes:
        places[_digest(known[index], names)].append(index)
    return places


def _digest(row: Any, names: tuple[str, ...]) -> bytes:
    found = [values.at(row, (name,)) for name in names]
    return exact_json.encode([None if values.is_empty(each) else each for each in found])
