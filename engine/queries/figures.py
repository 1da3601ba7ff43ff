"""A running installation knows these figures by its rows: what waits, since when, how much there is. For metrics and `doctor`.

Every statement reads small tables or PostgreSQL's own statistics: none of them grows with the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from engine import clock

_PATIENCE = "5s"


@dataclass(frozen=True, slots=True)
class JobFigures:
    """These are figures of the jobs of one type. `oldest_ready`: seconds that the oldest one which could run has waited, 0 when none
    does."""

    type: str
    created: int
    activated: int
    failed: int
    oldest_ready: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Ages are in seconds, sizes in bytes. `transitions` counts the positions of the journal that were given out in the installation's
    whole life; `projection_behind` how many of them the search tables have not seen yet."""

    jobs: list[JobFigures]
    timers_late: int
    timer_lateness: float
    pending_inputs: int
    pending_age: float
    set_aside: int
    messages: int
    incidents: Mapping[str, int]
    active_instances: int
    suspended_instances: int
    transitions: int
    journal_bytes: int
    journal_unpartitioned: bool
    database_bytes: int
    connections: Mapping[str, int]
    max_connections: int
    lock_waits: int
    longest_transaction: float
    projection_behind: int


def read() -> Figures:
    """Read all figures, in one short transaction. Raises OperationalError when the database does not answer within seconds."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [_PATIENCE])
        now = clock.now()

        def row(sql: str, *arguments: datetime) -> tuple[object, ...]:
            cursor.execute(sql, arguments)
            found: tuple[object, ...] = cursor.fetchone()
            return found

        def counts(sql: str) -> dict[str, int]:
            cursor.execute(sql)
            return {str(name): int(count) for name, count in cursor.fetchall()}

        cursor.execute(
            "SELECT type, count(*) FILTER (WHERE status = 'CREATED'), count(*) FILTER (WHERE status = 'ACTIVATED'),"
            " count(*) FILTER (WHERE status = 'FAILED'),"
            " coalesce(extract(epoch FROM %s - min(available_at) FILTER (WHERE status = 'CREATED')), 0)"
            " FROM engine_job GROUP BY type ORDER BY type",
            [now],
        )
        jobs = [JobFigures(name, new, held, failed, max(0.0, float(age))) for name, new, held, failed, age in cursor]
        late, lateness = row(
            "SELECT count(*), coalesce(extract(epoch FROM %s - min(due_at)), 0) FROM engine_timer WHERE due_at < %s AND NOT has_fired",
            now,
            now,
        )
        pending, age, aside = row(
            "SELECT count(*) FILTER (WHERE incident_key IS NULL),"
            " coalesce(extract(epoch FROM %s - min(at) FILTER (WHERE incident_key IS NULL)), 0),"
            " count(*) FILTER (WHERE incident_key IS NOT NULL) FROM engine_pendinginput",
            now,
        )
        active, suspended = row("SELECT count(*), count(*) FILTER (WHERE suspended) FROM engine_instancestate")
        journal_bytes, unpartitioned = row(
            "SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0),"
            " EXISTS (SELECT FROM engine_journalentry_default) FROM pg_inherits"
            " WHERE inhparent = 'engine_journalentry'::regclass"
        )
        lock_waits, longest = row(
            "SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'),"
            " coalesce(extract(epoch FROM now() - min(xact_start) FILTER (WHERE pid <> pg_backend_pid())), 0)"
            " FROM pg_stat_activity WHERE datname = current_database()"
        )
        taken = _whole(*row("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM engine_journalentry_position"))
        return Figures(
            jobs=jobs,
            timers_late=_whole(late),
            timer_lateness=_number(lateness),
            pending_inputs=_whole(pending),
            pending_age=_number(age),
            set_aside=_whole(aside),
            messages=_whole(*row("SELECT count(*) FROM engine_message WHERE expires_at > %s", now)),
            incidents=counts("SELECT type, count(*) FROM engine_incident WHERE status = 'ACTIVE' GROUP BY type"),
            active_instances=_whole(active),
            suspended_instances=_whole(suspended),
            transitions=taken,
            journal_bytes=_whole(journal_bytes),
            journal_unpartitioned=bool(unpartitioned),
            database_bytes=_whole(*row("SELECT pg_database_size(current_database())")),
            connections=counts(
                "SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' GROUP BY 1"
            ),
            max_connections=_whole(*row("SELECT current_setting('max_connections')::int")),
            lock_waits=_whole(lock_waits),
            longest_transaction=_number(longest),
            projection_behind=max(
                0, taken - _whole(*row("SELECT coalesce(max(position), 0) FROM engine_projectionwatermark"))
            ),
        )


def _whole(value: object) -> int:
    return int(str(value))


def _number(value: object) -> float:
    return max(0.0, float(str(value)))
