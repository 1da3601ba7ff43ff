"""An input for which nobody waits is normal: an answer that was overtaken."""

from __future__ import annotations

from typing import Any

from engine.runtime import history, keys
from engine.runtime.machine import Machine


def ignore(m: Machine, item: Any, reason: str) -> None:
    """Record that an input comes too late, or too early, and why; change nothing else."""
    m.facts.append(history.InputIgnored(type(item).__name__, keys.first_of(item), reason))
