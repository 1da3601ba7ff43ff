"""This room has the commands on jobs, and our own workers, which run them.

A job is leased to one worker at a time. `attempt` numbers its activations: an answer that names another attempt than the
running one is refused, so that a worker which slept beyond its lease cannot speak for its successor. An expired lease uses
up an attempt, and the third that a worker of ours leaves behind is the last: such a job kills its workers.
"""

from engine.jobs.activating import activate, attempt_of, lease_token
from engine.jobs.answering import complete, throw_error
from engine.jobs.answering_together import Completion, complete_together
from engine.jobs.expiring import expire_leases, expire_waits
from engine.jobs.failing import fail
from engine.jobs.giving_back import give_back
from engine.jobs.leasing.activated import ActivatedJob
from engine.jobs.leasing.renewing import heartbeat
from engine.jobs.updating import update

__all__ = [
    "ActivatedJob",
    "Completion",
    "activate",
    "attempt_of",
    "complete",
    "complete_together",
    "expire_leases",
    "expire_waits",
    "fail",
    "give_back",
    "heartbeat",
    "lease_token",
    "throw_error",
    "update",
]
