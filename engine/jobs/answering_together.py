"""A worker of ours saves the results of many jobs in one commit, and leases the next ones in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.actors import ENGINE
from engine.failpoints import failpoint
from engine.runtime import inputs
from engine.transition import group_commit
from engine.transition.rows import job_rows
from engine.transition.rows.job_rows import LeasedJob, NewJob

ClaimNext = Callable[[Sequence[NewJob]], Sequence[LeasedJob]]
"""A function that leases the next jobs inside the transaction that saves results, as `claiming.claim_next` does. It is given the
jobs that this transaction is about to insert.
"""


def claim_none(opened: Sequence[NewJob]) -> Sequence[LeasedJob]:
    """Lease no further jobs."""
    del opened
    return ()


@dataclass(frozen=True, slots=True)
class Completion:
    """A completion is the result of a job that a worker of ours has leased. `trace_context` is that of the handler's run."""

    key: int
    instance_key: int
    attempt: int
    variables: Mapping[str, Any]
    trace_context: str = ""

    @property
    def delivery(self) -> group_commit.Delivery:
        """Return the result as an input for the job's instance."""
        item = inputs.JobCompleted(self.key, self.variables)
        return group_commit.Delivery(self.instance_key, item, ENGINE.username, self.trace_context)


@dataclass(frozen=True, slots=True)
class CompletedTogether:
    """The result of completing jobs together: which were late, what their steps opened, and what was leased next."""

    leased: Sequence[LeasedJob] = ()
    """Jobs that the worker has leased in the same commit."""
    opened: Sequence[NewJob] = ()
    """Jobs that the steps opened, leased or not."""
    late: frozenset[int] = frozenset()
    """Keys of the jobs whose completions came too late."""


def complete_together(completions: Sequence[Completion], *, claim_next: ClaimNext = claim_none) -> CompletedTogether:
    """Complete jobs and lease the next ones by `claim_next`, all in one commit. The variables must come from
    `exact_json.checked_variables`.

    When anything breaks, nothing is saved: the caller completes each job in a commit of its own then.
    """

    def take_out() -> list[group_commit.Delivery]:
        taken = job_rows.take_out([(each.key, each.attempt) for each in completions])
        return [each.delivery for each in completions if each.key in taken]

    failpoint("jobs.before_complete")
    together = group_commit.deliver(take_out, claim_next=claim_next)
    taken = {each.item.job for each in together.deliveries if isinstance(each.item, inputs.JobCompleted)}
    late = frozenset(each.key for each in completions if each.key not in taken)
    return CompletedTogether(together.leased, together.opened, late)
