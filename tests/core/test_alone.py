"""The four core packages without the rest of Stepwell: what installing them alone would bring is enough."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[2] / "engine"
NEEDED = {
    "feel": {"re2": "google-re2"},
    "dmn": {"re2": "google-re2", "lxml": "lxml"},
    "bpmn": {"re2": "google-re2", "lxml": "lxml", "SpiffWorkflow": "spiffworkflow"},
    "runtime": {"re2": "google-re2", "lxml": "lxml", "SpiffWorkflow": "spiffworkflow", "cronsim": "cronsim"},
}
"""The third parties that each needs, by the name of the import and of the distribution."""
BELOW = {"feel": ("feel",), "dmn": ("feel", "dmn"), "bpmn": ("feel", "dmn", "bpmn")}

GATE = """
import sys
from datetime import UTC, datetime


class Gate:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in {allowed!r} and top not in sys.stdlib_module_names and not top.startswith("_sysconfigdata"):
            raise ImportError(name + " is not there")


sys.meta_path.insert(0, Gate())
now = datetime(2026, 1, 1, tzinfo=UTC)
"""

DMN = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="d" name="d" namespace="n">'
    '<inputData id="amount" name="amount"/><decision id="Fee" name="Fee"><informationRequirement>'
    '<requiredInput href="#amount"/></informationRequirement><literalExpression><text>amount * 0.1</text>'
    "</literalExpression></decision></definitions>"
)
BPMN = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="n">'
    '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" '
    'targetRef="e"/><bpmn:endEvent id="e"/></bpmn:process></bpmn:definitions>'
)
USES = {
    "feel": """
from engine import feel
assert feel.evaluate('matches("ab", "a.") and 0.1 + 0.2 = 0.3', {}, now=now) is True
assert feel.unary_test("[1..5], > 7", 8, {}, now=now) is True
assert feel.evaluate('@"2026-01-01T12:00:00@Europe/Paris".time offset', {}, now=now).total_seconds() == 3600
""",
    "dmn": f"""
from engine import dmn
from engine.dmn import differences
assert dmn.parse({DMN!r}).evaluate("Fee", {{"amount": 200}}, now=now) == 20
assert differences.between({DMN.encode()!r}, {DMN.replace("0.1", "0.2").encode()!r})
""",
    "bpmn": f"""
from engine import bpmn
from engine.bpmn import differences
found = bpmn.parse({BPMN.encode()!r})
assert not found.errors, found.errors
assert not differences.between({BPMN.encode()!r}, {BPMN.encode()!r})
""",
    "runtime": f"""
from engine import bpmn
from engine.runtime import State, inputs, step
model = bpmn.parse({BPMN.encode()!r}).processes["p"]
done = step(model, State.new(4096), [inputs.Started({{}})], now=now)
assert type(done.effects[-1]).__name__ == "EndInstance", done.effects
""",
}


@pytest.mark.parametrize("package", NEEDED)
def test_a_core_package_works_with_those_below_it_and_its_third_parties_alone(package: str, tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "__init__.py").touch()
    shutil.copy(ENGINE / "differences.py", tmp_path / "engine")
    for name in BELOW.get(package, tuple(NEEDED)):
        shutil.copytree(ENGINE / name, tmp_path / "engine" / name, ignore=shutil.ignore_patterns("__pycache__"))
    allowed = {"engine", *NEEDED[package]}
    program = GATE.replace("{allowed!r}", repr(allowed)) + USES[package]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_third_parties_of_the_core_are_listed() -> None:
    page = (ENGINE.parent / "docs" / "architecture.md").read_text("utf-8")
    for package, needed in NEEDED.items():
        line = next(line for line in page.splitlines() if line.startswith(f"| `engine/{package}` |"))
        for distribution in needed.values():
            assert f"`{distribution}`" in line
