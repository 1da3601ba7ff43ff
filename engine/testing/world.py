"""The world in memory has the clock, what is deployed, instances, and the inputs that wait for their step."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine import dmn
from engine.bpmn.model import ProcessModel
from engine.runtime.inputs import Input, Started
from engine.runtime.instantiation import Occurrence, StartTrigger
from engine.runtime.state import KEYS_PER_BLOCK
from engine.testing.instance import Instance
from engine.testing.starts import Starts


@dataclass(eq=False)
class World:
    """A world holds what all parts of the engine in memory work on."""

    now: datetime
    instances: list[Instance] = field(default_factory=list)
    models: dict[str, ProcessModel] = field(default_factory=dict)
    decisions: dict[str, dmn.Model] = field(default_factory=dict)
    starts: Starts = field(default_factory=Starts)
    pending: deque[tuple[Instance, Input]] = field(default_factory=deque)

    @property
    def next_key(self) -> int:
        """Return the key of the next instance."""
        return (len(self.instances) + 1) * KEYS_PER_BLOCK

    def give(self, instance: Instance, item: Input) -> None:
        """Add the input to those that wait, as the last one."""
        self.pending.append((instance, item))

    def begin(self, model: ProcessModel, started: Started, **fields: Any) -> Instance:
        """Make an instance whose first step is yet to come."""
        instance = Instance(self.next_key, model, **fields)
        self.instances.append(instance)
        self.give(instance, started)
        return instance

    def begin_by(self, model: ProcessModel, trigger: StartTrigger, variables: Mapping[str, Any], key: str = "") -> None:
        """Start an instance by a trigger, unless others have to occur as well."""
        occurrence = Occurrence(trigger.index, trigger.kind, key, variables)
        started = self.starts.started_by(model.id, trigger, occurrence)
        if started is not None:
            self.begin(model, started, correlation_key=started.correlation_key)
