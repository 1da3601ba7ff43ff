"""Names with blanks, signs and keywords: what they mean depends on the scope."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine import feel


@pytest.mark.parametrize(
    ("expression", "context", "expected"),
    [
        ("first name", {"first name": "Ada"}, "Ada"),
        ("first   name", {"first name": "Ada"}, "Ada"),
        ("a-b", {"a": 5, "b": 3}, Decimal(2)),
        ("a-b", {"a": 5, "b": 3, "a-b": 7}, Decimal(7)),
        ("a - b", {"a-b": 7}, Decimal(7)),
        ("a+b", {"a + b": 7}, None),
        ("a + b", {"a + b": 7}, Decimal(7)),
        ("x/y*2", {"x/y": 4}, Decimal(8)),
        ("days in weekend", {"days in weekend": 2}, Decimal(2)),
        ("for d in days in weekend return d", {"days in weekend": [1]}, [Decimal(1)]),
        ("for i in in stock return i", {"in stock": [1]}, [Decimal(1)]),
        ("some i in in stock satisfies i in in stock", {"in stock": [1]}, True),
        ("black and white", {"black and white": 1}, Decimal(1)),
        ("black and white", {"black": True, "white": False}, False),
        ("order.total-order.discount", {"order": {"total": 10, "discount": 3}}, Decimal(7)),
        ("order.total-price", {"order": {"total-price": 10}}, Decimal(10)),
        ("items[unit-price > 1].unit-price", {"items": [{"unit-price": 1}, {"unit-price": 2}]}, [Decimal(2)]),
        ("Phase 2", {"Phase 2": 1}, Decimal(1)),
        ("`2nd, odd name`", {"2nd, odd name": 1}, Decimal(1)),
        ("if condition then 1 else 2", {"if condition": 0, "condition": True}, Decimal(1)),
        ("date", {"date": "today"}, "today"),
        ('date("2024-01-01").year + date', {"date": 1}, Decimal(2025)),
        ("größe * 2", {"größe": 2}, Decimal(4)),
    ],
)
def test_the_longest_name_of_the_context_is_meant(
    expression: str, context: dict[str, object], expected: object
) -> None:
    assert feel.evaluate(expression, context) == expected


def test_names_can_be_given_when_the_expression_is_compiled() -> None:
    expression = feel.compile("for d in days in weekend return d", names=["days in weekend"])
    assert expression.names == {"days in weekend"}
    assert expression.evaluate({"days in weekend": ["sat"]}) == ["sat"]


def test_the_same_expression_reads_differently_in_another_context() -> None:
    expression = feel.compile("a-b")
    assert expression.evaluate({"a": 2, "b": 1}) == 1
    assert expression.evaluate({"a-b": 7}) == 7
    assert expression.evaluate({"a": 2, "b": 1}) == 1
    assert expression.names_in({"a-b": 7}) == {"a-b"}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{a-b: 1, c: a-b + 1}.c", 2),
        ('{"a b": 1, c: a b + 1}.c', 2),
        ("(function(start value) start value + 1)(1)", 2),
        ("(function(start-value) start-value + 1)(start-value: 1)", 2),
        ("sum(for one-by-one in [1, 2] return one-by-one)", 3),
    ],
)
def test_names_that_the_expression_introduces_may_have_several_parts(expression: str, expected: int) -> None:
    assert feel.evaluate(expression, {}) == expected
