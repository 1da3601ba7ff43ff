"""Random sound processes under random schedules: never stuck, nothing lost, nothing left, and the same again on replay.

1,000 cases as part of the tests; `STEPWELL_RANDOM_CASES=10000 .venv/bin/python -m pytest tests/core/random` plays that many.
A case that fails is shrunk, and written as a `.bpmn` with its schedule into `found/` when STEPWELL_KEEP_FOUND=1, to stay as a test.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.core.random.diagrams import diagrams
from tests.core.random.play import play

CASES = int(os.environ.get("STEPWELL_RANDOM_CASES", "1000"))
FOUND = Path(__file__).parent / "found"
SCHEDULE = re.compile(r"<!-- schedule: ([\d ]*) -->")


@pytest.mark.timeout(0)
@settings(
    max_examples=CASES,
    deadline=None,
    derandomize="STEPWELL_RANDOM_CASES" not in os.environ,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(source=diagrams(), schedule=st.lists(st.integers(0, 9_999), max_size=25))
def test_a_random_process_is_played_soundly(source: str, schedule: list[int]) -> None:
    try:
        play(source, schedule)
    except Exception:
        if os.environ.get("STEPWELL_KEEP_FOUND"):
            keep(source, schedule)
        raise


def keep(source: str, schedule: list[int]) -> None:
    """Over the one before: the last that is written is the smallest."""
    text = f"<!-- schedule: {' '.join(map(str, schedule))} -->\n{source}"
    (FOUND / "newest.bpmn").write_text(text, "utf-8")


@pytest.mark.parametrize("file", sorted(FOUND.glob("*.bpmn")), ids=lambda file: file.stem)
def test_what_was_found_once_stays_mended(file: Path) -> None:
    text = file.read_text("utf-8")
    schedule = SCHEDULE.search(text)
    assert schedule is not None
    play(text[schedule.end() :].lstrip(), [int(each) for each in schedule[1].split()])
