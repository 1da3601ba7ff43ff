"""`manage.py doctor` looks at a running installation and says what is wrong with it, why, and what to do."""

import json
import os
import shutil
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.core.management import BaseCommand
from django.db import Error, connection
from kombu.exceptions import OperationalError as BrokerError

from engine.upkeep import doctor
from engine.upkeep.doctor import Finding, Level, ok
from webapp.launcher.bare.data_folder import DataFolder

_SIGNS = {Level.OK: "ok      ", Level.WARNING: "warning ", Level.PROBLEM: "PROBLEM "}
_LEAST_ROOM = 1024 * 1024 * 1024  # bytes


class Command(BaseCommand):
    help = "Check a running installation and explain what is wrong. Ends with 1 when there are problems, else with 0."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one list of findings, for machines")
        parser.add_argument(
            "--replays", type=int, default=20, help="running instances to replay and compare (default: %(default)s)"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        findings = []
        for finding in self._examine(max(0, options["replays"])):
            findings.append(finding)
            if not options["json"]:
                advice = f"\n          {finding.advice}" if finding.advice else ""
                self.stdout.write(f"{_SIGNS[finding.level]}{finding.area}: {finding.text}{advice}")
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=1))
        problems = sum(finding.level is Level.PROBLEM for finding in findings)
        warnings = sum(finding.level is Level.WARNING for finding in findings)
        if not options["json"]:
            self.stdout.write(f"{problems} problems, {warnings} warnings, {len(findings)} checks.")
        if problems:
            raise SystemExit(1)

    def _examine(self, replays: int) -> Iterator[Finding]:
        yield from _disk()
        yield from _front_end()
        try:
            yield from doctor.examine(replays=replays)
        except Error as error:
            where = {key: connection.settings_dict.get(key) for key in ("HOST", "PORT", "NAME")}
            yield Finding(
                Level.PROBLEM,
                "database",
                f"It does not answer at {where}: {error}".strip(),
                "Start it, or set DATABASE_URL; the embedded one starts with `up`.",
            )
        yield from _broker()


def _disk() -> Iterator[Finding]:
    data = DataFolder.from_environment(os.environ, project=settings.PROJECT)
    if not data.path.exists():
        return
    free = shutil.disk_usage(data.path).free
    text = f"{free // 2**20} MB are free on the disk of {data.path}."
    if free < _LEAST_ROOM:
        yield Finding(Level.PROBLEM, "disk", text, "Make room: PostgreSQL stops when it cannot write its log.")
    else:
        yield ok("disk", text)


def _front_end() -> Iterator[Finding]:
    if (settings.FRONTEND_DIST / "index.html").exists():
        yield ok("pages", "The front end is built.")
    else:
        yield Finding(Level.PROBLEM, "pages", "The front end is not built.", "`python3 manage.py up` builds it.")


def _broker() -> Iterator[Finding]:
    """Look for the broker. Without one work goes on by the ticker alone, so it is a warning."""
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
            evicts = _eviction(broker)
        answers = current_app.control.inspect(timeout=2).ping() or {}
    except (BrokerError, OSError, redis.RedisError) as error:
        yield Finding(
            Level.WARNING,
            "broker",
            f"It does not answer: {error}",
            "Start it, or set BROKER_URL. Until then jobs are found by the sweeper only, and more slowly.",
        )
        return
    yield ok("broker", "It answers.")
    if evicts not in ("", "noeviction"):
        yield Finding(
            Level.WARNING,
            "broker",
            f"It may drop rings when its memory is full ({evicts}).",
            "Set maxmemory-policy to noeviction.",
        )
    if answers:
        yield ok("workers", f"{len(answers)} answer: {', '.join(sorted(answers))}.")
    else:
        yield Finding(
            Level.PROBLEM,
            "workers",
            "No Celery worker answers.",
            "Start one: `python3 manage.py worker`; `up` has its own.",
        )


def _eviction(broker: Any) -> str:
    """Return the broker's policy for a full memory; empty when it does not tell."""
    try:
        found = broker.default_channel.client.config_get("maxmemory-policy")
    except (redis.RedisError, AttributeError):
        return ""
    return str(found.get("maxmemory-policy", ""))
