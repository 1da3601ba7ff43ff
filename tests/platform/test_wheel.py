"""The wheel: built from the project, installed into an environment that knows nothing of the project's folder.

The third parties are those of the environment in which the tests run, laid behind the wheel by a `.pth` file, so that no network is
needed; CONTRIBUTING.md says how the same is done with packages of its own.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.guides import PROJECT, write_listings


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the wheel, and an empty folder to work in."""

    programs: Path
    folder: Path

    def environ(self, **more: str) -> dict[str, str]:
        return {"PATH": f"{self.programs}{os.pathsep}{os.defpath}", "HOME": str(self.folder), **more}

    def run(self, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.programs / command[0]), *command[1:]],
            cwd=self.folder,
            env=self.environ(**environ),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(build, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("stepwell-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True, timeout=120)
    python = venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, str(wheel)], check=True, timeout=120)
    (site_packages,) = venv.glob("lib/python3*/site-packages")
    (site_packages / "third_parties.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    folder = tmp_path_factory.mktemp("work")
    folder.chmod(0o755)  # root's PostgreSQL runs as another account
    return Environment(venv / "bin", folder)


def test_it_holds_the_packages_with_their_migrations_and_types_and_nothing_of_the_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        str(file.relative_to(PROJECT))
        for package in ("engine", "stepwell", "webapp")
        for file in (PROJECT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert expected <= names
    assert {name.split("/")[0] for name in names - expected} == {"stepwell-0.1.0.dist-info"} | (
        {"webapp"} if (PROJECT / "frontend" / "dist").is_dir() else set()
    )


def test_the_public_package_is_imported_from_it(installed: Environment) -> None:
    program = (
        "import stepwell, stepwell.bpmn, stepwell.dmn, stepwell.feel\n"
        "from stepwell import BpmnError, JobContext, handler\nfrom stepwell.testing import Engine\n"
        "assert stepwell.feel.evaluate('1 + 1', {}) == 2\nprint(stepwell.__file__)"
    )
    done = installed.run("python", "-c", program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(installed.programs.parent))


def test_a_process_package_in_an_empty_folder_is_tested_with_the_fixture_of_the_entry_point(
    installed: Environment,
) -> None:
    write_listings("write-a-process-package", installed.folder)
    done = installed.run("python", "-m", "pytest", "-q", "processes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_its_program_finds_the_settings_and_keeps_its_data_where_it_is_called(installed: Environment) -> None:
    done = installed.run("stepwell", "check", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
    assert (installed.folder / ".data" / "secret_key").exists()


def test_it_says_that_the_checks_need_a_clone(installed: Environment) -> None:
    done = installed.run("stepwell", "check-all")
    assert done.returncode == 1
    assert "needs a clone of the repository" in done.stderr


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def running(installed: Environment, port: int) -> Iterator[str]:
    """The last line that `stepwell up` prints before it serves; it ends with the test."""
    command = [str(installed.programs / "stepwell"), "up", "--port", str(port), "--concurrency", "1"]
    log = installed.folder / "up.log"
    with log.open("wb") as errors, subprocess.Popen(
        command, cwd=installed.folder, env=installed.environ(), stdout=subprocess.PIPE, stderr=errors, text=True
    ) as process:  # fmt: skip
        assert process.stdout is not None
        yield process.stdout.readline() or log.read_text("utf-8")
        process.terminate()


@pytest.mark.slow
def test_everything_starts_from_it(running: str, port: int) -> None:
    assert running == f"Stepwell is ready on http://127.0.0.1:{port}\n"
    assert httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
