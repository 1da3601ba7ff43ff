"""Children that are kept running, and what is shown of their logs."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from webapp.launcher import supervisor
from webapp.launcher.bare import children
from webapp.launcher.supervisor import Child


def child(log_file: Path, script: str) -> Child:
    def launch() -> "subprocess.Popen[bytes]":
        with log_file.open("ab") as log:
            return children.start([sys.executable, "-c", script], output=log)

    return Child("echo", launch, stop_signals=((signal.SIGTERM, 5.0),), log_file=log_file)


def watch(*watched: Child, until: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        for each in watched:
            each.watch()
            each.show_log()
        time.sleep(0.02)


def test_a_child_that_ends_again_and_again_is_started_with_longer_and_longer_pauses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = child(tmp_path / "log", "raise SystemExit(3)")
    failing.start()
    watch(failing, until=lambda: failing.pause >= 4.0)
    failing.stop()

    shown = capsys.readouterr().err
    assert "echo | ended with status 3; starting it again in 0.5 s." in shown
    assert "starting it again in 1.0 s." in shown
    assert "starting it again in 2.0 s." in shown


def test_a_child_that_cannot_be_started_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def launch() -> "subprocess.Popen[bytes]":
        raise OSError("no room for a process")

    failing = Child("echo", launch, stop_signals=(), log_file=tmp_path / "log")
    failing.start()
    watch(failing, until=lambda: failing.pause >= 2.0)

    assert capsys.readouterr().err.count("no room for a process") == 2


def test_only_the_lines_of_a_log_that_matter_are_shown_each_once_with_the_name_of_the_child(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_file = tmp_path / "log"
    log_file.write_text("before: ERROR of an earlier run\n", "utf-8")
    quiet = child(log_file, "")
    quiet.log_seen = log_file.stat().st_size
    with log_file.open("a") as log:
        log.write("INFO all is well\nERROR the disk is full\nWARNING half a li")
    quiet.show_log()
    quiet.show_log()
    with log_file.open("a") as log:
        log.write("ne\n")
    quiet.show_log()

    assert capsys.readouterr().err == "    echo | ERROR the disk is full\n    echo | WARNING half a line\n"


def test_a_log_that_has_become_long_is_begun_anew_and_one_older_file_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_LARGEST_LOG", 1000)
    writing = child(
        tmp_path / "echo.log", "import time\nwhile True:\n    print('x' * 99, flush=True)\n    time.sleep(0.01)"
    )
    writing.start()
    watch(writing, until=(tmp_path / "echo.1.log").exists)
    size = (tmp_path / "echo.log").stat().st_size
    time.sleep(0.2)
    assert (tmp_path / "echo.log").stat().st_size > size  # it writes on
    assert size < 1000
    writing.stop()


def test_a_child_that_does_not_heed_its_signal_is_killed_after_its_time(tmp_path: Path) -> None:
    script = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"
    )
    deaf = child(tmp_path / "log", script)
    deaf.stop_signals = ((signal.SIGTERM, 0.3),)
    deaf.start()
    watch(deaf, until=lambda: "up" in (tmp_path / "log").read_text("utf-8"))
    process = deaf.process
    assert process is not None

    deaf.stop()

    assert process.returncode == -signal.SIGKILL
