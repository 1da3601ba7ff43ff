"""The process that runs the disturbed commands, and a database that keeps what it has confirmed."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from engine import clock, failpoints
from engine.definitions import versions
from engine.handlers import declaring
from tests.acceptance.faults.test_faults import _keep_commits, persistently
from tests.acceptance.places.broker import empty_broker
from tests.acceptance.places.commands import register_handlers
from tests.acceptance.places.matrix import Program, World


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("places")


@pytest.fixture(scope="session")
def program(django_db_setup: None, broker_url: str, folder: Path) -> Iterator[Program]:
    made = Program(folder)
    gc.freeze()
    yield made
    gc.unfreeze()
    made.end()


@pytest.fixture
def world(
    transactional_db: None, program: Program, folder: Path, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> Iterator[World]:
    monkeypatch.setenv("ACCEPTANCE_FOLDER", str(folder))
    monkeypatch.setattr(declaring, "declared", {})
    register_handlers()
    versions._presumed.clear()
    empty_broker()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS acceptance_ledger (job_key bigint NOT NULL)")
    _keep_commits("on")
    yield World(program, folder, subtests)
    failpoints.disarm()
    persistently(clock.reset)
    persistently(_drop_ledger)
    persistently(lambda: _keep_commits("off"))


def _drop_ledger() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS acceptance_ledger")
