"""The bootstrap leads from a bare Python to the project's own: the virtual environment, its locked packages, and the way into each command.

Imports the standard library alone. Registries, proxies and certificates are whatever the machine's pip or uv is set up for.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

from webapp.launcher import progress
from webapp.launcher.progress import StepError, say

PROJECT = Path(__file__).resolve().parents[2]
VENV = PROJECT / ".venv"
RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"  # contains all of RUNTIME, in the same versions
NODE = "requirements-node.txt"

_COMMANDS_WITH_DEVELOPMENT_PACKAGES = frozenset({"test", "check-all", "lock"})
_UV_FROM_PIP = {  # uv knows the same settings under other names
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_NO_INDEX": "UV_NO_INDEX",
    "PIP_CERT": "SSL_CERT_FILE",
    "PIP_DEFAULT_TIMEOUT": "UV_HTTP_TIMEOUT",
}


def main(argv: list[str]) -> None:
    """Carry out `manage.py ARGV`, in the project's environment; does not return when it has to change to it.

    STEPWELL_NO_BOOTSTRAP=1 takes the running Python as it is: for images whose packages were installed at build time.
    """
    arguments = take_data_option(argv[1:], environ=os.environ)
    command = arguments[0] if arguments else "help"
    if not os.environ.get("STEPWELL_NO_BOOTSTRAP"):
        requirements = DEVELOPMENT if command in _COMMANDS_WITH_DEVELOPMENT_PACKAGES else RUNTIME
        try:
            ensure_installed(requirements, environ=os.environ)
        except StepError as error:
            progress.give_up(str(error))
        if Path(sys.prefix).resolve() != VENV.resolve():
            python = str(VENV / "bin" / "python")
            sys.stdout.flush()
            os.execv(python, [python, str(PROJECT / "manage.py"), *arguments])
    # not before the packages are there
    from webapp.launcher import commands

    commands.run(command, arguments[1:])


def take_data_option(arguments: list[str], *, environ: MutableMapping[str, str]) -> list[str]:
    """Return the arguments without `--data DIR`, which goes to STEPWELL_DATA as an absolute path."""
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


# --- the virtual environment -----------------------------------------------------------------------------------------


def ensure_installed(requirements: str, *, environ: Mapping[str, str]) -> None:
    """Make `.venv` hold what the lock file says; returns at once when it does. A second caller waits for the first.

    Raises StepError.
    """
    wanted = _digest(PROJECT / requirements)
    if _installed(requirements) == wanted:
        return
    with locked(PROJECT, waiting="Waiting for another start that is installing packages"):
        if _installed(requirements) == wanted:
            return
        uv = _working_uv(environ)
        if not (VENV / "bin" / "python").exists():
            _create_venv(uv=uv, environ=environ)
        _install(requirements, uv=uv, environ=environ)
        note = {**_notes(), requirements: wanted}
        if requirements == DEVELOPMENT:
            note[RUNTIME] = _digest(PROJECT / RUNTIME)
        _notes_file().write_text(json.dumps(note, indent=2) + "\n", "utf-8")


@contextlib.contextmanager
def locked(folder: Path, *, waiting: str) -> Iterator[None]:
    """Hold a lock on the folder itself, so that no lock file is left behind; the kernel frees it when the process ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{waiting} ...")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise StepError(f"Expected {file}, which is part of the project. Is this a complete clone?") from None


def _notes_file() -> Path:
    return VENV / "stepwell-installed.json"


def _notes() -> dict[str, str]:
    try:
        notes = json.loads(_notes_file().read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(key): str(value) for key, value in notes.items()}


def _installed(requirements: str) -> str | None:
    """Return the digest of the lock file that was last installed, if the environment's Python still exists."""
    return _notes().get(requirements) if (VENV / "bin" / "python").exists() else None


def _working_uv(environ: Mapping[str, str]) -> str | None:
    """Return uv's path, if there is one that runs: a version manager may have put an empty shim on the path."""
    found = shutil.which("uv", path=environ.get("PATH"))
    if found is None:
        return None
    try:
        subprocess.run([found, "--version"], check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return found


def _create_venv(*, uv: str | None, environ: Mapping[str, str]) -> None:
    log_file = PROJECT / ".data" / "logs" / "venv.log"
    if uv is not None:
        with contextlib.suppress(StepError):  # then the standard library's way, whose error is the one to show
            progress.run_step(
                "Making .venv with uv",
                [uv, "venv", "--quiet", "--allow-existing", "--python", _base_python(), VENV],
                cwd=PROJECT,
                environ=uv_environ(environ),
                log_file=log_file,
                advice="",
            )
            return
    # Debian splits ensurepip off: the environment can do without, when this Python has a pip that installs into others
    has_ensurepip = importlib.util.find_spec("ensurepip") is not None
    progress.run_step(
        "Making .venv",
        [_base_python(), "-m", "venv", "--clear", *([] if has_ensurepip else ["--without-pip"]), VENV],
        cwd=PROJECT,
        environ=environ,
        log_file=log_file,
        advice="On Debian and Ubuntu: `apt-get install python3-venv`. Or install uv. Then start again.",
    )


def _base_python() -> str:
    return getattr(sys, "_base_executable", None) or sys.executable


def _install(requirements: str, *, uv: str | None, environ: Mapping[str, str]) -> None:
    python = VENV / "bin" / "python"
    log_file = PROJECT / ".data" / "logs" / "install.log"
    count = (PROJECT / requirements).read_text("utf-8").count("==")
    title = f"Installing {count} packages of {requirements}, each checked against its hash"
    if uv is not None:
        try:
            progress.run_step(
                title,
                [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", requirements],
                cwd=PROJECT,
                environ=uv_environ(environ),
                log_file=log_file,
                advice="",
            )
            return
        except StepError as error:
            say(f"{error}uv could not; trying pip.")
    progress.run_step(
        title,
        [*_pip(python), "install", "--disable-pip-version-check", "--require-hashes", "-r", requirements],
        cwd=PROJECT,
        environ=environ,
        log_file=log_file,
        advice=(
            "Is the network there, and room on the disk? A proxy or a mirror is set by PIP_INDEX_URL, PIP_CERT, "
            "HTTPS_PROXY or pip's own configuration. Then start again; what was installed stays."
        ),
    )


def _pip(python: Path) -> list[str | Path]:
    """Return the command line of a pip that installs into the environment of `python`."""
    if _succeeds([python, "-m", "pip", "--version"]):
        return [python, "-m", "pip"]
    if _succeeds([python, "-m", "ensurepip"]):
        return [python, "-m", "pip"]
    if _succeeds([_base_python(), "-m", "pip", "--python", python, "--version"]):
        return [_base_python(), "-m", "pip", "--python", python]
    raise StepError("This Python has neither pip nor ensurepip. On Debian and Ubuntu: `apt-get install python3-venv`.")


def _succeeds(command: list[str | Path]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def uv_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for uv: pip's settings under uv's names, where uv has none of its own."""
    translated = {ours: environ[theirs] for theirs, ours in _UV_FROM_PIP.items() if environ.get(theirs)}
    # like pip, trust the certificates that the machine trusts; the second name is the one of older versions
    return {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true", **translated, **environ}
