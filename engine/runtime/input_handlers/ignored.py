"""An input that finds nobody who waits for it is a normal one: an answer that was overtaken."""

from __future__ import annotations

from typing import Any

from engine.runtime import history, keys
from engine.runtime.machine import Machine


def ignore(m: Machine, item: Any, reason: str) -> None:
    """Note in the history that an input comes too late, or too early, and why; nothing else happens."""
    m.facts.append(history.InputIgnored(type(item).__name__, keys.first_of(item), reason))
