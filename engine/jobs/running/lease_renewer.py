"""A thread renews the leases of the jobs that a worker process of ours holds, while it runs their handlers."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.utils import InterfaceError, OperationalError

from engine.jobs.leasing import renewing
from engine.models import Job

logger = logging.getLogger(__name__)


def lease_seconds() -> float:
    """Return the seconds without a renewal after which a job of ours is given to another worker."""
    return float(settings.STEPWELL_JOB_LEASE)


class LeaseRenewer:
    """A lease renewer renews the leases of the jobs that this process holds, from one thread that lives while there are any.

    When a job is beyond its time and yet not answered, its handler hangs where no signal reaches it. The renewer then renews no
    lease at all, since the jobs that wait behind it would wait for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[tuple[int, int], float | None] = {}
        """The held jobs, by key and attempt, and the moment of `time.monotonic` up to which each is renewed. None: no end."""
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()

    @contextmanager
    def holding(self, found: Sequence[Job]) -> Iterator[None]:
        """Renew the leases of these jobs while entered, until each is released."""
        with self._lock:
            if self._pid != os.getpid():  # forked since: the thread did not come along
                self._until, self._thread, self._pid = {}, None, os.getpid()
            self._until.update({(job.key, job.attempt): None for job in found})
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew, name="lease renewer", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            for job in found:
                self.release(job.key, job.attempt)

    def limit(self, job: Job, until: float | None) -> None:
        """Renew the job's lease until this moment of `time.monotonic`; with None for as long as it is held."""
        with self._lock:
            if (job.key, job.attempt) in self._until:
                self._until[(job.key, job.attempt)] = until

    def release(self, key: int, attempt: int) -> None:
        """Stop renewing the lease of this attempt: it is answered, or given up."""
        with self._lock:
            self._until.pop((key, attempt), None)

    def _renew(self) -> None:
        while True:
            time.sleep(lease_seconds() / 3)
            now = time.monotonic()
            with self._lock:
                held = list(self._until)
                hangs = any(until is not None and until <= now for until in self._until.values())
                if not held:
                    self._thread = None
                    return
            if hangs:
                continue
            try:
                close_old_connections()
                renewing.renew(held, lease=lease_seconds())
            except (OperationalError, InterfaceError):
                logger.warning("The leases of %s jobs could not be renewed", len(held), exc_info=True)
            finally:
                connection.close()
