"""Before a further attempt at a job there is a wait, which the handler or the task's headers set."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.bpmn import job_headers
from engine.bpmn.job_headers import HeaderError, JobSettings

logger = logging.getLogger(__name__)


def settings_in(headers: Mapping[str, str]) -> JobSettings:
    """Read what a task's headers say of its job. A wrong value counts as missing: definitions that are older than the check may
    have one.
    """
    try:
        return job_headers.read(headers)
    except HeaderError as error:
        logger.warning("A header of a job is not heeded: %s", error)
        return JobSettings()


@dataclass(frozen=True, slots=True)
class Backoff:
    """A back-off gives the seconds between attempts: the n-th wait is `first * coefficient ** (n - 1)`, at most `cap`, less a
    random part of up to the share `jitter`.
    """

    first: float = 5.0
    coefficient: float = 2.0
    cap: float = 3_600.0
    jitter: float = 0.1

    def __post_init__(self) -> None:
        if self.first < 0 or self.coefficient < 1 or self.cap < self.first or not 0 <= self.jitter <= 1:
            raise ValueError(
                f"Expected a first wait from 0 on, a coefficient from 1 on, a cap not below the first wait and a jitter "
                f"between 0 and 1, found {self}."
            )

    def wait(self, failures: int, *, fixed: list[float] | None = None) -> float:
        """Return the seconds before the next attempt, after `failures` failed ones. `fixed` are the diagram's own waits, the last
        of which repeats.
        """
        if fixed:
            return fixed[min(failures, len(fixed)) - 1]
        exponent = min(failures - 1, 64)  # beyond it every cap is reached
        full = min(self.cap, self.first * self.coefficient**exponent)
        return full * (1 - self.jitter * random.random())  # noqa: S311 - spreads retries, keeps no secret

    def with_headers(self, settings: JobSettings) -> Backoff:
        """Return this back-off, changed by what the task's headers say."""
        first = self.first if settings.backoff is None else settings.backoff
        cap = self.cap if settings.backoff_cap is None else settings.backoff_cap
        return replace(
            self,
            first=first,
            cap=max(first, cap),
            coefficient=self.coefficient if settings.backoff_coefficient is None else settings.backoff_coefficient,
            jitter=self.jitter if settings.backoff_jitter is None else settings.backoff_jitter,
        )
