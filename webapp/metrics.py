"""`GET /metrics` gives the figures of the installation in Prometheus' text format, for operators and their scraper's token.

What processes count is in `engine.observability.metrics`; with PROMETHEUS_MULTIPROC_DIR the processes of this machine answer as
one. What rows know is read once a scrape and is the same from every web server: take it from one of them.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import Error
from django.http import HttpResponse
from prometheus_client import exposition, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from rest_framework.request import Request
from rest_framework.views import APIView

from engine.observability import metrics
from engine.queries import figures
from webapp.accounts.actors import actor_of

logger = logging.getLogger(__name__)
_MAX_JOB_TYPES = 500


class MetricsView(APIView):
    schema = None  # not a part of the REST API

    def get(self, request: Request) -> HttpResponse:
        actor_of(request).require_operator("read the metrics")
        registry = metrics.of_processes()
        registry.register(_DatabaseCollector())
        answer = HttpResponse(generate_latest(registry), content_type=exposition.CONTENT_TYPE_LATEST)
        answer["Cache-Control"] = "no-store"
        return answer


class _DatabaseCollector(Collector):
    def describe(self) -> list[Metric]:
        return []  # registering must not ask the database

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("stepwell_database_up", "1 when the database answers")
        try:
            found = figures.read()
        except Error:
            logger.warning("The database did not answer for the metrics", exc_info=True)
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from _of_jobs(found)
        yield from _of_the_rest(found)


def _of_jobs(found: figures.Figures) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("stepwell_jobs", "Jobs by type and state", labels=["job_type", "state"])
    oldest = GaugeMetricFamily(
        "stepwell_job_oldest_ready_seconds", "Since when the oldest job that could run waits", labels=["job_type"]
    )
    for job in found.jobs[:_MAX_JOB_TYPES]:
        for state, count in (("created", job.created), ("activated", job.activated), ("failed", job.failed)):
            jobs.add_metric([job.type, state], count)
        oldest.add_metric([job.type], job.oldest_ready)
    yield jobs
    yield oldest


def _of_the_rest(found: figures.Figures) -> Iterator[Metric]:
    incidents = GaugeMetricFamily("stepwell_incidents", "Incidents that stand", labels=["type"])
    for kind, count in found.incidents.items():
        incidents.add_metric([kind], count)
    connections = GaugeMetricFamily("stepwell_database_connections", "Connections to the database", labels=["state"])
    for state, count in found.connections.items():
        connections.add_metric([state], count)
    yield incidents
    yield connections
    transitions = CounterMetricFamily("stepwell_journal_positions", "Transitions in the installation's whole life")
    transitions.add_metric([], found.transitions)
    yield transitions
    for name, meaning, value in (
        ("instances_active", "Process instances that run", found.active_instances),
        ("instances_suspended", "Of them suspended", found.suspended_instances),
        ("timers_late", "Timers past their time", found.timers_late),
        ("timer_lateness_seconds", "How late the latest of them is", found.timer_lateness),
        ("pending_inputs", "Inputs that wait for a step of their instance", found.pending_inputs),
        ("pending_input_age_seconds", "Since when the oldest of them waits", found.pending_age),
        ("inputs_set_aside", "Inputs that broke their step and wait for a person", found.set_aside),
        ("messages_buffered", "Published messages within their time to live", found.messages),
        ("journal_bytes", "Size of the journal with its indexes", found.journal_bytes),
        ("database_bytes", "Size of the database", found.database_bytes),
        ("database_connections_limit", "Connections that the database allows", found.max_connections),
        ("lock_waits", "Sessions that wait for a lock", found.lock_waits),
        ("longest_transaction_seconds", "Age of the oldest transaction", found.longest_transaction),
        ("projection_behind", "Journal entries that the search tables have not seen", found.projection_behind),
        ("scraped_at_seconds", "When this was read, since 1970", datetime.now(UTC).timestamp()),
    ):
        yield GaugeMetricFamily(f"stepwell_{name}", meaning, value=value)
