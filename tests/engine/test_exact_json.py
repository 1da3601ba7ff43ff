"""What passes the door as a variable, and what is refused there."""

from decimal import Decimal
from typing import Any

import pytest

from engine import exact_json
from engine.errors import InvalidArgument, PayloadTooLarge


def test_numbers_keep_every_digit_both_ways() -> None:
    text = b'{"price":0.10,"big":123456789012345678901234567890,"tiny":1E-30}'
    value = exact_json.decode(text)
    assert value == {"price": Decimal("0.10"), "big": 123456789012345678901234567890, "tiny": Decimal("1E-30")}
    assert exact_json.encode(value) == text


def test_a_float_becomes_the_decimal_that_it_prints_as() -> None:
    assert exact_json.checked(0.1) == Decimal("0.1")


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"a": "x\x00y"}, "NUL character .* at 'a'"),
        ({"a": ["\ud800"]}, r"lone surrogate .* at 'a\[0\]'"),
        ({"a\x00": 1}, "NUL"),
        ({1: 2}, "texts as names"),
        (float("nan"), "finite"),
        (Decimal("Infinity"), "finite"),
        (Decimal("1E+7000"), "6144"),
        (10**4_200, "digits"),
        (object(), "found object"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_place(value: Any, complaint: str) -> None:
    with pytest.raises(InvalidArgument, match=complaint):
        exact_json.checked(value)


def test_a_document_that_is_nested_too_deeply_is_refused() -> None:
    value: Any = 1
    for _ in range(exact_json.MAX_DEPTH + 1):
        value = [value]
    with pytest.raises(InvalidArgument, match="levels"):
        exact_json.checked(value)
    with pytest.raises(InvalidArgument):
        exact_json.decode(b"[" * 100_000)


@pytest.mark.parametrize("text", [b"1e99999999999999999999", b"1" * 5_000, b'"\\ud800"', b"\xff", b"{", b"NaN"])
def test_a_text_that_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidArgument, match="JSON"):
        exact_json.decode(text)


def test_variables_are_an_object() -> None:
    assert exact_json.checked_variables(None) == {}
    with pytest.raises(InvalidArgument, match="object"):
        exact_json.checked_variables([1])


def test_the_variables_of_a_request_have_a_size() -> None:
    with pytest.raises(PayloadTooLarge, match="bytes of variables"):
        exact_json.checked_variables({"x": "y" * exact_json.MAX_BYTES})
