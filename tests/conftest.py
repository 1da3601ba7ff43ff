"""What tests measure goes as JSON lines into the file that STEPWELL_FIGURES names; `tests.guarantees` makes a table of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Figure = Callable[[str, float], None]


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """Record what the test has measured, as `figure("instances", 24)`. Of whole numbers `tests.guarantees` adds up what several
    tests have measured, of others it takes the largest."""

    def record(what: str, value: float) -> None:
        _write({"test": request.node.nodeid, "what": what, "value": value})

    return record


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or not report.passed:
        _write({"test": report.nodeid, "outcome": report.outcome})


def _write(line: dict[str, Any]) -> None:
    path = os.environ.get("STEPWELL_FIGURES")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
