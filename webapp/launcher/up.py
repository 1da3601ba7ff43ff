"""`manage.py up` runs the whole of Stepwell on one machine, under one parent process. When the parent ends, everything ends."""

import http.client
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from webapp.launcher import preflight, prepared, roles, supervisor
from webapp.launcher.bare import children, frontend_build, progress
from webapp.launcher.bare.data_folder import DataFolder, DataFolderInUseError, Running
from webapp.launcher.bare.progress import StepError, say
from webapp.launcher.bare.project import PROJECT
from webapp.launcher.servers import postgres, valkey
from webapp.launcher.servers.embedded import EmbeddedServers
from webapp.launcher.supervisor import Child

_READY_WITHIN = 120.0  # seconds
_ENDS_BEFORE_READY = 3  # a child that ends so often before the start is complete will not come up by itself
_TICK = 0.1


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
    """A stop is asked for: SIGINT, SIGTERM and SIGHUP raise this in the main thread."""


def start_everything(options: Options) -> int:
    """Run everything until a signal ends it, and return 0 after a clean end. Raises StepError, PostgresError, ValkeyError for a
    failed start.
    """
    data = DataFolder.from_environment(os.environ, project=PROJECT)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _raise_stop)
    try:
        with data.owned():
            preflight.check_port(options.host, options.port)
            preflight.check_room(data)
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
    """An installation has the servers and child processes of one `up`."""

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
                self._look_after_children()
                time.sleep(_TICK)
        except _Stop:
            say("\nStopping ...")
            return 0
        finally:
            self._stop()

    def _start(self) -> None:
        frontend_build.ensure_built(environ=os.environ, log_folder=self._data.logs)
        say("Starting the database and the broker ...")
        self._environ = (
            roles.environment(os.environ, host=self._options.host, port=self._options.port) | self._servers.start()
        )
        self._data.note_running(Running(os.getpid(), self._environ["DATABASE_URL"], self._environ["BROKER_URL"]))
        self._server_children = self._watch_servers()
        shutil.rmtree(self._data.metrics, ignore_errors=True)  # what earlier processes counted
        self._data.metrics.mkdir()
        self._prepare()
        say("Starting the web pages, the worker and the ticker ...")
        self._children = [
            self._child(
                "web",
                roles.web_command(self._options.host, self._options.port),
                stop_signals=((signal.SIGTERM, 15), (signal.SIGQUIT, 3)),
            ),
            self._child(
                "worker",
                roles.worker_command(self._options.concurrency, environ=os.environ),
                # warm shutdown: running handlers end; then a cold one, and their leases are taken up at the next start
                stop_signals=((signal.SIGTERM, 15), (signal.SIGQUIT, 3)),
            ),
            self._child("ticker", roles.management_command("ticker"), stop_signals=((signal.SIGTERM, 5),)),
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
        """Run migrations, demo users and deployments in one process; its output, which names the logins, is shown.

        This is left out when our own database was prepared from the same files already: it would take a third of the start.
        """
        stamp_file = self._data.path / "prepared"
        stamp = prepared.digest(os.environ, demo=self._options.demo)
        is_ours_and_kept = self._servers.postgres is not None and not self._servers.postgres.created
        if is_ours_and_kept and stamp_file.exists() and stamp_file.read_text("ascii") == stamp:
            return
        demo = ["--demo"] if self._options.demo else []
        command = roles.management_command("prepare", *demo)
        log_file = self._data.logs / "prepare.log"
        progress.run_step(
            "Preparing the database and the processes",
            command,
            cwd=PROJECT,
            environ=self._environ | {"STEPWELL_STATEMENT_TIMEOUT": "0"},
            log_file=log_file,
            advice=f"The whole output is in {log_file}.",
        )
        output = log_file.read_text("utf-8", "replace")
        for line in output.splitlines():
            say(f"  {line}")
        if "WARNING" not in output:  # a package with mistakes is named at each start
            stamp_file.write_text(stamp, "ascii")

    def _child(self, name: str, command: list[str | Path], *, stop_signals: tuple[tuple[int, float], ...]) -> Child:
        log_file = self._data.logs / f"{name}.log"
        heartbeat_file = self._heartbeat_file(name)
        environ = self._environ | {"STEPWELL_HEARTBEAT_FILE": str(heartbeat_file)}

        def launch() -> subprocess.Popen[bytes]:
            heartbeat_file.unlink(missing_ok=True)
            with log_file.open("ab") as log:
                return children.start(command, cwd=PROJECT, environ=environ, output=log)

        seen = log_file.stat().st_size if log_file.exists() else 0
        return Child(name, launch, stop_signals=stop_signals, log_file=log_file, log_seen=seen)

    def _watch_servers(self) -> list[Child]:
        """Return the embedded servers, which run already, as children that are started again at the same address."""
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
        """Wait until the pages answer, and the worker and the ticker have touched the files by which they say that they work."""
        deadline = time.monotonic() + _READY_WITHIN
        waiting = list(self._children)
        while waiting := [child for child in waiting if not self._is_ready(child)]:
            late = time.monotonic() > deadline
            for child in waiting:
                if late or child.ends >= _ENDS_BEFORE_READY:
                    what = f"was not ready after {_READY_WITHIN:.0f} s" if late else f"ended {child.ends} times"
                    raise StepError(
                        f"The {child.name} {what}; the end of {child.log_file}:\n{progress.last_lines(child.log_file)}"
                    )
            self._look_after_children()
            time.sleep(_TICK / 2)

    def _is_ready(self, child: Child) -> bool:
        return _answers_ready(self._options) if child.name == "web" else self._heartbeat_file(child.name).exists()

    def _heartbeat_file(self, name: str) -> Path:
        return self._data.path / f"{name}.heartbeat"

    def _look_after_children(self) -> None:
        for child in (*self._server_children, *self._children):
            child.watch()
            child.show_log()

    def _stop(self) -> None:
        """End all processes; those that use a server end before it. A second signal ends everything at once."""
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
