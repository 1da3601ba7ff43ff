"""Run the tests that read the public suites: `python -m tests.conformance --betsy DIR --tck DIR --miwg DIR`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TESTS = {
    "betsy": ["tests/core/test_betsy.py", "tests/core/bpmn/test_conformance.py"],
    "tck": ["tests/core/dmn/test_tck.py", "tests/core/feel/test_feel_tck.py"],
    "miwg": ["tests/core/bpmn/test_conformance.py"],
}
INSTALLATION = "tests/acceptance/test_betsy.py"
REPOSITORIES = {"betsy": "uniba-dsg/betsy", "tck": "dmn-tck/tck", "miwg": "bpmn-miwg/bpmn-miwg-test-suite"}


def main(arguments: list[str]) -> int:
    """Returns pytest's status; what the parser does not know goes to pytest."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    for name, repository in REPOSITORIES.items():
        parser.add_argument(f"--{name}", type=Path, metavar="DIR", help=f"a clone of {repository}")
    parser.add_argument(
        "--installation", action="store_true", help="betsy over REST as well, against a whole installation"
    )
    options, rest = parser.parse_known_args(arguments)
    folders: dict[str, Path] = {name: getattr(options, name) for name in TESTS if getattr(options, name)}
    if not folders:
        parser.error("Expected the folder of at least one suite.")
    missing = [str(folder) for folder in folders.values() if not folder.is_dir()]
    if missing:
        parser.error(f"Expected a folder at {', '.join(missing)}.")
    files = [file for name in folders for file in TESTS[name]]
    if options.installation:
        files.append(INSTALLATION)
    # a suite that is not named is not run, also where it lies beside the project
    nowhere = {f"STEPWELL_{name.upper()}": str(PROJECT / "no-such-suite") for name in TESTS}
    named = {f"STEPWELL_{name.upper()}": str(folder.resolve()) for name, folder in folders.items()}
    command = [sys.executable, "-m", "pytest", "-q", *dict.fromkeys(files), *rest]
    return subprocess.run(command, cwd=PROJECT, env={**os.environ, **nowhere, **named}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
