"""The launcher remembers from which files, by their digest, a database was prepared, so that a start with the same files does
nothing.
"""

import hashlib
import importlib.metadata
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from webapp.launcher.bare.project import CODE, IS_CLONE, PROJECT, RUNTIME


def digest(environ: Mapping[str, str], *, demo: bool) -> str:
    """Return the digest of the migrations, the packages, which bring migrations too, and the process packages."""
    result = hashlib.sha256(f"demo={demo} {_packages()}".encode())
    processes = Path(environ.get("STEPWELL_PROCESSES") or PROJECT / "processes")
    for file in (*_migrations(), *_below(processes)):
        content = file.read_bytes()
        result.update(f"{file}\0{len(content)}\0".encode())
        result.update(content)
    return result.hexdigest()


def _packages() -> str:
    """Return the content of the lock file; an installed Stepwell has none, so return the list of what is installed."""
    if IS_CLONE:
        return (PROJECT / RUNTIME).read_text("utf-8")
    return "\n".join(sorted(f"{each.name}=={each.version}" for each in importlib.metadata.distributions()))


def _migrations() -> list[Path]:
    folders = [*CODE.glob("engine/migrations"), *CODE.glob("webapp/*/migrations")]
    return sorted(file for folder in folders for file in folder.glob("*.py"))


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield from (Path(parent, name) for name in sorted(files))
