"""A subset of Python's expressions, compiled by way of `ast` to closures; nothing is ever handed to the interpreter.

Names, attributes and subscripts of data, comparisons, boolean and arithmetic operators, literals, lists, tuples, dicts, conditional
expressions, `in`, and a few pure functions. Values are FEEL's: numbers are decimals, null is None.
"""

from __future__ import annotations

from engine import feel


def compile(source: str) -> feel.Expression:
    raise NotImplementedError(source)
