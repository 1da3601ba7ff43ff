"""The doctor looks at what an operator would look at first when something is wrong: each check says what it found, and what to do.

Reads only. `webapp`'s command adds what the engine cannot know: the disk, the broker, the workers.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from engine import definitions, handlers
from engine.journal import replay
from engine.models import InstanceState, TestClock
from engine.postgres import index_migrations
from engine.queries import figures
from engine.queries.figures import Figures
from engine.transition.carriers import SCRIPT_JOB_TYPE
from engine.upkeep import standing_still

OLDEST_POSTGRESQL = 150_000
_LATE = 10.0
"""Timers and pending inputs may be so many seconds late on a machine that is busy; beyond that the doctor warns."""
_LONG_WAIT = 60.0
_LONG_TRANSACTION = 60.0


class Level(enum.StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """A check has found something. `advice` says what to do; it is empty where all is well."""

    level: Level
    area: str
    text: str
    advice: str = ""


Check = Callable[[], Iterable[Finding]]


def ok(area: str, text: str) -> Finding:
    return Finding(Level.OK, area, text)


def examine(*, replays: int = 20) -> Iterator[Finding]:
    """Run all checks of the engine. `replays`: running instances whose journal is replayed and compared, the newest first.

    Raises OperationalError when the database does not answer at all.
    """
    yield from _settings()
    yield from _packages()
    yield from _database()
    if (migrations := _migrations()).level is not Level.OK:
        yield migrations
        return  # the tables of the checks below may not be there
    yield migrations
    yield from _parts_of_texts()
    found = figures.read()
    yield from _connections(found)
    yield from _work(found)
    yield from _failures(found)
    yield _standing_still()
    yield from _definitions()
    yield from _journals(found, replays)


def _settings() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding(
            Level.WARNING,
            "settings",
            "STEPWELL_DEBUG is on: errors show source and settings.",
            "Unset it where others can look.",
        )
    if settings.STEPWELL_TEST_CLOCK:
        moved = TestClock.objects.exists() if _has_table("engine_testclock") else False
        text = "STEPWELL_TEST_CLOCK is on" + (", and the clock was moved." if moved else ".")
        yield Finding(Level.WARNING, "settings", text, "Unset it outside of tests: timers follow this clock.")


def _packages() -> Iterator[Finding]:
    """Find process packages that are not to be used as they are here, in the folder that this command sees."""
    faults = handlers.faults()
    for broken in faults.broken:
        yield Finding(Level.PROBLEM, "packages", str(broken), "Mend it and restart web server, workers and ticker.")
    for contested in faults.contested.values():
        yield Finding(Level.PROBLEM, "packages", str(contested), "No worker of ours does it until then: its jobs wait.")
    if not (faults.broken or faults.contested):
        yield ok("packages", f"{len(handlers.by_type())} job types have a handler.")


def _database() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
            " current_setting('server_encoding'), current_setting('fsync'), current_setting('synchronous_commit'),"
            " current_setting('autovacuum'), abs(extract(epoch FROM clock_timestamp() - %s))",
            [datetime.now(UTC)],
        )
        version, number, encoding, fsync, synchronous, autovacuum, skew = cursor.fetchone()
    if number < OLDEST_POSTGRESQL:
        yield Finding(Level.PROBLEM, "database", f"PostgreSQL {version}.", "Expected 15 or newer: upgrade it.")
    else:
        yield ok("database", f"PostgreSQL {version} answers.")
    if encoding != "UTF8":
        yield Finding(Level.PROBLEM, "database", f"Its encoding is {encoding}.", "Make the database anew with UTF8.")
    for name, value in (("fsync", fsync), ("synchronous_commit", synchronous)):
        if value == "off":
            yield Finding(
                Level.WARNING,
                "database",
                f"{name} is off: commits may be lost when the machine fails.",
                f"Set {name} to on.",
            )
    if autovacuum == "off":
        yield Finding(Level.PROBLEM, "database", "autovacuum is off: the hot tables grow for ever.", "Set it to on.")
    if skew > 1:
        yield Finding(
            Level.WARNING,
            "database",
            f"Its clock and this machine's are {skew:.1f} s apart.",
            "Let both follow a time server: leases and timers are compared by these clocks.",
        )


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return ok("database", "Its tables are those of this version.")
    first = missing[0][0]
    return Finding(
        Level.PROBLEM,
        "database",
        f"{len(missing)} migrations are missing, the first of them {first.app_label}.{first.name}.",
        "Run `python3 manage.py prepare`; `up` does it by itself.",
    )


def _parts_of_texts() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [index_migrations.PARTS])
        if cursor.fetchone() != (True,):
            yield Finding(
                Level.WARNING,
                "database",
                "A part of a business id is looked for in every row: the index for it is missing, for pg_trgm was.",
                "As a superuser in this database: CREATE EXTENSION IF NOT EXISTS pg_trgm; then, outside of a transaction: "
                + index_migrations.MAKE_PARTS,
            )


def _connections(found: Figures) -> Iterator[Finding]:
    used = sum(found.connections.values())
    text = f"{used} of {found.max_connections} connections are in use."
    if used > 0.8 * found.max_connections:
        yield Finding(
            Level.WARNING,
            "database",
            text,
            "Lower STEPWELL_DB_POOL_SIZE, raise max_connections, or put a pooler between.",
        )
    else:
        yield ok("database", text)
    if found.longest_transaction > _LONG_TRANSACTION:
        yield Finding(
            Level.WARNING,
            "database",
            f"A transaction has been open for {found.longest_transaction:.0f} s.",
            "Find it in pg_stat_activity: it keeps dead rows from being removed.",
        )
    if found.lock_waits:
        yield Finding(
            Level.WARNING,
            "database",
            f"{found.lock_waits} sessions wait for a lock.",
            "See pg_blocking_pids() of those sessions.",
        )


def _work(found: Figures) -> Iterator[Finding]:
    if found.timers_late and found.timer_lateness > _LATE:
        yield Finding(
            Level.PROBLEM,
            "ticker",
            f"{found.timers_late} timers are late, by up to {found.timer_lateness:.0f} s.",
            "Is a ticker running (`python3 manage.py ticker`)? Its log says what it could not do.",
        )
    else:
        yield ok("ticker", "Timers fire in time.")
    if found.pending_age > _LATE:
        yield Finding(
            Level.PROBLEM,
            "instances",
            f"{found.pending_inputs} inputs wait for their instance, for up to {found.pending_age:.0f} s.",
            "A ticker takes them up within seconds, unless their instances are suspended.",
        )
    known = {*handlers.by_type(), SCRIPT_JOB_TYPE}
    for job in found.jobs:
        if job.oldest_ready <= _LONG_WAIT:
            continue
        ours = job.type in known
        advice = (
            "Are workers running, and do they hear its queue (STEPWELL_JOB_QUEUES)?"
            if ours
            else "No handler here has this type, so a job worker must ask for it over the API."
        )
        text = f"{job.created} jobs of type '{job.type}' wait for a worker, for up to {job.oldest_ready:.0f} s."
        yield Finding(Level.PROBLEM if ours else Level.WARNING, "jobs", text, advice)
    if not any(job.oldest_ready > _LONG_WAIT for job in found.jobs):
        yield ok("jobs", f"{sum(job.created + job.activated for job in found.jobs)} jobs, none waits long.")
    if found.projection_behind > 10_000:
        yield Finding(
            Level.WARNING,
            "ticker",
            f"Searches are {found.projection_behind} journal entries behind.",
            "The ticker catches up by itself; if it does not, its log says why.",
        )
    if found.journal_unpartitioned:
        yield Finding(
            Level.WARNING,
            "journal",
            "Entries lie in the default partition, from which nothing can be archived as a whole.",
            "Let a ticker run: it makes partitions before they are needed.",
        )


def _failures(found: Figures) -> Iterator[Finding]:
    if found.set_aside:
        yield Finding(
            Level.PROBLEM,
            "instances",
            f"{found.set_aside} inputs broke their step and were set aside.",
            "Operations, Incidents, type UNKNOWN: the stack trace names the fault; resolving tries again.",
        )
    if found.incidents:
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(found.incidents.items()))
        yield Finding(
            Level.WARNING, "incidents", f"Incidents stand: {listed}.", "Operations, Incidents groups them by cause."
        )
    else:
        yield ok("incidents", "None stands.")


def _standing_still() -> Finding:
    """Find instances that nothing will ever move."""
    looked = standing_still.look()
    of = f"{looked.number} running instances" + ("" if looked.are_all else ", the oldest of all,")
    if not looked.found:
        return ok("instances", f"Each of {of} waits for something." if looked.number else "None runs.")
    listed = "; ".join(f"{each.instance_key}: {each.text}" for each in looked.found[:5])
    return Finding(
        Level.PROBLEM,
        "instances",
        f"{len(looked.found)} of {of} wait for nothing: {listed}.",
        "Operations, the instance, Modify: activate the element again, or move the token on; or cancel the instance.",
    )


def _definitions() -> Iterator[Finding]:
    """Find definitions of running instances that this version reads with errors: their next step would break."""
    broken = []
    in_use = InstanceState.objects.order_by("definition_key").values_list("definition_key", flat=True).distinct()
    for key in in_use:
        definition = definitions.process_definition(key)
        try:
            definitions.model_of(key)
        except Exception as error:  # whatever a parser of another version may raise
            broken.append(f"{definition.process_id} version {definition.version} ({error})")
    if broken:
        yield Finding(
            Level.PROBLEM,
            "definitions",
            f"This version cannot read {len(broken)} definitions that have running instances: {'; '.join(broken)[:500]}.",
            "Go back to the version before, or migrate the instances to a corrected diagram.",
        )
    else:
        yield ok("definitions", f"All {len(in_use)} with running instances can be read.")


def _journals(found: Figures, count: int) -> Iterator[Finding]:
    if not count:
        return
    keys = list(InstanceState.objects.order_by("-instance_id").values_list("instance_id", flat=True)[:count])
    differing = [key for key in keys if replay.replay(key).differences]
    if differing:
        yield Finding(
            Level.PROBLEM,
            "journal",
            f"The replay of {len(differing)} of {len(keys)} running instances differs from what is stored: {differing[:5]}.",
            "Keep the database as it is, and report it with the version's name: this should never be.",
        )
    else:
        yield ok(
            "journal",
            f"{len(keys)} running instances replay to their stored state; {found.transitions} transitions so far.",
        )


def _has_table(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        return bool(cursor.fetchone()[0])
