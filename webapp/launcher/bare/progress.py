"""The launcher tells the person at the terminal what it is doing. Everything but a command's own result goes to standard error."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from webapp.launcher.bare import children

_STILL_RUNNING_EVERY = 15.0


class StepError(Exception):
    """A step of the start failed; the text says why and what to do."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def give_up(text: str) -> NoReturn:
    """End with status 1 and a text that says what to do."""
    say(f"\nStepwell cannot go on. {text}")
    sys.exit(1)


def run_step(
    title: str,
    command: Sequence[str | Path],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    log_file: Path,
    advice: str,
) -> None:
    """Run a command that takes a while, and show now and then that it is alive. Its output goes to `log_file`.

    Raises StepError with the output's last lines and `advice` when it fails.
    """
    say(f"{title} ...")
    began = time.monotonic()
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("wb") as log:
        try:
            process = children.start(command, cwd=cwd, environ=environ, output=log)
        except OSError as error:
            raise StepError(f"{title}: could not run {command[0]}: {error}\n{advice}") from error
    try:
        while True:
            try:
                status = process.wait(timeout=_STILL_RUNNING_EVERY)
                break
            except subprocess.TimeoutExpired:
                say(f"  ... {time.monotonic() - began:.0f} s, details in {log_file}")
    finally:
        if process.poll() is None:
            process.kill()
    if status != 0:
        raise StepError(f"{title} failed with status {status}:\n{last_lines(log_file)}\n\n{advice}")
    say(f"  done in {time.monotonic() - began:.1f} s")


def last_lines(file: Path, *, count: int = 15) -> str:
    try:
        text = file.read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines()[-count:])
