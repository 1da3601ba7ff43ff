"""Which browser the browser tests use."""

from pathlib import Path

from webapp.launcher.chromium import find_chromium


def program(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text("#!/bin/sh\n", "ascii")
    file.chmod(0o755)
    return file


def test_the_chosen_one_comes_before_the_one_on_the_path(tmp_path: Path) -> None:
    on_path = program(tmp_path / "bin", "chromium")
    chosen = program(tmp_path / "other", "chrome")

    assert find_chromium({"PATH": str(on_path.parent)}) == str(on_path)
    assert find_chromium({"PATH": str(on_path.parent), "STEPWELL_CHROMIUM": str(chosen)}) == str(chosen)


def test_a_chosen_one_that_is_not_there_is_not_replaced_by_another(tmp_path: Path) -> None:
    on_path = program(tmp_path / "bin", "chromium")

    assert find_chromium({"PATH": str(on_path.parent), "STEPWELL_CHROMIUM": str(tmp_path / "none")}) is None


def test_a_machine_without_one_has_none(tmp_path: Path) -> None:
    assert find_chromium({"PATH": str(tmp_path)}) is None
