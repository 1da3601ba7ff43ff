"""Commands on jobs, and our own workers that run them."""

from engine.jobs.commands import (
    Completion,
    LeaseNext,
    activate,
    attempt_of,
    complete,
    complete_together,
    complete_with,
    expire_leases,
    expire_waits,
    fail,
    heartbeat,
    instance_of,
    lease_token,
    take_out,
    throw_error,
    update,
)
from engine.jobs.leases import ActivatedJob

__all__ = [
    "ActivatedJob",
    "Completion",
    "LeaseNext",
    "activate",
    "attempt_of",
    "complete",
    "complete_together",
    "complete_with",
    "expire_leases",
    "expire_waits",
    "fail",
    "heartbeat",
    "instance_of",
    "lease_token",
    "take_out",
    "throw_error",
    "update",
]
