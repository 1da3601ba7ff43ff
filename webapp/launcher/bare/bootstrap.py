"""The bootstrap leads from a bare Python to the project's own, before anything that needs a package is imported."""

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

from webapp.launcher.bare import progress, virtual_environment
from webapp.launcher.bare.progress import StepError
from webapp.launcher.bare.project import DEVELOPMENT, PROJECT, RUNTIME, VENV

DEVELOPMENT_COMMANDS = frozenset({"test", "check-all", "lock"})
"""The commands that need the packages of DEVELOPMENT."""


def enter(argv: list[str]) -> list[str]:
    """Return the command and its arguments if this Python is the project's own; otherwise replace this process by one that runs
    with the project's Python.

    STEPWELL_NO_BOOTSTRAP=1 takes the running Python as it is: for images whose packages were installed at build time.
    """
    arguments = take_data_option(argv[1:], environ=os.environ) or ["help"]
    if os.environ.get("STEPWELL_NO_BOOTSTRAP"):
        return arguments
    requirements = DEVELOPMENT if arguments[0] in DEVELOPMENT_COMMANDS else RUNTIME
    try:
        virtual_environment.ensure_installed(requirements, environ=os.environ)
    except StepError as error:
        progress.give_up(str(error))
    if Path(sys.prefix).resolve() != VENV.resolve():
        python = str(VENV / "bin" / "python")
        sys.stdout.flush()
        os.execv(python, [python, str(PROJECT / "manage.py"), *arguments])
    return arguments


def take_data_option(arguments: list[str], *, environ: MutableMapping[str, str]) -> list[str]:
    """Return the arguments without `--data DIR`, and set STEPWELL_DATA to DIR as an absolute path."""
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--data":
            value = next(remaining, "")
        elif argument.startswith("--data="):
            value = argument.removeprefix("--data=")
        else:
            rest.append(argument)
            continue
        if not value:
            progress.give_up("Expected a folder after --data.")
        environ["STEPWELL_DATA"] = str(Path(value).expanduser().absolute())
    return rest
