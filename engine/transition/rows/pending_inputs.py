"""A pending input has come for an instance that somebody else held, or that was suspended, and still waits to be taken up.

Each is a row of its own, so that ten thousand results for one instance are inserted without a fight for its lock. One that is set
aside (`set_aside`) keeps its row, with the key of its incident, and is not pending until that is resolved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from engine import exact_json
from engine.journal import Given
from engine.models import PendingInput
from engine.postgres import statements
from engine.runtime import codec
from engine.runtime.inputs import Input

BATCH = 10_000
"""Pending inputs that one transaction takes up, at most; further ones wait for the next. Each batch writes the whole state once, so
few large ones cost less.
"""
BATCH_BYTES = 16 * 1024 * 1024
"""Bytes of their JSON that one transaction takes up, at most, so that large variables do not fill the memory; one input is always
taken.
"""


def enqueue(inputs: Iterable[tuple[int, Input]], *, by: str, now: datetime) -> None:
    """Insert pending inputs, given with their instances' keys, in this order."""
    PendingInput.objects.bulk_create(
        PendingInput(instance_key=key, input=codec.input_to_json(item), at=now, by=by) for key, item in inputs
    )


def enqueue_if_running(instance_key: int, item: Input, *, by: str, now: datetime) -> bool:
    """Insert a pending input unless the instance has ended. When it ends after this, the sweeper deletes the row."""
    added = statements.execute(
        "INSERT INTO engine_pendinginput (instance_key, input, at, by)"
        " SELECT instance_key, %s::json, %s, %s FROM engine_instancestate WHERE instance_key = %s",
        [exact_json.encode_text(codec.input_to_json(item)), now, by, instance_key],
    )
    return added == 1


def instances_with_any(instance_keys: Collection[int]) -> set[int]:
    """Return those of the instances for which inputs wait."""
    if not instance_keys:
        return set()
    found = statements.rows(
        "SELECT DISTINCT instance_key FROM engine_pendinginput"
        " WHERE instance_key = ANY(%s::bigint[]) AND incident_key IS NULL",
        [list(instance_keys)],
    )
    return {key for (key,) in found}


def oldest(instance_key: int) -> int | None:
    """Return the row id of the oldest input that waits for the instance, or None."""
    found = statements.rows(
        "SELECT id FROM engine_pendinginput WHERE instance_key = %s AND incident_key IS NULL ORDER BY id LIMIT 1",
        [instance_key],
    )
    return found[0][0] if found else None


def take(instance_key: int, limit: int = BATCH) -> list[Given]:
    """Delete the oldest inputs that wait for the instance, up to `limit` and `BATCH_BYTES`, and return them, the oldest first.

    For callers inside the transaction that holds the instance.
    """
    found = statements.rows(
        "WITH oldest AS MATERIALIZED (SELECT id, pg_column_size(input) AS size FROM engine_pendinginput"
        "   WHERE instance_key = %s AND incident_key IS NULL ORDER BY id LIMIT %s),"
        " chosen AS (SELECT id FROM (SELECT id, size, sum(size) OVER (ORDER BY id) AS so_far FROM oldest) AS summed"
        "   WHERE so_far - size < %s),"
        " taken AS (DELETE FROM engine_pendinginput WHERE id IN (SELECT id FROM chosen) RETURNING id, input::text, by)"
        " SELECT input, by FROM taken ORDER BY id",
        [instance_key, limit, BATCH_BYTES],
    )
    return [Given(codec.input_from_json(exact_json.decode(text)), by) for text, by in found]
