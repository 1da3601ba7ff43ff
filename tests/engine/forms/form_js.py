"""form-js itself fills in forms, in Node: the front end's packages are installed when they are not there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from webapp.launcher.bare import frontend_build

_SCRIPT = Path(__file__).with_name("form_js.mjs")


def answers(cases: Sequence[Any], *, folder: Path) -> list[Any]:
    """Return for each case what form-js submits, and all fields that it shows with their values and errors."""
    environ = frontend_build.ensure_packages(environ=os.environ, log_folder=folder)
    node = shutil.which("node", path=environ["PATH"])
    assert node is not None
    asked, told = folder / "cases.json", folder / "answers.json"
    asked.write_text(json.dumps(cases), "utf-8")
    subprocess.run(
        [node, str(_SCRIPT), str(frontend_build.FRONTEND), str(asked), str(told)],
        env=environ,
        check=True,
        timeout=1_500,
    )
    found: list[Any] = json.loads(told.read_text("utf-8"))
    assert len(found) == len(cases)
    return found
