"""A caller wants to know what an instance made of a request: its end, or the step that takes something up. Nobody sleeps here: who
waits asks again when `engine.queries.awaited` says that it is time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.errors import Conflict
from engine.instances.lookup import require
from engine.models import InstanceState, InstanceStatus, PendingInput
from engine.runtime import State, scope_variables
from engine.transition import advance


def result_of(key: int) -> dict[str, Any] | None:
    """Return the variables with which the instance completed; None while it runs. Raises NotFound, and Conflict when it ended otherwise
    than by completing."""
    instance = require(key)
    if instance.ended_at is None:
        return None
    if instance.status != InstanceStatus.COMPLETED:
        raise Conflict(f"Expected process instance {key} to complete; it ended as {instance.status}.")
    return dict(instance.result or {})


def newest_input(key: int) -> int:
    """Return the id of the newest input that waits for the instance to take it up; 0 when none does."""
    return PendingInput.objects.filter(instance_key=key).order_by("-id").values_list("id", flat=True).first() or 0


def variables_after_step(key: int, *, newest: int, since: datetime) -> dict[str, Any] | None:
    """Return the variables of the process after the inputs up to the id `newest` were taken up; where others came after that, with
    theirs. None while some of them wait. Raises Conflict when an input that came `since` then was set aside."""
    inputs_of = PendingInput.objects.filter(instance_key=key)
    open_inputs = inputs_of.filter(id__lte=newest, incident_key=None)
    if newest and open_inputs.exists():
        advance.advance(key)
        if open_inputs.exists():
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
