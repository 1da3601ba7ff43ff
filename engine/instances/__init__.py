"""This room has the commands on process instances."""

from engine.instances.lookup import instance_of_scope, require
from engine.instances.migrating import migrate, migration_target, try_migration
from engine.instances.operating import Move, activate_in_ad_hoc, cancel, modify, set_variables
from engine.instances.resetting import reset, start_from
from engine.instances.starting import start
from engine.instances.suspending import resume, suspend
from engine.instances.waiting import newest_input, result_of, variables_after_step
from engine.runtime.inputs import ActivateInstruction, TerminateInstruction

__all__ = [
    "ActivateInstruction",
    "Move",
    "TerminateInstruction",
    "activate_in_ad_hoc",
    "cancel",
    "instance_of_scope",
    "migrate",
    "migration_target",
    "modify",
    "newest_input",
    "require",
    "reset",
    "result_of",
    "resume",
    "set_variables",
    "start",
    "start_from",
    "suspend",
    "try_migration",
    "variables_after_step",
]
