"""PostgreSQL is away for a while: who waits for it goes on as soon as it is back."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import DatabaseError, InterfaceError, connection
from psycopg_pool import PoolTimeout

from tests.acceptance.faults.test_faults import _reconnect, can_restart_database, kill_and_start_database
from tests.machine import slowness

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def test_a_connection_is_there_again_within_a_second_however_long_the_database_was_away() -> None:
    if not can_restart_database():
        pytest.skip("needs a PostgreSQL of the test run's own")
    over = threading.Event()
    answers: list[float] = []

    def ask() -> None:
        while not over.is_set():
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                answers.append(time.monotonic())
            except (DatabaseError, InterfaceError, PoolTimeout):
                pass
            connection.close()
            time.sleep(0.02)

    client = threading.Thread(target=ask)
    client.start()
    try:
        _wait(lambda: bool(answers))
        kill_and_start_database(away=4.0)  # doubled waits would come at 3 and at 7 seconds
        back = time.monotonic()
        _wait(lambda: answers[-1] > back)
        assert answers[-1] - back < 1.5 * slowness()
    finally:
        over.set()
        client.join()
        _reconnect()


def _wait(condition) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
