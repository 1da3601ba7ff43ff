"""A worker process leases as many jobs at once as fit its pace: the time that its last jobs took."""

from __future__ import annotations

BATCH = 32
"""Jobs that a worker leases at once while it drains a queue, at most; it renews the leases of those that wait for their turn. Twice
as many save nothing, half as many cost a third more of the processor. When a worker dies, at most so many handlers run again.
"""
_AHEAD = 0.2
"""Seconds of work that a worker leases at once, by the pace of its last jobs; slow jobs beyond it are left to other workers."""


class Pace:
    """The pace of this process says how long its jobs take, the last ones above all."""

    def __init__(self) -> None:
        self._seconds = _AHEAD / 4

    def ran(self, seconds: float) -> None:
        """Count a job that took this many seconds."""
        self._seconds += 0.3 * (seconds - self._seconds)

    def jobs_ahead(self) -> int:
        """Return how many jobs to lease at once."""
        return max(1, min(BATCH, int(_AHEAD / max(self._seconds, 0.001))))
