"""JSON is read and written with exact numbers: a number with a fraction or an exponent is a Decimal both ways, never a float.

Documents that come from outside go through `checked` once, at the door; what it lets pass can be stored, projected and
given to FEEL without further questions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from engine.errors import InvalidArgument, PayloadTooLarge

MAX_DEPTH = 100
"""Lists and objects may lie this many levels deep in each other. A deeper document is refused: every later reader would have to recurse
as deep."""
MAX_EXPONENT = 6144
"""The exponent of a number may be this large, as in IEEE 754 decimal128, which FEEL's numbers are. A larger one is refused."""
MAX_BYTES = 4 * 1024 * 1024
"""The variables of one request may take this many bytes as JSON. More raise PayloadTooLarge."""
MAX_DIGITS = 4_000
"""A number may have this many digits. One with more is refused: Python writes no integer of more than 4,300."""

_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)


def encode(value: Any) -> bytes:
    """Return `value` as JSON text in UTF-8. It must be what `checked` returns. Expects what `checked` returns."""
    return _encoder.encode(value)


def encode_text(value: Any) -> str:
    return _encoder.encode(value).decode()


def raw(document: str) -> msgspec.Raw:
    """Wrap JSON text that `encode` then puts where it stands, as it is."""
    return msgspec.Raw(document.encode())


def decode(document: str | bytes) -> Any:
    """Read a JSON document with exact numbers. Raises InvalidArgument when it is not JSON."""
    try:
        return _decoder.decode(document)
    except (msgspec.DecodeError, UnicodeEncodeError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"Expected a JSON document: {error}.") from error
    except InvalidOperation as error:
        raise InvalidArgument(f"Expected numbers within 10^±{MAX_EXPONENT} in the JSON document.") from error
    except RecursionError as error:
        raise InvalidArgument("Expected a JSON document that is nested less deeply.") from error


def checked(value: Any, *, what: str = "the variables") -> Any:
    """Return `value` as JSON values with exact numbers; tuples become lists, floats the Decimal that they print as.

    Raises InvalidArgument for NUL and lone surrogates in texts (PostgreSQL and UTF-8 have no place for them), NaN and
    infinity, numbers beyond decimal128, keys that are not texts, values that JSON does not know, and too deep nesting.
    """
    return _checked(value, what, "", 0)


def checked_variables(value: Any, *, what: str = "the variables") -> dict[str, Any]:
    """Check like `checked` that `value` is an object of JSON values, and return it; None counts as empty. Raises InvalidArgument, and
    PayloadTooLarge beyond MAX_BYTES."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidArgument(f"Expected an object of names and values for {what}, found {type(value).__name__}.")
    result = checked(value, what=what)
    assert isinstance(result, dict)
    size = len(encode(result))
    if size > MAX_BYTES:
        raise PayloadTooLarge(
            f"Expected at most {MAX_BYTES} bytes of {what.removeprefix('the ')}, found {size}. Keep large documents elsewhere "
            "and their addresses in variables."
        )
    return result


def _checked(value: Any, what: str, path: str, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, what, path)
    if isinstance(value, int):
        if value.bit_length() > 3.32 * MAX_DIGITS:
            raise InvalidArgument(f"Expected a number of at most {MAX_DIGITS} digits in {what}{_at(path)}.")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidArgument(f"Expected a finite number in {what}{_at(path)}, found {value}.")
        return Decimal(repr(value))
    if isinstance(value, Decimal):
        return _number(value, what, path)
    if depth >= MAX_DEPTH:
        raise InvalidArgument(f"Expected at most {MAX_DEPTH} levels of lists and objects in {what}{_at(path)}.")
    if isinstance(value, Mapping):
        return {_key(key, what, path): _checked(item, what, f"{path}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_checked(item, what, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    raise InvalidArgument(
        f"Expected a JSON value (null, boolean, number, text, list or object) in {what}{_at(path)}, "
        f"found {type(value).__name__}."
    )


def _key(key: Any, what: str, path: str) -> str:
    if not isinstance(key, str):
        raise InvalidArgument(f"Expected texts as names in {what}{_at(path)}, found {type(key).__name__}.")
    return _text(key, what, path)


def _text(text: str, what: str, path: str) -> str:
    if "\x00" in text:
        raise InvalidArgument(f"Expected no NUL character (U+0000) in {what}{_at(path)}.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidArgument(f"Expected no lone surrogate (U+D800 to U+DFFF) in {what}{_at(path)}.") from error
    return text


def _number(number: Decimal, what: str, path: str) -> Decimal:
    if not number.is_finite():
        raise InvalidArgument(f"Expected a finite number in {what}{_at(path)}, found {number}.")
    if abs(number.adjusted()) > MAX_EXPONENT or len(number.as_tuple().digits) > MAX_DIGITS:
        raise InvalidArgument(f"Expected a number within 10^±{MAX_EXPONENT} in {what}{_at(path)}.")
    return number


def _at(path: str) -> str:
    return f" at '{path[:200].lstrip('.')}'" if path else ""
