"""Stepwell has three parts that serve: web, worker and ticker. This module says how each is started, under `up` and in a container
of its own.
"""

import contextlib
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from webapp.launcher.bare.data_folder import DataFolder
from webapp.launcher.bare.project import CODE, IS_CLONE, PROJECT

_CONNECTIONS = 8192
"""A web server has so many connections at once at most; the next ones wait until one is closed. Each is a coroutine."""


def environment(environ: Mapping[str, str], *, host: str, port: int) -> dict[str, str]:
    """Return the environment of all three parts under `up`; variables that the caller has set stay."""
    data = DataFolder.from_environment(environ, project=PROJECT)
    return {
        "DJANGO_SETTINGS_MODULE": "webapp.settings",
        "PYTHONUNBUFFERED": "1",
        "STEPWELL_ALLOWED_HOSTS": ",".join(_own_names(host)),
        "STEPWELL_SESSION_COOKIE": f"stepwell_session_{port}",
        **environ,
        "STEPWELL_NO_BOOTSTRAP": "1",
        "STEPWELL_SUPERVISED": "1",
        "STEPWELL_DATA": str(data.path),
        "PROMETHEUS_MULTIPROC_DIR": str(data.metrics),
    }


def _own_names(host: str) -> list[str]:
    """Return what a browser may call this machine when the pages listen on `host`."""
    if host not in {"0.0.0.0", "::"}:
        return [f"[{host}]" if ":" in host else host]
    names = {socket.gethostname(), socket.getfqdn()}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # sends nothing: it asks the kernel which address it would send from
        names.add(probe.getsockname()[0])
    return sorted(names)


_RESTART_OVERLAP = 20
"""Seconds for which the old process still answers after a SIGHUP: Granian does not ask whether the new one listens yet."""


def web_command(host: str, port: int) -> list[str | Path]:
    return [
        sys.executable, "-m", "granian", "--interface", "asgi", "--host", host, "--port", str(port),
        "--workers", "1", "--backlog", "4096", "--backpressure", str(_CONNECTIONS), "--no-ws",
        "--workers-kill-timeout", "10", "--respawn-interval", str(_RESTART_OVERLAP), "webapp.asgi:application",
    ]  # fmt: skip


def worker_command(concurrency: int | None, *, environ: Mapping[str, str]) -> list[str | Path]:
    count = concurrency or int(environ.get("STEPWELL_WORKER_CONCURRENCY") or max(2, os.cpu_count() or 2))
    return [
        sys.executable, "-m", "celery", "--app", "webapp.celery", "worker", "--pool", "prefork",
        "--concurrency", str(count), "--loglevel", "INFO", "--without-gossip", "--without-mingle",
    ]  # fmt: skip


def management_command(name: str, *arguments: str) -> list[str | Path]:
    """Return the command line of a command of `manage.py`, which an installed Stepwell runs as a module."""
    program: list[str | Path] = [CODE / "manage.py"] if IS_CLONE else ["-m", "webapp.launcher"]
    return [sys.executable, *program, name, *arguments]
