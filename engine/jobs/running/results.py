"""Results of handlers wait for a moment, so that one commit saves many of them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import connection
from django.db.utils import InterfaceError, OperationalError

from engine.actors import ENGINE
from engine.errors import Conflict, NotFound
from engine.jobs.answering import complete
from engine.jobs.answering_together import ClaimNext, CompletedTogether, Completion, claim_none, complete_together
from engine.jobs.running.lease_renewer import LeaseRenewer, lease_seconds
from engine.postgres import transactions

logger = logging.getLogger(__name__)
T = TypeVar("T")

_LONGEST_WAIT = 0.1
"""Seconds that results wait for those of the next jobs before they are saved; then a thread saves them."""


class Results:
    """The results of the jobs that this process has leased are kept here until they are saved.

    A handler that takes longer than expected does not hold up the results of those before it: a thread saves them after
    `_LONGEST_WAIT` seconds.
    """

    def __init__(self, renewer: LeaseRenewer) -> None:
        self._renewer = renewer
        self._lock = threading.Lock()
        self._waiting: list[Completion] = []
        self._timer: threading.Timer | None = None

    def add(self, completion: Completion) -> None:
        """Keep a result until it is saved with others."""
        with self._lock:
            self._waiting.append(completion)
            if self._timer is None:
                self._timer = threading.Timer(_LONGEST_WAIT, self._save_in_thread)
                self._timer.daemon = True
                self._timer.start()

    def save(self, *, claim_next: ClaimNext) -> CompletedTogether:
        """Save the results that wait and lease the next jobs, in one commit where nothing breaks. Leases nothing when the
        database is away.
        """
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:  # waits for the thread, if it is just saving
            waiting, self._waiting = self._waiting, []
            return self._save(waiting, claim_next) if waiting else CompletedTogether(leased=claim_next(()))

    def _save_in_thread(self) -> None:
        try:
            with self._lock:
                waiting, self._waiting, self._timer = self._waiting, [], None
                if waiting:
                    self._save(waiting, claim_none)
        finally:
            connection.close()

    def _save(self, waiting: Sequence[Completion], claim_next: ClaimNext) -> CompletedTogether:
        try:
            return _saved_together(waiting, claim_next)
        except (OperationalError, InterfaceError):
            logger.exception("%s answers could not be saved; they are tried again when their leases end", len(waiting))
            transactions.give_back_connection()
            return CompletedTogether()
        except Exception:
            logger.warning(
                "%s answers could not be saved together; each is saved by itself", len(waiting), exc_info=True
            )
            for completion in waiting:
                _save_alone(completion)
        finally:
            for completion in waiting:
                self._renewer.release(completion.key, completion.attempt)
        return CompletedTogether(leased=claim_next(()))


def _saved_together(waiting: Sequence[Completion], claim_next: ClaimNext) -> CompletedTogether:
    saved = _through_a_restart(lambda: complete_together(waiting, claim_next=claim_next))
    for key in saved.late:
        logger.info("The answer to job %s came too late: it has ended, or was given to another worker", key)
    return saved


def _save_alone(completion: Completion) -> None:
    try:
        complete(completion.key, completion.variables, by=ENGINE, attempt=completion.attempt)
    except (Conflict, NotFound) as late:
        logger.info("The answer to job %s came too late: %s", completion.key, late)
    except (OperationalError, InterfaceError):
        logger.exception(
            "The answer to job %s could not be saved; it is tried again when its lease ends", completion.key
        )
        transactions.give_back_connection()


def _through_a_restart(save: Callable[[], T]) -> T:
    """Repeat `save` while the database restarts, for a shorter time than a lease, so that handlers need not run again because of
    it. A commit whose answer was lost does no harm: its jobs are found gone.
    """
    until = time.monotonic() + min(5.0, lease_seconds() / 2)
    while True:
        try:
            return save()
        except (OperationalError, InterfaceError):
            if time.monotonic() > until:
                raise
            transactions.give_back_connection()
            time.sleep(0.2)
