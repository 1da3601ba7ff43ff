"""What starts instances of the deployed processes, in memory: what `engine.transition.births` keeps in rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.bpmn.model import ProcessModel
from engine.runtime import instantiation
from engine.runtime.elements import timers
from engine.runtime.inputs import Started
from engine.runtime.instantiation import Occurrence, StartKind, StartTrigger


@dataclass(eq=False)
class StartTimer:
    model: ProcessModel
    trigger: StartTrigger
    schedule: timers.Schedule


@dataclass(eq=False)
class Starts:
    timers: list[StartTimer] = field(default_factory=list)
    _triggers: dict[str, tuple[ProcessModel, tuple[StartTrigger, ...]]] = field(default_factory=dict)
    _occurred: dict[tuple[str, str], list[Occurrence]] = field(default_factory=dict)
    """Of parallel multiple start events, by process and element."""

    def replace(self, model: ProcessModel, *, now: datetime) -> None:
        """Let this version be the one that is started. A cycle of an older one ends."""
        triggers = instantiation.triggers_of(model, now=now)
        self._triggers[model.id] = (model, triggers)
        self.timers = [each for each in self.timers if each.model.id != model.id]
        self.timers += [
            StartTimer(model, each, each.schedule(now=now)) for each in triggers if each.kind is StartKind.TIMER
        ]

    def of(self, kind: StartKind, name: str = "") -> Iterator[tuple[ProcessModel, StartTrigger]]:
        for model, triggers in list(self._triggers.values()):
            for each in triggers:
                if (each.kind, each.name) == (kind, name):
                    yield model, each

    def started_by(
        self, model: ProcessModel, trigger: StartTrigger, variables: Mapping[str, Any], correlation_key: str = ""
    ) -> Started | None:
        """None: other triggers have to occur as well, and this one is kept until then."""
        if trigger.parts == 1:
            return Started(variables, start_event=trigger.element_id, correlation_key=correlation_key)
        waiting = self._occurred.setdefault((model.id, trigger.element_id), [])
        new = Occurrence(trigger.index, trigger.kind, correlation_key, variables)
        if instantiation.adds(waiting, new):
            waiting.append(new)
        places = instantiation.together(waiting, trigger.parts)
        if places is None:
            return None
        given, key = instantiation.merged([waiting[place] for place in places])
        for place in reversed(places):
            del waiting[place]
        return Started(given, start_event=trigger.element_id, correlation_key=key)

    def put_on(self, timer: StartTimer, *, now: datetime) -> None:
        """After it has fired: to the next time of its cycle."""
        following = timers.after_firing(timer.schedule, now=now)
        if following is None:
            self.timers.remove(timer)
        else:
            timer.schedule = following
