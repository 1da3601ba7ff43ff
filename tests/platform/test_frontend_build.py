"""When the front end is built again, and when not. The front end of these tests copies one file."""

import json
import os
import stat
from pathlib import Path

import pytest

from webapp.launcher.bare import frontend_build, project, virtual_environment
from webapp.launcher.bare.progress import StepError


@pytest.fixture
def frontend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "frontend"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "page.txt").write_text("first", "utf-8")
    package = {
        "name": "x",
        "version": "1.0.0",
        "scripts": {"build": "mkdir -p dist && cat src/page.txt >> dist/page.txt"},
    }
    (folder / "package.json").write_text(json.dumps(package), "utf-8")
    lock = {"name": "x", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "x", "version": "1.0.0"}}}
    (folder / "package-lock.json").write_text(json.dumps(lock), "utf-8")
    monkeypatch.setattr(frontend_build, "FRONTEND", folder)
    monkeypatch.setattr(frontend_build, "_BUILD_STAMP", folder / "dist" / ".stepwell-build")
    monkeypatch.setattr(frontend_build, "_PACKAGES_STAMP", folder / "node_modules" / ".stepwell-lock")
    return folder


def build(frontend: Path) -> str:
    frontend_build.ensure_built(environ=os.environ, log_folder=frontend.parent / "logs")
    return (frontend / "dist" / "page.txt").read_text("utf-8")


def test_it_is_built_once_for_the_same_sources_and_again_for_others(frontend: Path) -> None:
    assert build(frontend) == "first"
    assert build(frontend) == "first"

    (frontend / "src" / "page.txt").write_text(" second", "utf-8")
    assert not frontend_build.is_built()
    assert build(frontend) == "first second"


def test_a_build_that_fails_shows_the_end_of_its_output_and_is_tried_again(frontend: Path) -> None:
    package = json.loads((frontend / "package.json").read_text("utf-8"))
    package["scripts"]["build"] = "echo a type is wrong; exit 2"
    (frontend / "package.json").write_text(json.dumps(package), "utf-8")

    for _ in range(2):
        with pytest.raises(StepError, match="a type is wrong"):
            frontend_build.ensure_built(environ=os.environ, log_folder=frontend.parent / "logs")


def test_an_old_node_on_the_machine_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(virtual_environment, "ensure_installed", lambda file, *, environ: asked.append(file))
    monkeypatch.setattr(frontend_build, "_write_node_programs", lambda folder: None)
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho v18.20.4\n", "ascii")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    environ = frontend_build.node_environment({"PATH": f"{tmp_path}{os.pathsep}/bin"})

    assert asked == ["requirements-node.txt"]
    assert environ["PATH"].startswith(str(project.VENV / "stepwell-node"))
