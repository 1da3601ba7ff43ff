"""Where the project lies, what its lock files are called, and the lock by which two starts do not build the same thing at once."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from webapp.launcher.bare.progress import say

PROJECT = Path(__file__).resolve().parents[3]
VENV = PROJECT / ".venv"
RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"  # contains all of RUNTIME, in the same versions
NODE = "requirements-node.txt"


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
