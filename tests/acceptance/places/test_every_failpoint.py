"""The matrix leaves out no failpoint of the engine and no phase of an operation."""

from __future__ import annotations

import re
from collections import defaultdict

from tests.acceptance.places.matrix import FAULTS, KILLED, RESTARTED, Cell, cells_of, name_of
from tests.acceptance.places.operations import ALL
from tests.acceptance.workers import PROJECT

_CALL = re.compile(r"(?<!def )\bfailpoint\(\s*(?P<name>[^)]*?)\s*\)")


def failpoints_of_the_engine() -> set[str]:
    found: set[str] = set()
    for file in (PROJECT / "engine").rglob("*.py"):
        for match in _CALL.finditer(file.read_text("utf-8")):
            name = match["name"]
            assert re.fullmatch(r'"[a-z_.]+"', name), f"{file.name} names a failpoint by {name}, not by a text"
            found.add(name.strip('"'))
    return found


def cells() -> dict[str, list[Cell]]:
    return {operation.name: cells_of(operation, everything=False) for operation in ALL}


def test_every_failpoint_of_the_engine_has_every_fault_in_every_test_run() -> None:
    faults: dict[str, set[str]] = defaultdict(set)
    for cell in (each for of_one in cells().values() for each in of_one):
        faults[name_of(cell.place)].add(cell.fault)
    assert set(faults) == failpoints_of_the_engine()
    assert {name: set(FAULTS) - found for name, found in faults.items() if found != set(FAULTS)} == {}


def test_every_operation_has_every_fault_in_each_of_its_phases() -> None:
    for operation in ALL:
        found = cells()[operation.name]
        assert RESTARTED in {cell.fault for cell in found}
        for phase in {phase for _, phase in operation.places}:
            assert {cell.fault for cell in found if cell.phase == phase} >= set(FAULTS) - {RESTARTED}
        killed = {cell.place for cell in found if cell.fault == KILLED}
        assert killed >= {*operation.before, *operation.inside}


def test_only_rings_which_commit_nothing_have_no_place_inside() -> None:
    without = {each.name for each in ALL if not (each.before and each.inside and each.after)}
    assert without == {each.name for each in ALL if not each.commits} == {"sweeper rings"}


def test_the_long_form_has_every_fault_at_every_place() -> None:
    for operation in ALL:
        assert len(cells_of(operation, everything=True)) == len(FAULTS) * len(set(operation.places))
