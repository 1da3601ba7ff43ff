"""A rehearsal of a deployment is shown instance by instance."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine.actors import Actor
from engine.definitions.files import ResourceFile
from engine.deployments import rehearsals
from engine.deployments.rehearsals import Difference, Rehearsed
from engine.queries.instances.history import fact_view
from engine.queries.search.view import View

SECONDS = 20.0
"""After so many seconds no further instance is begun in one request."""


class RehearsalDifferenceView(View, frozen=True, kw_only=True):
    """This is the first entry of the journal that would come out otherwise."""

    sequence: int
    at: datetime
    element_id: str | None
    """The element of the first fact that is not the same, as it was recorded, else as it would be."""
    recorded: dict[str, Any] | None
    found: dict[str, Any] | None
    problem: str | None
    """The reason why the new diagram could not go on at all."""


class RehearsedView(View, frozen=True, kw_only=True):
    process_instance_key: str
    process_definition_id: str
    process_definition_version: int
    state: str
    entries: int
    """The number of journal entries that came out the same."""
    difference: RehearsalDifferenceView | None


class RehearsalView(View, frozen=True, kw_only=True):
    same_count: int
    different_count: int
    is_complete: bool
    """False where time was up before every instance was played; the newest were."""
    items: list[RehearsedView]


def rehearse(resources: Sequence[ResourceFile], *, limit: int, running_only: bool, by: Actor) -> RehearsalView:
    until = time.monotonic() + SECONDS
    items: list[RehearsedView] = []
    is_complete = True
    for found in rehearsals.rehearse(resources, limit=limit, running_only=running_only, by=by):
        items.append(_view(found))
        if time.monotonic() > until:
            is_complete = False
            break
    different = sum(item.difference is not None for item in items)
    return RehearsalView(
        same_count=len(items) - different, different_count=different, is_complete=is_complete, items=items
    )


def _view(found: Rehearsed) -> RehearsedView:
    instance = found.instance
    return RehearsedView(
        process_instance_key=str(instance.key),
        process_definition_id=instance.process_id,
        process_definition_version=instance.version,
        state=str(instance.status),
        entries=found.entries,
        difference=None if found.difference is None else _difference(found.difference),
    )


def _difference(found: Difference) -> RehearsalDifferenceView:
    recorded, instead = (None if fact is None else fact_view(fact) for fact in (found.recorded, found.found))
    places = [fact.get("elementId") or fact.get("flowId") for fact in (recorded, instead) if fact is not None]
    return RehearsalDifferenceView(
        sequence=found.sequence,
        at=found.at,
        element_id=next((place for place in places if place), None),
        recorded=recorded,
        found=instead,
        problem=found.problem or None,
    )
