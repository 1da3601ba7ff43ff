"""These commands suspend a version of a process and all that runs by it, and let both go on.

While a version is suspended nothing starts by it. Who starts it by hand is refused; at a call activity an incident stands; a
message that is kept waits, a start timer fires when it is resumed; a signal, and a message that is not kept, start nothing.
A start that is under way at that moment goes through.
"""

from __future__ import annotations

import logging

from django.db import transaction

from engine import batch_operations, clock, definitions, messages
from engine.actors import Actor
from engine.errors import Conflict
from engine.models import BatchOperation, ProcessDefinition
from engine.transition import advance

logger = logging.getLogger(__name__)


def suspend(key: int, *, by: Actor, with_instances: bool = True) -> BatchOperation | None:
    """Suspend a version, and its running instances by a batch operation, which is returned. The journal of each instance keeps who
    did it.

    Raises NotFound, and Conflict for a version that is suspended.
    """
    by.require_operator("suspend process definitions")
    _switch(key, suspended=True, by=by)
    if not with_instances:
        return None
    return batch_operations.suspend_instances({"processDefinitionKey": str(key)}, by=by)


def resume(key: int, *, by: Actor, with_instances: bool = True) -> BatchOperation | None:
    """Resume a version: what was kept back starts now. Its suspended instances go on, also those that were suspended one by one."""
    by.require_operator("resume process definitions")
    _switch(key, suspended=False, by=by)
    advance.advance(*messages.start_after_resume(key))
    if not with_instances:
        return None
    return batch_operations.resume_instances({"processDefinitionKey": str(key)}, by=by)


def _switch(key: int, *, suspended: bool, by: Actor) -> None:
    definitions.process_definition(key)
    with transaction.atomic(durable=True):
        rows = ProcessDefinition.objects.filter(key=key, suspended_at__isnull=suspended)
        changed = rows.update(
            suspended_at=clock.now() if suspended else None, suspended_by=by.username if suspended else ""
        )
        if not changed:
            now = "suspended" if suspended else "not suspended"
            raise Conflict(f"Expected another state of process definition {key}; it is {now} already.")
    logger.info("Process definition %s was %s by '%s'", key, "suspended" if suspended else "resumed", by.username)
