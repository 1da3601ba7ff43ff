"""The life cycles are drawn in docs/states.md as the code has them."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from engine.batch_operations.kinds import KINDS
from engine.models import (
    BatchOperationStatus,
    BatchOperationType,
    IncidentStatus,
    InstanceStatus,
    JobStatus,
    UserTaskStatus,
)
from engine.runtime.effects import UserTaskState
from engine.transition.rows import user_task_states

STATES = Path(__file__).parents[2] / "docs" / "states.md"


def drawn(heading: str) -> set[tuple[str, str]]:
    """The arrows below a heading, as pairs of states."""
    section = STATES.read_text().split(f"\n## {heading} ")[1].split("\n## ")[0]
    return set(re.findall(r"^ *([A-Z_]+|\[\*\]) --> ([A-Z_]+|\[\*\])", section, re.MULTILINE))


def test_the_moves_of_a_user_task_are_those_that_are_drawn() -> None:
    moves = {(str(before), str(after)) for before, found in user_task_states.MOVES.items() for after in found}
    ends = {(str(status), "[*]") for status, found in user_task_states.MOVES.items() if not found}
    assert drawn("User task") == moves | ends | {("[*]", str(UserTaskStatus.CREATED))}


def test_every_state_of_a_user_task_has_a_place_in_the_table() -> None:
    assert set(user_task_states.MOVES) == set(UserTaskStatus)
    assert {each.value for each in UserTaskState} == set(UserTaskStatus) - {UserTaskStatus.CANCELED}


@pytest.mark.parametrize(
    ("heading", "statuses"),
    [
        ("Process instance", InstanceStatus),
        ("Job", JobStatus),
        ("User task", UserTaskStatus),
        ("Incident", IncidentStatus),
        ("Batch operation", BatchOperationStatus),
    ],
)
def test_every_state_is_drawn(heading: str, statuses: Iterable[str]) -> None:
    assert {state for arrow in drawn(heading) for state in arrow} - {"[*]"} == {str(status) for status in statuses}


def test_every_type_of_batch_operation_has_its_line_in_the_table() -> None:
    assert set(KINDS) == set(BatchOperationType)
