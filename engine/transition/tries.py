"""A counted try takes up inputs that were left behind: the process that took them up before may have died of one.

Each try is counted before it is made, in a transaction of its own, so that a process which dies of it leaves the count. Only one
process at a time tries what was left behind for an instance: tries side by side would count as deaths.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from engine.failpoints import failpoint
from engine.models import PendingInput
from engine.postgres import locks
from engine.transition import following
from engine.transition.outbox import FollowUps
from engine.transition.rows import instance_rows, pending_inputs
from engine.transition.set_aside import set_aside

MOST_DEATHS = 3
"""Tries at an input that was left behind, at most; an input that no process has survived so often is set aside, since it kills."""


@dataclass(frozen=True, slots=True)
class Try:
    """A try is counted for the pending inputs in the rows `ids`, the oldest first; `tries` of the oldest one came before."""

    ids: Sequence[int]
    tries: int

    @property
    def oldest(self) -> int:
        return self.ids[0]

    @property
    def limit(self) -> int:
        return len(self.ids)


def advance_left(*instance_keys: int) -> None:
    """Advance instances whose inputs somebody left behind. An input that `MOST_DEATHS` tries did not survive is set aside with an
    incident.
    """
    reached = FollowUps()
    for instance_key in instance_keys:
        reached.add(_take_up_left(instance_key))
    following.follow(reached)


def _take_up_left(instance_key: int) -> FollowUps:
    reached = FollowUps()
    begun: Try | None = None
    try:
        with locks.alone_with(instance_key) as alone:
            while alone and (begun := _begin(instance_key)) is not None:
                found = _make(instance_key, begun)
                if found is None:
                    break
                reached.add(found)
    except (OperationalError, InterfaceError):
        if begun is not None:
            _forget(begun)  # the database's fault, not the input's
        raise
    return reached


def _make(instance_key: int, begun: Try) -> FollowUps | None:
    """Make the counted try. Returns None when somebody else holds the instance. Sets aside an input that kills, or that breaks its
    step alone.
    """
    if begun.tries >= MOST_DEATHS:
        set_aside(instance_key, begun.oldest, trace=f"{MOST_DEATHS} processes that took it up have died of it.")
        return FollowUps()
    try:
        found = following.take_up_pending(instance_key, begun.limit)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if begun.limit == 1:
            set_aside(instance_key, begun.oldest, trace=traceback.format_exc())
        return FollowUps()
    return None if found is None else following.taken_up(instance_key, found)


def _begin(instance_key: int) -> Try | None:
    """Count a try at what was left behind, in a transaction of its own. Returns None when nothing is left, or another transaction
    holds the instance.

    Inputs that were tried before are tried one by one, so that the one that kills is known.
    """
    with transaction.atomic(durable=True):
        row = instance_rows.lock_free([instance_key]).get(instance_key)
        if row is None or row.suspended:
            return None
        waiting = PendingInput.objects.filter(instance_key=instance_key, incident_key=None).order_by("id")
        oldest = waiting.values_list("id", "tries").first()
        if oldest is None:
            return None
        id_, tries = oldest
        ids = [id_] if tries else list(waiting.values_list("id", flat=True)[: pending_inputs.BATCH])
        PendingInput.objects.filter(id__in=ids).update(tries=F("tries") + 1)
        failpoint("advance.before_tried")
    failpoint("advance.after_tried")
    return Try(ids, tries)


def _forget(begun: Try) -> None:
    """Undo the count of a try that the database cut off, and of which no process died. The session's lock is given back before,
    since this may take another connection.
    """
    with suppress(OperationalError, InterfaceError):
        connection.close_if_unusable_or_obsolete()
        PendingInput.objects.filter(id__in=begun.ids).update(tries=begun.tries)
