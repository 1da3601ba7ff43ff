"""Tests of the core run in memory. A test that is marked with rows of the table of support has to have run them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.bpmn.model import Definitions
from engine.testing import Engine
from tests.conftest import REPLAYED, record
from tests.core.second_opinion.differences import known
from tests.core.second_opinion.opinion import second_opinion
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
    record(REPLAYED, len(made.instances))
    _ask_spiffworkflow(made, request.node)
    for marker in request.node.iter_markers("element"):
        for name in marker.args:
            row = ROWS.get(name)
            assert row is not None, f"Expected the name of a row of tests/core/support/table.py, found '{name}'"
            assert any(row.shown(run) for run in made.runs), (
                f"The test is to show '{name}', but did not run it to its end"
            )


def _ask_spiffworkflow(engine: RecordingEngine, test: pytest.Function) -> None:
    """Where it can run what the test ran, its trace is the same, or the table of differences says by which clause it is not."""
    opinion = second_opinion(engine, engine.runs[0].source) if engine.instances else None
    difference = known(test.originalname, test.name)
    if difference is not None:
        assert opinion is not None, (
            "SpiffWorkflow cannot be asked any more: take the test out of the table of differences"
        )
        assert opinion.ours != opinion.theirs, "SpiffWorkflow agrees now: take the test out of the table of differences"
    elif opinion is not None:
        assert opinion.ours == opinion.theirs, (
            "SpiffWorkflow gives another trace. Where the standard is with us, say so in tests/core/second_opinion/differences.py"
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("element") is None:
            continue
        if item.path.parent != TESTS or "engine" not in getattr(item, "fixturenames", ()):
            raise pytest.UsageError(
                f"{item.nodeid} names an element, so it lies in {TESTS} and runs the element in the fixture `engine`"
            )
