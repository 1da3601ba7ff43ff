"""An input that breaks its step is set aside, so that the rest of what waits for the instance goes on.

An input that is set aside keeps its row and gets an incident on the instance, which shows the reason; when that is resolved, the
input is pending again (`engine.incidents`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, transaction

from engine import clock
from engine.errors import EngineError
from engine.failpoints import failpoint
from engine.models import Incident, PendingInput, Timer
from engine.observability import metrics
from engine.postgres import keys
from engine.runtime.effects import IncidentType
from engine.transition import held_instances
from engine.transition.committing import committed
from engine.transition.outbox import FollowUps

logger = logging.getLogger(__name__)


def or_keep(step_now: Callable[[], FollowUps], keep_input: Callable[[], FollowUps], *, instance_key: int) -> FollowUps:
    """Run `step_now` in a transaction. When the step itself breaks, run `keep_input` in another one, which inserts the input as a
    pending one: it is tried once more there, and set aside if it breaks again.

    Raises refusals (EngineError) and failures of the database.
    """
    try:
        return committed(step_now, instance_key=instance_key)
    except (EngineError, OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("A step broke; its input is kept and will be set aside if it breaks again")
        return committed(keep_input, instance_key=instance_key)


def set_aside(instance_key: int, input_id: int, *, trace: str) -> None:
    """Mark the pending input and raise an incident on its instance. The last line of `trace` is the reason.

    Changes nothing when the instance has ended, or the input was taken up or set aside meanwhile. Waits for the instance's lock.
    """
    metrics.STEPS_BROKEN.inc()
    logger.error("A step of process instance %s broke; its input is set aside\n%s", instance_key, trace)
    with transaction.atomic(durable=True):
        row = held_instances.lock_waiting(instance_key)
        culprit = PendingInput.objects.filter(id=input_id, incident_key=None).first()
        if row is None or culprit is None:
            return
        incident = Incident.objects.create(
            key=keys.take_one(),
            instance_key=instance_key,
            definition_key=row.definition_key,
            process_id=row.instance.process_id,
            element_id=row.instance.process_id,
            element_instance_key=instance_key,
            type=IncidentType.UNKNOWN,
            message=f"The engine could not take up the input {culprit.input!s:.200}: {trace.strip().splitlines()[-1]:.500}",
            stack_trace=trace,
            created_at=clock.now(),
            in_state=False,
        )
        Timer.objects.filter(instance_key=instance_key, has_fired=True).delete()  # nothing waits for an input set aside
        culprit.incident_key = incident.key
        culprit.save(update_fields=["incident_key"])
        failpoint("advance.before_set_aside")
    failpoint("advance.after_set_aside")
