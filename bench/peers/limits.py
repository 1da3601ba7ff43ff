"""The peers and the physical limit, in the same run and on the same PostgreSQL.

`--peers FOLDER` names a folder with `env/` (a virtual environment with `dbos`, `restate-sdk`, `hypercorn`, `psycopg`, `spiffworkflow`) and
`restate/node_modules` (`@restatedev/restate-server`); docs/benchmarks.md says how to make it. None is a dependency of Stepwell.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from bench import diagrams, measure
from bench.installation import PROJECT, Installation
from webapp.launcher.bare import children

HERE = Path(__file__).parent


def plain_psycopg(it: Installation, count: int) -> measure.Cost:
    """The rows and the commit of (a), without an engine: copies of an instance that (a) made."""
    with psycopg.connect(it.database_url) as connection:
        instance = connection.execute(
            "SELECT definition_id, process_id, version, business_id, status, root_key, depth, started_at, started_by,"
            " ended_at, tags, correlation_key, result::text FROM engine_processinstance WHERE process_id = 'plain' LIMIT 1"
        ).fetchone()
        entry = connection.execute(
            "SELECT sequence, journal.definition_key, at, by, inputs::text, facts::text FROM engine_journalentry journal"
            " JOIN engine_processinstance i ON i.key = journal.instance_key WHERE i.process_id = 'plain' LIMIT 1"
        ).fetchone()
        assert instance is not None
        assert entry is not None
        [newest] = connection.execute("SELECT max(key) FROM engine_processinstance").fetchone() or [0]
        connection.commit()
        with measure.cost() as cost:
            for number in range(count):
                key = newest + 1 + number
                connection.execute(
                    "INSERT INTO engine_processinstance (key, definition_id, process_id, version, business_id, status, root_key,"
                    " depth, started_at, started_by, ended_at, tags, correlation_key, result)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::json)",
                    [key, *instance],
                )
                connection.execute(
                    "INSERT INTO engine_journalentry (instance_key, sequence, definition_key, at, by, inputs, facts)"
                    " VALUES (%s, %s, %s, %s, %s, %s::json, %s::json)",
                    [key, *entry],
                )
                connection.commit()
        connection.execute("DELETE FROM engine_journalentry WHERE instance_key > %s", [newest])
        connection.execute("DELETE FROM engine_processinstance WHERE key > %s", [newest])
    return cost


def dbos(it: Installation, folder: Path, count: int, *, processes: int) -> float:
    """Seconds from the first start to the last end."""
    with psycopg.connect(it.database_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bench_dbos")
        connection.execute("CREATE DATABASE bench_dbos")
    parts = psycopg.conninfo.conninfo_to_dict(it.database_url)
    url = f"postgresql://{parts['user']}:{parts['password']}@/bench_dbos?host={parts['host']}&port={parts['port']}"
    running: list[subprocess.Popen[str]] = []
    for _ in range(processes):  # one after the other: the first makes the tables
        process = subprocess.Popen(
            [folder / "env/bin/python", HERE / "dbos_five_steps.py", url, str(count // processes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(process)
        assert process.stdout is not None
        while "ready" not in (line := process.stdout.readline()):
            assert line, "DBOS did not start"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    times = [[float(text) for text in process.communicate()[0].split()[-2:]] for process in running]
    return max(end for _, end in times) - min(begin for begin, _ in times)


def restate(it: Installation, folder: Path, count: int, *, processes: int) -> float:
    """Seconds from the first call to the last answer."""
    from tests.acceptance.installation import free_port

    service, ingress, admin, node = (free_port() for _ in range(4))
    [program] = (folder / "restate/node_modules/@restatedev").glob("restate-server-*/bin/restate-server")
    environ = {
        **os.environ,
        "RESTATE_BASE_DIR": str(it.folder / "restate"),
        "RESTATE_BIND_ADDRESS": f"127.0.0.1:{node}",
        "RESTATE_ADVERTISED_ADDRESS": f"http://127.0.0.1:{node}",
        "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{ingress}",
        "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{admin}",
        "RESTATE_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
    }
    hypercorn: list[str | Path] = [
        folder / "env/bin/hypercorn", "--workers", str(processes), "--bind", f"127.0.0.1:{service}",
        "bench.peers.restate_five_steps:app",
    ]  # fmt: skip
    with (it.folder / "output").open("ab") as output:
        server = children.start([program], environ=environ, output=output.fileno(), cwd=it.folder)
        app = children.start(hypercorn, environ=environ, output=output.fileno(), cwd=PROJECT)
    try:
        body = json.dumps({"uri": f"http://127.0.0.1:{service}"}).encode()
        _until_answered(f"http://127.0.0.1:{admin}/deployments", body)
        client: list[str | Path] = [folder / "env/bin/python", HERE / "restate_client.py", f"127.0.0.1:{ingress}"]
        subprocess.run([*client, "20"], check=True, capture_output=True)
        done = subprocess.run([*client, str(count)], check=True, capture_output=True, text=True)
        return float(done.stdout)
    finally:
        children.stop(app, signals=((15, 5.0), (9, 5.0)))
        children.stop(server, signals=((15, 10.0), (9, 5.0)))


def spiff(it: Installation, folder: Path, count: int) -> float:
    file = it.folder / "plain.bpmn"
    file.write_bytes(diagrams.PLAIN)
    command: list[str | Path] = [
        folder / "env/bin/python",
        HERE / "spiff_five_tasks.py",
        make_conninfo(it.database_url),
        file,
        str(count),
    ]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _until_answered(url: str, body: bytes, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
