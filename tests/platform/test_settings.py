"""What the environment makes of the settings, read in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = """
import json, sys
from webapp import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def read(*names: str, **environ: str) -> dict[str, Any]:
    result = run(*names, **environ)
    assert result.returncode == 0, result.stderr
    values: dict[str, Any] = json.loads(result.stdout)
    return values


def run(*names: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {
        key: value for key, value in os.environ.items() if not key.startswith(("STEPWELL_", "DATABASE_", "BROKER_"))
    }
    clean |= {"STEPWELL_SECRET_KEY": "secret", **environ}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *names], cwd=PROJECT, env=clean, capture_output=True, text=True, check=False
    )


def test_a_database_address_keeps_its_options_and_gets_the_timeouts() -> None:
    address = "postgresql://us%40er:pa%2Fss@db.example:6543/flow?sslmode=require&options=-csearch_path%3Dflow"

    database = read("DATABASES", DATABASE_URL=address, STEPWELL_STATEMENT_TIMEOUT="5")["DATABASES"]["default"]

    assert (database["USER"], database["PASSWORD"], database["HOST"], database["PORT"], database["NAME"]) == (
        "us@er", "pa/ss", "db.example", "6543", "flow",
    )  # fmt: skip
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["OPTIONS"]["options"] == (
        "-csearch_path=flow -c statement_timeout=5000 -c idle_in_transaction_session_timeout=60000"
        " -c plan_cache_mode=force_custom_plan"
    )
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["ATOMIC_REQUESTS"] is False


def test_a_wrong_database_address_is_refused_without_showing_its_password() -> None:
    refused = run("DATABASES", DATABASE_URL="mysql://user:tell-nobody@host/x")

    assert "Expected a PostgreSQL address in DATABASE_URL" in refused.stderr
    assert "tell-nobody" not in refused.stderr


def test_without_a_secret_key_nothing_starts(tmp_path: Path) -> None:
    refused = run("DEBUG", STEPWELL_SECRET_KEY="", STEPWELL_DATA=str(tmp_path))

    assert f"Expected a secret key in STEPWELL_SECRET_KEY or in {tmp_path}/secret_key." in refused.stderr


def test_https_makes_cookies_secure_and_trusts_the_proxy_and_without_it_neither() -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_PROXY_SSL_HEADER", "SECURE_HSTS_SECONDS")

    assert read(*names, STEPWELL_HTTPS="1") == {
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
        "SECURE_HSTS_SECONDS": 31_536_000,
    }
    assert read(*names) == {
        "SESSION_COOKIE_SECURE": False,
        "CSRF_COOKIE_SECURE": False,
        "SECURE_PROXY_SSL_HEADER": None,
        "SECURE_HSTS_SECONDS": 0,
    }


def test_job_queues_are_read_longest_prefix_first_and_a_wrong_pair_is_named() -> None:
    assert read("STEPWELL_JOB_QUEUES", STEPWELL_JOB_QUEUES="mail.=mail, mail.bulk.=slow") == {
        "STEPWELL_JOB_QUEUES": [["mail.bulk.", "slow"], ["mail.", "mail"]]
    }
    assert "found 'mail.'" in run("DEBUG", STEPWELL_JOB_QUEUES="mail.").stderr


def test_each_job_queue_is_routed_by_its_own_name() -> None:
    script = (
        "from webapp.celery import app\nqueues = app.amqp.queues\n"
        "print(sorted((name, queue.exchange.name, queue.routing_key) for name, queue in queues.items()))"
    )
    environ = {**os.environ, "STEPWELL_JOB_QUEUES": "mail.=mail", "STEPWELL_SECRET_KEY": "secret"}
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, env=environ, capture_output=True, text=True, check=False
    )

    assert result.stdout.strip() == "[('mail', 'mail', 'mail'), ('stepwell', 'stepwell', 'stepwell')]", result.stderr


def test_a_number_that_is_none_is_named() -> None:
    assert (
        "Expected a whole number in STEPWELL_DB_POOL_SIZE, found 'many'."
        in run("DEBUG", STEPWELL_DB_POOL_SIZE="many").stderr
    )
