"""The database is brought to a new version while the old one works: nobody waits long behind a change of a table."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.acceptance.installation import PROJECT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
LONGEST_WAIT = 4.0
"""Seconds: twice the time for which a migration waits for its lock."""


@pytest.fixture
def database() -> Iterator[str]:
    """The address of an empty database of the test's own."""
    parts = connection.settings_dict
    address: dict[str, Any] = {
        "user": str(parts["USER"]),
        "password": str(parts["PASSWORD"]),
        "host": str(parts["HOST"]),
        "port": str(parts["PORT"]) or None,
    }
    name = f"migrating_{os.getpid()}"
    with psycopg.connect(make_conninfo(dbname="postgres", **address), autocommit=True) as maintenance:
        maintenance.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield make_conninfo(dbname=name, **address)
        maintenance.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def manage(database: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    processes = folder / "processes"
    processes.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={
            **os.environ,
            "DATABASE_URL": database,
            "STEPWELL_PROCESSES": str(processes),
            "STEPWELL_NO_BOOTSTRAP": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_migration_waits_for_a_long_transaction_without_making_others_wait(database: str, tmp_path: Path) -> None:
    before = manage(database, tmp_path, "migrate", "engine", "0003")
    output, _ = before.communicate(timeout=60)
    assert before.returncode == 0, output
    waits = []
    with psycopg.connect(database) as long, psycopg.connect(database, autocommit=True) as worker:
        long.execute("SELECT count(*) FROM engine_job")  # holds its lock until the transaction ends
        migrating = manage(database, tmp_path, "prepare")
        said: list[str] = []
        reader = threading.Thread(target=lambda: said.extend(iter(migrating.stdout.readline, "")))  # type: ignore[union-attr]
        reader.start()
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and not said:
            begun = time.monotonic()
            worker.execute("SELECT count(*) FROM engine_job")
            waits.append(time.monotonic() - begun)
            time.sleep(0.05)
        assert "A table that changes is in use" in "".join(said)
        long.commit()
        assert migrating.wait(timeout=60) == 0, said
        reader.join()
        migrating.stdout.close()  # type: ignore[union-attr]
        worker.execute("SELECT trace_context FROM engine_job")
    assert max(waits) < LONGEST_WAIT
