"""The servers that tests run against."""

from pathlib import Path

import celery
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client


@pytest.mark.django_db
def test_the_database_of_a_test_is_a_postgresql_that_listens_on_a_private_socket_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_setting('listen_addresses'), inet_server_addr()")
        name, addresses, address = cursor.fetchone()
        cursor.execute("SELECT current_setting('unix_socket_directories')")
        (folder,) = cursor.fetchone()

    assert name.startswith("test_stepwell")
    assert (addresses, address) == ("", None)
    assert Path(folder).stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_a_session_has_the_timeouts_that_the_settings_give() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('statement_timeout')"
        )

        assert cursor.fetchone() == ("1min", "1min")


def test_the_broker_of_a_test_is_a_valkey_that_celery_reaches_over_a_private_socket(broker_url: str) -> None:
    with celery.current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1)

    assert broker_url == settings.CELERY_BROKER_URL
    assert Path(broker_url.removeprefix("redis+socket://")).stat().st_mode & 0o077 == 0


def test_every_answer_forbids_inline_scripts_and_framing(client: Client) -> None:
    policy = client.get("/healthz").headers["Content-Security-Policy"]

    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
