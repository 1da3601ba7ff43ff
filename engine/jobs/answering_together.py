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
"""It leases the next jobs inside the transaction that saves results, given those that the transaction is about to insert:
`claiming.claim_next`."""


def claim_none(opened: Sequence[NewJob]) -> Sequence[LeasedJob]:
    """Lease nothing next."""
    del opened
    return ()


@dataclass(frozen=True, slots=True)
class Completion:
    """A worker of ours has this result for a job that it leases. `trace_context` is that of the handler's run."""

    key: int
    instance_key: int
    attempt: int
    variables: Mapping[str, Any]
    trace_context: str = ""

    @property
    def delivery(self) -> group_commit.Delivery:
        """The result goes to the instance in this form."""
        item = inputs.JobCompleted(self.key, self.variables)
        return group_commit.Delivery(self.instance_key, item, ENGINE.username, self.trace_context)


@dataclass(frozen=True, slots=True)
class CompletedTogether:
    """It says what came of completing jobs together."""

    leased: Sequence[LeasedJob] = ()
    """The worker has leased these in the same commit."""
    opened: Sequence[NewJob] = ()
    """The steps opened these, leased or not."""
    late: frozenset[int] = frozenset()
    """The completions of the jobs with these keys came too late."""


def complete_together(completions: Sequence[Completion], *, claim_next: ClaimNext = claim_none) -> CompletedTogether:
    """Complete jobs and lease the next ones by `claim_next`, all in one commit. Expects variables that
    `exact_json.checked_variables` returned.

    When anything breaks nothing has happened: complete each job by itself then.
    """

    def take_out() -> list[group_commit.Delivery]:
        taken = job_rows.take_out([(each.key, each.attempt) for each in completions])
        return [each.delivery for each in completions if each.key in taken]

    failpoint("jobs.before_complete")
    together = group_commit.deliver(take_out, claim_next=claim_next)
    taken = {each.item.job for each in together.deliveries if isinstance(each.item, inputs.JobCompleted)}
    late = frozenset(each.key for each in completions if each.key not in taken)
    return CompletedTogether(together.leased, together.opened, late)
