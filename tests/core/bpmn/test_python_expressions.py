"""Expressions in Python: a subset that means what Python means, and from which there is no way out."""

# ruff: noqa: E501 (tables are easier to read in few lines)

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

from engine.bpmn import python_expressions
from engine.feel import FeelBudgetExceeded, FeelSyntaxError
from tests.machine import slowness

CONTEXT: dict[str, Any] = {
    "a": Decimal(7), "b": Decimal(2), "text": "Hello", "items": [Decimal(1), Decimal(2), Decimal(3)],
    "order": {"id": "o1", "lines": [{"sum": Decimal(5)}], "open": True}, "nothing": None, "count": 3, "part": 0.1,
}  # fmt: skip


def value(source: str) -> Any:
    return python_expressions.compile(source).evaluate(CONTEXT)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a + b", Decimal(9)), ("a - b * 2", Decimal(3)), ("a / b", Decimal("3.5")), ("a // b", Decimal(3)), ("-a // b", Decimal(-4)),
        ("a % b", Decimal(1)), ("-a % b", Decimal(1)), ("b ** 10", Decimal(1024)), ("0.1 + 0.2", Decimal("0.3")), ("part + 0.2", Decimal("0.3")),
        ("count + 1", Decimal(4)), ("text + '!'", "Hello!"), ("items + [4]", [1, 2, 3, 4]), ("-a", Decimal(-7)), ("+a", Decimal(7)),
        ("a > b", True), ("1 < b < 3", True), ("1 < b < 2", False), ("a == 7", True), ("a != 7", False), ("text == 'Hello'", True),
        ("a in items", False), ("2 in items", True), ("4 not in items", True), ("'ell' in text", True), ("'id' in order", True),
        ("nothing is None", True), ("a is not None", True), ("order.open is True", True),
        ("a > 1 and b > 1", True), ("a > 9 or text", "Hello"), ("not nothing", True), ("nothing or 'else'", "else"),
        ("order.id", "o1"), ("order['id']", "o1"), ("order.lines[0].sum", Decimal(5)), ("items[-1]", Decimal(3)), ("items[1:]", [2, 3]),
        ("text[0]", "H"), ("order.get('missing', 4)", Decimal(4)), ("order.get('id')", "o1"),
        ("len(items)", Decimal(3)), ("str(a)", "7"), ("int('12') + 1", Decimal(13)), ("int(a / b)", Decimal(3)), ("float('1.5')", Decimal("1.5")),
        ("bool(items)", True), ("abs(-a)", Decimal(7)), ("round(a / b)", Decimal(4)), ("round(a / 3, 2)", Decimal("2.33")),
        ("min(items)", Decimal(1)), ("max(a, b)", Decimal(7)), ("sum(items)", Decimal(6)), ("sorted([3, 1])", [1, 3]), ("any([False, a])", True),
        ("text.lower()", "hello"), ("text.startswith('He')", True), ("'a,b'.split(',')", ["a", "b"]), ("f'{text}, {a}'", "Hello, 7"),
        ("'big' if a > 5 else 'small'", "big"), ("{'k': a}", {"k": Decimal(7)}), ("(1, 2)", [1, 2]), ("True", True), ("None", None),
    ],
)  # fmt: skip
def test_an_expression_means_what_python_means(source: str, expected: Any) -> None:
    found = value(source)
    assert found == expected
    assert type(found) is type(expected) or isinstance(expected, list)


@pytest.mark.parametrize(
    "source",
    [
        "missing",
        "missing.deeper",
        "order.missing",
        "items[9]",
        "a < text",
        "a + text",
        "text - 1",
        "1 / 0",
        "a % 0",
        "int('x')",
        "len(a)",
        "a.lower()",
        "max([])",
    ],
)
def test_what_python_would_answer_with_an_exception_is_none(source: str) -> None:
    assert value(source) is None


@pytest.mark.parametrize(
    "source",
    [
        "__import__('os')", "open('/etc/passwd')", "().__class__", "text.__class__", "a.__init__", "__builtins__", "eval('1')", "getattr(a, 'x')",
        "lambda: 1", "[x for x in items]", "(x for x in items)", "{x: 1 for x in items}", "a := 1", "print(a)", "text.format(a)", "f'{a:>1000}'",
        "f'{a!r}'", "{**order}", "[*items]", "max(*items)", "sorted(items, key=len)", "a @ b", "a | b", "~a", "b'x'", "1j", "...", "items.append(1)",
        "await a", "yield", "order.update()", "type(a)", "vars()", "{1: 2}", "'%s' % __name__",
    ],
)  # fmt: skip
def test_what_lies_outside_the_subset_is_a_syntax_error(source: str) -> None:
    with pytest.raises(FeelSyntaxError):
        python_expressions.compile(source)


@pytest.mark.parametrize(
    "source",
    ["", "1 +", "a b", "if a", "a = 1", "a\nb", "x" * 10_001, "(" * 300, "9" * 5_000, "not " * 2_000 + "a", "\x00"],
)
def test_what_is_no_expression_is_a_syntax_error(source: str) -> None:
    with pytest.raises(FeelSyntaxError):
        python_expressions.compile(source)


def test_a_syntax_error_says_where_and_what_is_allowed() -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        python_expressions.compile("a + print(b)")
    assert (caught.value.line, caught.value.column) == (1, 5)
    assert "len" in str(caught.value)


@pytest.mark.parametrize(
    "source", ["'a' * 1000000000", "items * 1000000000", "10 ** 10 ** 10", "2 ** 999999999", "round(a, 999999999)"]
)
def test_nothing_grows_without_bound(source: str) -> None:
    started = time.process_time()
    assert value(source) is None
    assert time.process_time() - started < 0.5 * slowness()


def test_a_list_that_grows_too_large_ends_the_evaluation() -> None:
    with pytest.raises(FeelBudgetExceeded):
        python_expressions.compile("+".join(["big"] * 30)).evaluate({"big": [0] * 50_000})


def test_the_context_is_not_changed() -> None:
    before = {"items": [Decimal(1)]}
    python_expressions.compile("items + [2]").evaluate(before)
    assert before == {"items": [Decimal(1)]}
