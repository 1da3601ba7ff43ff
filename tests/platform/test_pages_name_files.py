"""Pages for readers of the repository name files; each of them is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guides import PAGES, PROJECT

TOP = ("bench", "docs", "engine", "frontend", "processes", "stepwell", "tests", "webapp")
MADE_LATER = ("frontend/dist", "processes/hello", "processes/refund", "processes/NAME")
"""What a page tells its reader to make, or a command makes."""

_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)\s#]+)[^)]*\)")
_PATH = re.compile(rf"(?<![\w./-])(?:{'|'.join(TOP)})/[\w./-]*[\w/]")


def paths_in(page: Path) -> Iterator[Path]:
    """The targets of links, and paths from the project's folder in code; NAME, NOUN, ... stand for any name, of which there is one."""
    text = page.read_text("utf-8")
    for link in _LINK.findall(text):
        yield page.parent / link
    for code in _CODE.findall(re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)):
        for path in _PATH.findall(code):
            if not path.startswith(MADE_LATER):
                yield PROJECT / path


def is_there(path: Path) -> bool:
    relative = re.sub(r"\b[A-Z]{3,}\b", "*", str(path.resolve().relative_to(PROJECT)))
    return any(True for _ in PROJECT.glob(relative)) or path.exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_a_page_names_files_that_are_there(page: Path) -> None:
    assert sorted({str(path) for path in paths_in(page) if not is_there(path)}) == []


def test_a_file_that_is_not_there_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("See `engine/nowhere.py`, `engine/models/NOUN.py` and `python -m x tests/core`.", "utf-8")
    assert [path.name for path in paths_in(page) if not is_there(path)] == ["nowhere.py"]
