"""Instances that wait for nothing are found: nothing will ever move them, and nobody is told.

An instance waits for what is open in its state (`OpenKind`), which has a row that somebody answers, or for a pending input. Two faults
are told apart: nothing is open at all, as at a join that will never get all of its flows; and what is open has no row, so that nobody can
answer it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from engine.bpmn.model import ElementType
from engine.models import (
    Incident,
    IncidentStatus,
    InstanceState,
    Job,
    MessageSubscription,
    PendingInput,
    SignalSubscription,
    Timer,
    UserTask,
    UserTaskStatus,
)
from engine.runtime import State
from engine.runtime.state import OpenKind
from engine.runtime.state.memory import ScopeMemory

LOOKED_AT = 5_000
"""So many running instances are looked at, the oldest first; those beyond are not."""
LOOK = 10.0
"""After so many seconds no further ones are looked at."""
_AT_ONCE = 100
_SHOWN = 3
"""So many places of an instance are named."""


@dataclass(frozen=True, slots=True)
class StandingStill:
    """An instance waits for nothing; `text` says where, and what is missing."""

    instance_key: int
    text: str


@dataclass(frozen=True, slots=True)
class Looked:
    """So many instances were looked at, perhaps all that run; those of `found` stand still."""

    number: int
    are_all: bool
    found: Sequence[StandingStill]


def look(*, limit: int = LOOKED_AT, seconds: float = LOOK) -> Looked:
    """Look at running instances, the oldest first, until the limit or the time is reached."""
    until = time.monotonic() + seconds
    number, after = 0, 0
    found: list[StandingStill] = []
    while number < limit and time.monotonic() < until:
        rows = list(
            InstanceState.objects.filter(instance_id__gt=after).order_by("instance_id")[: min(_AT_ONCE, limit - number)]
        )
        if not rows:
            return Looked(number, True, found)
        found += _standing_still(rows)
        number, after = number + len(rows), rows[-1].instance_id
    return Looked(number, not InstanceState.objects.filter(instance_id__gt=after).exists(), found)


def _standing_still(rows: Sequence[InstanceState]) -> list[StandingStill]:
    """Look at a few instances. One that has moved while its rows were read is left out: it moves."""
    states = {row.instance_id: State.from_json(row.data) for row in rows if row.data is not None}
    there = _found(states.values())
    suspected = {key: text for key, state in states.items() if (text := _what_is_missing(state, there))}
    if not suspected:
        return []
    moved = set(PendingInput.objects.filter(instance_key__in=suspected).values_list("instance_key", flat=True))
    sequences = dict(InstanceState.objects.filter(instance_id__in=suspected).values_list("instance_id", "sequence"))
    unmoved = {row.instance_id for row in rows if sequences.get(row.instance_id) == row.sequence} - moved
    return [StandingStill(key, text) for key, text in suspected.items() if key in unmoved]


def _what_is_missing(state: State, there: set[_Row | None]) -> str:
    """Say for what the instance waits in vain; empty for one that waits for something."""
    if not state.open:
        return "" if _waits_for_activations(state) else _tokens_at_joins(state) or "nothing is open in it"
    lost = [
        f"'{state.elements[each.element].node}' waits for a {each.kind.replace('_', ' ')} that is not there"
        for key, each in state.open.items()
        if _row_of(state, key) not in there
    ]
    return "; ".join(lost[:_SHOWN])


def _waits_for_activations(state: State) -> bool:
    """Tell whether activities of an ad-hoc sub-process may still be activated: it waits for a command, which has no row."""
    return any(each.type is ElementType.AD_HOC_SUB_PROCESS for each in state.elements.values())


def _tokens_at_joins(state: State) -> str:
    scopes = (element.memory_if(ScopeMemory) for element in state.elements.values())
    waiting = [
        f"the token on '{flow}' waits at '{gateway}' for others, which can come no more"
        for scope in scopes
        if scope is not None
        for gateway, flows in (scope.joins or {}).items()
        for flow in flows
    ]
    return "; ".join(waiting[:_SHOWN])


_ROWS: dict[OpenKind, QuerySet[Any]] = {
    OpenKind.JOB: Job.objects.all(),
    OpenKind.LISTENER: Job.objects.all(),
    OpenKind.TASK_LISTENER: Job.objects.all(),
    OpenKind.SCRIPT: Job.objects.all(),
    OpenKind.USER_TASK: UserTask.objects.exclude(status__in=[UserTaskStatus.COMPLETED, UserTaskStatus.CANCELED]),
    OpenKind.TIMER: Timer.objects.all(),
    OpenKind.MESSAGE: MessageSubscription.objects.all(),
    OpenKind.SIGNAL: SignalSubscription.objects.all(),
    OpenKind.INCIDENT: Incident.objects.filter(status=IncidentStatus.ACTIVE),
    OpenKind.CHILD: InstanceState.objects.all(),
}
"""What is open has a row here, by its key; a called instance by its own. What is of another kind is the machine's own affair."""
_Row = tuple[OpenKind, int]


def _row_of(state: State, key: int) -> _Row | None:
    """Return by which row it is answered; None where it needs none, or has none yet."""
    opened = state.open[key]
    if opened.kind is OpenKind.CHILD:
        return None if opened.data is None else (opened.kind, opened.data)
    return (opened.kind, key) if opened.kind in _ROWS else None


def _found(states: Iterable[State]) -> set[_Row | None]:
    """Read which of the rows are there that these states wait for, in one statement a kind."""
    wanted: dict[OpenKind, list[int]] = {}
    for state in states:
        for row in filter(None, (_row_of(state, key) for key in state.open)):
            wanted.setdefault(row[0], []).append(row[1])
    there: set[_Row | None] = {None}
    for kind, keys in wanted.items():
        there.update((kind, key) for key in _ROWS[kind].filter(pk__in=keys).values_list("pk", flat=True))
    return there
