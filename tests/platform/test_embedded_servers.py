"""The embedded PostgreSQL and Valkey: found, started, ended, started again."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from webapp.launcher.servers import postgres, postgres_binaries, valkey
from webapp.launcher.servers.postgres_binaries import PostgresError
from webapp.launcher.servers.valkey import ValkeyError


@pytest.fixture
def folder() -> Iterator[Path]:
    # short, and open to the account that PostgreSQL runs as for root
    with tempfile.TemporaryDirectory(prefix="stepwell-pg-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def server(folder: Path) -> Iterator[postgres.Server]:
    server = start(folder)
    yield server
    server.stop()


def start(folder: Path) -> postgres.Server:
    server = postgres.start(folder / "postgres", log_file=folder / "postgres.log", environ=os.environ, durable=False)
    postgres.ensure_database(server.url)
    return server


def answer(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_rows_survive_a_stop_and_a_start(folder: Path, server: postgres.Server) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
    server.stop()

    again = start(folder)
    try:
        assert (server.created, again.created) == (True, False)
        assert again.url == server.url
        assert answer(again.url, "SELECT value FROM kept") == 42
    finally:
        again.stop()


def test_it_starts_after_it_was_killed_and_left_its_pid_file(folder: Path, server: postgres.Server) -> None:
    server.process.kill()
    server.process.wait()
    assert (server.home / "pgdata" / "postmaster.pid").exists()

    again = start(folder)
    try:
        assert answer(again.url, "SELECT 1") == 1
    finally:
        again.stop()


def test_it_starts_when_the_pid_of_its_stale_file_belongs_to_another_program_now(
    folder: Path, server: postgres.Server
) -> None:
    pid_file = server.home / "pgdata" / "postmaster.pid"
    lines = pid_file.read_text("ascii").splitlines()
    server.process.kill()
    server.process.wait()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n", "ascii")

    again = start(folder)
    try:
        assert answer(again.url, "SELECT 1") == 1
    finally:
        again.stop()


def test_a_server_whose_parent_is_gone_is_ended_before_the_next_starts(folder: Path, server: postgres.Server) -> None:
    # the same cluster is started a second time while the first still runs, as after a parent that was killed just now
    again = start(folder)
    try:
        assert server.process.wait(timeout=10) is not None
        assert answer(again.url, "SELECT 1") == 1
    finally:
        again.stop()


def test_no_other_account_can_come_near_the_data_and_a_password_is_needed_besides(
    folder: Path, server: postgres.Server
) -> None:
    assert stat.S_IMODE((folder / "postgres.password").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.home / "run").stat().st_mode) == 0o700
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(_without_password(server.url))


def _without_password(url: str) -> str:
    scheme, rest = url.split("://", 1)
    return f"{scheme}://{rest.split(':', 1)[0]}@{rest.split('@', 1)[1]}"


@pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL runs as we do, unless we are root")
def test_for_root_it_runs_as_an_account_without_rights(server: postgres.Server) -> None:
    assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0


def test_a_data_folder_with_a_path_too_long_for_a_socket_gets_a_short_one_for_good(folder: Path) -> None:
    deep = folder / ("long" * 12) / ("longer" * 8)
    deep.mkdir(parents=True)
    first = start(deep)
    first.stop()
    again = start(deep)
    again.stop()

    assert again.url == first.url
    assert str(deep) not in again.url
    Path((deep / "postgres.sockets").read_text("utf-8").strip()).rmdir()


def test_a_wrong_stepwell_pg_bin_is_named_with_the_ways_out(folder: Path) -> None:
    with pytest.raises(PostgresError, match=r"STEPWELL_PG_BIN: no postgres and initdb in /nowhere(.|\n)*DATABASE_URL"):
        postgres_binaries.find_binaries({"STEPWELL_PG_BIN": "/nowhere"}, account=None)


def test_binaries_of_another_major_version_than_the_data_are_refused_with_both_versions() -> None:
    with pytest.raises(PostgresError, match="the data folder was made by 12"):
        postgres_binaries.find_binaries(os.environ, account=postgres_binaries.account_for_server(), major=12)


def test_a_cluster_that_never_comes_up_fails_with_the_end_of_its_log(folder: Path, server: postgres.Server) -> None:
    server.stop()
    (server.home / "pgdata" / "postgresql.conf").write_text("no_such_setting = 1\n", "ascii")

    with pytest.raises(PostgresError, match="no_such_setting"):
        start(folder)


def test_the_server_ends_when_its_parent_is_killed(folder: Path) -> None:
    script = (
        "import os, sys, time\nfrom pathlib import Path\nfrom webapp.launcher.servers import postgres\nfolder = Path(sys.argv[1])\n"
        "server = postgres.start(folder / 'postgres', log_file=folder / 'log', environ=os.environ, durable=False)\n"
        "print(server.process.pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout as output:
        pid = int(output.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()

    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/cwd").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}/cwd").exists()


def test_valkey_listens_on_its_private_socket_and_no_port(folder: Path) -> None:
    server = valkey.start(folder / "valkey", log_file=folder / "valkey.log", environ=os.environ)
    try:
        with redis.Redis(unix_socket_path=server.url.removeprefix("redis+socket://")) as client:
            assert client.config_get("port") == {"port": "0"}
            assert client.config_get("save") == {"save": ""}
        assert stat.S_IMODE((folder / "valkey").stat().st_mode) == 0o700
    finally:
        server.stop()


def test_a_wrong_stepwell_valkey_bin_is_named_with_the_ways_out() -> None:
    with pytest.raises(ValkeyError, match=r"looked at /nowhere(.|\n)*BROKER_URL"):
        valkey.find_server({"STEPWELL_VALKEY_BIN": "/nowhere"})
