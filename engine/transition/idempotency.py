"""A request with an idempotency key is carried out once: a repetition gets the answer of the first one.

The key, the fingerprint and the answer are written in the transaction of the change itself, so that neither exists without the
other. When two such requests come at the same time, the second waits for the first one's commit.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import connection

from engine import clock, exact_json
from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument
from engine.models import IdempotencyKey

MAX_LENGTH = 255


def fingerprint(command: str, arguments: dict[str, Any]) -> str:
    """Hash a command and its JSON arguments; the order of names does not matter."""
    text = exact_json.encode([command, _sorted(arguments)])
    return hashlib.sha256(text).hexdigest()


def recall(key: str | None, *, command: str, arguments: dict[str, Any], by: Actor) -> dict[str, Any] | None:
    """Return the answer that `key` got before. Otherwise take the key and return None: call `remember` in the same transaction
    then.

    For callers inside a transaction. Raises Conflict when the key was used for another request.
    """
    if key is None:
        return None
    if not key or len(key) > MAX_LENGTH or "\x00" in key:
        raise InvalidArgument(f"Expected an idempotency key of 1 to {MAX_LENGTH} characters.")
    print_ = fingerprint(command, arguments)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO engine_idempotencykey (actor, key, fingerprint, at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT ON CONSTRAINT idempotency_key_unique DO NOTHING",
            [by.username, key, print_, clock.now()],
        )
        if cursor.rowcount == 1:
            return None
    known = IdempotencyKey.objects.get(actor=by.username, key=key)
    if known.fingerprint != print_:
        raise Conflict(
            f"Expected the same request as the first with the idempotency key '{key}', found another. "
            "Take a new key for a new request."
        )
    return dict(known.answer or {})


def remember(key: str | None, answer: dict[str, Any], *, by: Actor) -> None:
    if key is not None:
        IdempotencyKey.objects.filter(actor=by.username, key=key).update(answer=answer)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value
