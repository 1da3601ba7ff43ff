"""`manage.py up`: the whole of Stepwell on one machine, under one parent that takes all of it along when it ends."""

import errno
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from webapp.launcher import children, frontend_build, postgres, progress, supervisor, valkey
from webapp.launcher.bootstrap import PROJECT
from webapp.launcher.data_folder import DataFolder, DataFolderInUseError, Running
from webapp.launcher.embedded import EmbeddedServers
from webapp.launcher.progress import StepError, say
from webapp.launcher.supervisor import Child

_LEAST_ROOM = 300 * 1024 * 1024  # bytes free on the data folder's disk
_READY_WITHIN = 120.0  # seconds
_TICK = 0.1
_WEB_THREADS = 16  # a request that waits, for a job or for an instance's end, holds one
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Options:
    host: str
    port: int
    concurrency: int | None
    demo: bool

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


class _Stop(BaseException):
    """Raised in the main thread by SIGINT, SIGTERM and SIGHUP."""


def up(options: Options) -> int:
    """Run until a signal ends it; 0 after a clean end. Raises StepError, PostgresError, ValkeyError for a failed start."""
    data = DataFolder.from_environment(os.environ, project=PROJECT)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _raise_stop)
    try:
        with data.owned():
            _check_port(options)
            _check_room(data)
            return _Installation(options, data=data).run()
    except DataFolderInUseError:
        note = data.running()
        where = f"on {note.web_url} (process {note.pid})" if note and note.web_url else "for another command"
        progress.give_up(
            f"The data folder {data.path} is in use: Stepwell runs {where}. Stop that one, or start this one with "
            "`--data OTHER_FOLDER --port OTHER_PORT`."
        )
    except _Stop:
        say("Stopped.")
        return 0


def _raise_stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stop


class _Installation:
    """The servers and children of one `up`."""

    def __init__(self, options: Options, *, data: DataFolder) -> None:
        self._options = options
        self._data = data
        self._servers = EmbeddedServers(data, environ=os.environ)
        self._server_children: list[Child] = []
        self._children: list[Child] = []
        self._environ: dict[str, str] = {}

    def run(self) -> int:
        try:
            self._start()
            while True:
                for child in (*self._server_children, *self._children):
                    child.watch()
                    child.show_log()
                time.sleep(_TICK)
        except _Stop:
            say("\nStopping ...")
            return 0
        finally:
            self._stop()

    def _start(self) -> None:
        frontend_build.ensure_built(environ=os.environ, log_folder=self._data.logs)
        say("Starting the database and the broker ...")
        self._environ = child_environment(os.environ, options=self._options) | self._servers.start()
        self._data.note_running(Running(os.getpid(), self._environ["DATABASE_URL"], self._environ["BROKER_URL"]))
        self._server_children = self._watch_servers()
        self._prepare()
        say("Starting the web pages, the worker and the ticker ...")
        self._children = [
            self._child(
                "web",
                web_command(self._options.host, self._options.port),
                stop_signals=((signal.SIGTERM, 15), (signal.SIGQUIT, 3)),
            ),
            self._child(
                "worker",
                worker_command(self._options.concurrency, environ=os.environ),
                # warm shutdown: running handlers end; then a cold one, and their leases are taken up at the next start
                stop_signals=((signal.SIGTERM, 15), (signal.SIGQUIT, 3)),
            ),
            self._child("ticker", ticker_command(), stop_signals=((signal.SIGTERM, 5),)),
        ]
        for child in self._children:
            child.start()
        self._wait_until_ready()
        web_url = self._options.address
        self._data.note_running(
            Running(os.getpid(), self._environ["DATABASE_URL"], self._environ["BROKER_URL"], web_url)
        )
        say(f"Logs are in {self._data.logs}. Ctrl-C ends Stepwell.")
        print(f"Stepwell is ready on {web_url}", flush=True)

    def _prepare(self) -> None:
        """Migrations, demo users and deployments, in one process; its output, which names the logins, is shown."""
        demo = ["--demo"] if self._options.demo else []
        command: list[str | Path] = [sys.executable, PROJECT / "manage.py", "prepare", *demo]
        log_file = self._data.logs / "prepare.log"
        progress.run_step(
            "Preparing the database and the processes",
            command,
            cwd=PROJECT,
            environ=self._environ | {"STEPWELL_STATEMENT_TIMEOUT": "0"},
            log_file=log_file,
            advice=f"The whole output is in {log_file}.",
        )
        for line in log_file.read_text("utf-8", "replace").splitlines():
            say(f"  {line}")

    def _child(self, name: str, command: list[str | Path], *, stop_signals: tuple[tuple[int, float], ...]) -> Child:
        log_file = self._data.logs / f"{name}.log"

        def launch() -> subprocess.Popen[bytes]:
            with log_file.open("ab") as log:
                return children.start(command, cwd=PROJECT, environ=self._environ, output=log)

        seen = log_file.stat().st_size if log_file.exists() else 0
        return Child(name, launch, stop_signals=stop_signals, log_file=log_file, log_seen=seen)

    def _watch_servers(self) -> list[Child]:
        """The embedded servers, running already, as children that are started again at the same address."""
        servers = self._servers
        watched: list[Child] = []
        if servers.postgres is not None:

            def launch_postgres() -> subprocess.Popen[bytes]:
                servers.start_postgres()
                assert servers.postgres is not None
                return servers.postgres.process

            server = servers.postgres
            watched.append(
                _running_child("postgres", launch_postgres, server.process, postgres.STOP_SIGNALS, server.log_file)
            )
        if servers.valkey is not None:

            def launch_valkey() -> subprocess.Popen[bytes]:
                servers.start_valkey()
                assert servers.valkey is not None
                return servers.valkey.process

            broker = servers.valkey
            watched.append(
                _running_child("valkey", launch_valkey, broker.process, valkey.STOP_SIGNALS, broker.log_file)
            )
        return watched

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        while not _answers_ready(self._options):
            if time.monotonic() > deadline:
                web_log = self._data.logs / "web.log"
                raise StepError(
                    f"The pages did not become ready within {_READY_WITHIN:.0f} s; the end of {web_log}:\n"
                    f"{progress.last_lines(web_log)}"
                )
            for child in (*self._server_children, *self._children):
                child.watch()
                child.show_log()
            time.sleep(_TICK / 2)

    def _stop(self) -> None:
        """End all, those that use a server before the server. A second signal ends it at once."""
        try:
            supervisor.stop_together(self._children)
            supervisor.stop_together(self._server_children)
            self._servers.stop()
        except _Stop:
            say("Ending at once.")
            for child in (*self._children, *self._server_children):
                if child.process is not None and child.process.poll() is None:
                    child.process.kill()
        finally:
            self._data.forget_running()


def _running_child(
    name: str,
    launch: Callable[[], subprocess.Popen[bytes]],
    process: subprocess.Popen[bytes],
    signals: tuple[tuple[int, float], ...],
    log_file: Path,
) -> Child:
    child = Child(name, launch, stop_signals=signals, log_file=log_file)
    child.process = process
    child.started_at = time.monotonic()
    child.log_seen = log_file.stat().st_size
    return child


# --- what the children are -------------------------------------------------------------------------------------------


def child_environment(environ: Mapping[str, str], *, options: Options) -> dict[str, str]:
    """The environment of web, worker and ticker; what the caller set stays."""
    own_names = {"localhost", "127.0.0.1", "[::1]", options.host, socket.gethostname(), socket.getfqdn()} - {
        "0.0.0.0",
        "::",
    }
    return {
        "DJANGO_SETTINGS_MODULE": "webapp.settings",
        "PYTHONUNBUFFERED": "1",
        "STEPWELL_ALLOWED_HOSTS": ",".join(sorted(own_names)),
        "STEPWELL_SESSION_COOKIE": f"stepwell_session_{options.port}",
        **environ,
        "STEPWELL_NO_BOOTSTRAP": "1",
        "STEPWELL_SUPERVISED": "1",
        "STEPWELL_DATA": str(DataFolder.from_environment(environ, project=PROJECT).path),
    }


def web_command(host: str, port: int) -> list[str | Path]:
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", "1", "--blocking-threads", str(_WEB_THREADS), "--no-ws", "--workers-kill-timeout", "10", "webapp.wsgi:application",
    ]  # fmt: skip


def worker_command(concurrency: int | None, *, environ: Mapping[str, str]) -> list[str | Path]:
    count = concurrency or int(environ.get("STEPWELL_WORKER_CONCURRENCY") or max(2, os.cpu_count() or 2))
    return [
        sys.executable, "-m", "celery", "--app", "webapp.celery", "worker", "--pool", "prefork",
        "--concurrency", str(count), "--loglevel", "INFO", "--without-gossip", "--without-mingle",
    ]  # fmt: skip


def ticker_command() -> list[str | Path]:
    return [sys.executable, PROJECT / "manage.py", "ticker"]


# --- checks before and after -----------------------------------------------------------------------------------------


def _check_port(options: Options) -> None:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                why = f"Port {options.port} is taken by another program. Choose another with `--port`."
            elif error.errno == errno.EACCES:
                why = (
                    f"Port {options.port} needs more rights than this account has. Choose one above 1023 with `--port`."
                )
            else:
                why = f"Cannot listen on {options.host}: {error.strerror}. Choose an address of this machine with `--host`."
            raise StepError(why) from error
        except OverflowError:
            raise StepError(f"Expected a port from 1 to 65535, found {options.port}.") from None
    if options.host not in _LOOPBACK:
        say(
            f"Note: {options.host} can be reached from other machines. The demo users have known passwords: see --no-demo."
        )


def _check_room(data: DataFolder) -> None:
    free = shutil.disk_usage(data.path).free
    if free < _LEAST_ROOM:
        raise StepError(
            f"Only {free // 1024 // 1024} MB are free on the disk of {data.path}, and a start needs "
            f"{_LEAST_ROOM // 1024 // 1024} MB. Make room, or choose another disk with `--data DIR`."
        )


def _answers_ready(options: Options) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)
    connection = http.client.HTTPConnection(host, options.port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
