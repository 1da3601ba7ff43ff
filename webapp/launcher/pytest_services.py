"""This pytest plugin starts a PostgreSQL and a Valkey of the test run's own when a test first needs the database.

It is loaded by `-p` in pyproject.toml, since pytest-django reads the settings before any conftest.py. The addresses are fixed at
once and the servers start with the first fixture that needs them, so tests of the pure core run in milliseconds.
DATABASE_URL and BROKER_URL, when set, are used as they are.

Each process of pytest-xdist has servers of its own.
"""

import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from webapp.launcher.chromium import CHROMIUM_ADVICE, find_chromium
from webapp.launcher.servers import postgres, valkey

_FOLDER_PREFIX = "stepwell-test-"
_OURS = "STEPWELL_TEST_SERVICES"
"""Name of the environment variable with the names of the addresses that this plugin has chosen: a process of pytest-xdist inherits
them, and chooses its own.
"""
_BROWSER = "tests/browser/"
_FIXTURES_THAT_NEED_SERVERS = frozenset({"django_db_setup", "database_url", "broker_url"})


@dataclass
class _Services:
    folder: Path
    needs_postgres: bool
    needs_valkey: bool
    servers: list[postgres.Server | valkey.Server] = field(default_factory=list)
    started: bool = False

    def start(self) -> None:
        if self.started:
            return
        self.started = True
        if self.needs_postgres:
            server = postgres.start(
                self.folder / "postgres", log_file=self.folder / "postgres.log", environ=os.environ, durable=False
            )
            self.servers.append(server)
            assert server.url == os.environ["DATABASE_URL"], "the address given to the settings is not the server's"
        if self.needs_valkey:
            log_file = self.folder / "valkey.log"
            self.servers.append(valkey.start(self.folder / "valkey", log_file=log_file, environ=os.environ))

    def stop(self) -> None:
        for server in reversed(self.servers):
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


_services: _Services | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    global _services
    _remove_folders_of_killed_runs()
    # below /tmp and short: socket paths have 108 bytes, and root's server runs as an account that cannot enter /root
    folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-", dir="/tmp"))
    folder.chmod(0o711)
    if "PYTEST_XDIST_WORKER" in os.environ:
        for name in os.environ.get(_OURS, "").split():
            del os.environ[name]
    _services = _Services(
        folder=folder,
        needs_postgres="DATABASE_URL" not in os.environ,
        needs_valkey="BROKER_URL" not in os.environ,
    )
    os.environ[_OURS] = " ".join(name for name in ("DATABASE_URL", "BROKER_URL") if name not in os.environ)
    os.environ.setdefault("DATABASE_URL", postgres.url_of(folder / "postgres"))
    os.environ.setdefault("BROKER_URL", valkey.url_of(folder / "valkey"))
    os.environ["STEPWELL_DATA"] = str(folder / "data")
    os.environ.setdefault("STEPWELL_SECRET_KEY", secrets.token_urlsafe(64))
    os.environ.setdefault("STEPWELL_TEST_CLOCK", "1")
    early_config.add_cleanup(_services.stop)


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> None:
    if fixturedef.argname in _FIXTURES_THAT_NEED_SERVERS and _services is not None:
        _services.start()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let one process run all tests of a file, and one process all tests in browsers, which share an installation."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _BROWSER if nodeid.startswith(_BROWSER) else nodeid.split("::", 1)[0]

    return ByFile(config, log)


@pytest.fixture(scope="session")
def database_url() -> str:
    """Return the address of the run's PostgreSQL; once a test has used the database, it is pytest-django's test database."""
    return os.environ["DATABASE_URL"]


@pytest.fixture(scope="session")
def broker_url() -> str:
    """Return the address of the run's Valkey, which runs by then."""
    return os.environ["BROKER_URL"]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of Chromium, for playwright's `executable_path`. Without one the test is skipped with what to do; in CI it fails."""
    program = find_chromium(os.environ)
    if program is not None:
        return program
    if os.environ.get("CI"):
        pytest.fail(CHROMIUM_ADVICE)
    pytest.skip(CHROMIUM_ADVICE)


def _remove_folders_of_killed_runs() -> None:
    for folder in Path("/tmp").glob(f"{_FOLDER_PREFIX}*"):  # noqa: S108 - only ours are removed
        pid = folder.name.removeprefix(_FOLDER_PREFIX).split("-")[0]
        if pid.isdecimal() and folder.stat().st_uid == os.geteuid() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)
