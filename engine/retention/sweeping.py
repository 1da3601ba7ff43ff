"""Ended instances are kept for the time that is set; what is older is taken out of the database.

A root instance goes with all that it called, when its own time is over; the settings of its process count, not those of what it
called. The rows are written to the archive, and are deleted in the transaction that has seen the file on the disk. Whoever dies
in between leaves rows that are written and deleted again: an instance stands in the archive once or, rarely, twice, never not
at all.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from engine import clock
from engine.actors import Actor
from engine.errors import InvalidArgument, NotFound
from engine.failpoints import failpoint
from engine.models import (
    InstanceStatus,
    JournalEntry,
    ProcessDefinition,
    ProcessInstance,
    ProjectionWatermark,
    RetentionSettings,
)
from engine.observability import metrics
from engine.retention import archive, deletion

logger = logging.getLogger(__name__)

KEEP: Any = object()
"""This value leaves a setting as it is."""
MAX_DAYS = 36_500
AT_ONCE = 200
"""One transaction and one file take so many instances; further ones follow in the next."""
_INSTALLATION = ""


@dataclass(frozen=True, slots=True)
class Retention:
    """A retention says how long the instances of a process are kept. `days` None: for ever. `own` False: by the installation's settings."""

    days: int | None = None
    archives: bool = True
    own: bool = False
    changed_at: datetime | None = None
    changed_by: str = ""


# --- settings --------------------------------------------------------------------------------------------------------


def change(process_id: str | None, *, by: Actor, days: int | None = KEEP, archives: bool = KEEP) -> None:
    """Change the settings of a process, or of the installation (None). What is not given stays as it was: for a process without settings
    of its own, as the installation's are now. Raises InvalidArgument, and NotFound for a process that was never deployed."""
    by.require_admin("change how long ended instances are kept")
    if days is KEEP and archives is KEEP:
        raise InvalidArgument("Expected 'historyTimeToLive' or 'isArchived', found neither.")
    if days is not KEEP and days is not None and not 0 <= days <= MAX_DAYS:
        raise InvalidArgument(f"Expected 0 to {MAX_DAYS} days as 'historyTimeToLive', or null for ever, found {days}.")
    if process_id is not None:
        _require_process(process_id)
    with transaction.atomic(durable=True):
        now = of(process_id)
        RetentionSettings.objects.update_or_create(
            process_id=process_id or _INSTALLATION,
            defaults={
                "days": now.days if days is KEEP else days,
                "archives": now.archives if archives is KEEP else archives,
                "changed_at": clock.now(),
                "changed_by": by.username,
            },
        )


def inherit(process_id: str, *, by: Actor) -> None:
    """Let the installation's settings hold for a process again. Raises NotFound for a process that was never deployed."""
    by.require_admin("change how long ended instances are kept")
    undone, _ = RetentionSettings.objects.filter(process_id=process_id or None).delete()
    if not undone:
        _require_process(process_id)


def _require_process(process_id: str) -> None:
    if not ProcessDefinition.objects.filter(process_id=process_id).exists():
        raise NotFound(f"Expected a process with the id '{process_id}', found none.")


def of(process_id: str | None) -> Retention:
    """Return what holds for a process, or for the installation (None)."""
    return _effective(_rows(), process_id)


def of_all() -> dict[str | None, Retention]:
    """Return what holds for the installation, under None, and for all processes by their ids."""
    rows = _rows()
    return {each: _effective(rows, each) for each in (None, *_process_ids())}


def _process_ids() -> list[str]:
    return list(ProcessDefinition.objects.order_by("process_id").values_list("process_id", flat=True).distinct())


def _rows() -> dict[str, RetentionSettings]:
    return {row.process_id: row for row in RetentionSettings.objects.all()}


def _effective(rows: Mapping[str, RetentionSettings], process_id: str | None) -> Retention:
    own = rows.get(process_id or _INSTALLATION)
    row = own or rows.get(_INSTALLATION)
    if row is None:
        return Retention()
    return Retention(row.days, row.archives, own is not None, row.changed_at, row.changed_by)


# --- taking out ------------------------------------------------------------------------------------------------------


def sweep(*, stopped: Callable[[], bool] = lambda: False) -> int:
    """Take out all whose time is over, a few in a transaction, with pauses for others; returns the number of instances.

    Several may sweep: each leaves alone what another has locked.
    """
    taken = 0
    for process_id, retention in of_all().items():
        if process_id is None or retention.days is None:
            continue
        cutoff = clock.now() - timedelta(days=retention.days)
        while not stopped():
            begun = time.monotonic()
            found = _archive_and_delete(_due(process_id, cutoff), archives=retention.archives)
            taken += found
            metrics.INSTANCES_RETIRED.inc(found)
            if not found:
                break
            time.sleep(min(1.0, time.monotonic() - begun))
    return taken


def _due(process_id: str, cutoff: datetime) -> list[int]:
    """Return the keys of root instances that ended before, in the order of their start: the index that has this order begins with what
    is due."""
    ended = (InstanceStatus.COMPLETED, InstanceStatus.TERMINATED, InstanceStatus.ERROR)
    rows = ProcessInstance.objects.filter(
        process_id=process_id, status__in=ended, started_at__lt=cutoff, ended_at__lt=cutoff, parent_key__isnull=True
    )
    return list(rows.order_by("started_at", "key").values_list("key", flat=True)[:AT_ONCE])


def _archive_and_delete(roots: Sequence[int], *, archives: bool) -> int:
    if not roots:
        return 0
    failpoint("retention.before_take_out")
    with transaction.atomic(durable=True):
        free = ProcessInstance.objects.select_for_update(skip_locked=True).filter(key__in=roots)
        locked = sorted(free.values_list("key", flat=True))
        chunk = deletion.called_by(locked)[
            :AT_ONCE
        ]  # the innermost first: a root with too many goes on in the next one
        if not chunk or not _are_settled(chunk):
            return 0
        if archives:
            archive.write(chunk)
        failpoint("retention.before_delete")
        deletion.remove(chunk)
        failpoint("retention.before_commit")
    failpoint("retention.after_commit")
    return len(chunk)


def _are_settled(instance_keys: Sequence[int]) -> bool:
    """Say whether all have ended and the projector has read their journals."""
    if ProcessInstance.objects.filter(key__in=instance_keys, ended_at__isnull=True).exists():
        return False
    mark = ProjectionWatermark.objects.filter(id=1).values_list("position", flat=True).first() or 0
    return not JournalEntry.objects.filter(instance_key__in=instance_keys, position__gt=mark).exists()
