"""PostgreSQL's own tools make the backups: they read one moment of the database while everything runs.

The database is all that must be kept: the broker's rings come again by themselves, and secrets are made or set anew.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from webapp.launcher.bare.progress import StepError
from webapp.launcher.servers import postgres_binaries

_VARIABLES = {  # a password on a command line could be read by everybody on the machine
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def dump(database_url: str, file: Path) -> int:
    """Write a backup to `file`, which appears whole or not at all, and return its size in bytes. Raises StepError."""
    if file.exists():
        raise StepError(f"{file} exists already. Choose another name, or remove it first.")
    partial = file.with_name(file.name + ".partial")
    partial.touch(mode=0o600)  # it holds all that people have entered
    try:
        _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={partial}"], database_url)
        _run("pg_restore", ["--list", str(partial)], database_url)  # can be read again
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.rename(file)
    finally:
        partial.unlink(missing_ok=True)
    return file.stat().st_size


def load(database_url: str, file: Path) -> None:
    """Fill an empty database from a backup, wholly or not at all. Raises StepError."""
    if not file.is_file():
        raise StepError(f"Expected a backup made by `manage.py backup` at {file}, found no file.")
    options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    name = conninfo_to_dict(database_url).get("dbname") or "stepwell"
    _run("pg_restore", [*options, f"--dbname={name}", str(file)], database_url)


def _run(program: str, arguments: list[str], database_url: str) -> None:
    try:
        subprocess.run(
            [_find(program), *arguments],
            env={**os.environ, **_connection(database_url)},
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        raise StepError(f"{program} failed: {error.stderr.strip()[-2000:]}") from None


def _connection(database_url: str) -> Mapping[str, str]:
    parts = conninfo_to_dict(database_url)
    return {variable: str(parts[key]) for key, variable in _VARIABLES.items() if parts.get(key)}


def _find(program: str) -> Path:
    """Return the path of the program beside the server's that `up` would run: the newest of them reads older servers too."""
    binaries = postgres_binaries.find_binaries(os.environ, account=None)
    path = binaries.folder / program
    if not path.exists():
        raise StepError(
            f"Expected {program} in {binaries.folder}. Install PostgreSQL's client, or set STEPWELL_PG_BIN."
        )
    return path
