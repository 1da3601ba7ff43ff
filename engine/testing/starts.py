"""This module keeps the start triggers of the deployed processes in memory, as `engine.transition.starts` keeps them in rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from engine.bpmn.model import ProcessModel
from engine.runtime import instantiation
from engine.runtime.elements import schedules
from engine.runtime.inputs import Started
from engine.runtime.instantiation import Occurrence, StartKind, StartTrigger


@dataclass(eq=False)
class StartTimer:
    model: ProcessModel
    trigger: StartTrigger
    schedule: schedules.Schedule


@dataclass(eq=False)
class Starts:
    timers: list[StartTimer] = field(default_factory=list)
    _triggers: dict[str, tuple[ProcessModel, tuple[StartTrigger, ...]]] = field(default_factory=dict)
    _occurred: dict[tuple[str, str], list[Occurrence]] = field(default_factory=dict)
    """Occurrences of parallel multiple start events that wait for the rest, by process and element."""

    def replace(self, model: ProcessModel, *, now: datetime) -> None:
        """Make the triggers of this version the ones that start instances. A cycle of an older version ends."""
        is_first = model.id not in self._triggers
        triggers = instantiation.triggers_of(model, now=now)
        self._triggers[model.id] = (model, triggers)
        self.timers = [each for each in self.timers if each.model.id != model.id]
        for each in triggers:
            if each.kind is not StartKind.TIMER:
                continue
            schedule = each.opening(now=now, is_first=is_first)
            if schedule is not None:
                self.timers.append(StartTimer(model, each, schedule))
        for (process_id, element_id), occurred in self._occurred.items():
            if process_id == model.id:
                occurred[:] = [each for each in occurred if instantiation.is_awaited(each, element_id, triggers)]

    def of(self, kind: StartKind, name: str = "") -> Iterator[tuple[ProcessModel, StartTrigger]]:
        for model, triggers in list(self._triggers.values()):
            for each in triggers:
                if (each.kind, each.name) == (kind, name):
                    yield model, each

    def started_by(self, process_id: str, trigger: StartTrigger, occurrence: Occurrence) -> Started | None:
        """Return the first input of the instance that an occurrence starts; or keep the occurrence and return None while others
        have to occur as well.
        """
        if trigger.parts == 1:
            return instantiation.started(trigger.element_id, [occurrence])
        waiting = self._occurred.setdefault((process_id, trigger.element_id), [])
        found = instantiation.gather(waiting, occurrence, parts=trigger.parts)
        if found.is_kept:
            waiting.append(occurrence)
        if found.places is None:
            return None
        together = [waiting[place] for place in found.places]
        waiting[:] = [each for place, each in enumerate(waiting) if place not in found.places]
        return instantiation.started(trigger.element_id, together)

    def put_on(self, timer: StartTimer, *, now: datetime) -> None:
        """Set a timer that has fired to the next time of its cycle."""
        following = schedules.after_start(timer.schedule, now=now)
        if following is None:
            self.timers.remove(timer)
        else:
            timer.schedule = following
