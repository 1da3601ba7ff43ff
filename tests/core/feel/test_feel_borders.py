"""What goes in and what comes out, the budget, and JUEL."""

from __future__ import annotations

import decimal
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine import feel


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, Decimal(1)),
        (0.1, Decimal("0.1")),
        (float("nan"), None),
        (Decimal("Infinity"), None),
        (True, True),
        ((1, 2), [Decimal(1), Decimal(2)]),
        ({"a": {"b": 1}}, {"a": {"b": Decimal(1)}}),
        (MappingProxyType({"a": 1}), {"a": Decimal(1)}),
        (Colour.RED, "red"),
        (date(2024, 2, 29), date(2024, 2, 29)),
        (time(1, 2, 3, 4), time(1, 2, 3, 4)),
        (datetime(2024, 2, 29, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)),
        (
            datetime(2024, 2, 29, tzinfo=ZoneInfo("Europe/Paris")),
            datetime(2024, 2, 29, tzinfo=ZoneInfo("Europe/Paris")),
        ),
        (timedelta(days=-1, seconds=1), timedelta(days=-1, seconds=1)),
    ],
)
def test_a_value_of_the_context_comes_back_as_feel_knows_it(value: Any, expected: Any) -> None:
    found = feel.evaluate("value", {"value": value})
    assert type(found) is type(expected)
    assert found == expected


def test_a_result_shares_nothing_with_the_context() -> None:
    values = [[1]]
    result = feel.evaluate("values", {"values": values})
    result[0].append(2)
    assert values == [[1]]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('date("9999-12-31")', date(9999, 12, 31)),
        ('string(date("10000-01-01"))', "10000-01-01"),
        ('duration("P1D")', timedelta(days=1)),
    ],
)
def test_temporal_values_are_the_standard_librarys_where_they_fit(expression: str, expected: object) -> None:
    assert feel.evaluate(expression, {}) == expected
    assert type(feel.evaluate('date("10000-01-01")', {})) is feel.Date
    assert type(feel.evaluate('duration("P1Y")', {})) is feel.YearsMonthsDuration
    assert type(feel.evaluate('time("10:00:00.123456789")', {})) is feel.Time


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("2.0", 2),
        ("1.50", Decimal("1.50")),
        ('[@"2024-02-29", @"10:00:00Z", @"P1DT2H", @"P1Y"]', ["2024-02-29", "10:00:00Z", "P1DT2H", "P1Y"]),
        ('@"2024-02-29T10:00:00@Europe/Paris"', "2024-02-29T10:00:00@Europe/Paris"),
        ('@"2024-02-29T10:00:00+01:00"', "2024-02-29T10:00:00+01:00"),
        ("{a: [null, true]}", {"a": [None, True]}),
        ("[1..5)", "[1..5)"),
    ],
)
def test_json_has_whole_numbers_as_integers_and_dates_as_texts(expression: str, expected: object) -> None:
    found = feel.to_json(feel.evaluate(expression, {}))
    assert found == expected
    assert type(found) is type(expected)


def test_the_threads_decimal_context_has_no_influence() -> None:
    with decimal.localcontext() as context:
        context.prec = 2
        assert feel.evaluate("1/3 + x", {"x": 12345}) == Decimal("12345.33333333333333333333333333333")
        assert feel.evaluate("string(-x)", {"x": 12345}) == "-12345"
        assert feel.evaluate('sum([1.111, 2.222]) + abs(-0.001) + @"P1D" / @"PT1H"', {}) == Decimal("27.334")


@pytest.mark.parametrize(
    ("expression", "budget", "limit"),
    [
        ("for i in 1..100 return i", feel.Budget(steps=50), "steps"),
        ("{f: function(n) f(n), r: f(1)}.r", feel.Budget(steps=10_000, depth=50), "depth"),
        ("for i in 1..100 return i", feel.Budget(size=50), "size"),
        ("number(text)", feel.Budget(digits=5), "digits"),
    ],
)
def test_going_over_the_budget_names_the_limit(expression: str, budget: feel.Budget, limit: str) -> None:
    with pytest.raises(feel.FeelBudgetExceeded) as exceeded:
        feel.Expression(f"if x then 0 else {expression}").evaluate({"x": False, "text": "123456"}, budget=budget)
    assert exceeded.value.limit == limit


def test_the_same_evaluation_costs_the_same_again() -> None:
    def cost() -> int:
        for steps in range(1_000):
            try:
                feel.compile('[matches(x, "a+"), x]').evaluate({"x": "aaa"}, budget=feel.Budget(steps=steps))
            except feel.FeelBudgetExceeded:
                continue
            return steps
        return -1

    assert cost() == cost() > 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${amount > 1000 && !empty name}", True),
        ("#{amount ge 1000 and not (name eq 'bob')}", True),
        ("Dear ${name}, ${1 + 2} items", "Dear alice, 3 items"),
        ("${order.items[0].price * 2}", Decimal(5)),
        ("${order['items'][1] == null}", False),
        ("${missing == null ? 'none' : missing}", "none"),
        ("${7 % 4}", Decimal(3)),
        ("plain text", "plain text"),
        ("\\${name}", "${name}"),
        ("${-amount}", Decimal(-2000)),
        ("${empty order.nothing}", True),
        ("a${missing}b", "ab"),
        ("", ""),
    ],
)
def test_the_subset_of_juel_runs(text: str, expected: object) -> None:
    context = {"amount": 2000, "name": "alice", "order": {"items": [{"price": 2.5}, {}], "nothing": []}}
    assert feel.juel.compile(text).evaluate(context) == expected


@pytest.mark.parametrize(
    "text", ["${bean.call()}", "${f(x)}", "${a = 1}", "${", "${}", "${a b}", "${x -> 1}", "${'open}"]
)
def test_what_is_not_in_the_subset_of_juel_is_refused(text: str) -> None:
    with pytest.raises(feel.FeelSyntaxError) as wrong:
        feel.juel.compile(text)
    assert wrong.value.line == 1
    assert wrong.value.column >= 1


def test_half_a_surrogate_pair_never_leaves_a_literal_and_breaks_nothing_from_outside() -> None:
    assert feel.evaluate('"a\\uD83D"', {}) == "a\ufffd"
    for expression in ('matches(x, "a")', 'replace(x, "a", "b")', 'split(x, "a")', "to base64(x)", 'matches("a", x)'):
        assert feel.evaluate(expression, {"x": "a\ud83d"}) is None


def test_names_are_looked_for_below_lists_of_anything() -> None:
    assert feel.evaluate("f[a-b = 1]", {"f": [{"a-b": 1}], "t": (1, 2), "u": [[]]}) == [{"a-b": Decimal(1)}]


def test_numbers_beyond_the_range_are_null_or_refused() -> None:
    assert feel.evaluate('number("1e99999")', {}) is None
    assert feel.evaluate("x * x", {"x": Decimal("1e9999")}) is None
    assert feel.evaluate("[1e-6000 ** 2, 1e6000 * 1e6000]", {}) == [Decimal(0), None]
    assert feel.evaluate("sublist([1], 1, 1e30)", {}) is None
    for wrong in ("1e9999", "1e-99999"):
        with pytest.raises(feel.FeelSyntaxError):
            feel.compile(wrong)
    with pytest.raises(feel.FeelSyntaxError):
        feel.juel.compile("${1e9999}")


def test_fractions_of_seconds_do_not_depend_on_the_threads_context() -> None:
    with decimal.localcontext() as context:
        context.prec = 3
        assert feel.evaluate("string(time(10, 0, 1.123456789))", {}) == "10:00:01.123456789"
        assert feel.evaluate("from unix timestamp(1700000000123)", {}) == datetime(
            2023, 11, 14, 22, 13, 20, 123000, UTC
        )
