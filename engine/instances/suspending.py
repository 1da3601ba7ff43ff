"""These commands suspend and resume an instance.

The transaction of the change calls the command's `guard`; when it returns False, nothing is changed.
"""

from __future__ import annotations

from engine import clock
from engine.actors import Actor
from engine.instances.lookup import require_running
from engine.models import InstanceState, Job, ProcessInstance
from engine.runtime import inputs
from engine.transition import advance
from engine.transition.advance import Guard


def suspend(key: int, *, by: Actor, guard: Guard | None = None) -> None:
    """Suspend an instance: its inputs wait from now on, and its jobs are not handed out. The command waits for a step that runs."""
    by.require_operator("suspend process instances")
    _switch(key, suspended=True, by=by, guard=guard)


def resume(key: int, *, by: Actor, guard: Guard | None = None) -> None:
    """Resume an instance: it takes up the inputs that have come meanwhile."""
    by.require_operator("resume process instances")
    _switch(key, suspended=False, by=by, guard=guard)
    advance.advance(key)


def _switch(key: int, *, suspended: bool, by: Actor, guard: Guard | None) -> None:
    """Suspend or resume the instance, unless it is so already: then nothing changes, and the journal gets no entry."""

    def switch() -> bool:
        if guard is not None and not guard():
            return False
        if not InstanceState.objects.filter(instance_id=key, suspended=not suspended).update(suspended=suspended):
            return False
        ProcessInstance.objects.filter(key=key).update(suspended_at=clock.now() if suspended else None)
        Job.objects.filter(instance_id=key).update(on_hold=suspended)
        return True

    require_running(key)
    item = inputs.Suspended() if suspended else inputs.Resumed()
    advance.order(key, item, by=by.username, guard=switch)
