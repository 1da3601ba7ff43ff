"""From a bare Python to the project's packages. The project of these tests is a copy with one package, made on the spot."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from webapp.launcher.bare import bootstrap, virtual_environment

PROJECT = Path(__file__).resolve().parents[2]
DJANGO_IN_ITS_PLACE = """\
import os, sys
def execute_from_command_line(argv):
    print("ran", argv, "in", sys.prefix, "data", os.environ.get("STEPWELL_DATA"))
"""


def write_wheel(folder: Path) -> str:
    """A wheel of a `django` whose only act is to say how it was called; its sha256."""
    folder.mkdir()
    files = {
        "django/__init__.py": "",
        "django/core/__init__.py": "",
        "django/core/management.py": DJANGO_IN_ITS_PLACE,
        "psycopg/__init__.py": "sql = None",  # the commands import it, and use it for nothing here
        "psycopg/conninfo.py": "conninfo_to_dict = make_conninfo = None",
        "django-5.2.dist-info/METADATA": "Metadata-Version: 2.1\nName: django\nVersion: 5.2\n",
        "django-5.2.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
        for name, text in files.items()
    )
    wheel = folder / "django-5.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, "django-5.2.dist-info/RECORD": record + "django-5.2.dist-info/RECORD,,\n"}.items():
            archive.writestr(name, text)
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


class BareProject:
    def __init__(self, folder: Path, *, path: str) -> None:
        self.folder = folder / "project"
        shutil.copytree(PROJECT / "webapp" / "launcher", self.folder / "webapp" / "launcher")
        shutil.copy(PROJECT / "webapp" / "__init__.py", self.folder / "webapp")
        shutil.copy(PROJECT / "manage.py", self.folder)
        self.lock(write_wheel(folder / "wheels"))
        home = folder / "home"
        home.mkdir()
        self.environ = {
            "PATH": path,
            "HOME": str(home),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(folder / "wheels"),
            "PYENV_ROOT": os.environ.get("PYENV_ROOT", ""),
        }

    def lock(self, digest: str) -> None:
        (self.folder / "requirements.txt").write_text(f"django==5.2 \\\n    --hash=sha256:{digest}\n", "ascii")

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # an interpreter that knows nothing of the environment in which the tests run
        python = str(Path(sys._base_executable))  # type: ignore[attr-defined]
        return subprocess.run(
            [python, "manage.py", *arguments],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def path_without_uv() -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not (Path(folder) / "uv").exists())


@pytest.fixture(params=["with uv, if this machine has it", "with pip"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> BareProject:
    return BareProject(tmp_path, path=path_without_uv() if request.param == "with pip" else os.environ["PATH"])


def test_the_first_command_makes_the_environment_and_runs_in_it_and_the_second_makes_nothing(
    project: BareProject,
) -> None:
    first = project.manage("version", "--data", "elsewhere")

    assert first.returncode == 0, first.stderr
    assert f"ran ['manage.py', 'version'] in {project.folder}/.venv data {project.folder}/elsewhere" in first.stdout
    assert "Installing 1 packages of requirements.txt, each checked against its hash" in first.stderr

    second = project.manage("version")
    assert second.returncode == 0
    assert second.stderr == ""


def test_a_package_with_another_hash_is_refused_with_what_the_installer_said(project: BareProject) -> None:
    project.lock("0" * 64)

    refused = project.manage("version")

    assert refused.returncode == 1
    assert "hash" in refused.stderr.lower()
    assert "Stepwell cannot go on." in refused.stderr
    assert "Is the network there, and room on the disk?" in refused.stderr
    assert "ran" not in refused.stdout


def test_a_changed_lock_file_is_installed_at_the_next_command(project: BareProject) -> None:
    project.manage("version")
    lock = project.folder / "requirements.txt"
    lock.write_text(lock.read_text("ascii") + "# changed\n", "ascii")

    assert "Installing 1 packages" in project.manage("version").stderr


def test_two_first_commands_at_once_both_work(project: BareProject) -> None:
    python = str(Path(sys._base_executable))  # type: ignore[attr-defined]
    both = [
        subprocess.Popen(
            [python, "manage.py", "version"], cwd=project.folder, env=project.environ, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    outputs = [process.communicate(timeout=120) for process in both]

    assert [process.returncode for process in both] == [0, 0], outputs
    assert all("ran ['manage.py', 'version']" in stdout for stdout, _ in outputs)
    assert sum("Installing 1 packages" in stderr for _, stderr in outputs) == 1


def test_an_incomplete_clone_is_named(project: BareProject) -> None:
    (project.folder / "requirements.txt").unlink()

    ended = project.manage("version")

    assert ended.returncode == 1
    assert "requirements.txt, which is part of the project. Is this a complete clone?" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "rest", "folder"),
    [
        (["up", "--data", "/x/y"], ["up"], "/x/y"),
        (["--data=/x", "up", "--port", "1"], ["up", "--port", "1"], "/x"),
        (["up"], ["up"], None),
    ],
)
def test_the_data_folder_is_taken_from_anywhere_in_the_command(
    arguments: list[str], rest: list[str], folder: str | None
) -> None:
    environ: dict[str, str] = {}

    assert bootstrap.take_data_option(arguments, environ=environ) == rest
    assert environ.get("STEPWELL_DATA") == folder


def test_uv_gets_the_settings_of_pip_but_its_own_come_first() -> None:
    environ = {"PIP_INDEX_URL": "of pip", "UV_FIND_LINKS": "of uv", "PIP_FIND_LINKS": "of pip", "PATH": "/bin"}

    translated = virtual_environment.uv_environ(environ)

    assert translated["UV_DEFAULT_INDEX"] == "of pip"
    assert translated["UV_FIND_LINKS"] == "of uv"
    assert translated["PATH"] == "/bin"
