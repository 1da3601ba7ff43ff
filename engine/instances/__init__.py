"""Commands on process instances."""

from engine.instances.commands import (
    activate_in_ad_hoc,
    cancel,
    definition_of,
    instance_of_scope,
    migrate,
    migration_target,
    modify,
    require,
    reset,
    resume,
    set_variables,
    start,
    start_from,
    suspend,
    try_migration,
    variables_after_step,
    wait_until_ended,
)
from engine.runtime.inputs import ActivateInstruction, TerminateInstruction

__all__ = [
    "ActivateInstruction",
    "TerminateInstruction",
    "activate_in_ad_hoc",
    "cancel",
    "definition_of",
    "instance_of_scope",
    "migrate",
    "migration_target",
    "modify",
    "require",
    "reset",
    "resume",
    "set_variables",
    "start",
    "start_from",
    "suspend",
    "try_migration",
    "variables_after_step",
    "wait_until_ended",
]
