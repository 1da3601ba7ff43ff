"""The embedded stack of one run of the benchmarks: PostgreSQL and Valkey of its own, as durable as an installation's."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.launcher import roles
from webapp.launcher.bare import children
from webapp.launcher.bare.data_folder import DataFolder
from webapp.launcher.servers.embedded import EmbeddedServers

PROJECT = Path(__file__).resolve().parents[1]
HANDLERS = """
from engine.handlers import JobContext, handler


@handler("bench-work")
def work(job: JobContext):
    return {}
"""


class Installation:
    """A data folder, its servers, and the workers and web servers that were started in it."""

    def __init__(self, folder: Path, urls: dict[str, str], environ: dict[str, str]) -> None:
        self.folder = folder
        self.database_url = urls["DATABASE_URL"]
        self.environ = environ
        self._processes: list[subprocess.Popen[bytes]] = []

    @contextmanager
    def workers(self, processes: int) -> Iterator[None]:
        """A Celery worker with so many processes, ready."""
        ready = self.folder / "worker-is-ready"
        ready.unlink(missing_ok=True)
        command = roles.worker_command(processes, environ=self.environ)
        with self._running(command, STEPWELL_HEARTBEAT_FILE=str(ready)):
            _wait_for(ready.exists, what="the worker to be ready")
            yield

    @contextmanager
    def ticker(self) -> Iterator[None]:
        with self._running([sys.executable, "-m", "django", "ticker"]):
            yield

    @contextmanager
    def web(self, port: int) -> Iterator[str]:
        """A web server; its address."""
        address = f"http://127.0.0.1:{port}"
        with self._running(roles.web_command("127.0.0.1", port)):
            _wait_for(lambda: _answers(f"{address}/readyz"), what="the web server to be ready")
            yield address

    @contextmanager
    def _running(self, command: list[str | Path], **environ: str) -> Iterator[None]:
        with (self.folder / "output").open("ab") as output:
            process = children.start(command, environ={**self.environ, **environ}, cwd=PROJECT, output=output.fileno())
        try:
            yield
        finally:
            children.stop(process, signals=((15, 30.0),))


@contextmanager
def installation() -> Iterator[Installation]:
    """Start the servers, migrate, and set up Django in this process. One for each process."""
    folder = Path(tempfile.mkdtemp(prefix="stepwell-bench-", dir="/tmp"))
    folder.chmod(0o711)
    package = folder / "processes" / "bench"
    package.mkdir(parents=True)
    (package / "handlers.py").write_text(HANDLERS)
    data = DataFolder(folder / "data")
    data.logs.mkdir(parents=True)
    data.path.chmod(0o711)
    own = {
        "STEPWELL_DATA": str(data.path),
        "STEPWELL_PROCESSES": str(folder / "processes"),
        "STEPWELL_SECRET_KEY": secrets.token_urlsafe(64),
        "STEPWELL_LOG_LEVEL": "WARNING",
        "STEPWELL_ALLOWED_HOSTS": "127.0.0.1",
        "DJANGO_SETTINGS_MODULE": "webapp.settings",
    }
    environ = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "BROKER_URL"}} | own
    try:
        with EmbeddedServers(data, environ=environ) as servers:
            urls = servers.start()
            os.environ.update(own | urls)
            _set_up()
            yield Installation(folder, urls, environ | urls)
            _close_connections()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _set_up() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from engine.journal import partitions

    partitions.ensure()


def _close_connections() -> None:
    from django.db import connections

    for connection in connections.all():
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _wait_for(condition, *, what: str, seconds: float = 60) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {seconds:g} s for {what}.")
        time.sleep(0.05)
