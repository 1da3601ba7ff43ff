"""The how-to guides say what works: their listings are run."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guides import PAGES, PROJECT, python_of, write_listings


def test_the_process_package_of_the_guide_passes_its_own_tests(tmp_path: Path) -> None:
    written = write_listings("write-a-process-package", tmp_path)
    package = tmp_path / "processes" / "refund"
    assert {file.name for file in written} == {"refund.bpmn", "handlers.py", "test_refund.py"}
    (package.parent / "conftest.py").write_text((PROJECT / "processes" / "conftest.py").read_text("utf-8"), "utf-8")

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", str(PROJECT / "pyproject.toml"), "--rootdir", str(PROJECT), str(package)],
        cwd=PROJECT, env=os.environ | {"STEPWELL_PROCESSES": str(package.parent)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "4 passed" in run.stdout


@pytest.mark.parametrize("page", [page for page in PAGES if python_of(page)], ids=lambda page: page.name)
def test_what_a_page_shows_imports_from_the_public_package_alone(page: Path) -> None:
    imported = {name for text in python_of(page) for name in _imported(text)}
    assert {name for name in imported if name.partition(".")[0] in {"engine", "webapp"}} == set()


def _imported(text: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(text)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
