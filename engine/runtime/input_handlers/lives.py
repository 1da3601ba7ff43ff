"""The instance as a whole starts, is cancelled, or gets more keys."""

from __future__ import annotations

from typing import Any

from engine.runtime import inputs
from engine.runtime.effects import Outcome
from engine.runtime.input_handlers.ignored import ignore
from engine.runtime.machine import Machine
from engine.runtime.state.memory import ProcessMemory


def started(m: Machine, item: inputs.Started) -> None:
    """Start the instance: enter the process with its variables."""
    if m.state.elements:
        ignore(m, item, "the instance has started already")
        return
    m.state.called = item.called
    root = m.create(m.model.root, None)
    root.variables = {}
    for name, value in item.variables.items():
        m.write_local(root, name, value)
    root.memory_as(ProcessMemory).begin = [item.start_event, list(item.before), item.correlation_key]
    m.activate(root)


def cancelled(m: Machine, _: inputs.Cancelled) -> None:
    """End the instance, wherever it is; also one that has not started."""
    root = m.state.elements.get(m.state.key)
    variables = dict(root.variables or {}) if root else {}
    m.queue.clear()
    m.signalling.clear()
    m.end(Outcome.TERMINATED, variables)


def keys_granted(m: Machine, item: inputs.KeysGranted) -> None:
    """Keep the further block of keys for when the present one is used up."""
    m.state.next_base = item.first


def noted(_: Machine, __: Any) -> None:
    """Do nothing: the input is for the journal alone."""
