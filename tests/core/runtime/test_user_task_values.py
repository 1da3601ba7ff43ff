"""The values of a user task that people and task listeners change: one table, which all others follow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.runtime import user_task_values

JSON: dict[str, Any] = {
    "assignee": "alice",
    "candidate_users": ["bob"],
    "candidate_groups": [],
    "due_date": "2030-01-01T09:00:00+00:00",
    "follow_up_date": "",
    "priority": 0,
}
READ = {
    "assignee": "alice",
    "candidate_users": ("bob",),
    "candidate_groups": (),
    "due_date": datetime(2030, 1, 1, 9, tzinfo=UTC),
    "follow_up_date": None,
    "priority": 0,
}


def test_values_are_read_from_json_as_an_open_user_task_has_them_and_written_back() -> None:
    assert user_task_values.read(JSON | {"assignee": ""}) == READ | {"assignee": None}
    assert user_task_values.plain(READ) == JSON | {"follow_up_date": None}
    assert user_task_values.read({"external_form_reference": "x"}) == {}


def test_a_listener_is_told_all_values_in_camundas_words() -> None:
    assert user_task_values.in_camundas_words({"due_date": "", "assignee": "", "priority": 0}) == {
        "assignee": None,
        "candidateUsers": [],
        "candidateGroups": [],
        "dueDate": None,
        "followUpDate": None,
        "priority": 0,
    }
    assert user_task_values.camunda_names({"form": 1, "due_date": 1, "assignee": 1}) == ["dueDate", "assignee"]


def test_corrections_are_given_in_camundas_words() -> None:
    given = user_task_values.in_camundas_words(JSON) | {"priority": None, "candidateUsers": None}
    assert user_task_values.corrections(given) == {
        "assignee": "alice",
        "candidate_groups": [],
        "due_date": "2030-01-01T09:00:00+00:00",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"due_date": "2030-01-01T09:00:00Z"},
        {"dueDate": "2030-01-01T09:00:00"},
        {"dueDate": 1},
        {"priority": user_task_values.MAX_PRIORITY + 1},
        {"priority": True},
        {"candidateUsers": "bob"},
        {"candidateGroups": [1]},
    ],
)
def test_a_correction_that_cannot_be_read_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match="expected"):
        user_task_values.corrections(wrong)
