"""The ticker does what happens because time passes. Several may run; each task takes rows that no other has in hand."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from engine import jobs, messages, retention, timers
from engine.batch_operations import working_off
from engine.journal import partitions
from engine.journal.projection import Projector
from engine.observability import metrics
from engine.upkeep import sweeper

logger = logging.getLogger(__name__)

RETENTION_EVERY = 60.0
"""So many seconds lie between two looks for what has been kept long enough."""
IDLE = 0.3
"""The ticker rests for so many seconds between two rounds when nothing is due."""


@dataclass(slots=True)
class _Periodic:
    """A periodic task is due every so many seconds."""

    name: str
    work: Callable[[], object]
    every: float
    due: float = 0.0


@dataclass(slots=True)
class Ticker:
    """The ticker works from `run` until `stop`. A task that fails is logged and comes again; the others go on."""

    projector: Projector = field(default_factory=Projector)
    after_round: Callable[[], object] = lambda: None
    _stopped: threading.Event = field(default_factory=threading.Event)
    _tasks: list[_Periodic] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tasks = [
            _Periodic("fire timers", timers.fire_due, 0.0),
            _Periodic("follow the journal", self.projector.run, 0.0),
            _Periodic("expire leases", jobs.expire_leases, 0.5),
            _Periodic("end waits for workers", jobs.expire_waits, 1.0),
            _Periodic("ring for jobs", sweeper.ring_for_jobs, 0.5),
            _Periodic("advance forgotten instances", sweeper.look_after_instances, 0.5),
            _Periodic("start waiting messages", sweeper.start_waiting_messages, 1.0),
            _Periodic("work off batch operations", working_off.ring_or_run, 1.0),
            _Periodic("forget batch operations", working_off.forget, 600.0),
            _Periodic("expire messages", messages.expire, 5.0),
            _Periodic("remove orphans", sweeper.remove_orphans, 10.0),
            _Periodic("forget idempotency keys", sweeper.forget_idempotency_keys, 3_600.0),
            _Periodic("prepare journal partitions", partitions.ensure, 600.0),
        ]

    def stop(self) -> None:
        """Let the round that runs be finished, and no other begin; a signal handler may call this too."""
        self._stopped.set()

    def run(self) -> None:
        """Go round until `stop`. Retention has a thread of its own: it writes files, and timers do not wait for that."""
        beside = threading.Thread(target=self._retain, name="retention", daemon=True)
        beside.start()
        while not self._stopped.is_set():
            busy = self.tick()
            self.after_round()
            if not busy:
                self._stopped.wait(IDLE)
        beside.join(10.0)

    def _retain(self) -> None:
        tasks = [
            _Periodic("retention", lambda: retention.sweep(stopped=self._stopped.is_set), RETENTION_EVERY),
            _Periodic("drop journal partitions", partitions.drop_empty, RETENTION_EVERY),
        ]
        while not self._stopped.wait(RETENTION_EVERY):
            close_old_connections()
            for task in tasks:
                self._do(task)
            connection.close()

    def tick(self) -> bool:
        """Do one round of what is due. Returns True when as many timers fired as one round takes: there may be more."""
        close_old_connections()
        busy = False
        for task in self._tasks:
            if self._stopped.is_set():
                return False
            if time.monotonic() < task.due:
                continue
            result = self._do(task)
            task.due = time.monotonic() + task.every
            busy = busy or (task.work is timers.fire_due and isinstance(result, int) and result >= timers.BATCH)
        return busy

    def _do(self, task: _Periodic) -> object:
        try:
            with metrics.TICKER_SECONDS.labels(task.name).time():
                return task.work()
        except (OperationalError, InterfaceError) as error:
            logger.warning("Could not %s, for the database does not answer: %s", task.name, error)
            connection.close()
            self._stopped.wait(1.0)
        except Exception:
            logger.exception("Could not %s", task.name)
        return None
