"""The language: operators, three-valued logic, loops, filters, functions, types and syntax errors."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine import feel

EXAMPLES = r"""
0.1 + 0.2 = 0.3 | true
1 + 2 * 3 - 4 / 2 | 5
2 ** 3 ** 2 | 64
-3 ** 2 | 9
1 / 3 * 3 | 0.9999999999999999999999999999999999
10 ** 6145 | null
"a" + "b" | "ab"
1 + null | null
true and null | null
false and null | false
null or true | true
true or 1 | true
1 = "1" | null
null = null | true
1 = null | false
[1, [2, {a: 3}]] = [1.0, [2, {a: 3.0}]] | true
@"10:00:00Z" = @"11:00:00+01:00" | true
@"2018-10-08T00:00:00+02:00" = @"2018-10-08T00:00:00@Europe/Paris" | true
@"P1Y" = @"P365D" | null
1 < "a" | null
1 between 1 and 2 | true
5 in (1..5) | false
5 in (1..5] | true
5 in (< 3, >= 5) | true
5 in [1, [4..6]] | true
5 in [1, 5] | true
"x" in (["x", "y"], "z") | true
[1] in [[1], [2]] | true
x in [1..5[ | null
if null then 1 else 2 | 2
if false then 1 else if true then 2 else 3 | 2
[1, 2, 3][-1] | 3
[1, 2, 3][4] | null
[1, 2, 3][item > 1][1] | 2
[{x: 1, y: 2}, {x: null, y: 3}][x < 2].y | [2]
[{item: 1}, {item: 2}][item >= 2] | [{item: 2}]
[1, 2]["a"] | null
"foo"[1] | "foo"
null[1] | null
{a: 1, b: a + 1, "c d": b, e: c d}.e | 2
{a: 1, a: 2} | null
for i in 0..4 return if i = 0 then 1 else i * partial[-1] | [1, 1, 2, 6, 24]
for i in 3..1 return i | [3, 2, 1]
for i in (1..4) return i | [2, 3]
for i in [2..1] return i | null
for d in @"2024-02-28"..@"2024-03-01" return d.day | [28, 29, 1]
for i in 1..3 return partial | [[], [[]], [[], [[]]]]
for x in [1, 2], y in [x, 10] return x * y | [1, 10, 4, 20]
some x in [null, 2] satisfies x > 1 | true
every x in [null, 2] satisfies x > 1 | null
some x in [1, 2] satisfies "no" | null
(function(a: number, b: string) b)(1, 2) | null
(function(a, b) a - b)(b: 1, a: 2) | 1
{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(20)}.r | 2432902008176640000
{add: function(a) function(b) a + b, r: add(1)(2)}.r | 3
sort([2, 1], function(a, b) a < b) | [1, 2]
(function() external {java: {class: "a"}})() | null
1 instance of number | true
null instance of Any | false
[1] instance of list<number> | true
{a: 1} instance of context<a: string> | false
[1..2] instance of range<number> | true
(function(a: number) a) instance of function<number> -> Any | true
@"P1D" instance of days and time duration | true
[[1]] instance of list<list<number>> | true
@"2024-02-29".weekday | 4
@"2024-02-29T10:00:00@Europe/Paris".timezone | "Europe/Paris"
@"2024-02-29T10:00:00@Europe/Paris".time offset | @"PT1H"
@"-P1DT2H".hours | -2
[1..5).end included | false
(< 5).end | 5
(= 5).start | 5
@"2024-01-31" + @"P1M" | @"2024-02-29"
@"2024-03-30T12:00:00@Europe/Paris" + @"P1D" | @"2024-03-31T13:00:00@Europe/Paris"
@"P1D" / @"PT1H" | 24
@"P1Y" / 5 | @"P2M"
@"23:00:00" + @"PT2H" | @"01:00:00"
@"no date" | null
1 /* a // b */ + 2 // c | 3
"\u0041\n\"\\s" | "A\n\"\\s"
"""


def examples() -> list[Any]:
    lines = [line.rsplit(" | ", 1) for line in EXAMPLES.strip().splitlines()]
    return [pytest.param(actual, expected, id=actual) for actual, expected in lines]


@pytest.mark.parametrize(("actual", "expected"), examples())
def test_an_expression_gives_what_the_standard_says(actual: str, expected: str) -> None:
    found, wanted = feel.evaluate(actual, {}), feel.evaluate(expected, {})
    assert type(found) is type(wanted)
    assert found == wanted


@pytest.mark.parametrize(
    ("source", "line", "column", "expected"),
    [
        ("1 +", 1, 4, "a value, a name or '('"),
        ("(1", 1, 3, "')'"),
        ("[1,\n 2", 2, 3, "']'"),
        ('"abc', 1, 1, 'a closing "'),
        ("if 1 then 2", 1, 12, "'else'"),
        ("{a 1}", 1, 5, "':'"),
        ("1 # 2", 1, 3, "an operator, a name or a value"),
        ("", 1, 1, "a value, a name or '('"),
        ("/* open", 1, 1, "*/"),
        ("[1..2", 1, 6, "']', ')' or '[' after the end of the range"),
    ],
)
def test_a_wrong_text_is_refused_with_its_position(source: str, line: int, column: int, expected: str) -> None:
    with pytest.raises(feel.FeelSyntaxError) as wrong:
        feel.compile(source)
    assert (wrong.value.line, wrong.value.column, wrong.value.expected) == (line, column, expected)


@pytest.mark.parametrize(
    ("tests", "value", "expected"),
    [
        ("-", 1, True),
        ("not(-)", 1, False),
        ("5", 5, True),
        ("> 3, < 1", 2, False),
        ("[1..5]", 5, True),
        ("(1..5)", 5, False),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "c", True),
        ("? > 3 and ? < 9", 5, True),
        ('contains(?, "b")', "abc", True),
        ("true", False, False),
        ("other > 3", 1, True),
        ("limits", 7, True),
        ("> limit", 7, True),
        ("null", None, True),
        ("> 3", None, None),
        ("[1, 2]", [1, 2], True),
    ],
)
def test_unary_tests_decide_about_their_input(tests: str, value: Any, expected: bool | None) -> None:
    assert feel.unary_test(tests, value, {"other": 4, "limits": [5, 7], "limit": 6}) is expected


def test_item_definitions_are_types_by_their_name() -> None:
    types = {"tList": feel.types.ListType(feel.types.NUMBER)}
    assert feel.compile("[1, 2] instance of tList", types=types).evaluate({}) is True
    assert feel.compile("1 instance of tUnknown").evaluate({}) is None


def test_the_free_names_of_an_expression_are_known() -> None:
    expression = feel.compile("a.b + f(c) + sum(d) + (for x in e return x + g)[1]")
    assert expression.names == {"a", "f", "c", "d", "e", "g"}


def test_a_native_function_gets_finished_values() -> None:
    double = feel.Function("double", ("n",), lambda n: n * 2)
    assert feel.evaluate("double(n: 2) + double(1)", {"double": double}) == Decimal(6)


def test_a_function_of_the_context_goes_before_a_built_in_one() -> None:
    own = feel.Function("abs", ("n",), lambda n: "mine")
    assert feel.evaluate("abs(-1)", {"abs": own}) == "mine"
    assert feel.evaluate("abs(-1)", {"abs": 3}) == Decimal(1)
    assert feel.evaluate("abs(-1)", {}) == Decimal(1)


def test_a_caller_can_iterate_as_for_does() -> None:
    assert list(feel.iterate([1, {"a": 2}])) == [Decimal(1), {"a": Decimal(2)}]
    assert list(feel.iterate(feel.evaluate("(1..4)", {}))) == [Decimal(2), Decimal(3)]
    assert list(feel.iterate("a")) == ["a"]
    with pytest.raises(feel.FeelError):
        list(feel.iterate(None))
    with pytest.raises(feel.FeelBudgetExceeded):
        list(feel.iterate(feel.evaluate("[1..1e18]", {})))


def test_item_definitions_may_be_added_after_the_expression_is_compiled() -> None:
    types: dict[str, feel.types.Type] = {}
    expression = feel.compile("1 instance of tLate", types=types)
    assert expression.evaluate({}) is None
    types["tLate"] = feel.types.NUMBER
    assert expression.evaluate({}) is True
