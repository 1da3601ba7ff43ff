"""Of a function that does not exist it is said here which one may have been meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from engine.feel.builtins.registry import FUNCTIONS

REFUSED = {
    "random number": "an evaluation must be repeatable; let a job give the number",
    "uuid": "an evaluation must be repeatable; let a job give the identifier",
}
"""Other engines have these functions, and Stepwell has not: why, and what to do instead."""

_INTERNAL = "juel "


def about_unknown(name: str, *, known: Iterable[str] = ()) -> str:
    """Say that there is no such function, with what may have been meant or what to do; `known` are functions beside the built-in ones."""
    if name in REFUSED:
        return f"The function '{name}' is not available: {REFUSED[name]}"
    names = [each for each in FUNCTIONS if not each.startswith(_INTERNAL)]
    close = get_close_matches(name, [*names, *known], n=1, cutoff=0.6)
    by_lower = {each.lower().replace(" ", ""): each for each in names}
    meant = by_lower.get(name.lower().replace(" ", "")) or (close[0] if close else None)
    return f"No function is called '{name}'" + (f"; did you mean '{meant}'?" if meant else "")
