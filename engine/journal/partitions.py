"""The journal has one partition for each million of key blocks, made before the first instance needs it.

An instance's entries lie together, and a partition whose instances have all ended long ago can be archived and dropped whole.
What finds no partition goes to the default one, so that nothing fails when this never runs.
"""

from __future__ import annotations

import logging

from django.db import OperationalError, connection, transaction
from psycopg import errors as sql_errors
from psycopg import sql

from engine.postgres import keys, locks
from engine.postgres.locks import Lock

logger = logging.getLogger(__name__)

BLOCKS = 2**20
SPAN = BLOCKS << keys.BITS_PER_BLOCK
"""One partition covers so many instance keys."""


def ensure() -> int:
    """Make the partition of the newest keys and the next one, where they are missing; returns how many were made."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        if not locks.try_lock(Lock.JOURNAL_PARTITIONS):
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


def drop_empty() -> int:
    """Drop old partitions from which all instances were taken out; returns how many were dropped.

    Keys of old blocks are not given out again, so a partition without instances stays without. A drop locks the whole journal for a
    moment: it gives up at once where that would make anybody wait, and comes again.
    """
    dropped = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM stepwell_key_block")
        newest = (int(cursor.fetchone()[0]) << keys.BITS_PER_BLOCK) // SPAN
        cursor.execute(
            "SELECT substring(relname FROM '[0-9]+$')::bigint FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
            " WHERE inhparent = 'engine_journalentry'::regclass AND relname ~ '_[0-9]+$' ORDER BY 1"
        )
        numbers = [row[0] for row in cursor.fetchall()]
    for number in numbers:
        if number < newest - 1 and _is_empty(number):
            dropped += _drop(number)
    return dropped


def _is_empty(number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM engine_processinstance WHERE key >= %s AND key < %s)",
            [number * SPAN, (number + 1) * SPAN],
        )
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(sql.SQL("SELECT NOT EXISTS (SELECT FROM {})").format(sql.Identifier(name_of(number))))
        return bool(cursor.fetchone()[0])


def _drop(number: int) -> bool:
    try:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name_of(number))))
    except OperationalError as error:
        if not isinstance(error.__cause__, sql_errors.LockNotAvailable):
            raise
        return False
    logger.info("Dropped the empty journal partition %s", name_of(number))
    return True


def name_of(number: int) -> str:
    return f"engine_journalentry_{number}"


def _exists(number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name_of(number)])
        return bool(cursor.fetchone()[0])
