from datetime import UTC, datetime

import pytest
from django.db import connection

from engine.journal import partitions
from engine.journal.partitions import BLOCKS, SPAN
from engine.models import JournalEntry, ProcessInstance

pytestmark = pytest.mark.django_db


def partition_of(instance_key: int) -> str:
    entry = {"definition_key": 1, "at": datetime.now(UTC), "by": "x", "inputs": [], "facts": []}
    JournalEntry.objects.create(instance_key=instance_key, sequence=1, **entry)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM engine_journalentry WHERE instance_key = %s", [instance_key]
        )
        return str(cursor.fetchone()[0])


def test_the_partitions_of_the_newest_keys_and_the_next_ones_are_made_once() -> None:
    assert partitions.ensure() == 1  # the first was made by the migration
    assert partitions.ensure() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM stepwell_key_block")
        before = cursor.fetchone()[0]
        cursor.execute("SELECT setval('stepwell_key_block', %s)", [BLOCKS * 5])
    assert partitions.ensure() == 2
    assert partition_of(5 * SPAN) == "engine_journalentry_5"
    assert partition_of(7 * SPAN - 1) == "engine_journalentry_6"
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('stepwell_key_block', %s)", [before])  # sequences do not roll back


def test_an_entry_without_a_partition_of_its_own_goes_to_the_default_one() -> None:
    assert partition_of(900 * SPAN) == "engine_journalentry_default"


def test_an_old_partition_is_dropped_when_its_last_instance_is_gone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM stepwell_key_block")
        before = cursor.fetchone()[0]
        cursor.execute("SELECT setval('stepwell_key_block', %s)", [BLOCKS * 8])
        for number in (6, 7):
            cursor.execute(
                f"CREATE TABLE engine_journalentry_{number} PARTITION OF engine_journalentry"
                f" FOR VALUES FROM ({number * SPAN}) TO ({(number + 1) * SPAN})"
            )
    assert partition_of(6 * SPAN) == "engine_journalentry_6"
    dropped = partitions.drop_empty()
    assert dropped == (0 if ProcessInstance.objects.exists() else 1), "number 0; 7 is the newest but one"

    JournalEntry.objects.filter(instance_key=6 * SPAN).delete()
    assert partitions.drop_empty() == 1
    assert partition_of(6 * SPAN) == "engine_journalentry_default"
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('stepwell_key_block', %s)", [before])
