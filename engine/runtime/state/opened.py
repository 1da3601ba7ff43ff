"""Something is open while a process instance waits: each entry waits for one answer of the world, which names it by its key."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class OpenKind(StrEnum):
    """The kinds of what may be open, and who closes each. The texts are stored. What is not answered is withdrawn with its element
    instance.
    """

    JOB = "job"
    """A job of the element itself: a handler or worker completes it, or throws an error."""
    LISTENER = "listener"
    """A job of an execution listener: a handler or worker completes it. `data`: the listener's event, `start` or `end`."""
    TASK_LISTENER = "task_listener"
    """A job of a task listener: a handler or worker completes it, or denies the change. `data`: the listener's event."""
    USER_TASK = "user_task"
    """A user task: a person completes it."""
    TIMER = "timer"
    """A timer: the ticker fires it. `data`: None, or of a cycle its text, how often it fires after this, and when it is due."""
    MESSAGE = "message"
    """A message subscription: a correlated message closes it, unless it waits on for the next one."""
    SIGNAL = "signal"
    """A signal subscription: a signal closes it, unless it waits on for the next one. `data`: a list of the signal's name."""
    CHILD = "child"
    """A called process instance: its end closes it. `data`: its key, None until it was started."""
    SCRIPT = "script"
    """A script that is run outside of the core: its result closes it."""
    DECISION = "decision"
    """A decision that is evaluated outside of the core: its result closes it, before the next step."""
    INCIDENT = "incident"
    """An incident: an operator resolves it. `data`: the stage that is run then, empty for none; of the limit of steps, what moved."""
    CONDITION = "condition"
    """A watched condition: the machine itself closes it when it has become true. `data`: whether it was true last time."""


class Opened:
    """An effect that is open, or a condition that is watched. `node` and `event` say which event definition of which node it
    serves, where it serves one; `data` is what its kind needs besides (see `OpenKind`), as JSON.
    """

    __slots__ = ("data", "element", "event", "kind", "node")

    def __init__(self, element: int, kind: OpenKind, node: str = "", event: int = 0, data: Any = None) -> None:
        self.element = element
        self.kind = kind
        self.node = node
        self.event = event
        self.data = data

    @property
    def catches_up(self) -> bool:
        """Tell whether this is the timer of a cycle whose missed times follow one by one (`schedules.Schedule.catches_up`)."""
        return self.kind is OpenKind.TIMER and self.data is not None and bool(self.data[1])
