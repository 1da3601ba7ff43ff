"""A caller waits for what an instance makes of a request: for its end, or for the step that takes something up."""

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
"""Who waits looks again after 0.03 seconds; for an end the pause grows to ten times as much."""


def wait_until_completed(key: int, *, timeout: float) -> dict[str, Any] | None:
    """The caller waits for the end up to `timeout` seconds and gets the variables then; None when it has not come. Raises NotFound,
    and Conflict when it ended otherwise than by completing."""
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
    """The caller waits until what came for it until now was taken up, and gets the variables of the process; where others came after
    that, with theirs. None: that has not been so within `timeout` seconds, or it is suspended. Raises Conflict when an input that came
    `since` then was set aside."""
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
