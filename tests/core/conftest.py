"""Tests of the core run in memory. A test that is marked with rows of the table of support has to have run them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.bpmn.model import Definitions
from engine.testing import Engine
from tests.core.support.page import TESTS
from tests.core.support.row import Run
from tests.core.support.table import ROWS


class RecordingEngine(Engine):
    """Knows which file each model came from."""

    def __init__(self) -> None:
        super().__init__()
        self._sources: dict[int, str] = {}

    def deploy(self, source: bytes | str | Path) -> Definitions:
        found = super().deploy(source)
        content = source.read_bytes() if isinstance(source, Path) else source
        text = content if isinstance(content, str) else content.decode()
        self._sources |= {id(model): text for model in found.processes.values()}
        return found

    @property
    def runs(self) -> list[Run]:
        return [Run(each.model, each.history, self._sources[id(each.model)]) for each in self.instances]


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A new engine in memory, checked at the end; what the test says that it shows, it has to have run."""
    made = RecordingEngine()
    yield made
    made.check()
    for marker in request.node.iter_markers("element"):
        for name in marker.args:
            row = ROWS.get(name)
            assert row is not None, f"Expected the name of a row of tests/core/support/table.py, found '{name}'"
            assert any(row.shown(run) for run in made.runs), (
                f"The test is to show '{name}', but did not run it to its end"
            )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("element") is None:
            continue
        if item.path.parent != TESTS or "engine" not in getattr(item, "fixturenames", ()):
            raise pytest.UsageError(
                f"{item.nodeid} names an element, so it lies in {TESTS} and runs the element in the fixture `engine`"
            )
