"""The rows: exact JSON, keys, and the constraints that the database keeps by itself."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from engine.models import JournalEntry, PendingInput, Variable
from engine.postgres import keys

NOW = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_numbers_and_the_order_of_names_survive_a_document_column() -> None:
    document = {"z": Decimal("0.10"), "a": Decimal("1E+400"), "m": [10**30, None, True]}
    PendingInput.objects.create(instance_key=1, input=document, at=NOW, by="alice")

    stored = PendingInput.objects.get().input

    assert stored == document
    assert list(stored) == ["z", "a", "m"]
    assert str(stored["z"]) == "0.10"
    assert PendingInput.objects.values_list("input", flat=True).get() == document


def test_null_is_a_value_of_a_variable() -> None:
    Variable.objects.create(
        scope_key=1, instance_key=1, definition_key=1, process_id="p", name="x", value=None, text="null", updated_at=NOW
    )
    assert Variable.objects.get().value is None


def test_keys_are_the_first_of_a_block_each_and_grow() -> None:
    first, second = keys.take(2)
    assert first < second < keys.take_one()
    assert first % 2**24 == 0


def test_the_journal_refuses_a_second_entry_with_the_same_sequence() -> None:
    entry = {"instance_key": 2**24, "definition_key": 1, "at": NOW, "by": "alice", "inputs": [], "facts": []}
    JournalEntry.objects.create(sequence=1, **entry)
    with pytest.raises(IntegrityError, match="sequence"), transaction.atomic():
        JournalEntry.objects.create(sequence=1, **entry)


def test_the_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", "engine", check=True, dry_run=True, verbosity=0)
