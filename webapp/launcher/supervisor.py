"""The supervisor keeps child processes running: it starts them, starts them again when they end, shows the important lines of their
logs, and stops them.
"""

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from webapp.launcher.bare import children
from webapp.launcher.bare.progress import say

_FIRST_PAUSE = 0.5  # seconds before the first restart; doubled with each
_LONGEST_PAUSE = 30.0
_STEADY_AFTER = 60.0  # a child that lived this long starts over with the first pause
_LARGEST_LOG = 20 * 1024 * 1024  # bytes; one older file is kept
_MATTERS = re.compile(rb"\b(WARNING|ERROR|CRITICAL|FATAL|PANIC)\b")
# Granian counts threads against processors, but ours wait: for the database, and for what a long poll waits for.
_DOES_NOT_MATTER = re.compile(rb"Configuration allows spawning up to \d+ Python threads")


@dataclass
class Child:
    """A child is a process to keep running. `launch` starts it and returns it; when it raises, that counts as an end."""

    name: str
    launch: Callable[[], subprocess.Popen[bytes]]
    stop_signals: Sequence[tuple[int, float]]  # signal and the seconds to wait for its effect
    log_file: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = _FIRST_PAUSE
    restart_at: float | None = None
    log_seen: int = 0
    ends: int = 0

    def start(self) -> None:
        self.restart_at = None
        self.started_at = time.monotonic()
        try:
            self.process = self.launch()
        except Exception as error:  # no room for a process, a server that does not come up: try again later
            say(f"{self.name:>8} | {error}")
            self.process = None
            self._plan_restart("did not start")

    def watch(self) -> None:
        """Notice the child's end, and start it again when its pause is over. The main thread calls this every moment."""
        if self.restart_at is not None:
            if time.monotonic() >= self.restart_at:
                self.start()
        elif self.process is not None and (status := self.process.poll()) is not None:
            if time.monotonic() - self.started_at > _STEADY_AFTER:
                self.pause = _FIRST_PAUSE
            self._plan_restart(f"ended with {_meaning(status)}")

    def _plan_restart(self, what: str) -> None:
        self.ends += 1
        say(f"{self.name:>8} | {what}; starting it again in {self.pause:.1f} s. Its log: {self.log_file}")
        self.restart_at = time.monotonic() + self.pause
        self.pause = min(self.pause * 2, _LONGEST_PAUSE)

    def show_log(self) -> None:
        """Print the log's new lines that tell of trouble, and begin a new file when the log has become long."""
        try:
            size = self.log_file.stat().st_size
        except FileNotFoundError:
            return
        if size < self.log_seen:
            self.log_seen = 0
        if size > self.log_seen:
            with self.log_file.open("rb") as log:
                log.seek(self.log_seen)
                text = log.read(1024 * 1024)
            complete = text[: text.rfind(b"\n") + 1] if len(text) < 1024 * 1024 else text
            self.log_seen += len(complete)
            for line in complete.splitlines():
                if _MATTERS.search(line) and not _DOES_NOT_MATTER.search(line):
                    say(f"{self.name:>8} | {line.decode('utf-8', 'replace')}")
        if size > _LARGEST_LOG:
            # the child goes on writing to the same, now empty file, which it opened for appending
            shutil.copyfile(self.log_file, self.log_file.with_suffix(".1.log"))
            with self.log_file.open("r+b") as log:
                log.truncate(0)
            self.log_seen = 0

    def stop(self, *, first_was_sent: bool = False) -> None:
        self.restart_at = None
        if self.process is not None:
            children.stop(self.process, signals=self.stop_signals, first_was_sent=first_was_sent)
            self.process = None


def stop_together(group: Sequence[Child]) -> None:
    """Stop children that do not depend on each other: send all their first signal at once."""
    for child in group:
        if child.process is not None and child.process.poll() is None:
            child.process.send_signal(child.stop_signals[0][0])
    for child in group:
        child.stop(first_was_sent=True)  # a second SIGTERM would turn Celery's warm shutdown into a cold one


def _meaning(status: int) -> str:
    if status < 0:
        return f"signal {signal.Signals(-status).name}"
    return f"status {status}"
