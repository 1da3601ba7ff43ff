"""Large values are stored once an instance, under the hash of their content, and not written again at each step.

Where the JSON of a state, a journal entry or a result holds a variable of `LARGE` or more, a reference stands in its
place: `{NUL: hash}`, which nobody else can write, since texts with NUL are refused at the door. Columns of documents bring
it in again when they are read (`engine.models.fields`).
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection

from engine import exact_json
from engine.errors import EngineError
from engine.runtime.state import with_variables

LARGE = 16 * 1024
"""A value of so many characters of JSON or more is stored under its hash."""
CACHED = 32 * 1024 * 1024
"""A process keeps so many characters of large values, so that each step reads only those that are new to it. Beyond them those that were
read longest ago are dropped."""

_REFERENCE = "\x00"
_MARK = '{"\\u0000":"'
"""A reference begins with this JSON text. A text of someone's would have its quotation marks escaped."""


# --- writing


def encode_state(instance_key: int, state: Mapping[str, Any]) -> str:
    """Return the JSON of a state, as `State.to_json` gives it, with references to the large variables of its elements."""

    return _encoded(instance_key, state, lambda outlet: with_variables(state, outlet.names))


def encode_facts(instance_key: int, facts: Sequence[Sequence[Any]]) -> str:
    """Return the JSON of facts, each `[name, field, ...]`; a field is a value."""
    return _encoded(instance_key, facts, lambda outlet: [[outlet.value(field) for field in fact] for fact in facts])


def encode_inputs(instance_key: int, given: Sequence[Sequence[Any]]) -> str:
    """Return the JSON of inputs, each `[input]` or `[input, by]`."""
    return _encoded(instance_key, given, lambda outlet: [[outlet.input(each[0]), *each[1:]] for each in given])


def encode_variables(instance_key: int, variables: Mapping[str, Any] | None) -> str | None:
    """Return the JSON of names and values; None where there are none."""
    if variables is None:
        return None
    return _encoded(instance_key, variables, lambda outlet: outlet.names(variables))


def _encoded(instance_key: int, document: Any, put: Callable[[_Outlet], Any]) -> str:
    """Return the JSON of a document. Where it may have large values, they are stored, and it is the JSON of what `put` makes of it."""
    text = exact_json.encode_text(document)
    if len(text) < LARGE:
        return text
    outlet = _Outlet()
    shortened = put(outlet)
    return exact_json.encode_text(shortened) if outlet.store(instance_key) else text


def put_out(instance_key: int, value: Any) -> Any:
    """Return the value, or the reference to it where it is large."""
    outlet = _Outlet()
    reference = outlet.value(value)
    outlet.store(instance_key)
    return reference


class _Outlet:
    """The large values of one document are gathered here, to be stored."""

    def __init__(self) -> None:
        self._found: dict[bytes, str] = {}

    def input(self, item: Sequence[Any]) -> list[Any]:
        """Replace the large values of an input, `[name, field, ...]`; an object among the fields holds names and values."""
        return [self.names(field) if isinstance(field, dict) else self.value(field) for field in item]

    def names(self, variables: Mapping[str, Any] | None) -> dict[str, Any] | None:
        return None if variables is None else {name: self.value(value) for name, value in variables.items()}

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            if len(value) < LARGE:
                return value
        elif not isinstance(value, list | dict):
            return value
        text = exact_json.encode_text(value)
        if len(text) < LARGE:
            return value
        digest = hashlib.sha256(text.encode()).digest()
        self._found[digest] = text
        return {_REFERENCE: digest.hex()}

    def store(self, instance_key: int) -> bool:
        """Store the values that the instance does not have yet: a large value is sent to the database once. Returns False where there
        were no large ones."""
        if not self._found:
            return False
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT hash FROM engine_largevalue WHERE instance_key = %s AND hash = ANY(%s)",
                [instance_key, list(self._found)],
            )
            known = {bytes(row[0]) for row in cursor.fetchall()}
            for digest, text in self._found.items():
                if digest not in known:
                    cursor.execute(
                        "INSERT INTO engine_largevalue (instance_key, hash, value) VALUES (%s, %s, %s)"
                        " ON CONFLICT DO NOTHING",
                        [instance_key, digest, text],
                    )
        return True


# --- reading


def decode(document: str | bytes) -> Any:
    """Read JSON like `exact_json.decode`, with the large values in the place of their references."""
    found = exact_json.decode(document)
    if isinstance(document, bytes):
        document = document.decode()
    if _MARK not in document:
        return found
    return _brought_in(found, _texts(set(_references(found))))


def brought_in(document: Any, texts: Mapping[str, str]) -> Any:
    """Return `document` with the values in the place of their references, out of these texts alone. Raises KeyError with the hash of one
    that is not there."""
    if isinstance(document, dict):
        if len(document) == 1 and isinstance(document.get(_REFERENCE), str):
            return brought_in(exact_json.decode(texts[document[_REFERENCE]]), texts)
        return {name: brought_in(value, texts) for name, value in document.items()}
    if isinstance(document, list):
        return [brought_in(value, texts) for value in document]
    return document


def _reference(document: dict[str, Any]) -> str | None:
    """Return the hash that `value` refers to, or None when it is no reference."""
    digest = document.get(_REFERENCE) if len(document) == 1 else None
    return digest if isinstance(digest, str) else None


def _references(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        if (digest := _reference(document)) is not None:
            yield digest
        else:
            for value in document.values():
                yield from _references(value)
    elif isinstance(document, list):
        for value in document:
            yield from _references(value)


def _brought_in(document: Any, texts: Mapping[str, str]) -> Any:
    """Put a value of its own in the place of each reference: who reads it may change it. There are no references within what is out of
    line."""
    if isinstance(document, dict):
        if (digest := _reference(document)) is not None:
            return exact_json.decode(texts[digest])
        return {name: _brought_in(value, texts) for name, value in document.items()}
    if isinstance(document, list):
        return [_brought_in(value, texts) for value in document]
    return document


def _texts(digests: set[str]) -> dict[str, str]:
    """Return the JSON of large values by their hash. Raises EngineError when one is not there."""
    texts = {digest: text for digest in digests if (text := _cache.get(digest)) is not None}
    missing = digests - texts.keys()
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT ON (hash) hash, value FROM engine_largevalue WHERE hash = ANY(%s)",
                [[bytes.fromhex(digest) for digest in missing]],
            )
            for digest, text in cursor.fetchall():
                texts[bytes(digest).hex()] = text
                _cache.keep(bytes(digest).hex(), text)
    lost = digests - texts.keys()
    if lost:
        raise EngineError(
            f"Expected the large value {min(lost)} in the database, found none. Restore it from a backup."
        )
    return texts


class _Cache:
    """The cache keeps the texts that were read last, up to `CACHED` characters."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, digest: str) -> str | None:
        with self._lock:
            if digest in self._texts:
                self._texts.move_to_end(digest)
            return self._texts.get(digest)

    def keep(self, digest: str, text: str) -> None:
        with self._lock:
            if digest in self._texts:
                return
            self._texts[digest] = text
            self._size += len(text)
            while self._size > CACHED:
                _, oldest = self._texts.popitem(last=False)
                self._size -= len(oldest)


_cache = _Cache()
