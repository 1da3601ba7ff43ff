"""The data folder holds what one installation keeps on disk, and the note by which other commands find its servers.

DATA/secret_key          signs sessions; made at the first start, readable by its owner only
DATA/run.json            while servers run: their addresses and the pid of whoever started them
DATA/lock                held by the one process that owns the servers
DATA/postgres/           the embedded PostgreSQL's cluster, socket and password
DATA/valkey/             the embedded Valkey's socket and queue
DATA/logs/               one file a child
DATA/archive/            instances that retention has taken out of the database (STEPWELL_ARCHIVE)
DATA/metrics/            what the processes that run have counted; emptied at each start
"""

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


class DataFolderInUseError(Exception):
    """Another process owns the servers of this data folder."""


@dataclass(frozen=True)
class Running:
    """The note in `run.json`. `web_url` is empty while only the servers run, for a single command."""

    pid: int
    database_url: str
    broker_url: str
    web_url: str = ""


@dataclass(frozen=True)
class DataFolder:
    path: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], *, project: Path) -> "DataFolder":
        return cls(Path(environ.get("STEPWELL_DATA") or project / ".data").absolute())

    @property
    def secret_key_file(self) -> Path:
        return self.path / "secret_key"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def _run_file(self) -> Path:
        return self.path / "run.json"

    def create(self) -> None:
        """Make the folder, and the secret key in it if there is none. Raises OSError with the path."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        if self.secret_key() is None:
            write_private(self.secret_key_file, secrets.token_urlsafe(64) + "\n")

    def secret_key(self) -> str | None:
        try:
            return self.secret_key_file.read_text("ascii").strip() or None
        except FileNotFoundError:
            return None

    @contextlib.contextmanager
    def owned(self) -> Iterator[None]:
        """Hold the folder's lock. Raises DataFolderInUseError when another process has it; the kernel frees it at death."""
        self.create()
        with (self.path / "lock").open("a") as lock:
            for remaining in reversed(range(20)):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:  # perhaps `is_owned` in another process, which lets go at once
                    if not remaining:
                        raise DataFolderInUseError(str(self.path)) from None
                    time.sleep(0.05)
            yield

    def is_owned(self) -> bool:
        """Return whether some process, maybe this one, holds the lock."""
        try:
            with (self.path / "lock").open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def running(self) -> Running | None:
        """Return the note of the servers that run now, or None. A note whose writer was killed counts for nothing."""
        try:
            note = Running(**json.loads(self._run_file.read_text("utf-8")))
        except (FileNotFoundError, PermissionError, ValueError, TypeError):
            return None
        return note if self.is_owned() else None

    def note_running(self, note: Running) -> None:
        write_private(self._run_file, json.dumps(asdict(note), indent=2) + "\n")

    def forget_running(self) -> None:
        self._run_file.unlink(missing_ok=True)

    def database_url(self) -> str:
        """Return where the embedded PostgreSQL listens; without one, an address whose refusal names this folder."""
        note = self.running()
        return note.database_url if note else f"postgresql://stepwell@/stepwell?host={self.postgres}/run"

    def broker_url(self) -> str:
        note = self.running()
        return note.broker_url if note else f"redis+socket://{self.valkey}/valkey.sock"


def write_private(file: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner only."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    draft.replace(file)
