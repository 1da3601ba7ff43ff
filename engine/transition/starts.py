"""The start triggers of the newest version of each process are kept as rows, and start instances when they occur.

`engine.runtime.instantiation` says what a trigger is, and when several of them start an instance together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max

from engine import clock, definitions
from engine.actors import ENGINE
from engine.errors import InvalidArgument
from engine.failpoints import failpoint
from engine.models import (
    DefinitionState,
    ProcessDefinition,
    ProcessInstance,
    StartKind,
    StartOccurrence,
    StartSubscription,
    Timer,
)
from engine.postgres import keys, locks, transactions
from engine.postgres.locks import Lock
from engine.runtime import inputs, instantiation
from engine.runtime.elements import schedules
from engine.runtime.elements.schedules import TimerError
from engine.runtime.instantiation import Occurrence, StartTrigger
from engine.transition.rows import instance_rows

Start = tuple[ProcessInstance, inputs.Started]
"""An instance that is not saved yet, and its first input."""


def replace(process_id: str, *, now: datetime) -> None:
    """Make the triggers of the newest active version the ones that start instances. For callers inside a transaction.

    A timer cycle that an older version had begun ends, so that two versions never fire side by side. Occurrences that wait at a
    parallel multiple start event stay if the new version waits for them as well.
    """
    StartSubscription.objects.filter(process_id=process_id).delete()
    Timer.objects.filter(process_id=process_id, instance_key=None).delete()
    versions = ProcessDefinition.objects.filter(process_id=process_id, state=DefinitionState.ACTIVE)
    newest = versions.order_by("-version").first()
    triggers = () if newest is None else instantiation.triggers_of(definitions.model_of(newest.key), now=now)
    _forget_occurrences(process_id, triggers)
    if newest is None:
        return
    StartSubscription.objects.bulk_create(
        StartSubscription(
            kind=StartKind(each.kind.value),
            name=each.name,
            definition=newest,
            process_id=process_id,
            element_id=each.element_id,
            event_index=each.index,
            parts=each.parts,
        )
        for each in triggers
        if each.kind is not instantiation.StartKind.TIMER
    )
    is_first = ProcessDefinition.objects.filter(process_id=process_id).aggregate(top=Max("version"))["top"] == 1
    _open_timers(newest, triggers, now=now, is_first=is_first)


def started_by(
    definition: ProcessDefinition,
    element_id: str,
    *,
    parts: int,
    occurrence: Occurrence,
    by: str,
    now: datetime,
) -> Start | None:
    """Make the instance that an occurrence starts, not saved yet; or keep the occurrence and return None while others have to occur
    as well.

    For callers inside a transaction. At a parallel multiple start event this takes one occurrence at a time.
    """
    together: Sequence[Occurrence] | None = [occurrence]
    if parts > 1:
        together = _gather(definition.process_id, element_id, parts=parts, new=occurrence, now=now)
    if together is None:
        return None
    started = instantiation.started(element_id, together)
    instance = instance_rows.new_instance(definition, by=by, now=now, correlation_key=started.correlation_key)
    return instance, started


def fire_due(*, limit: int) -> list[int]:
    """Start an instance for each start timer that is due, and set the timer of a cycle to its next time. Returns the instances'
    keys.

    Several processes may run this at once: each takes rows that no other has in hand.
    """
    started = transactions.run(lambda: _fire_due(limit))
    failpoint("starts.after_commit")
    return started


def _fire_due(limit: int) -> list[int]:
    now = clock.now()
    due = Timer.objects.filter(instance_key=None, due_at__lte=now).order_by("due_at")
    suspended = ProcessDefinition.objects.filter(suspended_at__isnull=False)
    due = due.exclude(definition_key__in=suspended.values("key"))
    begun: list[Start] = []
    for timer in due.select_for_update(skip_locked=True)[:limit]:
        definition = ProcessDefinition.objects.get(key=timer.definition_key)
        occurrence = Occurrence(timer.event_index, instantiation.StartKind.TIMER)
        new = started_by(
            definition, timer.element_id, parts=timer.parts, occurrence=occurrence, by=ENGINE.username, now=now
        )
        if new is not None:
            begun.append(new)
        _put_on(timer, now=now)
    instance_rows.insert(begun, by=ENGINE.username, now=now)
    failpoint("starts.before_commit")
    return [instance.key for instance, _ in begun]


def _put_on(timer: Timer, *, now: datetime) -> None:
    """Set the timer to the next time of its cycle, or delete it when it has fired often enough."""
    cycle: dict[str, Any] = timer.schedule or {"text": None, "remaining": 0}
    following = schedules.after_start(schedules.Schedule(timer.due_at, cycle["text"], cycle["remaining"]), now=now)
    if following is None:
        timer.delete()
        return
    timer.due_at = following.due
    timer.schedule = {"text": following.text, "remaining": following.remaining}
    timer.save(update_fields=["due_at", "schedule"])


def _open_timers(
    definition: ProcessDefinition, triggers: tuple[StartTrigger, ...], *, now: datetime, is_first: bool
) -> None:
    for trigger in triggers:
        if trigger.kind is not instantiation.StartKind.TIMER:
            continue
        try:
            schedule = trigger.opening(now=now, is_first=is_first)
        except TimerError as error:
            raise InvalidArgument(
                f"Expected a time at start event '{trigger.element_id}' of '{definition.process_id}': {error}."
            ) from error
        if schedule is not None:
            Timer.objects.create(
                key=keys.take_one(),
                due_at=schedule.due,
                definition_key=definition.key,
                process_id=definition.process_id,
                element_id=trigger.element_id,
                event_index=trigger.index,
                parts=trigger.parts,
                schedule={"text": schedule.text, "remaining": schedule.remaining} if schedule.text else None,
            )


# --- parallel multiple start events ----------------------------------------------------------------------------------------


def _gather(
    process_id: str, element_id: str, *, parts: int, new: Occurrence, now: datetime
) -> tuple[Occurrence, ...] | None:
    """Keep the occurrence; when all parts are there, delete their rows and return them, the oldest first."""
    locks.lock(Lock.START_OCCURRENCE, process_id, element_id)
    rows = list(StartOccurrence.objects.filter(process_id=process_id, element_id=element_id).order_by("id"))
    waiting = [_occurrence(row) for row in rows]
    found = instantiation.gather(waiting, new, parts=parts)
    if found.is_kept:
        row = StartOccurrence.objects.create(
            process_id=process_id,
            element_id=element_id,
            event_index=new.index,
            kind=StartKind(new.kind.value),
            correlation_key=new.correlation_key,
            variables=dict(new.variables),
            at=now,
        )
        rows.append(row)
        waiting.append(new)
    if found.places is None:
        return None
    StartOccurrence.objects.filter(id__in=[rows[place].pk for place in found.places]).delete()
    return tuple(waiting[place] for place in found.places)


def _occurrence(row: StartOccurrence) -> Occurrence:
    kind = instantiation.StartKind(row.kind)
    return Occurrence(row.event_index, kind, row.correlation_key, row.variables)


def _forget_occurrences(process_id: str, triggers: tuple[StartTrigger, ...]) -> None:
    """Delete occurrences that the newest version does not wait for."""
    kept = StartOccurrence.objects.filter(process_id=process_id)
    gone = [row.pk for row in kept if not instantiation.is_awaited(_occurrence(row), row.element_id, triggers)]
    StartOccurrence.objects.filter(id__in=gone).delete()
