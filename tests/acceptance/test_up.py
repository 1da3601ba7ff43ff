"""`manage.py up`: what its user sees, and what it leaves behind however it ends."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.installation import Installation, eventually

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def data() -> Iterator[Path]:
    # not pytest's tmp_path: that is closed to the account that PostgreSQL runs as for root, which has a test of its own
    folder = Path(tempfile.mkdtemp(prefix="stepwell-up-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_it_becomes_ready_says_so_last_and_a_second_start_prepares_nothing_and_takes_seconds(data: Path) -> None:
    with Installation(data) as up:
        up.start()
        assert up.get("/readyz")[0] == 200
        assert up.get("/")[0] == 200
        assert up.lines[-1] == f"Stepwell is ready on {up.address}"
        assert up.stop() == 0
        assert up.pids() == {}

        assert up.start() < 60  # five where nothing else runs
        assert not any("Preparing the database" in line for line in up.lines)
        assert up.stop() == 0
        assert up.pids() == {}


def test_ctrl_c_ends_it_cleanly(data: Path) -> None:
    with Installation(data) as up:
        up.start()

        assert up.signal(signal.SIGINT) == 0
        assert up.pids() == {}
        assert not (data / "run.json").exists()
        assert "database system is shut down" in (data / "logs" / "postgres.log").read_text("utf-8")


def test_when_the_parent_is_killed_nothing_stays_and_the_next_start_works(data: Path) -> None:
    with Installation(data) as up:
        up.start()
        assert len(up.pids()) > 6

        up.signal(signal.SIGKILL)
        assert eventually(lambda: not up.pids(), seconds=5), up.pids()

        assert up.start() < 60
        assert up.stop() == 0


def test_two_run_side_by_side(data: Path) -> None:
    with Installation(data / "one") as one, Installation(data / "two") as two:
        one.launch()
        two.launch()
        one.wait_for_line("Stepwell is ready on", seconds=180)
        two.wait_for_line("Stepwell is ready on", seconds=180)

        assert one.is_ready()
        assert two.is_ready()
        assert one.stop() == 0
        assert two.is_ready()
        assert two.stop() == 0


def test_a_child_that_dies_is_started_again(data: Path) -> None:
    with Installation(data) as up:
        up.start()
        for part, name in (
            ("granian", "web"),
            ("celery", "worker"),
            ("ticker", "ticker"),
            ("postgres", "postgres"),
            ("valkey", "valkey"),
        ):
            before = min(up.pids_of(part))
            os.kill(before, signal.SIGKILL)
            up.wait_for_line(f"{name} | ended with signal SIGKILL", seconds=30)
            up.wait_for_another(part, before=before)
            assert eventually(up.is_ready, seconds=60), name
        assert up.stop() == 0
        assert up.pids() == {}


def test_a_taken_port_is_named_with_the_way_out(data: Path) -> None:
    with Installation(data / "one") as one:
        one.start()
        with Installation(data / "two", port=one.port) as two:
            two.launch()
            two.wait_for_line(f"Port {one.port} is taken by another program. Choose another with `--port`.", seconds=90)
            assert two.process is not None
            assert two.process.wait(timeout=30) == 1


def test_a_data_folder_in_use_is_named_with_the_process_that_has_it(data: Path) -> None:
    with Installation(data) as first:
        first.start()
        assert first.process is not None
        with Installation(data) as second:
            second.launch()
            second.wait_for_line(f"Stepwell runs on {first.address} (process {first.process.pid})", seconds=90)
            assert second.process is not None
            assert second.process.wait(timeout=30) == 1
        assert first.is_ready()


def test_a_token_is_made_from_a_second_shell_whether_it_runs_or_not(data: Path) -> None:
    with Installation(data) as up:
        up.start()
        while_up = up.manage("api_token", "alice")
        token = while_up.stdout.splitlines()[-1]
        status, body = up.get("/v2/authentication/me", Authorization=f"Bearer {token}")
        assert (status, b'"alice"' in body) == (200, True)
        up.stop()

        assert up.manage("api_token", "alice").stdout.splitlines()[-1] not in {"", token}
        assert up.pids() == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL runs as another account")
def test_for_root_a_data_folder_that_postgresql_may_not_enter_works_all_the_same(data: Path) -> None:
    data.chmod(0o700)
    with Installation(data) as up:
        try:
            up.start()
            assert up.stop() == 0
            up.start()
            assert up.stop() == 0
        finally:
            shutil.rmtree((data / "postgres.location").read_text("utf-8").strip())
