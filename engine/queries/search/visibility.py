"""Operators and modelers may read everything of all process instances; others that of those they started or have user tasks in."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from engine.actors import Actor
from engine.errors import NotFound
from engine.models import ProcessInstance, UserTask
from engine.user_tasks import visible_to


def of_instances(actor: Actor, path: str) -> Q:
    """Return the condition that the instance whose key is in the column `path` may be read."""
    if actor.may_operate or actor.may_model:
        return Q()
    started = ProcessInstance.objects.filter(started_by=actor.username).values("key")
    with_work = UserTask.objects.filter(visible_to(actor)).values("instance_id")
    return Q(**{f"{path}__in": started}) | Q(**{f"{path}__in": with_work})


def roots_of(instance_keys: Iterable[int]) -> dict[int, int]:
    """Return the key of the top-most instance above each of these; itself where nothing called it."""
    return dict(ProcessInstance.objects.filter(key__in=set(instance_keys)).values_list("key", "root_key"))


def require_instance(key: int, *, by: Actor) -> ProcessInstance:
    """Return the row of a process instance. Raises NotFound, also for one that `by` may not read."""
    found = ProcessInstance.objects.select_related("definition").filter(of_instances(by, "key"), key=key).first()
    if found is None:
        raise NotFound(f"Expected a process instance with the key {key}, found none that '{by.username}' may read.")
    return found
