"""The benchmarks run: their short form, whose figures mean nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.mark.timeout(600)
def test_the_short_form_of_the_benchmarks_runs(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--short", "--only", "c,f,h,j", "--json", figures],
        cwd=PROJECT,
        env={key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "BROKER_URL"}},
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-4_000:]
    rows = json.loads(figures.read_text())
    assert {row["name"][:3] for row in rows} == {"(c)", "(f)", "(h)", "(j)"}
    assert all(row["value"] > 0 for row in rows)
