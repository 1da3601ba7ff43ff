"""This module runs `manage.py test` and `manage.py check-all`."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from webapp.launcher.bare import frontend_build
from webapp.launcher.bare.frontend_build import FRONTEND
from webapp.launcher.bare.progress import say
from webapp.launcher.bare.project import PROJECT
from webapp.launcher.chromium import CHROMIUM_ADVICE, find_chromium

_OF_THE_RUNTIME = ("tests/core/runtime", "tests/core/test_testing.py")
"""Tests that assert what they run. They are measured without the random processes and the conformance suite, which would reach most
lines by chance.
"""


_IN_PARALLEL = ("--numprocesses=2", "--dist=loadscope", "--no-loadscope-reorder")
"""Options that keep a file's tests together (see `pytest_services`), and start those that start installations first."""


@dataclass(frozen=True)
class Check:
    name: str
    command: list[str]
    folder: Path
    environ: Mapping[str, str]


def test(arguments: list[str]) -> int:
    """Run all tests, or those that the pytest arguments name; pytest comes last, so that its line closes the output."""
    logs = PROJECT / ".data" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    frontend_build.ensure_built(environ=os.environ, log_folder=logs)
    if find_chromium(os.environ) is None:
        say(CHROMIUM_ADVICE)
    failed = (
        [] if arguments else [check.name for check in _frontend_checks(logs, scripts=("test",)) if not _passes(check)]
    )
    status = _pytest(arguments or _IN_PARALLEL)
    if failed:
        say(f"Failed before pytest: {', '.join(failed)}")
    return status or (1 if failed else 0)


def check_all() -> int:
    """Run every check of the project: format, lint, types, import contracts, migrations, front end, tests."""
    logs = PROJECT / ".data" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    frontend_build.ensure_built(environ=os.environ, log_folder=logs)
    with tempfile.TemporaryDirectory(prefix="stepwell-checks-") as data:
        Path(data).chmod(0o755)  # root's PostgreSQL runs as another account
        checks = [*_python_checks(data), *_frontend_checks(logs, scripts=("format:check", "lint", "test"))]
        failed = [check.name for check in checks if not _passes(check)]
    say(
        f"{len(checks) - len(failed)} of {len(checks)} checks passed"
        + (f"; failed: {', '.join(failed)}" if failed else "")
    )
    status = _pytest([*_IN_PARALLEL, *(f"--ignore={path}" for path in _OF_THE_RUNTIME)])  # those have run above
    if failed:
        say(f"Failed before pytest: {', '.join(failed)}")
    return status or (1 if failed else 0)


def _python_checks(data: str) -> list[Check]:
    programs = Path(sys.executable).parent
    environ = {**os.environ, "STEPWELL_NO_BOOTSTRAP": "1", "STEPWELL_DATA": data}
    manage = [sys.executable, "manage.py"]
    coverage = [sys.executable, "-m", "coverage"]
    commands = {
        "format": [str(programs / "ruff"), "format", "--check", "."],
        "lint": [str(programs / "ruff"), "check", "."],
        "types": [str(programs / "mypy"), "engine", "stepwell", "webapp", "processes", "tests"],
        "import contracts": [str(programs / "lint-imports")],
        "migrations fit the models": [*manage, "makemigrations", "--check", "--dry-run"],
        "settings": [*manage, "check", "--fail-level", "WARNING"],
        "tests of the runtime, with coverage": [*coverage, "run", "-m", "pytest", "-q", *_OF_THE_RUNTIME],
        "lines and branches of the runtime": [*coverage, "report"],
    }
    return [Check(name, command, PROJECT, environ) for name, command in commands.items()]


def _frontend_checks(logs: Path, *, scripts: tuple[str, ...]) -> list[Check]:
    """Return checks for those of the npm scripts that the front end has."""
    package = json.loads((FRONTEND / "package.json").read_text("utf-8"))
    present = [script for script in scripts if script in package.get("scripts", {})]
    if not present:
        return []
    environ = {**frontend_build.ensure_packages(environ=os.environ, log_folder=logs), "CI": "true"}
    return [Check(f"front end: {script}", ["npm", "run", "--silent", script], FRONTEND, environ) for script in present]


def _passes(check: Check) -> bool:
    say(f"--- {check.name}: {' '.join(check.command)}")
    began = time.monotonic()
    status = subprocess.run(
        check.command, cwd=check.folder, env=dict(check.environ), stdin=subprocess.DEVNULL, check=False
    )
    passed = status.returncode == 0
    say(f"    {'passed' if passed else 'FAILED'} in {time.monotonic() - began:.1f} s")
    return passed


def _pytest(arguments: Sequence[str]) -> int:
    say("--- tests")
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=PROJECT, stdin=subprocess.DEVNULL, check=False).returncode
