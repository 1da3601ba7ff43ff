"""The journal of an instance is written and read here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine import exact_json
from engine.models import JournalEntry
from engine.postgres import large_values, statements
from engine.runtime import codec
from engine.runtime.history import Fact
from engine.runtime.inputs import Input


@dataclass(frozen=True, slots=True)
class Given:
    """An input was given by someone."""

    input: Input
    by: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry is one step as it was journaled. `at` is the time that the core was given."""

    instance_key: int
    sequence: int
    definition_key: int
    at: datetime
    inputs: tuple[Given, ...]
    facts: tuple[Fact, ...]

    @property
    def by(self) -> str:
        """Return who gave the first input."""
        return self.inputs[0].by if self.inputs else ""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A new entry is a row to be appended, with inputs and facts as JSON values."""

    instance_key: int
    sequence: int
    definition_key: int
    at: datetime
    by: str
    inputs: list[Any]
    facts: list[Any]


def new_entry(
    instance_key: int, sequence: int, *, definition_key: int, at: datetime, inputs: list[Given], facts: Iterable[Fact]
) -> NewEntry:
    by = inputs[0].by
    return NewEntry(
        instance_key=instance_key,
        sequence=sequence,
        definition_key=definition_key,
        at=at,
        by=by,
        inputs=[_given_to_json(given, by) for given in inputs],
        facts=[codec.fact_to_json(fact) for fact in facts],
    )


def append(entries: Sequence[NewEntry]) -> None:
    """Append entries, in a transaction that has written something before (see `projection` for why)."""
    rows = [(each, *_documents(each)) for each in entries]
    if len(rows) == 1:  # most often, and cheaper by a third
        [(one, inputs, facts)] = rows
        statements.execute(
            "INSERT INTO engine_journalentry (instance_key, sequence, definition_key, at, by, inputs, facts)"
            " VALUES (%s, %s, %s, %s, %s, %s::json, %s::json)",
            [one.instance_key, one.sequence, one.definition_key, one.at, one.by, inputs, facts],
        )
        return
    documents = [
        {
            "instance_key": each.instance_key,
            "sequence": each.sequence,
            "definition_key": each.definition_key,
            "at": each.at,
            "by": each.by,
            "inputs": exact_json.raw(inputs),
            "facts": exact_json.raw(facts),
        }
        for each, inputs, facts in rows
    ]
    statements.execute(
        "INSERT INTO engine_journalentry (instance_key, sequence, definition_key, at, by, inputs, facts)"
        " SELECT instance_key, sequence, definition_key, at, by, inputs, facts FROM json_to_recordset(%s::json)"
        " AS new(instance_key bigint, sequence int, definition_key bigint, at timestamptz, by text, inputs json, facts json)",
        [exact_json.encode_text(documents)],
    )


def _documents(entry: NewEntry) -> tuple[str, str]:
    return (
        large_values.encode_inputs(entry.instance_key, entry.inputs),
        large_values.encode_facts(entry.instance_key, entry.facts),
    )


def read(instance_key: int, *, after: int = 0) -> Iterator[Entry]:
    """Return the entries of an instance with a sequence above `after`, in order."""
    rows = JournalEntry.objects.filter(instance_key=instance_key, sequence__gt=after).order_by("sequence")
    return map(entry_of, rows.iterator(chunk_size=500))


def entry_of(row: JournalEntry) -> Entry:
    return Entry(
        instance_key=row.instance_key,
        sequence=row.sequence,
        definition_key=row.definition_key,
        at=row.at,
        inputs=tuple(_given_from_json(data, row.by) for data in row.inputs),
        facts=tuple(codec.fact_from_json(data) for data in row.facts),
    )


def _given_to_json(given: Given, by: str) -> list[Any]:
    """Return `[input]`, or `[input, by]` where it differs from the entry's."""
    data = codec.input_to_json(given.input)
    return [data] if given.by == by else [data, given.by]


def _given_from_json(data: list[Any], by: str) -> Given:
    return Given(codec.input_from_json(data[0]), data[1] if len(data) > 1 else by)
