"""pytest finds this plugin by itself where the package is installed: it provides the fixture `process_engine`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from stepwell.testing import Engine


@pytest.fixture
def process_engine() -> Iterator[Engine]:
    """Provide a new engine in memory, at 9 o'clock UTC of 1 January 2030. At the test's end every instance is replayed, and must
    leave nothing open.
    """
    # Not above: pytest loads this module in every run of the environment, also in those that test no process.
    from stepwell.testing import Engine

    made = Engine()
    yield made
    made.check()
