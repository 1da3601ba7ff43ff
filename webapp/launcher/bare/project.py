"""This module knows where the project and its code lie. It also makes two starts that would build the same thing wait for each
other.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from webapp.launcher.bare.progress import say

CODE = Path(__file__).resolve().parents[3]
"""The folder of the packages `engine`, `webapp` and `stepwell`: a clone of the repository, or where pip has installed them."""
IS_CLONE = (CODE / "manage.py").is_file()
PROJECT = CODE if IS_CLONE else Path.cwd()
"""The folder that holds `processes` and `.data`, unless the environment names others: the clone, else the folder in which
`stepwell` is called.
"""
VENV = PROJECT / ".venv"
RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"  # contains all of RUNTIME, in the same versions
NODE = "requirements-node.txt"
BUILT_FRONTEND = CODE / "frontend" / "dist" if IS_CLONE else CODE / "webapp" / "browser"


@contextlib.contextmanager
def locked(folder: Path, *, waiting: str) -> Iterator[None]:
    """Hold a lock on the folder itself, so that no lock file is left behind; the kernel frees it when the process ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{waiting} ...")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
