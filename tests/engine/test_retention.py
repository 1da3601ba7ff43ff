"""What has ended is kept for as long as was set, then archived and deleted."""

import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Model
from pytest_django import Settings

from engine import clock, exact_json, failpoints, instances, jobs, journal, retention
from engine.errors import InvalidArgument, NotFound, PermissionDenied
from engine.failpoints import Broken
from engine.journal.projection import Projector
from engine.models import JournalEntry, ProcessInstance, UserTask, Variable
from engine.retention import archive, deletion, sweeping
from engine.retention.archive import Damaged
from engine.upkeep import ticker
from tests.engine import worlds
from tests.engine.worlds import ADMIN, WORKER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]

HOSTILE: dict[str, Any] = {
    "price": Decimal("0.10"),
    "tiny": Decimal("1E-6143"),
    "long": Decimal("3.14159265358979323846264338327950288419716939937510"),
    "big": 2**200,
    "text": 'line\nline\r\u2028 \u0085 \x1c \\ " \U0001f600 ]}',
    "date": "2026-02-30T25:61:00Z",
    "nested": [{"a": [None, True, {"": Decimal("1.50")}]}] * 3,
    "wide": "x" * 1_000_000,
    "as a reference": {"hash": "0" * 64},
}


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.STEPWELL_ARCHIVE = str(tmp_path / "archive")
    return tmp_path / "archive"


def ended(process_id: str = "work", **variables: Any) -> int:
    key = instances.start(process_id, variables=variables, by=ADMIN).key
    instances.cancel(key, by=ADMIN)
    return key


def later(days: float) -> None:
    Projector().run()
    clock.advance(timedelta(days=days))


def left() -> set[int]:
    return set(ProcessInstance.objects.values_list("key", flat=True))


def archived(folder: Path) -> dict[int, list[archive.Row]]:
    found: dict[int, list[archive.Row]] = {}
    for file in archive.files([folder]):
        for row in archive.read(file):
            found.setdefault(row.instance_key, []).append(row)
    return found


def test_nothing_is_taken_out_unless_it_was_set() -> None:
    worlds.deploy(worlds.WORK)
    key = ended()
    later(10_000)
    assert retention.sweep() == 0
    assert left() == {key}


def test_what_ended_long_enough_ago_is_archived_and_deleted_and_the_rest_stays(folder: Path) -> None:
    worlds.deploy(worlds.WORK, worlds.PAUSE)
    retention.change("work", days=30, by=ADMIN)
    old = ended(a=1)
    running = instances.start("work", by=ADMIN).key
    other_process = ended("pause")
    later(20)
    young = ended()
    later(10.1)

    assert retention.sweep() == 1

    assert left() == {running, other_process, young}
    assert not JournalEntry.objects.filter(instance_key=old).exists()
    assert set(archived(folder)) == {old}
    assert [file.parent.name for file in archive.files([folder])] == [clock.now().date().isoformat()]
    assert retention.sweep() == 0
    worlds.assert_all_sound()


def test_a_process_without_settings_of_its_own_follows_the_installations() -> None:
    worlds.deploy(worlds.WORK, worlds.PAUSE)
    retention.change(None, days=1, by=ADMIN)
    retention.change("pause", days=None, by=ADMIN)
    ended()
    kept = ended("pause")
    later(2)
    assert retention.sweep() == 1
    assert left() == {kept}

    retention.inherit("pause", by=ADMIN)
    retention.inherit("pause", by=ADMIN)  # as it was: nothing to undo is no mistake
    with pytest.raises(NotFound, match="'nobody'"):
        retention.inherit("nobody", by=ADMIN)
    assert (retention.of("pause").days, retention.of("pause").own) == (1, False)
    assert retention.sweep() == 1


def test_without_an_archive_it_is_deleted_alone(folder: Path) -> None:
    worlds.deploy(worlds.WORK)
    retention.change("work", days=0, archives=False, by=ADMIN)
    ended()
    later(0.1)
    assert retention.sweep() == 1
    assert not folder.exists()


def test_what_was_called_goes_with_its_root_before_its_own_time(folder: Path) -> None:
    worlds.deploy(worlds.WORK, worlds.CALLER)
    retention.change("caller", days=1, by=ADMIN)
    retention.change("work", days=0, by=ADMIN)
    root = instances.start("caller", by=ADMIN).key
    later(0.5)
    [job] = jobs.activate("test-work", max_jobs=1, worker="w", lease=60, by=WORKER)
    jobs.complete(job.job.key, by=WORKER)
    called = ProcessInstance.objects.get(parent_key=root)
    assert called.ended_at is not None
    later(0.9)
    assert retention.sweep() == 0, "the root is to be kept for a day"

    later(0.2)
    assert retention.sweep() == 2
    assert list(archived(folder)) == [called.key, root]


def test_a_root_with_more_than_one_transaction_takes_goes_on_and_ends_with_itself(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 1)
    worlds.deploy(worlds.WORK, worlds.CALLER)
    retention.change("caller", days=0, by=ADMIN)
    root = instances.start("caller", by=ADMIN).key
    instances.cancel(root, by=ADMIN)
    later(0.1)
    assert retention.sweep() == 2
    assert len(archive.files([folder])) == 2
    assert left() == set()


def test_an_instance_that_is_not_projected_yet_waits_for_the_projector(folder: Path) -> None:
    worlds.deploy(worlds.WORK)
    retention.change("work", days=0, by=ADMIN)
    key = ended(a=1)
    clock.advance(timedelta(days=1))
    assert retention.sweep() == 0
    Projector().run()
    assert retention.sweep() == 1
    assert {row.table for row in archived(folder)[key]} >= {"processInstance", "journalEntry", "variable"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", ["retention.before_delete", "retention.before_commit"])
def test_whoever_dies_after_writing_leaves_the_rows_and_the_next_one_writes_them_again(
    place: str, folder: Path
) -> None:
    worlds.deploy(worlds.WORK)
    retention.change("work", days=0, by=ADMIN)
    key = ended()
    later(0.1)
    failpoints.arm(f"{place}=raise")
    with pytest.raises(Broken):
        retention.sweep()
    failpoints.disarm()
    assert left() == {key}
    assert set(archived(folder)) == {key}

    clock.advance(timedelta(days=1))
    second = ended()
    later(0.1)
    retention.sweep()

    assert left() == set()
    told: list[str] = []
    assert archive.verify_all([folder], tell=told.append)
    assert f"instance {key} stands in" in told[2]
    assert told[-1] == "2 instances in all, 1 of them twice."
    assert set(archived(folder)) == {key, second}


def test_nothing_is_deleted_when_the_archive_cannot_be_written(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.STEPWELL_ARCHIVE = str(tmp_path / "file")
    worlds.deploy(worlds.WORK)
    retention.change("work", days=0, by=ADMIN)
    key = ended()
    later(0.1)
    with pytest.raises(OSError, match="file"):
        retention.sweep()
    assert left() == {key}


def test_every_value_survives_the_way_through_the_archive(tmp_path: Path) -> None:
    worlds.deploy(worlds.REVIEW)
    key = ended("review", **HOSTILE)
    Projector().run()
    entries = list(journal.read(key))
    file = archive.write([key], into=tmp_path / "out.jsonl")

    rows = list(archive.read(file))
    assert sum(row.table == "largeValue" for row in rows) == 1
    assert file.stat().st_size < 1_100_000
    variables = {row.values["name"]: row.values["value"] for row in rows if row.table == "variable"}
    assert variables == HOSTILE
    assert str(variables["price"]) == "0.10"
    assert [archive.entry_of(row) for row in rows if row.table == "journalEntry"] == entries
    assert archive.verify(file).instances[key]["journalEntry"] == len(entries)
    tables: list[tuple[str, type[Model], dict[str, Any]]] = [
        ("processInstance", ProcessInstance, {"key": key}),
        ("userTask", UserTask, {"instance_id": key}),
        ("variable", Variable, {"instance_key": key}),
    ]
    for name, model, mine in tables:
        kept = [_as_json(each) for each in model._default_manager.filter(**mine).order_by("pk")]
        assert [_times(row.values) for row in rows if row.table == name] == kept


def _as_json(row: Model) -> dict[str, Any]:
    return {str(each.column): getattr(row, each.attname) for each in row._meta.concrete_fields}


def _times(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name.endswith("_at") and value is not None else value
        for name, value in values.items()
    }


def test_a_file_that_was_changed_cut_off_or_put_together_is_found_out(tmp_path: Path) -> None:
    worlds.deploy(worlds.WORK)
    file = archive.write([ended(a=1)], into=tmp_path / "out.jsonl")
    whole = file.read_bytes()
    lines = whole.splitlines(keepends=True)

    def refused(content: bytes, message: str) -> None:
        file.write_bytes(content)
        with pytest.raises(Damaged, match=message):
            archive.verify(file)

    refused(whole.replace(b'"a"', b'"b"'), "The file was changed")
    refused(b"".join(lines[:-1]), "The file was cut off")
    refused(whole[:-40], "Expected")
    refused(b"".join([*lines[:2], *lines[3:]]), "Expected entry 1 of the journal")
    refused(whole + lines[1], "Expected nothing after")
    refused(b"".join(lines[1:]), "Expected an archive of version 1")
    refused(b"".join([lines[0], *lines[2:]]), "Expected the row of an instance before")
    refused(b"\x00\xff", "line 1")
    wide = archive.write([ended(a="x" * 20_000)], into=tmp_path / "wide.jsonl").read_bytes().splitlines(keepends=True)
    refused(b"".join(line for line in wide if b'"largeValue"' not in line), "Expected the large value")
    file.write_bytes(whole)
    archive.verify(file)


@pytest.mark.django_db(transaction=True)
def test_ended_instances_are_exported_verified_and_shown_by_hand(tmp_path: Path) -> None:
    worlds.deploy(worlds.WORK, worlds.PAUSE)
    key, other = ended(a=1), ended("pause")
    running = instances.start("work", by=ADMIN).key
    file = tmp_path / "export.jsonl"

    assert manage("export", str(file)).startswith("Wrote 2 instances")
    assert set(archive.verify(file).instances) == {key, other}
    manage("export", str(file), "--process", "work", "--ended-before", "2999-01-01")
    assert set(archive.verify(file).instances) == {key}
    manage("export", str(file), "--instance", str(running))
    assert set(archive.verify(file).instances) == {running}
    assert "1 lines" not in manage("verify", str(tmp_path))
    shown = manage("show", str(file), str(running)).splitlines()
    assert exact_json.decode(shown[0])["row"]["key"] == running
    assert left() == {key, other, running}

    with pytest.raises(CommandError, match="found none"):
        manage("show", str(file), "1")
    with pytest.raises(CommandError, match="Expected instances with the keys"):
        manage("export", str(file), "--instance", "1")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(CommandError, match="Not all files are whole"):
        manage("verify", str(tmp_path))


def manage(*arguments: str) -> str:
    out = StringIO()
    call_command("archive", *arguments, stdout=out)
    return out.getvalue()


def test_settings_are_checked_and_for_administrators() -> None:
    worlds.deploy(worlds.WORK)
    with pytest.raises(PermissionDenied, match="Expected an administrator"):
        retention.change("work", days=1, by=WORKER)
    with pytest.raises(PermissionDenied):
        retention.inherit("work", by=WORKER)
    with pytest.raises(NotFound):
        retention.change("nothing", days=1, by=ADMIN)
    with pytest.raises(InvalidArgument, match="Expected 0 to 36500 days"):
        retention.change("work", days=-1, by=ADMIN)
    with pytest.raises(InvalidArgument, match="found neither"):
        retention.change("work", by=ADMIN)

    retention.change("work", days=5, by=ADMIN)
    retention.change("work", archives=False, by=ADMIN)
    found = retention.of("work")
    assert (found.days, found.archives, found.own, found.changed_by) == (5, False, True, "admin")
    assert retention.of(None) == retention.Retention()


def test_what_is_younger_than_its_time_is_not_looked_at() -> None:
    worlds.deploy(worlds.WORK)
    old = ended()
    clock.advance(timedelta(days=2))
    young = ended()
    ProcessInstance.objects.filter(key=young).update(ended_at=clock.now() - timedelta(days=2))
    assert sweeping._due("work", clock.now() - timedelta(days=1)) == [old]
    assert sweeping._due("work", datetime(2000, 1, 1, tzinfo=UTC)) == []


def test_the_tables_of_the_archive_are_those_that_a_deletion_empties() -> None:
    kept = {table.model.__name__ for table in archive.TABLES}
    emptied = {model.__name__ for model in deletion.OF_INSTANCE}
    assert kept == (emptied | {"ProcessInstance", "UserTask", "Comment", "UserTaskDraft"}) - {"PendingInput"}


@pytest.mark.django_db(transaction=True)
def test_a_ticker_takes_out_what_is_over_while_it_runs(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(ticker, "RETENTION_EVERY", 0.1)
    worlds.deploy(worlds.WORK)
    retention.change("work", days=1, by=ADMIN)
    key = ended()
    later(2)
    runs = ticker.Ticker()

    def run() -> None:
        runs.run()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while left() and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        runs.stop()
        thread.join(60)
    assert left() == set()
    assert set(archived(folder)) == {key}
    assert not any(each.name == "retention" for each in threading.enumerate())
