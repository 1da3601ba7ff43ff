"""One `manage.py up` of a test's own: its data folder, its port, its processes."""

import http.client
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

PROJECT = Path(__file__).resolve().parents[2]
_OF_THE_TEST_RUN = ("DATABASE_URL", "BROKER_URL", "STEPWELL_DATA", "STEPWELL_SECRET_KEY", "STEPWELL_TEST_CLOCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Whether the condition becomes true within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class Installation:
    """`with Installation(data) as it`: killed at the end if the test did not end it."""

    def __init__(self, data: Path, *, port: int | None = None, **environ: str) -> None:
        self.data = data
        self.port = port or free_port()
        self.environ = {key: value for key, value in os.environ.items() if key not in _OF_THE_TEST_RUN} | environ
        self.lines: list[str] = []
        self._arriving: queue.Queue[str | None] = queue.Queue()
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            eventually(lambda: not self.pids(), seconds=30)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run another command of manage.py on the same data folder, as from a second shell."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments, "--data", str(self.data)],
            cwd=PROJECT, env=self.environ, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip

    def launch(self) -> None:
        self.lines, self._arriving = [], queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(self.port), "--data", str(self.data)],
            cwd=PROJECT, env=self.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        threading.Thread(target=self._read, args=(self.process, self._arriving), daemon=True).start()

    @staticmethod
    def _read(process: subprocess.Popen[str], arriving: "queue.Queue[str | None]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                arriving.put(line.rstrip("\n"))
        arriving.put(None)

    def wait_for_line(self, text: str, *, seconds: float) -> str:
        """The first line from now on that contains the text; fails with the whole output when none comes."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._arriving.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                output = "\n".join(self.lines)
                raise AssertionError(f"Expected a line with {text!r} within {seconds} s; the output was:\n{output}")
            self.lines.append(line)
            if text in line:
                return line

    def start(self, *, seconds: float = 180) -> float:
        """Launch and wait until it says that it is ready; the seconds that it took."""
        began = time.monotonic()
        self.launch()
        self.wait_for_line(f"Stepwell is ready on {self.address}", seconds=seconds)
        return time.monotonic() - began

    def signal(self, number: int) -> int:
        """Send a signal to the parent and wait for its end; its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def stop(self) -> int:
        return self.signal(signal.SIGTERM)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def is_ready(self) -> bool:
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def pids(self) -> dict[int, str]:
        """Every process that belongs to this data folder, by its environment or its working folder, and its command."""
        found: dict[int, str] = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal() or int(entry.name) == os.getpid():
                continue
            try:
                environ = (entry / "environ").read_bytes().split(b"\0")
                folder = os.readlink(entry / "cwd")
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:  # it has just ended
                continue
            if f"STEPWELL_DATA={self.data}".encode() in environ or Path(folder).is_relative_to(self.data):
                found[int(entry.name)] = command
        return found

    def pids_of(self, part: str) -> list[int]:
        return [pid for pid, command in self.pids().items() if part in command]

    def wait_for_another(self, part: str, *, before: int) -> None:
        """Wait until a process with `part` in its command runs that is not `before`."""
        assert eventually(lambda: any(pid != before for pid in self.pids_of(part)), seconds=60), self.pids()
