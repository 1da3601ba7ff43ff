"""A handler gives a sign of life: its lease is renewed, and the next attempt will know the details."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from engine.handlers import LeaseLostError
from engine.jobs.leasing.renewing import heartbeat
from engine.jobs.running.lease_renewer import lease_seconds
from engine.models import Job


def renew(job: Job, details: Any) -> None:
    """Renew the lease of a job that this process runs, and keep the details. Raises LeaseLostError."""

    def ask() -> bool:
        return heartbeat(job.key, attempt=job.attempt, lease=lease_seconds(), details=details)

    if not (_beside_the_loop(ask) if _is_in_a_loop() else ask()):
        raise LeaseLostError(f"Job {job.key} was given to someone else, or its element has ended.")


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _beside_the_loop(ask: Callable[[], bool]) -> bool:
    """Ask the database from a thread of its own: Django refuses that where an event loop runs, as in an asynchronous handler."""

    def ask_and_close() -> bool:
        try:
            return ask()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(ask_and_close).result()
