"""A failpoint is a named place at which a test makes this process fail, or wait. Unarmed they cost two looks at what is empty.

Armed by STEPWELL_FAILPOINTS, read once at import, so that it reaches processes that a test starts:
`advance.before_commit=kill` or, several by semicolon, `NAME=ACTION[:ARGUMENT][@HIT]`, where HIT counts from 1.

| action | what happens |
| --- | --- |
| kill | the process ends itself with SIGKILL |
| kill-once:PATH | the same, unless the file PATH exists, which is made first: other processes go on |
| raise | `Broken` is raised |
| lose | an OperationalError is raised, as when the connection breaks before the answer has come |
| sleep:SECONDS | the process waits |
| hold:PATH | the process makes the file PATH.reached and waits until there is a file PATH, for a minute at most |
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import OperationalError


class Broken(Exception):  # noqa: N818
    """An armed failpoint raises this."""


@dataclass(frozen=True, slots=True)
class _Armed:
    action: str
    argument: str
    hit: int | None


_ACTIONS = frozenset({"kill", "kill-once", "raise", "lose", "sleep", "hold"})
_armed: dict[str, _Armed] = {}
_hits: Counter[str] = Counter()
_observers: list[Callable[[str], object]] = []


def failpoint(name: str) -> None:
    """Do what the failpoint `name` is armed with, if it is."""
    if not _armed and not _observers:
        return
    for observer in _observers:
        observer(name)
    armed = _armed.get(name)
    if armed is None:
        return
    _hits[name] += 1
    if armed.hit is None or armed.hit == _hits[name]:
        _act(name, armed)


def arm(specification: str) -> None:
    """Add failpoints in the form of STEPWELL_FAILPOINTS. Raises ValueError for a text of another form."""
    for part in filter(None, (each.strip() for each in specification.split(";"))):
        name, separator, what = part.partition("=")
        what, _, hit = what.partition("@")
        action, _, argument = what.partition(":")
        if not separator or action not in _ACTIONS:
            raise ValueError(
                f"Expected NAME=kill, kill-once:PATH, raise, lose, sleep:SECONDS or hold:PATH as a failpoint, found {part!r}."
            )
        _armed[name] = _Armed(action, argument, int(hit) if hit else None)


def observe(observer: Callable[[str], object]) -> None:
    """Let `observer` be told the name of each failpoint that this process comes to, before what is armed there happens."""
    _observers.append(observer)


def disarm() -> None:
    _observers.clear()
    _armed.clear()
    _hits.clear()


def _act(name: str, armed: _Armed) -> None:
    if armed.action == "sleep":
        time.sleep(float(armed.argument))
    elif armed.action == "hold":
        _hold(Path(armed.argument))
    elif armed.action == "lose":
        raise OperationalError(f"The answer was lost at the failpoint '{name}'.")
    elif armed.action == "raise":
        raise Broken(f"The failpoint '{name}' is armed.")
    elif armed.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        with suppress(FileExistsError):
            os.close(os.open(armed.argument, os.O_CREAT | os.O_EXCL))
            os.kill(os.getpid(), signal.SIGKILL)


def _hold(file: Path) -> None:
    file.with_name(f"{file.name}.reached").touch()
    deadline = time.monotonic() + 60
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


arm(os.environ.get("STEPWELL_FAILPOINTS", ""))
