"""A suspect is a job that was leased, together with others, by a worker of ours that died or hung: nobody knows which of them ended
it. So each is run alone the next time, and one that ends its worker then is known.
"""

from __future__ import annotations

from datetime import datetime

from engine import clock
from engine.jobs.leasing.asking import OURS
from engine.models import Job, JobStatus


def alone_if_suspected(found: list[Job]) -> list[Job]:
    """Keep all of these jobs, which a worker of ours has just leased, if none is a suspect; else keep the first suspect alone and
    give the others back.
    """
    suspect = next((job for job in found if job.is_suspect), None)
    if suspect is None or len(found) == 1:
        return found
    for job in found:
        if job is not suspect:
            Job.objects.filter(key=job.key, attempt=job.attempt, status=JobStatus.ACTIVATED).update(
                status=JobStatus.CREATED, lease_until=None
            )
    return [suspect]


def give_back(job: Job, *, expired_before: datetime) -> bool:
    """Make all that were leased together with this job, whose lease has ended, ready again as suspects, and return True: no attempt is
    used up. False when it is the only one left: a worker of ours runs what it leased one by one, so this is the one that ended it."""
    together = Job.objects.filter(
        status=JobStatus.ACTIVATED, leased_by=OURS, worker=job.worker, activated_at=job.activated_at
    )
    if together.count() < 2:
        return False
    together.filter(lease_until__lt=expired_before).update(
        status=JobStatus.CREATED, lease_until=None, available_at=clock.now(), is_suspect=True
    )
    return True
