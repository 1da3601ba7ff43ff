"""The archive is files of JSON lines, outside of the database, with everything that was kept of process instances.

A file begins with `{"archive": "stepwell", "version": 1, "at": ...}`. Each line after it is one row, `{"table": ..., "row": {...}}`: of an
instance first `processInstance`, then what belongs to it, the journal in order. The last line is `{"end": {...}}` with the
number of instances and of lines, itself included, and the SHA-256 of all bytes before it. PostgreSQL itself writes the rows, so
that documents stand as they are stored: every digit of a number, whatever a reader's numbers can hold. Where a large value was
put out of line, its row `largeValue` is among them and a reference stands for it (see `large_values`): `read` brings it in.

A file is written beside its place, flushed to the disk and moved there: it is there wholly or not at all.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection
from django.db.models import Model
from psycopg import sql

from engine import clock, exact_json, journal
from engine.errors import EngineError
from engine.models import (
    Comment,
    DecisionInstance,
    ElementInstance,
    Incident,
    JobAttempt,
    JournalEntry,
    LargeValue,
    ProcessInstance,
    UserTask,
    UserTaskDraft,
    Variable,
)
from engine.postgres import large_values

VERSION = 1
SUFFIX = ".jsonl"


class Damaged(Exception):  # noqa: N818
    """A file is not as it was written."""


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    model: type[Model]
    order: str
    column: str = "instance_key"
    of_tasks: bool = False


TABLES = (
    _Table("processInstance", ProcessInstance, "key", column="key"),
    _Table("largeValue", LargeValue, "hash"),
    _Table("journalEntry", JournalEntry, "sequence"),
    _Table("elementInstance", ElementInstance, "key"),
    _Table("variable", Variable, "key"),
    _Table("userTask", UserTask, "key"),
    _Table("userTaskComment", Comment, "id", column="user_task_id", of_tasks=True),
    _Table("userTaskDraft", UserTaskDraft, "id", column="user_task_id", of_tasks=True),
    _Table("incident", Incident, "key"),
    _Table("jobAttempt", JobAttempt, "id"),
    _Table("decisionInstance", DecisionInstance, "key"),
)


def folder() -> Path:
    return Path(settings.STEPWELL_ARCHIVE)


def write(instance_keys: Sequence[int], *, into: Path | None = None) -> Path:
    """Write a file with these instances, in a transaction that keeps them as they are; returns it when it is on the disk.

    Without `into` it lies in the folder of the day, and its name comes from the keys: the same instances written again on that
    day replace it.
    """
    now = clock.now()
    target = into if into is not None else folder() / now.date().isoformat() / _name(instance_keys)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb", buffering=1 << 20) as stream:
            _write_all(stream, instance_keys, at=now)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(target)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    for each in (target.parent, target.parent.parent):
        _sync_folder(each)
    return target


def _name(instance_keys: Sequence[int]) -> str:
    print_ = hashlib.sha256(",".join(map(str, sorted(instance_keys))).encode()).hexdigest()[:12]
    return f"instances-{min(instance_keys)}-{max(instance_keys)}-{print_}{SUFFIX}"


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(stream: IO[bytes], instance_keys: Sequence[int], *, at: datetime) -> None:
    digest = hashlib.sha256()
    lines = 0

    def put(line: bytes) -> None:
        nonlocal lines
        lines += 1
        stream.write(line)
        stream.write(b"\n")
        digest.update(line)
        digest.update(b"\n")

    put(exact_json.encode({"archive": "stepwell", "version": VERSION, "at": at.isoformat()}))
    for key in instance_keys:
        for table in TABLES:
            head = b'{"table":"' + table.name.encode() + b'","row":'
            for row in _rows(table, key):
                put(head + row.replace("\n", " ").encode() + b"}")  # a line break can only stand between JSON's tokens
    end = {"instances": len(instance_keys), "lines": lines + 1, "sha256": digest.hexdigest()}
    put(exact_json.encode({"end": end}))


def _rows(table: _Table, instance_key: int) -> Iterator[str]:
    """Yield the rows of an instance as JSON texts, a few at a time."""
    belongs: sql.Composable = sql.SQL("= %s")
    if table.of_tasks:
        belongs = sql.SQL("IN (SELECT key FROM {} WHERE instance_key = %s)").format(
            sql.Identifier(UserTask._meta.db_table)
        )
    statement = sql.SQL("SELECT row_to_json(found)::text FROM (SELECT * FROM {} WHERE {} {} ORDER BY {}) found").format(
        sql.Identifier(table.model._meta.db_table), sql.Identifier(table.column), belongs, sql.Identifier(table.order)
    )
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, [instance_key])
        while found := cursor.fetchmany(200):
            yield from (row[0] for row in found)


# --- reading -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A row is one line of a file. `text` is the line itself, `values` what stands in it, with exact numbers and large values."""

    line: int
    instance_key: int
    table: str
    values: dict[str, Any]
    text: bytes


@dataclass(slots=True)
class Content:
    """A file holds these instances, each with the number of its rows by table."""

    instances: dict[int, dict[str, int]] = field(default_factory=dict)
    lines: int = 0


def read(file: Path) -> Iterator[Row]:
    """Yield all rows of a file. Raises Damaged where the file is not whole; only after the last row is it known that it is."""
    digest = hashlib.sha256()
    names = {table.name for table in TABLES}
    instance_key: int | None = None
    waiting: list[Row] = []  # an instance and its large values, which it may refer to
    large: dict[str, str] = {}
    instances = 0
    end: Any = None
    number = 0
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if end is not None:
                raise Damaged(f"{file}, line {number}: Expected nothing after the line of the end.")
            found = _object(file, number, line)
            if number == 1:
                _check_head(file, found)
            elif "end" in found:
                end = found["end"]
                continue
            else:
                table, values = found.get("table"), found.get("row")
                if table not in names or not isinstance(values, dict):
                    raise Damaged(f"{file}, line {number}: Expected a row of {', '.join(sorted(names))}.")
                if table == "processInstance":
                    yield from _whole(file, waiting, large)
                    instance_key, waiting, large = values["key"], [], {}
                    instances += 1
                if instance_key is None:
                    raise Damaged(f"{file}, line {number}: Expected the row of an instance before what belongs to it.")
                row = Row(number, instance_key, str(table), values, line.rstrip(b"\n"))
                if table == "largeValue":
                    large[values["hash"].removeprefix("\\x")] = values["value"]
                if table in ("processInstance", "largeValue"):
                    waiting.append(row)
                else:
                    yield from _whole(file, [*waiting, row], large)
                    waiting = []
            digest.update(line)
    yield from _whole(file, waiting, large)
    if end is None:
        raise Damaged(f"{file}: Expected the line of the end, found {number} lines without it. The file was cut off.")
    expected = {"instances": instances, "lines": number, "sha256": digest.hexdigest()}
    if end != expected:
        raise Damaged(f"{file}: Expected {end} by its last line, found {expected}. The file was changed.")


def _whole(file: Path, rows: Sequence[Row], large: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows with the large values in the place of their references."""
    for row in rows:
        try:
            yield replace(row, values=large_values.brought_in(row.values, large))
        except KeyError as error:
            raise Damaged(
                f"{file}, line {row.line}: Expected the large value {error} among the rows before."
            ) from error


def verify(file: Path) -> Content:
    """Read a whole file, and every journal in it. Raises Damaged, naming file and line."""
    content = Content()
    sequence = 0
    for row in read(file):
        counts = content.instances.setdefault(row.instance_key, {})
        counts[row.table] = counts.get(row.table, 0) + 1
        content.lines = row.line
        if row.table == "processInstance":
            sequence = 0
        elif row.table == "journalEntry":
            sequence += 1
            _check_entry(file, row, sequence)
    return content


def files(paths: Sequence[Path]) -> list[Path]:
    """Return these files, and the files in these folders."""
    found: list[Path] = []
    for path in paths:
        found += sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
    return found


def verify_all(paths: Sequence[Path], *, tell: Callable[[str], object]) -> bool:
    """Verify files and folders and tell what is found; True when all are whole. An instance may stand in two files, when whoever
    wrote the first died before its rows were deleted: both say the same, or the later one says more."""
    whole = True
    known: dict[int, Path] = {}
    doubled = 0
    for file in files(paths):
        try:
            content = verify(file)
        except (Damaged, OSError) as error:
            tell(str(error))
            whole = False
            continue
        tell(f"{file}: {len(content.instances)} instances, {content.lines + 1} lines, whole.")
        for key in content.instances:
            if key in known:
                doubled += 1
                tell(f"{file}: instance {key} stands in {known[key]} as well.")
            known[key] = file
    tell(f"{len(known)} instances in all, {doubled} of them twice.")
    return whole


def _object(file: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        found = exact_json.decode(line)
    except EngineError as error:
        raise Damaged(f"{file}, line {number}: {error.detail}") from error
    if not isinstance(found, dict) or not line.endswith(b"\n"):
        raise Damaged(f"{file}, line {number}: Expected a whole line with a JSON object.")
    return found


def _check_head(file: Path, head: dict[str, Any]) -> None:
    if head.get("archive") != "stepwell" or head.get("version") != VERSION:
        raise Damaged(
            f"{file}: Expected an archive of version {VERSION} as its first line says, found {str(head)[:200]}."
        )


def _check_entry(file: Path, row: Row, sequence: int) -> None:
    if row.values["sequence"] != sequence:
        raise Damaged(
            f"{file}, line {row.line}: Expected entry {sequence} of the journal of instance {row.instance_key}, found "
            f"{row.values['sequence']}."
        )
    try:
        entry_of(row)
    except Exception as error:  # whatever the codec finds in a file that another has written
        raise Damaged(f"{file}, line {row.line}: Expected an entry of a journal: {error}.") from error


def entry_of(row: Row) -> journal.Entry:
    """Return the journal entry that stands in a row."""
    values = row.values
    return journal.entry_of(JournalEntry(**{**values, "at": datetime.fromisoformat(values["at"])}))
