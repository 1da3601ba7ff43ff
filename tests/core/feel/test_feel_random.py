"""Random texts: whatever they are, they have a value or are refused; nothing else ever comes out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feel
from engine.feel.builtins import FUNCTIONS

ATOMS = [
    *(
        "0",
        "1",
        "-2.5",
        "1e6000",
        "9999999999999999999999999999999999",
        '"a"',
        '""',
        "null",
        "true",
        "false",
        "?",
        "a",
        "b c",
    ),
    *('@"2024-02-29"', '@"P1D"', '@"P1Y"', '@"10:00:00Z"', '@"2024-02-29T10:00:00@Europe/Paris"', "[1, 2]", "[]", "{}"),
    *(
        "{a: 1}",
        "[{a: 1}, {a: null}]",
        "[1..5]",
        "(< 3)",
        "x-y",
        "item",
        "partial",
        "(function(p) p)",
        "abs",
        '"\\uD83D"',
    ),
]
SIGNS = [
    *(
        "+",
        "-",
        "*",
        "/",
        "**",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ".",
        "..",
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        '"',
        "`",
    ),
    *(
        "and",
        "or",
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "some",
        "every",
        "satisfies",
        "between",
        "instance of",
        "@",
    ),
    *("number", "list<number>", "function", "not(", "//", "/*", "external", "->", "'", "\\", "\n"),
]
CONTEXT = {"a": 1, "b c": [1, 2, {"a": 3}], "x-y": 2.5, "d": date(2024, 1, 1), "t": (1, 2)}


def within(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "**", "=", "!=", "<", ">=", "and", "or", "in"])
    names = st.sampled_from(sorted(FUNCTIONS))
    return st.one_of(
        st.builds("{} {} {}".format, inner, operators, inner),
        st.builds("if {} then {} else {}".format, inner, inner, inner),
        st.builds("(for a in {} return {})".format, inner, inner),
        st.builds("(every a in {} satisfies {})".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("[{}..{}]".format, inner, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({} between {} and {})".format, inner, inner, inner),
        st.builds(lambda name, values: f"{name}({', '.join(values)})", names, st.lists(inner, max_size=4)),
    )


EXPRESSIONS = st.recursive(st.sampled_from(ATOMS), within, max_leaves=12)
TOKENS = st.lists(st.sampled_from(ATOMS + SIGNS), max_size=12).map(" ".join)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(source=st.one_of(EXPRESSIONS, TOKENS, st.text(max_size=30)))
def test_a_random_text_has_a_value_or_is_refused(source: str) -> None:
    try:
        value = feel.Expression(source).evaluate(CONTEXT)
        feel.to_json(value)
        assert feel.unary_test(source, 3, CONTEXT) in (True, False, None)
    except feel.FeelError:
        return


@settings(max_examples=200, deadline=None, derandomize=True)
@given(left=st.decimals(allow_nan=False, allow_infinity=False, places=6), right=st.integers(-(10**9), 10**9))
def test_arithmetic_is_that_of_exact_decimals(left: Decimal, right: int) -> None:
    if left.adjusted() < 20:
        assert feel.evaluate("(l + r) - r = l and l * 1 = l", {"l": left, "r": right}) is True


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.dates(), st.integers(-30_000, 30_000))
def test_days_added_to_a_date_can_be_taken_away_again(day: date, days: int) -> None:
    assert feel.evaluate('(d + n * @"P1D") - n * @"P1D"', {"d": day, "n": days}) == day
