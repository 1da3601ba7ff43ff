"""Each command of `manage.py` is a function here, which runs in the project's environment."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from django.core.management import execute_from_command_line

from webapp.launcher import checks, roles
from webapp.launcher.bare import bootstrap, progress
from webapp.launcher.bare.bootstrap import DEVELOPMENT_COMMANDS
from webapp.launcher.bare.data_folder import DataFolder, DataFolderInUseError
from webapp.launcher.bare.progress import StepError, say
from webapp.launcher.bare.project import DEVELOPMENT, IS_CLONE, NODE, PROJECT, RUNTIME
from webapp.launcher.servers.embedded import EmbeddedServers
from webapp.launcher.servers.postgres_binaries import PostgresError
from webapp.launcher.servers.valkey import ValkeyError
from webapp.launcher.up import Options, start_everything

_DJANGO_COMMANDS_WITHOUT_DATABASE = frozenset(
    {"help", "version", "--help", "--version", "check", "spectacular", "diffsettings", "findstatic"}
)


def main() -> None:
    """Run the program `stepwell`: the command line of an installed Stepwell, whose packages pip has installed."""
    arguments = bootstrap.take_data_option(sys.argv[1:], environ=os.environ) or ["help"]
    run(arguments[0], arguments[1:])


def run(command: str, arguments: list[str]) -> None:
    """Run one command, and end the process with its status."""
    if command in DEVELOPMENT_COMMANDS and not IS_CLONE:
        progress.give_up(f"`{command}` is for who works on Stepwell itself: it needs a clone of the repository.")
    ours = {"up": up, "web": web, "worker": worker, "test": checks.test, "check-all": check_all, "lock": lock}
    try:
        sys.exit(ours[command](arguments) if command in ours else _django(command, arguments))
    except (StepError, PostgresError, ValkeyError) as error:
        progress.give_up(str(error))
    except OSError as error:
        progress.give_up(f"{error.strerror}: {error.filename}. Is the disk full, or the folder somebody else's?")


def up(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="manage.py up",
        description="Start everything: PostgreSQL, Valkey, the web pages, the worker and the ticker. Ctrl-C ends it.",
        epilog="--data DIR keeps database, logs and keys in DIR (default: .data). DATABASE_URL and BROKER_URL replace the "
        "embedded servers.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--concurrency", type=int, default=None, help="worker processes (default: one a processor, at least two)"
    )
    parser.add_argument("--no-demo", action="store_true", help="make no demo users")
    options = parser.parse_args(arguments)
    return start_everything(
        Options(host=options.host, port=options.port, concurrency=options.concurrency, demo=not options.no_demo)
    )


def web(arguments: list[str]) -> NoReturn:
    """Serve only the web pages, with DATABASE_URL and BROKER_URL as they are set: the command of a container."""
    parser = argparse.ArgumentParser(prog="manage.py web", description="Serve the pages and the API, and nothing else.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    options = parser.parse_args(arguments)
    _become(roles.web_command(options.host, options.port))


def worker(arguments: list[str]) -> NoReturn:
    """Run only a Celery worker, with DATABASE_URL and BROKER_URL as they are set: the command of a container."""
    parser = argparse.ArgumentParser(prog="manage.py worker", description="Run service tasks, and nothing else.")
    parser.add_argument(
        "--concurrency", type=int, default=None, help="processes (default: one a processor, at least two)"
    )
    parser.add_argument("--queues", default="", help="queues of STEPWELL_JOB_QUEUES to hear, by comma (default: all)")
    options = parser.parse_args(arguments)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="stepwell-metrics-"))  # its pool's
    queues = ["--queues", options.queues] if options.queues else []
    _become([*roles.worker_command(options.concurrency, environ=os.environ), *queues])


def _become(command: list[str | Path]) -> NoReturn:
    arguments = [str(part) for part in command]
    os.chdir(PROJECT)
    os.execv(arguments[0], arguments)


def check_all(_arguments: list[str]) -> int:
    return checks.check_all()


def lock(arguments: list[str]) -> int:
    """Write the lock files anew from pyproject.toml; `--upgrade` takes newer versions than those that are locked."""
    options = [
        "--universal", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--quiet",
        "--custom-compile-command", "python3 manage.py lock", *arguments,
    ]  # fmt: skip
    for sources in (
        ["pyproject.toml", "--output-file", RUNTIME],
        # one resolution for both: what runs is what was tested
        ["pyproject.toml", "--group", "dev", "--constraints", RUNTIME, "--output-file", DEVELOPMENT],
        ["--group", "node", "--output-file", NODE],
    ):
        command = ["uv", "pip", "compile", *sources, *options]
        try:
            subprocess.run(command, cwd=PROJECT, check=True)
        except FileNotFoundError:
            raise StepError("Locking needs uv. Install it, for instance with `pip install uv`.") from None
        except subprocess.CalledProcessError as error:
            return error.returncode
    say(f"Wrote {RUNTIME}, {DEVELOPMENT} and {NODE}.")
    return 0


def _django(command: str, arguments: list[str]) -> int:
    """Run one of Django's or our own management commands, on the database of the data folder: the one that runs, or one that is
    started for this command alone.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    data = DataFolder.from_environment(os.environ, project=PROJECT)
    argv = ["manage.py", command, *arguments]
    if not os.environ.get("STEPWELL_SECRET_KEY"):
        data.create()
    if command in _DJANGO_COMMANDS_WITHOUT_DATABASE or os.environ.get("DATABASE_URL") or data.running():
        execute_from_command_line(argv)
        return 0
    try:
        with data.owned(), EmbeddedServers(data, environ=os.environ) as servers:
            os.environ.update(servers.start())
            execute_from_command_line(argv)
            return 0
    except DataFolderInUseError:
        progress.give_up(
            f"Another command is starting or ending with the data folder {data.path}. Try again in a moment."
        )
