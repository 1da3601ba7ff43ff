"""It is said here where the public suites lie and how each names its files. None of them is part of this repository.

A suite's folder is a clone of its repository. It is named by the environment (`python -m tests.conformance` sets it), else looked for
beside the project, where it may also be a selection without the repository's outer folders.
"""

from __future__ import annotations

import os
from pathlib import Path

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "conformance"


def _folder(variable: str, name: str) -> Path:
    return Path(os.environ.get(variable) or _BESIDE / name)


def inside(folder: Path, name: str) -> Path:
    return folder / name if (folder / name).is_dir() else folder


BETSY = _folder("STEPWELL_BETSY", "betsy")
"""A clone of uniba-dsg/betsy, or a folder with `cases.json`: see `tests.conformance.betsy`."""
TCK = inside(_folder("STEPWELL_TCK", "dmn-tck"), "TestCases")
"""The folder of dmn-tck/tck that holds `compliance-level-2` and `-3`, each with a folder a model: a .dmn and its `*-test-*.xml`."""
MIWG = inside(_folder("STEPWELL_MIWG", "miwg"), "Reference")
"""The folder of bpmn-miwg/bpmn-miwg-test-suite that holds the reference diagrams, `A.1.0.bpmn` and so on."""


def tck_tests(folder: Path = TCK) -> list[Path]:
    """The files with test cases, in the order of their paths."""
    return sorted(folder.glob("compliance-level-*/*/*-test-*.xml"))


def miwg_diagrams(folder: Path = MIWG) -> list[Path]:
    """The reference diagrams, in the order of their names."""
    return sorted(file for file in folder.glob("*") if file.suffix.lower() == ".bpmn")
