"""What a transition leaves on the disk, by table: rows, indexes and write-ahead log.

    .venv/bin/python -m bench.storage [--instances N] [--write]

Instances of five service tasks, each started with ten variables (about 0.6 kB of JSON) and completed job by job with two more:
six transitions each, then the projector. `--write` puts the figures into docs/benchmarks.md. The log is told apart by
table with PostgreSQL's extension pg_walinspect; full page images are left out, for they depend on the checkpoints.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench import measure, report, scenarios
from bench.installation import PROJECT, installation

BEGIN, END = "<!-- storage: written by the command above -->", "<!-- end of storage -->"
VARIABLES: dict[str, Any] = {
    "orderNumber": "2030-000123456",
    "customer": {"name": "Ada Lovelace", "street": "12 St James's Square", "city": "London", "country": "GB"},
    "lines": [{"article": f"A-{number:05}", "quantity": number, "price": 19.95} for number in range(1, 6)],
    "total": 299.25,
    "currency": "GBP",
    "express": False,
    "note": "Please ring twice, the dog is harmless.",
    "channel": "web",
    "placedOn": "2030-01-31",
    "priority": 3,
}


@dataclass(slots=True)
class Storage:
    """Bytes by table."""

    heap: Counter[str] = field(default_factory=Counter)
    indexes: Counter[str] = field(default_factory=Counter)
    wal: Counter[str] = field(default_factory=Counter)
    transitions: int = 0
    elsewhere = "commits and the rest"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.storage", description=__doc__)
    parser.add_argument("--instances", type=int, default=1_000)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    arguments = parser.parse_args()
    with installation():
        scenarios.deploy()
        found = measured(arguments.instances)
    text = table(found)
    print(text)
    if arguments.write:
        about = f"{report.machine()}; {time.strftime('%Y-%m-%d')}, {arguments.instances:,} instances."
        file = PROJECT / "docs" / "benchmarks.md"
        before, _, rest = file.read_text().partition(BEGIN)
        file.write_text(f"{before}{BEGIN}\n\n{about}\n\n{text}\n\n{END}{rest.partition(END)[2]}")


def measured(count: int) -> Storage:
    from django.db import connection

    from engine.journal.projection import Projector
    from engine.models import JournalEntry

    _run(20)
    Projector().run()
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
    found = Storage()
    before = JournalEntry.objects.count()
    with _filled(found):
        _run(count)
        Projector().run(batches=10_000)
    found.transitions = JournalEntry.objects.count() - before
    return found


def _run(count: int) -> None:
    """One process does all: what is measured does not depend on who does it."""
    from engine import instances, jobs
    from engine.actors import ENGINE

    for _ in range(count):
        instances.start("external", variables=VARIABLES, by=ENGINE)
        for step in range(5):
            [job] = jobs.activate("bench-external", worker="bench", max_jobs=1, lease=60, by=ENGINE)
            jobs.complete(job.job.key, {f"step{step}": "done", "at": f"2030-01-31T12:00:0{step}Z"}, by=ENGINE)


@contextmanager
def _filled(found: Storage) -> Iterator[None]:
    from django.db import connection

    def sizes() -> tuple[Counter[str], Counter[str]]:
        heap: Counter[str] = Counter()
        indexes: Counter[str] = Counter()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class"
                " WHERE relkind = 'r' AND relname LIKE 'engine\\_%'"
            )
            for name, table_size, index_size in cursor.fetchall():
                heap[_word(name)] += table_size
                indexes[_word(name)] += index_size
        return heap, indexes

    def position() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
            return str(cursor.fetchone()[0])

    measure.checkpoint()
    (heap, indexes), begun = sizes(), position()
    yield
    ended = position()
    heap_after, indexes_after = sizes()
    found.heap = heap_after - heap
    found.indexes = indexes_after - indexes
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_switch_wal()")  # so that all before it can be read
        cursor.execute(
            "SELECT coalesce(owner.relname, relation.relname, ''),"
            " sum(block.record_length - coalesce(block.block_fpi_length, 0))"
            " FROM pg_get_wal_block_info(%s, %s, false) block"
            " LEFT JOIN pg_class relation ON relation.relfilenode = block.relfilenode"
            " LEFT JOIN pg_index ON pg_index.indexrelid = relation.oid"
            " LEFT JOIN pg_class owner ON owner.oid = pg_index.indrelid"
            " WHERE block.block_id = 0 GROUP BY 1",
            [begun, ended],
        )
        for name, size in cursor.fetchall():
            found.wal[_word(name) if name.startswith("engine_") else found.elsewhere] += int(size)
        cursor.execute(
            "SELECT sum(combined_size) - sum(fpi_size) FROM pg_get_wal_stats(%s, %s)",
            [begun, ended],
        )
        total = int(cursor.fetchone()[0])
    found.wal[found.elsewhere] += total - sum(found.wal.values())


def _word(table: str) -> str:
    """Partitions count as their table."""
    return re.sub(r"_(\d+|default)$", "", table.removeprefix("engine_"))


def table(found: Storage) -> str:
    lines = ["| table | rows | indexes | log |", "| --- | --- | --- | --- |"]
    names = {*found.heap, *found.indexes, *found.wal}
    for name in sorted(names, key=lambda name: -(found.heap[name] + found.indexes[name] + found.wal[name])):
        line = (found.heap[name], found.indexes[name], found.wal[name])
        if sum(line) >= found.transitions:  # a byte a transition
            lines.append(_line(name, line, found.transitions))
    all_ = (sum(found.heap.values()), sum(found.indexes.values()), sum(found.wal.values()))
    lines.append(_line("**all, a transition**", all_, found.transitions))
    return "\n".join(lines)


def _line(name: str, sizes: tuple[int, ...], transitions: int) -> str:
    return f"| {name} | " + " | ".join(f"{size / transitions:,.0f}" for size in sizes) + " |"


if __name__ == "__main__":
    main()
