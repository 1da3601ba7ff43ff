"""The partitions of the journal: one for each million of key blocks, made before the first instance needs it.

An instance's entries lie together, and a partition whose instances have all ended long ago can be archived and dropped whole.
What finds no partition goes to the default one, so that nothing fails when this never runs.
"""

from __future__ import annotations

from django.db import connection, transaction
from psycopg import sql

from engine import keys

BLOCKS = 2**20
SPAN = BLOCKS << keys.BITS_PER_BLOCK
"""Instance keys of one partition."""
_LOCK = 1_398_034_040


def ensure() -> int:
    """Make the partition of the newest keys and the next one, where they are missing; returns how many were made."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT last_value FROM stepwell_key_block")
        newest = (int(cursor.fetchone()[0]) << keys.BITS_PER_BLOCK) // SPAN
        wanted = [number for number in (newest, newest + 1) if not _exists(number)]
        cursor.execute("SET LOCAL lock_timeout = '2s'")  # rather later than in everybody's way
        for number in wanted:
            cursor.execute(
                sql.SQL("CREATE TABLE {} PARTITION OF engine_journalentry FOR VALUES FROM ({}) TO ({})").format(
                    sql.Identifier(name_of(number)), sql.Literal(number * SPAN), sql.Literal((number + 1) * SPAN)
                )
            )
        return len(wanted)


def name_of(number: int) -> str:
    return f"engine_journalentry_{number}"


def _exists(number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name_of(number)])
        return bool(cursor.fetchone()[0])
