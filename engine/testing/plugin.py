"""pytest plugin: the fixture `engine`, checked at the end of each test: every instance is replayed, and leaves nothing open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.testing.engine import Engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A new engine in memory, at 9 o'clock of 1 January 2030."""
    made = Engine()
    yield made
    made.check()
