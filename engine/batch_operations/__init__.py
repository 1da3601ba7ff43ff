"""Batch operations do the same to all that a filter finds, in the background. This room has the commands on them."""

from engine.batch_operations.requesting import (
    cancel_instances,
    delete_instances,
    migrate_instances,
    modify_instances,
    resolve_found_incidents,
    resolve_incidents,
    resolve_incidents_of,
    resume_instances,
    suspend_instances,
)
from engine.batch_operations.steering import cancel, resume, suspend

__all__ = [
    "cancel",
    "cancel_instances",
    "delete_instances",
    "migrate_instances",
    "modify_instances",
    "resolve_found_incidents",
    "resolve_incidents",
    "resolve_incidents_of",
    "resume",
    "resume_instances",
    "suspend",
    "suspend_instances",
]
