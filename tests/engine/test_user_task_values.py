"""Whoever names the values of a user task names those of the one table, each of them."""

from __future__ import annotations

from dataclasses import fields

import msgspec
import pytest

from engine.bpmn.model import UserTaskDefinition
from engine.models import UserTask
from engine.queries.user_tasks import TABLE, UserTaskView
from engine.runtime.effects import OpenUserTask
from engine.runtime.user_task_values import VALUES, Shape, Value
from engine.user_tasks import Changes
from webapp.api.user_tasks import Changeset


@pytest.mark.parametrize("value", VALUES, ids=[each.name for each in VALUES])
def test_each_value_is_in_the_diagram_the_effect_the_row_and_what_is_read_of_it(value: Value) -> None:
    assert value.name in {each.name for each in fields(UserTaskDefinition)}, "engine.bpmn.model.UserTaskDefinition"
    assert value.name in {each.name for each in fields(OpenUserTask)}, "engine.runtime.effects.OpenUserTask"
    assert value.name in {each.name for each in UserTask._meta.get_fields()}, "engine.models.UserTask"
    assert value.name in UserTaskView.__struct_fields__, "engine.queries.user_tasks.UserTaskView"
    searched = value.camunda_name.removesuffix("s") if value.shape is Shape.NAMES else value.camunda_name
    assert searched in TABLE.fields, "engine.queries.user_tasks.TABLE"
    assert TABLE.fields[searched].path == value.name


def test_an_update_changes_each_value_but_the_assignee() -> None:
    """That one is assigned and unassigned."""
    names = {each.name for each in VALUES} - {"assignee"}
    assert {each.name for each in fields(Changes)} == names, "engine.user_tasks.Changes"
    in_json = {each.camunda_name for each in VALUES} - {"assignee"}
    assert {each.encode_name for each in msgspec.structs.fields(Changeset)} == in_json, "webapp.api.user_tasks"
