"""What tests measure goes as JSON lines into the file that STEPWELL_FIGURES names; `tests.guarantees` makes a table of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Figure = Callable[[str, float], None]
REPLAYED = "instances replayed, all identical"


@pytest.fixture
def figure() -> Figure:
    """Record what the test has measured, as `figure("instances", 24)`."""
    return record


def record(what: str, value: float) -> None:
    """Whole numbers of one name are added up over the tests of a row, of others the largest is taken."""
    test, _, _ = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")
    _write({"test": test, "what": what, "value": value})


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or not report.passed:
        _write({"test": report.nodeid, "outcome": report.outcome})


def _write(line: dict[str, Any]) -> None:
    path = os.environ.get("STEPWELL_FIGURES")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
