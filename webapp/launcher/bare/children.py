"""This module starts child processes so that they cannot outlive their parent.

Linux sends a child the signal of PR_SET_PDEATHSIG when the *thread* that made it ends, so children are started from the
main thread only.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: between fork and exec a child must not take the import lock.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """An account of the machine under which a server runs."""

    name: str
    uid: int
    gid: int


def die_with_parent(*, send: int = signal.SIGKILL) -> None:
    """Ask the kernel to send this process `send` when its parent's thread ends. Linux only; elsewhere it does nothing."""
    if _LIBC is not None and _LIBC.prctl(_PR_SET_PDEATHSIG, int(send), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


def start(
    command: Sequence[str | Path],
    *,
    on_parent_death: int = signal.SIGKILL,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[bytes] | int | None = None,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that the terminal's Ctrl-C reaches the parent alone.

    With `account` (root only) the child has that account's ids and no further groups. Standard output and error both go to
    `output`.
    """
    parent = os.getpid()

    def prepare() -> None:  # runs after the change of account, which would clear the death signal
        die_with_parent(send=on_parent_death)
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    ids: dict[str, object] = {}
    if account is not None:
        ids = {"user": account.uid, "group": account.gid, "extra_groups": []}
    return subprocess.Popen(  # type: ignore[call-overload]
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=dict(environ) if environ is not None else None,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=prepare,
        **ids,
    )


def stop(
    process: subprocess.Popen[bytes], *, signals: Sequence[tuple[int, float]], first_was_sent: bool = False
) -> int:
    """Send each signal in turn and wait its seconds, then send SIGKILL; returns the exit status."""
    for index, (number, seconds) in enumerate(signals):
        if process.poll() is not None:
            break
        if index or not first_was_sent:
            process.send_signal(number)
        try:
            return process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
    if process.poll() is None:
        process.kill()
    return process.wait()
