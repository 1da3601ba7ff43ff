"""When the doorbell rings, a worker process leases ready jobs of the queue and runs them, until none is left or its turn is over."""

from __future__ import annotations

import mmap
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine import doorbell
from engine.jobs.answering_together import ClaimNext, CompletedTogether
from engine.jobs.leasing import activated, claiming
from engine.jobs.leasing.asking import Asked
from engine.jobs.running import execution
from engine.jobs.running.lease_renewer import LeaseRenewer, lease_seconds
from engine.jobs.running.pace import Pace
from engine.jobs.running.results import Results
from engine.models import JobKind
from engine.transition import carriers
from engine.transition.rows.job_rows import LeasedJob, NewJob

_DRAIN = 20.0
"""Seconds that one ring keeps a worker process busy, at most; after them the process rings again for what is left."""

_ending = mmap.mmap(-1, 1)
"""One byte that all processes of the pool share, since they are forked: it is 1 when their worker was asked to end."""
_pace = Pace()
_renewer = LeaseRenewer()


def run(queue: str, key: int | None = None) -> int:
    """Run the job `key` if it is still ready, then further ready jobs of the queue, until the turn is over. Returns how many.

    Results are saved together, and the next jobs are leased in the same commit.
    """
    turn = _Turn(queue, _types_of(queue), f"stepwell@{socket.gethostname()}:{os.getpid()}", time.monotonic() + _DRAIN)
    done = 0
    leased = turn.claim_rung(key) or turn.claim_next()
    while leased:
        done += len(leased)
        saved = _run_leased(leased, claim_next=turn.claim_next)
        leased = saved.leased
        if not leased and saved.opened:  # they could only be claimed, and have their rows now
            leased = turn.claim_next()
    if turn.types and turn.is_over:
        doorbell.ring_queue(queue)
    return done


def end_soon() -> None:
    """Make the processes of this worker finish the jobs that they hold and lease no further ones, since the worker was asked to
    end.
    """
    _ending[0] = 1


@dataclass(frozen=True, slots=True)
class _Turn:
    """A turn is what one ring gives this process: it may lease jobs of these types under this name until the moment `until` of
    `time.monotonic`.
    """

    queue: str
    types: Sequence[str]
    worker: str
    until: float

    @property
    def is_over(self) -> bool:
        return bool(_ending[0]) or time.monotonic() >= self.until

    def claim_rung(self, key: int | None) -> Sequence[LeasedJob]:
        """Lease the job that was rung for, whatever the time. One whose handler this process has not, such as that of a package which
        cannot be imported here, is left."""
        job = None if key is None else claiming.claim_one(key, self.types, worker=self.worker, lease=lease_seconds())
        return [] if job is None else [LeasedJob(job)]

    def claim_next(self, opened: Sequence[NewJob] = ()) -> Sequence[LeasedJob]:
        """Lease as many jobs as the pace of this process allows, if need be from those that the transaction opens; none when the
        turn is over.
        """
        if not self.types or self.is_over:
            return []
        asked = Asked(self.worker, lease_seconds(), kinds=tuple(JobKind))
        return claiming.claim_next(self.types, opened, asked, limit=_pace.jobs_ahead())


def _types_of(queue: str) -> list[str]:
    types = carriers.own_job_types()
    return [job_type for job_type in types if doorbell.queue_of(job_type) == queue]


def _run_leased(leased: Sequence[LeasedJob], *, claim_next: ClaimNext) -> CompletedTogether:
    """Run leased jobs one after the other, renewing the leases of all, and save their results."""
    results = Results(_renewer)
    with _renewer.holding([each.job for each in leased]):
        for job in activated.with_handlers_variables(leased):
            begun = time.perf_counter()
            completion = execution.execute(job, _renewer)
            if completion is not None:
                results.add(completion)
            _pace.ran(time.perf_counter() - begun)
        return results.save(claim_next=claim_next)
