"""An input that finds nobody who waits for it is a normal one: an answer that was overtaken."""

from __future__ import annotations

from typing import Any

from engine.runtime import history
from engine.runtime.machine import Machine


def ignore(m: Machine, item: Any, reason: str) -> None:
    """Note in the history that an input comes too late, or too early, and why; nothing else happens."""
    m.facts.append(history.InputIgnored(type(item).__name__, _key_of(item), reason))


def _key_of(item: Any) -> int | None:
    for name in ("job", "user_task", "timer", "subscription", "script", "decision", "child", "incident", "scope"):
        key = getattr(item, name, None)
        if isinstance(key, int):
            return key
    return None
