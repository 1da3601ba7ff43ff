"""Random sound processes under random schedules: never stuck, nothing lost, nothing left, and the same again on replay.

500 cases as part of the tests; `STEPWELL_RANDOM_CASES=10000 .venv/bin/python -m pytest tests/core/random` plays that many.
With STEPWELL_KEEP_FOUND=1 a case that fails is made small, for at most 40 seconds, and written with its turns into `found/`, to
stay there as a test under a name that says what it shows.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.core.random import shrink
from tests.core.random.diagrams import diagrams
from tests.core.random.play import play

CASES = int(os.environ.get("STEPWELL_RANDOM_CASES", "500"))
FOUND = Path(__file__).parent / "found"
SCHEDULE = re.compile(r"<!-- schedule: (.*?) -->\n")


@pytest.mark.timeout(0)
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")  # of a diagram too long to be shown
@settings(
    max_examples=CASES,
    deadline=None,
    derandomize="STEPWELL_RANDOM_CASES" not in os.environ,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(source=diagrams(), schedule=st.lists(st.integers(0, 9_999), max_size=25))
def test_a_random_process_is_played_soundly(source: str, schedule: list[int]) -> None:
    taken: list[str] = []
    try:
        play(source, schedule, taken)
    except Exception:
        if os.environ.get("STEPWELL_KEEP_FOUND") and not list(FOUND.glob("newest.bpmn")):
            keep(*shrink.shrunk(lambda case: play(*case), (source, tuple(taken))))
        raise


def keep(source: str, turns: tuple[str, ...]) -> None:
    (FOUND / "newest.bpmn").write_text(f"<!-- schedule: {'; '.join(turns)} -->\n{source}", "utf-8")


@pytest.mark.parametrize("file", sorted(FOUND.glob("*.bpmn")), ids=lambda file: file.stem)
def test_what_was_found_once_stays_mended(file: Path) -> None:
    text = file.read_text("utf-8")
    schedule = SCHEDULE.match(text)
    assert schedule is not None
    play(text[schedule.end() :], [turn for turn in schedule[1].split("; ") if turn])
