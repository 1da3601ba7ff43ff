"""The lock files: every package pinned and hashed, none from a named place, all in step with pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[2]
FILES = ("requirements.txt", "requirements-dev.txt", "requirements-node.txt")


def locked(file: str) -> dict[str, str]:
    """Name and version of each package that a file locks."""
    found = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", (PROJECT / file).read_text("ascii"), re.MULTILINE
    )
    return {canonicalize_name(name): version for name, version in found}


def declared(group: str | None) -> list[Requirement]:
    document = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    texts = document["dependency-groups"][group] if group else document["project"]["dependencies"]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize(
    ("file", "group"), [("requirements.txt", None), ("requirements-dev.txt", "dev"), ("requirements-node.txt", "node")]
)
def test_each_declared_dependency_is_locked_in_a_version_that_it_allows(file: str, group: str | None) -> None:
    versions = locked(file)

    for requirement in declared(group):
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{name} is not in {file}: run `python3 manage.py lock`"
        assert requirement.specifier.contains(versions[name], prereleases=True), f"{name}: run `python3 manage.py lock`"


def test_what_is_tested_is_what_runs() -> None:
    assert locked("requirements.txt").items() <= locked("requirements-dev.txt").items()


@pytest.mark.parametrize("file", FILES)
def test_each_package_has_a_hash_and_no_file_names_a_place_to_fetch_from(file: str) -> None:
    text = (PROJECT / file).read_text("ascii")
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)[1:]

    assert len(entries) == len(locked(file))
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
