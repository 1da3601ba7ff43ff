"""Rings of the doorbell are noted instead of sent: the acceptance tests have a real broker and real workers."""

from collections.abc import Iterator

import pytest

from engine import clock, doorbell, failpoints
from engine.batch_operations import working_off
from engine.definitions import versions
from engine.transition import following
from tests.engine.worlds import assert_all_replay


class Bell:
    """What was rung for: job keys and instance keys."""

    def __init__(self) -> None:
        self.jobs: list[int] = []
        self.queues: list[str] = []
        self.instances: list[int] = []
        self.batch_operations = 0
        self.broken = False

    def ring(self, name: str, args: list[object], *, queue: str, expires: float = 0) -> bool:
        if self.broken:
            return False
        if name == doorbell.WORK_OFF_BATCH_OPERATIONS:
            self.batch_operations += 1
        elif name == doorbell.ADVANCE_INSTANCES:
            self.instances += args[0]  # type: ignore[arg-type]
        elif args[1] is None:
            self.queues.append(str(args[0]))
        else:
            self.jobs.append(int(str(args[1])))
        return True


@pytest.fixture(autouse=True)
def bell(monkeypatch: pytest.MonkeyPatch) -> Bell:
    bell = Bell()
    monkeypatch.setattr(doorbell, "_ring", bell.ring)
    monkeypatch.setattr(doorbell, "_ring_waits", lambda queue: False)
    return bell


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left to others after a while is not left to them on a slow machine."""
    monkeypatch.setattr(following, "PATIENCE", 300.0)
    monkeypatch.setattr(working_off, "RUN_FOR", 300.0)


@pytest.fixture(autouse=True)
def _nothing_presumed() -> None:
    """Another test's process of the same id is nobody's newest version."""
    versions._presumed.clear()


@pytest.fixture(autouse=True)
def _replayed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every instance that a test leaves behind is replayed, unless the test spoils a state or a journal on purpose."""
    database = next((name for name in ("transactional_db", "db") if name in request.fixturenames), None)
    if database is not None:
        request.getfixturevalue(database)  # first, so that its rows are still there
    yield
    if database is not None and request.node.get_closest_marker("spoils") is None:
        assert_all_replay()


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


@pytest.fixture
def _time(db: None) -> Iterator[None]:
    yield
    clock.reset()
