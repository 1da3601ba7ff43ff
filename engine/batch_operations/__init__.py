"""These commands do the same to all that a filter finds, in the background."""

from engine.batch_operations.commands import (
    cancel,
    cancel_instances,
    delete_instances,
    finish,
    migrate_instances,
    modify_instances,
    resolve_found_incidents,
    resolve_incidents,
    resolve_incidents_of,
    resume,
    resume_instances,
    suspend,
    suspend_instances,
    table_of,
)

__all__ = [
    "cancel",
    "cancel_instances",
    "delete_instances",
    "finish",
    "migrate_instances",
    "modify_instances",
    "resolve_found_incidents",
    "resolve_incidents",
    "resolve_incidents_of",
    "resume",
    "resume_instances",
    "suspend",
    "suspend_instances",
    "table_of",
]
