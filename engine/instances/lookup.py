"""The commands look up instances here: by key, by a scope, or only running ones."""

from __future__ import annotations

from engine.errors import Conflict, NotFound
from engine.models import ElementInstance, ProcessInstance
from engine.postgres import keys


def require(key: int) -> ProcessInstance:
    """Return an instance with its definition. Raises NotFound."""
    instance = ProcessInstance.objects.select_related("definition").filter(key=key).first()
    if instance is None:
        raise NotFound(f"Expected a process instance with the key {key}, found none.")
    return instance


def require_running(key: int) -> None:
    """Raise Conflict if the instance has ended, and NotFound if there is none."""
    instance = require(key)
    if instance.ended_at is not None:
        raise Conflict(f"Expected process instance {key} to run; its state is {instance.status}.")


def instance_of_scope(scope: int) -> int:
    """Return the key of the instance to which the element instance `scope` belongs. Raises NotFound."""
    first_of_block = scope >> keys.BITS_PER_BLOCK << keys.BITS_PER_BLOCK
    if ProcessInstance.objects.filter(key=first_of_block).exists():
        return first_of_block
    # an instance that used up its block has more of them
    element = ElementInstance.objects.filter(key=scope).first()
    if element is None:
        raise NotFound(f"Expected an element instance with the key {scope} as scope, found none.")
    return element.instance_key
