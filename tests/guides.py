"""The listings of the how-to guides, as files, and the Python of every page."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PAGES = (PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").rglob("*.md")))
"""Every page for readers of the repository."""
_PYTHON = re.compile(r"^ *```python\b[^\n]*\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LISTING = re.compile(r"^```\w+ (?P<path>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def write_listings(guide: str, folder: Path) -> list[Path]:
    """Write every listing of `docs/how-to/GUIDE.md` that names a file below `folder`; returns what was written."""
    written = []
    for listing in _LISTING.finditer((PROJECT / "docs" / "how-to" / f"{guide}.md").read_text("utf-8")):
        file = folder / listing["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(listing["text"], "utf-8")
        written.append(file)
    return written


def python_of(page: Path) -> list[str]:
    """The Python listings of a page, without the indentation of the list that they stand in."""
    return [textwrap.dedent(listing["text"]) for listing in _PYTHON.finditer(page.read_text("utf-8"))]
