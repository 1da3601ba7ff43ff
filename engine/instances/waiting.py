"""A caller waits until an instance has ended, or has taken up what came for it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from engine import long_polls
from engine.errors import Conflict
from engine.instances.lookup import require
from engine.models import InstanceState, InstanceStatus, PendingInput
from engine.runtime import State, scope_variables
from engine.transition import advance

_POLL = 0.03
"""Seconds between two looks of a caller that waits; for an end they grow to ten times as many."""


def wait_until_completed(key: int, *, timeout: float) -> dict[str, Any] | None:
    """Wait up to `timeout` seconds for the instance's end, and return its variables; None when it has not ended. Raises NotFound,
    and Conflict when it ended otherwise than by completing.
    """
    deadline = time.monotonic() + timeout
    pause = _POLL
    while (instance := require(key)).ended_at is None:
        if not long_polls.rest(pause, until=deadline, to_the_last=True):
            return None
        pause = min(pause * 1.5, _POLL * 10)
    if instance.status != InstanceStatus.COMPLETED:
        raise Conflict(f"Expected process instance {key} to complete; it ended as {instance.status}.")
    return dict(instance.result or {})


def variables_after_step(key: int, *, since: datetime, timeout: float) -> dict[str, Any] | None:
    """Wait until the inputs that have come so far are taken up, and return the variables of the process, in which inputs that came
    later may show as well.

    Returns None when this takes longer than `timeout` seconds, or when the instance is suspended. Raises Conflict when an input
    that came after `since` was set aside.
    """
    deadline = time.monotonic() + timeout
    inputs_of = PendingInput.objects.filter(instance_key=key)
    newest = inputs_of.order_by("-id").values_list("id", flat=True).first()
    while newest is not None and inputs_of.filter(id__lte=newest, incident_key=None).exists():
        advance.advance(key)
        if InstanceState.objects.filter(instance_id=key, suspended=True).exists():
            return None
        if not long_polls.rest(_POLL, until=deadline, to_the_last=True):
            return None
    broken = inputs_of.filter(at__gte=since).exclude(incident_key=None).values_list("incident_key", flat=True).first()
    if broken is not None:
        raise Conflict(
            f"Expected process instance {key} to take up what came for it; incident {broken} says why it could not."
        )
    row = InstanceState.objects.filter(instance_id=key).first()
    if row is None:
        return dict(require(key).result or {})
    return {} if row.data is None else scope_variables(State.from_json(row.data), key)
