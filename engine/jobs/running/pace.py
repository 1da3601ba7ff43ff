"""A worker process leases so many jobs at once as fits the time that its last ones took."""

from __future__ import annotations

BATCH = 32
"""A worker leases this many jobs at once while it drains, at most; it renews the leases of those that wait for their turn. Twice as many
cost no less, half as many a third more of the processor; so many handlers at most run again when a worker dies."""
_AHEAD = 0.2
"""A worker leases this many seconds of work at once, by the pace of its last jobs: slow ones are left to other workers."""


class Pace:
    """It knows how long the jobs of this process take, the last ones above all."""

    def __init__(self) -> None:
        self._seconds = _AHEAD / 4

    def ran(self, seconds: float) -> None:
        """Count a job that took so long."""
        self._seconds += 0.3 * (seconds - self._seconds)

    def jobs_ahead(self) -> int:
        """Return how many jobs to lease at once."""
        return max(1, min(BATCH, int(_AHEAD / max(self._seconds, 0.001))))
