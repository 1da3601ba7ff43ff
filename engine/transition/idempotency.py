"""A request that its sender marks with a key is carried out once: a repetition gets the first one's answer.

The key, the fingerprint and the answer are written in the transaction of the change itself, so that neither exists without
the other. Two at the same time: the second waits for the first's commit.
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
    """Of JSON values; the order of names counts not."""
    text = exact_json.encode([command, _sorted(arguments)])
    return hashlib.sha256(text).hexdigest()


def recall(key: str | None, *, command: str, arguments: dict[str, Any], by: Actor) -> dict[str, Any] | None:
    """The answer that `key` got before, else None, and then `key` is taken: call `remember` in the same transaction.

    Inside a transaction. Raises Conflict when the key was used for something else.
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
