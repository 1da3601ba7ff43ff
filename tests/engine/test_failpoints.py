import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError

from engine import failpoints
from engine.failpoints import Broken, failpoint


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


def test_an_unarmed_failpoint_does_nothing() -> None:
    failpoint("advance.before_commit")


def test_an_armed_failpoint_breaks_at_the_hit_that_it_names() -> None:
    failpoints.arm("a=raise@2")
    failpoint("a")
    failpoint("b")
    with pytest.raises(Broken):
        failpoint("a")
    failpoint("a")


def test_a_process_is_killed_once_and_its_successor_goes_on(tmp_path: Path) -> None:
    program = "from engine.failpoints import failpoint; failpoint('x'); print('alive')"
    environ = {"STEPWELL_FAILPOINTS": f"x=kill-once:{tmp_path / 'killed'}"}
    first, second = (
        subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, check=False) for _ in range(2)
    )
    assert first.returncode == -signal.SIGKILL
    assert second.stdout == b"alive\n"


def test_another_text_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected NAME="):
        failpoints.arm("x=explode")


def test_a_process_waits_at_a_failpoint_until_it_may_go_on(tmp_path: Path) -> None:
    program = "from engine.failpoints import failpoint; failpoint('x'); print('went on')"
    environ = {"STEPWELL_FAILPOINTS": f"x=hold:{tmp_path / 'go'}"}
    process = subprocess.Popen([sys.executable, "-c", program], env=environ, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while not (tmp_path / "go.reached").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert process.poll() is None
    (tmp_path / "go").touch()
    assert process.communicate(timeout=20)[0] == b"went on\n"


def test_an_answer_is_lost_as_when_the_connection_breaks() -> None:
    failpoints.arm("a=lose")
    with pytest.raises(OperationalError):
        failpoint("a")


def test_an_observer_is_told_what_is_come_to_before_it_happens() -> None:
    passed: list[str] = []
    failpoints.observe(passed.append)
    failpoints.arm("b=raise")
    failpoint("a")
    with pytest.raises(Broken):
        failpoint("b")
    assert passed == ["a", "b"]
    failpoints.disarm()
    failpoint("a")
    assert passed == ["a", "b"]
