"""An event occurs: a timer fires, a message or a signal arrives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.runtime import inputs
from engine.runtime.elements import events
from engine.runtime.evaluating import Trouble
from engine.runtime.input_handlers.ignored import ignore
from engine.runtime.machine import Machine
from engine.runtime.state import OpenKind


def _occurred(m: Machine, item: Any, key: int, kind: OpenKind, variables: Mapping[str, Any]) -> None:
    opened = m.state.open.get(key)
    if opened is None or opened.kind is not kind:
        ignore(m, item, "it is no longer open")
        return
    owner = m.state.elements[opened.element]
    try:
        events.occur(m, key, variables)
    except Trouble as trouble:
        if owner.key not in m.state.elements:
            owner = m.root
        m.incident(owner, trouble.type, trouble.message, retry=None)


def timer_fired(m: Machine, item: inputs.TimerFired) -> None:
    _occurred(m, item, item.timer, OpenKind.TIMER, {})


def message_arrived(m: Machine, item: inputs.MessageArrived) -> None:
    _occurred(m, item, item.subscription, OpenKind.MESSAGE, item.variables)


def signal_arrived(m: Machine, item: inputs.SignalArrived) -> None:
    _occurred(m, item, item.subscription, OpenKind.SIGNAL, item.variables)
