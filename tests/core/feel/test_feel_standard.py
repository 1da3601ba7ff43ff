"""Where FEEL once departed from the standard, these are the right values (DMN 1.5, chapter 10)."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from engine import feel


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("5 in [null..10]", None),
        ("5 in [1..null]", None),
        ("5 in (null..10)", None),
        ("5 in [null..null]", None),
        ("15 in [null..10]", False),
        ("0 in [1..null]", False),
        ('5 in ["a"..10]', None),
        ("5 in ([null..10], 5)", True),
        ("5 in ([null..10], 6)", None),
        ("5 between null and 10", None),
        ("5 in (<= 10)", True),
        ("5 in [10..1]", False),
        ("5 in [5..10)", True),
        ("includes([null..10], 5)", None),
        ("before(11, [null..10])", None),
        ("overlaps([1..null], [2..3])", None),
        ("coincides([null..3], [null..3])", None),
        ("includes((<= 10), 5)", True),
    ],
)
def test_a_range_with_a_missing_end_leaves_open_what_the_other_end_does_not_decide(expression: str, value: Any) -> None:
    assert feel.evaluate(expression, {}) is value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('@"2021-01-01T24:00:00" + @"PT1S"', datetime(2021, 1, 2, 0, 0, 1)),  # noqa: DTZ001
        ('@"2021-12-31T24:00:00Z"', datetime(2022, 1, 1, tzinfo=UTC)),
        ('date and time("2024-02-28T24:00:00.000")', datetime(2024, 2, 29)),  # noqa: DTZ001
        ('time("24:00:00")', time(0)),
        ('time("24:00:01")', None),
        ('time("24:01:00")', None),
        ('date and time("2021-01-01T24:00:00.5")', None),
        ('date and time("999999999-12-31T24:00:00")', None),
    ],
)
def test_the_end_of_a_day_is_the_first_moment_of_the_next(expression: str, value: Any) -> None:
    assert feel.evaluate(expression, {}) == value


@pytest.mark.parametrize(
    "expression",
    [
        '@"2021-01-01T00:00:00Z" - @"2021-01-01T00:00:00"',
        '@"2021-01-01T00:00:00" - @"2021-01-01T00:00:00@Europe/Paris"',
        '@"10:00:00Z" - @"09:00:00"',
        '@"09:00:00" - @"10:00:00+01:00"',
    ],
)
def test_a_zoned_moment_minus_one_without_a_zone_is_null(expression: str) -> None:
    assert feel.evaluate(expression, {}) is None


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ('substring(string: "a", string: "b", start position: 1)', "string"),
        ("{f: function(a, b) a + b, r: f(a: 1, a: 2)}.r", "a"),
        ("{f: function(a, a) a, r: f(1, 2)}.r", "a"),
    ],
)
def test_a_parameter_that_is_repeated_is_an_error(expression: str, name: str) -> None:
    with pytest.raises(feel.FeelSyntaxError, match=f"'{name}' is (given|declared) twice"):
        feel.evaluate(expression, {})


@pytest.mark.parametrize(
    "expression",
    [
        'substring("abcdef", 2.5)',
        "sublist([1, 2, 3], 1.5)",
        "insert before([1, 2], 1.5, 9)",
        "remove([1, 2], 1.5)",
        "list replace([1, 2], 1.5, 9)",
        "[1, 2, 3][1.5]",
        "{i: 1.5, r: [1, 2, 3][i]}.r",
        "partition([1, 2], 1.5)",
        "date(2021, 1.5, 1)",
        "time(10.5, 0, 0)",
    ],
)
def test_a_position_that_is_no_integer_has_no_result(expression: str) -> None:
    warnings: list[feel.Warning] = []
    assert feel.compile(expression).evaluate({}, warnings=warnings) is None
    assert warnings


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (r'matches("a\rb", "a.b")', False),
        (r'matches("a\nb", "a.b")', False),
        (r'matches("a\rb", "a.b", "s")', True),
        (r'matches("a\rb", "a\.b")', False),
        (r'matches("a.b", "a[.]b")', True),
        (r'matches("a\rb", "a[.]b")', False),
        (r'replace("a\rb", ".", "x")', "x\rx"),
        (r'replace("a\rb", ".", "x", "s")', "xxx"),
        (r'matches("a.b", "a.b", "q")', True),
        (r'extract("a\rb", ".")', ["a", "b"]),
        (r'matches("a b", "a\\sb")', True),
        ('matches("a\x0cb", "a\\\\sb")', False),
        (r'matches("٣", "^\\d$")', True),
    ],
)
def test_a_dot_stands_for_no_line_end_without_the_flag_s(expression: str, value: Any) -> None:
    assert feel.evaluate(expression, {}) == value


@pytest.mark.parametrize("name", ["date", "string", "count", "now", "string length"])
def test_a_name_that_is_not_set_is_null_and_never_a_built_in_function(name: str) -> None:
    warnings: list[feel.Warning] = []
    assert feel.compile(f"{name} != null").evaluate({}, warnings=warnings) is False
    assert [each.missing for each in warnings] == [name]
    assert feel.evaluate(f"is defined({name})", {}) is False
    assert feel.evaluate(f"{{f: function(x) x = null, r: f({name})}}.r", {}) is True
    assert feel.evaluate(f"[1, 2][{name} = null]", {}) == [1, 2]
    assert feel.evaluate(f"{name} + 1", {name: 2}) == 3


def test_a_built_in_function_may_be_given_to_one_that_takes_functions() -> None:
    assert feel.evaluate("sort([3, 1, 2], before)", {}) == [1, 2, 3]
    twice = feel.evaluate("function(f, x) f(f(x))", {})
    assert feel.evaluate("twice(sqrt, 16)", {"twice": twice}) == 2


def test_a_built_in_function_is_called_within_a_filter() -> None:
    assert feel.evaluate("[1, 2, 3, 4][modulo(item, 2) = 0]", {}) == [2, 4]
    assert feel.evaluate('[{a: "x"}, {a: "yy"}][string length(a) = 2].a', {}) == ["yy"]
    own = "{rows: [{n: 1, abs: function(n) 5}, {n: 2}], r: rows[abs(n) = 5].n}.r"
    assert feel.evaluate(own, {}) == [1]


def test_an_assertion_that_fails_ends_the_evaluation_with_its_message() -> None:
    assert feel.evaluate('assert(5, 5 > 0, "must be positive")', {}) == 5
    for condition in ("-5 > 0", "null", '"yes"', "nowhere > 5"):
        with pytest.raises(feel.FeelAssertionFailed, match="must be positive"):
            feel.evaluate(f'[1, 2][assert(item, {condition}, "must be positive") = 1]', {})


RECURSION = "{{f: function(n) if n = 0 then 0 else {step}, r: f({depth})}}.r"


@pytest.mark.parametrize("step", ["1 + f(n - 1)", "1 + (0 + (0 + (0 + (0 + (0 + f(n - 1))))))", "sum([1, f(n - 1)])"])
def test_depth_counts_calls_however_much_lies_between_them(step: str) -> None:
    expression = feel.compile(RECURSION.format(step=step, depth=900))
    assert expression.evaluate({}) == 900
    with pytest.raises(feel.FeelBudgetExceeded, match="depth"):
        expression.evaluate({}, budget=feel.Budget(depth=800))
    expression = feel.compile(RECURSION.format(step=step, depth=10))
    assert expression.evaluate({}, budget=feel.Budget(depth=11)) == 10
    with pytest.raises(feel.FeelBudgetExceeded, match="depth"):
        expression.evaluate({}, budget=feel.Budget(depth=10))


ORDERS = [{"id": index, "customer": index} for index in range(400)]
CUSTOMERS = [{"id": index, "name": f"customer {index}"} for index in range(400)]


@pytest.mark.parametrize(
    "expression",
    [
        "count((for o in orders, c in customers return {order: o.id, name: c.name, fits: o.customer = c.id})[fits])",
        "count(flatten(for o in orders return customers[item.id = o.customer]))",
        "count(orders[some c in customers satisfies c.id = item.customer])",
    ],
)
def test_a_join_of_400_by_400_works_by_the_default_budget(expression: str) -> None:
    assert feel.evaluate(expression, {"orders": ORDERS, "customers": CUSTOMERS}) == 400


def test_a_filter_of_100_000_works_by_the_default_budget() -> None:
    rows = [{"n": index} for index in range(100_000)]
    assert len(feel.evaluate("rows[n >= 50000 and n < 99999]", {"rows": rows})) == 49_999
    assert len(feel.evaluate("numbers[item > 9]", {"numbers": list(range(100_000))})) == 99_990


def test_the_time_is_the_callers_and_ends_an_evaluation() -> None:
    asked = []

    def out_of_time() -> bool:
        asked.append(True)
        return len(asked) > 2

    with pytest.raises(feel.FeelBudgetExceeded) as exceeded:
        feel.compile("for i in 1..100000 return i").evaluate({}, budget=feel.Budget(out_of_time=out_of_time))
    assert exceeded.value.limit == "time"
    assert len(asked) == 3
    sixty = feel.Budget(steps=60, out_of_time=lambda: False)
    assert len(feel.compile("for i in 1..20 return i").evaluate({}, budget=sixty)) == 20
    with pytest.raises(feel.FeelBudgetExceeded, match="steps"):
        feel.compile("for i in 1..100 return i").evaluate({}, budget=sixty)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        ("a", '"a"'),
        ({"a": 1, "b": None}, "{a: 1, b: null}"),
        ([True, Decimal("1.50")], "[true, 1.50]"),
        (list(range(1000)), "a list of 1,000 elements"),
        ("x" * 100, '"' + "x" * 79 + '…"'),
    ],
)
def test_a_value_is_shown_as_feel_writes_it(value: Any, shown: str) -> None:
    assert feel.shown(value) == shown
