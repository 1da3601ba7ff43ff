"""This module makes the project's virtual environment by uv or pip, and fills it with the packages of a lock file, each checked by
its hash.

Registries, proxies and certificates are whatever the machine's pip or uv is set up for.
"""

import contextlib
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from webapp.launcher.bare import progress
from webapp.launcher.bare.progress import StepError, say
from webapp.launcher.bare.project import DEVELOPMENT, PROJECT, RUNTIME, VENV, locked

_UV_FROM_PIP = {  # uv knows the same settings under other names
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_NO_INDEX": "UV_NO_INDEX",
    "PIP_CERT": "SSL_CERT_FILE",
    "PIP_DEFAULT_TIMEOUT": "UV_HTTP_TIMEOUT",
}


def ensure_installed(requirements: str, *, environ: Mapping[str, str]) -> None:
    """Install the packages of a lock file into `.venv`; returns at once when they are there. A second caller waits for the first.
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
