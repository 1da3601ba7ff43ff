"""A process counts and times what it does, with Prometheus' names: seconds, bytes, `_total` for what only grows.

With PROMETHEUS_MULTIPROC_DIR set (the launcher does) the processes of one machine share a folder, and whoever is asked answers for
all of them. What the database knows better is read from it when asked: `engine.queries.figures`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client import REGISTRY as OF_THIS_PROCESS
from prometheus_client import CollectorRegistry, Counter, Histogram, multiprocess
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

_SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LONG = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
_MAX_JOB_TYPES = 200
"""A process counts so many job types one by one, and all further ones together as `other`: types may come from expressions, and each
would be a series for ever."""

TRANSITIONS = Counter("stepwell_transitions", "Transitions of process instances that were committed")
TRANSITION_SECONDS = Histogram(
    "stepwell_transition_seconds", "From the lock of an instance to the commit of its transitions", buckets=_SHORT
)
STEPS_BROKEN = Counter("stepwell_steps_broken", "Inputs that were set aside because their step broke")
JOB_WAIT_SECONDS = Histogram(
    "stepwell_job_wait_seconds", "From the moment that a job was ready to its lease", ["job_type"], buckets=_LONG
)
JOB_RUN_SECONDS = Histogram("stepwell_job_run_seconds", "Runs of handlers here", ["job_type", "outcome"], buckets=_LONG)
HTTP_SECONDS = Histogram(
    "stepwell_http_request_seconds", "Answers of the web server", ["method", "route", "status"], buckets=_SHORT
)
TICKER_SECONDS = Histogram("stepwell_ticker_task_seconds", "Tasks of the ticker", ["task"], buckets=_SHORT)
INSTANCES_RETIRED = Counter(
    "stepwell_instances_retired", "Instances that were deleted because their time to live was over"
)
RINGS_UNHEARD = Counter("stepwell_rings_unheard", "Rings of the doorbell that the broker did not take")

_job_types: set[str] = set()


def job_type_label(job_type: str) -> str:
    """Return the type itself, or `other` when this process has seen _MAX_JOB_TYPES others."""
    if job_type not in _job_types:
        if len(_job_types) >= _MAX_JOB_TYPES:
            return "other"
        _job_types.add(job_type)
    return job_type


def of_processes() -> CollectorRegistry:
    """Return a registry of what the processes of this machine have counted."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)
    else:
        registry.register(_Ours())
    return registry


class _Ours(Collector):
    def collect(self) -> Iterator[Metric]:
        return (family for family in OF_THIS_PROCESS.collect() if family.name.startswith("stepwell_"))
